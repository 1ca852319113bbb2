package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A configFile is the file of MCP_CONFIG_FILE: YAML, of which JSON is a part. It says
// what variables cannot: several issuers with settings of their own, and several
// resources. config.schema.json describes it, and a test keeps the two equal.
type configFile struct {
	Variables map[string]setting `yaml:"variables"`
	Issuers   []issuerFile       `yaml:"issuers"`
	Resources []placeFile        `yaml:"resources"`
}

// An issuerFile is whose tokens to believe: a preset with its inputs, or an issuer with
// its URL. The rest is what jwks.Issuer has, and wins over the preset.
type issuerFile struct {
	Provider         string   `yaml:"provider"`
	Domain           string   `yaml:"domain"`
	Region           string   `yaml:"region"`
	Server           string   `yaml:"server"`
	ClientSecretFile string   `yaml:"client_secret_file"`
	Tenants          []string `yaml:"tenants"`
	Clients          []string `yaml:"clients"`

	URL                  string        `yaml:"url"`
	Aliases              []string      `yaml:"aliases"`
	TenantClaim          string        `yaml:"tenant_claim"`
	Audiences            []string      `yaml:"audiences"`
	AudienceOptional     bool          `yaml:"audience_optional"`
	Algorithms           []string      `yaml:"algorithms"`
	Discovery            string        `yaml:"discovery"`
	JWKSURL              string        `yaml:"jwks_url"`
	PublicKeyFile        string        `yaml:"public_key_file"`
	SecretFile           string        `yaml:"secret_file"`
	Signed               *bool         `yaml:"signed"` // false: it signs no tokens, and has no keys
	Leeway               time.Duration `yaml:"leeway"`
	RequiredClaims       []string      `yaml:"required_claims"`
	RefusedClaims        []string      `yaml:"refused_claims"`
	ATJWT                *bool         `yaml:"at_jwt"`
	Claims               namesFile     `yaml:"claims"`
	Opaque               *opaqueFile   `yaml:"opaque"`
	AuthorizationServers []string      `yaml:"authorization_servers"`
}

// A namesFile is a jwks.Names.
type namesFile struct {
	Scopes        []string `yaml:"scopes"`
	ScopePrefixes []string `yaml:"scope_prefixes"`
	Client        []string `yaml:"client"`
	User          []string `yaml:"user"`
}

// An opaqueFile is what an opaque.Provider has beside its issuer's settings.
type opaqueFile struct {
	Prefixes []string      `yaml:"prefixes"`
	JWT      string        `yaml:"jwt"`
	Ask      askFile       `yaml:"ask"`
	Read     readFile      `yaml:"read"`
	KeepFor  time.Duration `yaml:"keep_for"`
	Timeout  time.Duration `yaml:"timeout"`
}

// An askFile is an opaque.Ask.
type askFile struct {
	URL        string            `yaml:"url"`
	Method     string            `yaml:"method"`
	Put        string            `yaml:"put"`
	Auth       string            `yaml:"auth"`
	ClientID   string            `yaml:"client_id"`
	SecretFile string            `yaml:"secret_file"`
	Headers    map[string]string `yaml:"headers"`
	Bad        []int             `yaml:"bad"`
}

// A readFile is an opaque.Read.
type readFile struct {
	Active    string   `yaml:"active"`
	Subject   []string `yaml:"subject"`
	Client    []string `yaml:"client"`
	Audience  []string `yaml:"audience"`
	Issuer    []string `yaml:"issuer"`
	Scopes    []string `yaml:"scopes"`
	ID        []string `yaml:"id"`
	Expiry    []string `yaml:"expiry"`
	ExpiresIn []string `yaml:"expires_in"`
	Endless   bool     `yaml:"endless"`
}

// A placeFile is one resource, at a path of its own.
type placeFile struct {
	URL             string      `yaml:"url"`
	Aliases         []string    `yaml:"aliases"`
	Issuers         []string    `yaml:"issuers"`   // of all, by "iss"; empty: all
	Audiences       []string    `yaml:"audiences"` // beside those of the issuers
	Scopes          []string    `yaml:"scopes"`
	ChallengeScopes []string    `yaml:"challenge_scopes"`
	ScopesSupported []string    `yaml:"scopes_supported"`
	Policy          *policyFile `yaml:"policy"`
	PolicyFile      string      `yaml:"policy_file"`
}

// A setting is the value of a variable: a word, or a list of words.
type setting string

// UnmarshalYAML implements yaml.Unmarshaler. It takes words as they are written: to
// YAML, 010 is eight.
func (s *setting) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		*s = setting(n.Value)
		return nil
	case yaml.SequenceNode:
		words := make([]string, len(n.Content))
		for i, word := range n.Content {
			if word.Kind != yaml.ScalarNode || strings.Contains(word.Value, ",") {
				return fmt.Errorf("line %d: an entry of a list must be one word without a comma", word.Line)
			}
			words[i] = word.Value
		}
		*s = setting(strings.Join(words, ","))
		return nil
	}
	return fmt.Errorf("line %d: the value of a variable must be a word or a list", n.Line)
}

// secretVariables hold what does not belong into a file that people keep beside their
// code, and where it does belong.
var secretVariables = map[string]string{
	"MCP_API_KEYS":                    "MCP_API_KEYS_FILE",
	"MCP_JWT_SECRET":                  "MCP_JWT_SECRET_FILE",
	"MCP_JWT_PUBLIC_KEY":              "MCP_JWT_PUBLIC_KEY_FILE", // people paste the private key
	"MCP_OAUTH_CLIENT_SECRET":         "MCP_OAUTH_CLIENT_SECRET_FILE",
	"MCP_INTROSPECTION_CLIENT_SECRET": "MCP_INTROSPECTION_CLIENT_SECRET_FILE",
	"MCP_SESSION_KEYS":                "MCP_SESSION_KEYS_FILE",
}

const configVariable = "MCP_CONFIG_FILE"

// readConfigFile reads the file that the variables name, and adds the variables that it
// sets to those that are not set elsewhere. A name there that is not one of ours is a
// mistake: nobody else's variables are in that file.
func (in *sources) readConfigFile(p *problems) *configFile {
	file := new(configFile)
	path := in.values[configVariable]
	if path == "" {
		return file
	}
	if err := readYAML(path, file); err != nil {
		p.add(configVariable, "%v", err)
		return new(configFile)
	}
	known := map[string]bool{}
	for _, v := range new(config).variables() {
		known[v.name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(file.Variables)) {
		value := strings.TrimSpace(string(file.Variables[name]))
		switch {
		case name == configVariable:
			p.add(configVariable, "variables.%s cannot stand in the file itself; remove it", name)
		case secretVariables[name] != "":
			p.add(configVariable, "variables.%s is a secret, which does not belong in this file; write %s", name, secretVariables[name])
		case !known[name]:
			p.add(configVariable, "variables.%.60s is no variable%s", name, didYouMean(name))
		case strings.Contains(value, "\x00"):
			p.add(configVariable, "variables.%s has a NUL byte; write text", name)
		case in.values[name] == "" && value != "":
			in.values[name], in.from[name] = value, "config file "+filepath.Base(path)
		}
	}
	return file
}

func didYouMean(name string) string {
	if near := nearest(strings.ToUpper(name)); near != "" {
		return "; did you mean " + near + "?"
	}
	return "; remove it"
}
