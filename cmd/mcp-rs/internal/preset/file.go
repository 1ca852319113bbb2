package preset

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

//go:embed providers/*.yaml
var providers embed.FS

// A file is one provider, as it is written. Every text and every entry of a list may
// hold placeholders: see values.
type file struct {
	Title  string
	Inputs map[string]input // by the name of a placeholder

	// Demands and Refuses are about inputs that are good each by itself and not together.
	Demands []demand
	Refuses []refusal

	Issuers []issuer
	Opaque  []lookup

	Servers   []server  `yaml:"authorization_servers"`
	Endpoints endpoints // of a provider without a document

	Metadata      Metadata
	SendsIssuer   bool     `yaml:"sends_issuer"`
	ScopePrefix   string   `yaml:"scope_prefix"`
	DefaultScopes []string `yaml:"default_scopes"`

	Warnings []string
	Hints    map[string]string
}

// A demand wants one of the required claims to be among these, with a value: at some
// providers anybody gets a token for any audience.
type demand struct {
	Claims  []string
	Problem string
}

// A refusal is a combination of inputs that cannot work. The problem may hold what named
// groups of the conditions stand for too, and mentions other inputs as Inputs.Tenants.
type refusal struct {
	When    conditions
	Field   string // of Inputs
	Problem string
}

// An issuer is a [jwks.Issuer].
type issuer struct {
	When             conditions
	URL              string
	Aliases, Tenants []string
	TenantClaim      string `yaml:"tenant_claim"`
	Discovery        string
	JWKSURL          string `yaml:"jwks_url"`
	Algorithms       []string
	accept           `yaml:",inline"`
	Names            names
}

// accept is what both sorts of tokens are held to.
type accept struct {
	Audiences, Clients []string
	AudienceOptional   bool     `yaml:"audience_optional"`
	RequiredClaims     []string `yaml:"required_claims"`
	RefusedClaims      []string `yaml:"refused_claims"`
}

// names is [jwks.Names].
type names struct {
	Scopes        []string
	ScopePrefixes []string `yaml:"scope_prefixes"`
	Client, User  []string
}

// A lookup is an [opaque.Provider].
type lookup struct {
	When     conditions
	Issuer   string
	Prefixes []string
	Ask      ask
	Read     read
	accept   `yaml:",inline"`
}

// ask is [opaque.Ask]. Where Auth is set, the secret is the operator's.
type ask struct {
	URL, Method, Put string
	Auth             opaque.Auth
	Header           map[string]string
	Bad              []int
}

// read is [opaque.Read].
type read struct {
	Active                                        string
	Subject, Client, Audience, Issuer, Scopes, ID []string
	Expiry                                        []string
	ExpiresIn                                     []string `yaml:"expires_in"`
	Endless                                       bool
}

// A server is where clients log in.
type server struct {
	When           conditions
	URL, Discovery string
}

type endpoints struct{ Authorization, Token, Registration string }

// Names returns the presets there are, sorted.
func Names() []string {
	entries, err := providers.ReadDir("providers")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var list []string
	for _, entry := range entries {
		list = append(list, strings.TrimSuffix(entry.Name(), ".yaml"))
	}
	slices.Sort(list) // "acme-login.yaml" comes before "acme.yaml", and its name after
	return list
}

// open reads the file of a preset. What it holds was tested with the program.
func open(name string) (*file, error) {
	if all := Names(); !slices.Contains(all, name) {
		return nil, &jwks.ConfigError{Field: "Name", Problem: unknown(name, all)}
	}
	text, err := providers.ReadFile(path.Join("providers", name+".yaml"))
	if err != nil {
		return nil, err
	}
	f, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("preset %s: %w", name, err)
	}
	return f, nil
}

// parse reads one document strictly: a misspelt member would be a check left out.
func parse(text []byte) (*file, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	f := new(file)
	if err := d.Decode(f); err != nil {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one document")
	}
	return f, nil
}
