package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// A config holds every variable that mcp-rs reads. Nothing else reads the
// environment. Fields hold what was written; what follows from it (the address to
// listen on, the resource, the issuers) is worked out by methods.
type config struct {
	// Who gets in.
	AuthEnabled  bool `envconfig:"MCP_AUTH_ENABLED" default:"true"`   // false: every request passes
	AuthRequired bool `envconfig:"MCP_AUTH_REQUIRED" default:"false"` // false: a request without a credential passes as anonymous

	// API keys.
	APIKeyEnabled bool   `envconfig:"MCP_API_KEY_ENABLED" default:"true"`
	APIKeys       *keys  `envconfig:"MCP_API_KEYS"`
	APIKeysFile   string `envconfig:"MCP_API_KEYS_FILE"` // named keys with scopes and expiry, hashed
	APIKeyBearer  bool   `envconfig:"MCP_API_KEY_BEARER" default:"false"`
	APIKeyScopes  list   `envconfig:"MCP_API_KEY_SCOPES" default:"read,write,admin"` // what each of APIKeys holds

	// JWTs.
	JWTEnabled        bool          `envconfig:"MCP_JWT_ENABLED" default:"true"`
	JWTIssuer         list          `envconfig:"MCP_JWT_ISSUER"`   // exact "iss" values
	JWTAudience       list          `envconfig:"MCP_JWT_AUDIENCE"` // any of them
	JWTAlgorithm      list          `envconfig:"MCP_JWT_ALGORITHM" default:"RS256"`
	JWTSecret         *masked       `envconfig:"MCP_JWT_SECRET"`
	JWTSecretFile     string        `envconfig:"MCP_JWT_SECRET_FILE"`
	JWTPublicKey      *masked       `envconfig:"MCP_JWT_PUBLIC_KEY"` // masked: people paste the private key
	JWTPublicKeyFile  string        `envconfig:"MCP_JWT_PUBLIC_KEY_FILE"`
	JWTLeeway         time.Duration `envconfig:"MCP_JWT_LEEWAY" default:"60s"`
	JWTRequiredClaims list          `envconfig:"MCP_JWT_REQUIRED_CLAIMS"`
	JWTRequireATJWT   bool          `envconfig:"MCP_JWT_REQUIRE_AT_JWT" default:"false"`
	TokenCache        int           `envconfig:"MCP_TOKEN_CACHE" default:"10000"` // verified tokens remembered; 0: none

	// The provider.
	OAuthProvider              string  `envconfig:"MCP_OAUTH_PROVIDER"` // a preset, which needs some of the seven below it
	OAuthDomain                string  `envconfig:"MCP_OAUTH_DOMAIN"`
	OAuthTenant                list    `envconfig:"MCP_OAUTH_TENANT"`
	OAuthRegion                string  `envconfig:"MCP_OAUTH_REGION"`
	OAuthServerID              string  `envconfig:"MCP_OAUTH_SERVER_ID"`
	OAuthClientID              list    `envconfig:"MCP_OAUTH_CLIENT_ID"` // whose tokens are meant
	OAuthClientSecret          *masked `envconfig:"MCP_OAUTH_CLIENT_SECRET"`
	OAuthClientSecretFile      string  `envconfig:"MCP_OAUTH_CLIENT_SECRET_FILE"`
	OAuthServerURL             string  `envconfig:"MCP_OAUTH_SERVER_URL"`
	OAuthAuthorizationEndpoint string  `envconfig:"MCP_OAUTH_AUTHORIZATION_ENDPOINT"`
	OAuthTokenEndpoint         string  `envconfig:"MCP_OAUTH_TOKEN_ENDPOINT"`
	OAuthRegistrationEndpoint  string  `envconfig:"MCP_OAUTH_REGISTRATION_ENDPOINT"`
	OAuthJWKSURI               string  `envconfig:"MCP_OAUTH_JWKS_URI"`

	// Tokens that only their issuer can read.
	IntrospectionURL              string        `envconfig:"MCP_INTROSPECTION_URL"`
	IntrospectionTokens           string        `envconfig:"MCP_INTROSPECTION_TOKENS" default:"opaque"`
	IntrospectionAuth             string        `envconfig:"MCP_INTROSPECTION_AUTH"` // no default in the tag: it depends, see introspection
	IntrospectionClientID         string        `envconfig:"MCP_INTROSPECTION_CLIENT_ID"`
	IntrospectionClientSecret     *masked       `envconfig:"MCP_INTROSPECTION_CLIENT_SECRET"`
	IntrospectionClientSecretFile string        `envconfig:"MCP_INTROSPECTION_CLIENT_SECRET_FILE"`
	IntrospectionCache            time.Duration `envconfig:"MCP_INTROSPECTION_CACHE" default:"1m"`

	// The provider's document.
	MetadataMode             string `envconfig:"MCP_METADATA_MODE" default:"auto"`
	RegistrationClientID     string `envconfig:"MCP_REGISTRATION_CLIENT_ID"`
	RegistrationRedirectURIs list   `envconfig:"MCP_REGISTRATION_REDIRECT_URIS"`

	// Tokens that are bound to a key.
	RequireBound     bool   `envconfig:"MCP_REQUIRE_BOUND" default:"false"`
	DPoPNonces       bool   `envconfig:"MCP_DPOP_NONCES" default:"false"`
	ClientCertHeader string `envconfig:"MCP_CLIENT_CERT_HEADER"`

	// Scopes.
	RequiredScopes  list `envconfig:"MCP_REQUIRED_SCOPES"`  // enforced
	ChallengeScopes list `envconfig:"MCP_CHALLENGE_SCOPES"` // asked for in a 401
	ScopesSupported list `envconfig:"MCP_SCOPES_SUPPORTED"` // advertised in the metadata

	// What they may do.
	PolicyFile     string `envconfig:"MCP_POLICY_FILE"` // instead of the four below
	ToolScopes     list   `envconfig:"MCP_TOOL_SCOPES"` // tool=scope, in place of what the tool itself says
	ScopeHierarchy list   `envconfig:"MCP_SCOPE_HIERARCHY" default:"admin>write>read"`
	ScopeClaims    list   `envconfig:"MCP_SCOPE_CLAIMS"`
	ToolListing    string `envconfig:"MCP_TOOL_LISTING" default:"auto"`
	DenylistFile   string `envconfig:"MCP_DENYLIST_FILE"`
	CallLimit      int    `envconfig:"MCP_CALL_LIMIT" default:"0"`    // calls a minute of one caller; 0: no limit
	FailureLimit   int    `envconfig:"MCP_FAILURE_LIMIT" default:"0"` // failures a minute of one address; 0: no limit
	SessionKeys    *keys  `envconfig:"MCP_SESSION_KEYS"`              // the first seals; unset: a random one

	SessionKeysFile string `envconfig:"MCP_SESSION_KEYS_FILE"` // one a line

	// Where we are.
	ResourceURL    string `envconfig:"MCP_RESOURCE_URL"`
	Host           string `envconfig:"MCP_HOST"` // no default in the tag: it depends, see host
	Port           int    `envconfig:"MCP_PORT" default:"8000"`
	HTTPSEnabled   bool   `envconfig:"MCP_HTTPS_ENABLED" default:"false"`
	SSLCertFile    string `envconfig:"MCP_SSL_CERT_FILE"`
	SSLKeyFile     string `envconfig:"MCP_SSL_KEY_FILE"`
	SSLClientCerts bool   `envconfig:"MCP_SSL_CLIENT_CERTS" default:"false"` // ask for one; whoever has none may pass
	AllowedOrigins list   `envconfig:"MCP_ALLOWED_ORIGINS"`
	AllowedHosts   list   `envconfig:"MCP_ALLOWED_HOSTS"`
	TrustedProxies list   `envconfig:"MCP_TRUSTED_PROXIES"`

	// How we run.
	MaxBodyBytes    int64         `envconfig:"MCP_MAX_BODY_BYTES" default:"4194304"`
	SSEEnabled      bool          `envconfig:"MCP_SSE_ENABLED" default:"false"`
	LogLevel        string        `envconfig:"MCP_LOG_LEVEL" default:"info"`
	LogFormat       string        `envconfig:"MCP_LOG_FORMAT" default:"auto"` // auto: text in a terminal, json otherwise
	ShutdownTimeout time.Duration `envconfig:"MCP_SHUTDOWN_TIMEOUT" default:"10s"`

	// What variables cannot say.
	ConfigFile string `envconfig:"MCP_CONFIG_FILE"`

	file    *configFile       // what ConfigFile holds, never nil
	from    map[string]string // variable → where its value was set; absent: nowhere
	unknown []string          // warnings about variables that are not ours
	shadow  shadowReport      // hears of conditions on trial; nil: nobody does
}

// load reads the variables from environ, which has the form of os.Environ, from the
// file at path unless that is empty, and from that of MCP_CONFIG_FILE; the first that
// has one wins. An empty variable counts as one that is not set.
//
// The error joins every mistake, each a *middleware.ConfigError whose Field is a
// variable. The config is returned beside it for its warnings only, which may well
// explain the mistake.
func load(environ []string, path string) (*config, error) {
	var p problems
	in := gather(environ, path, &p)
	file := in.readConfigFile(&p)
	c := decode(in.values, &p)
	c.from, c.unknown, c.file = in.from, in.unknown, file
	c.validate(&p)
	return c, p.err()
}

// set reports whether variable was set anywhere, rightly or wrongly.
func (c *config) set(variable string) bool { return c.from[variable] != "" }

// level is MCP_LOG_LEVEL for slog. Load has checked the word.
func (c *config) level() (l slog.Level) {
	_ = l.UnmarshalText([]byte(c.LogLevel))
	return l
}

// decode fills a config. envconfig stops at the first value it cannot read, so
// such a value is noted, taken out, and everything read once more.
func decode(values map[string]string, p *problems) *config {
	for {
		c := new(config)
		err := process(values, c)
		if err == nil {
			return c
		}
		bad, ok := errors.AsType[*envconfig.ParseError](err)
		if !ok || values[bad.KeyName] == "" {
			panic(err) // the struct itself is wrong
		}
		p.add(bad.KeyName, "%s", unreadable(bad))
		delete(values, bad.KeyName)
	}
}

// unreadable says what is wrong with a value. Only types whose variables hold no
// secret put the value into the text.
func unreadable(e *envconfig.ParseError) string {
	switch e.TypeName {
	case "bool":
		return fmt.Sprintf("%.40q is neither true nor false; write true or false", e.Value)
	case "time.Duration":
		return fmt.Sprintf("%.40q is not a duration; write a number with a unit, such as 60s or 2m", e.Value)
	case "int", "int64":
		return fmt.Sprintf("%.40q is not a number; write digits only", e.Value)
	default:
		return e.Err.Error()
	}
}

// environment guards the environment of the process, which is one for all.
var environment sync.Mutex

// process runs envconfig over values. envconfig can read only the environment of
// the process, so that is made equal to values, for our own variables and until
// process returns. Where there is no file, nothing changes. Nobody else reads
// these variables, and concurrent calls wait for each other.
func process(values map[string]string, c *config) error {
	environment.Lock()
	defer environment.Unlock()
	for _, v := range new(config).variables() {
		before, was := os.LookupEnv(v.name)
		now, is := values[v.name]
		if before == now && was == is {
			continue
		}
		defer put(v.name, before, was)
		if err := put(v.name, now, is); err != nil {
			return err
		}
	}
	return envconfig.Process("", c)
}

func put(name, value string, is bool) error {
	if !is {
		return os.Unsetenv(name)
	}
	return os.Setenv(name, value)
}

// A variable is one row of the struct, as text.
type variable struct {
	name     string
	value    string // secrets masked
	standard string // the default, as in the tag
}

// variables lists the struct in its order. envconfig's usage template does the
// walking, so that names are taken from the same tags that Process reads. No value
// can contain the separator: an environment has no NUL, and gather refuses it.
func (c *config) variables() []variable {
	const row = "{{range .}}{{usage_key .}}\x00{{.Field}}\x00{{usage_default .}}\x00{{end}}"
	var b strings.Builder
	if err := envconfig.Usagef("", c, &b, row); err != nil {
		panic(err) // the template is a constant
	}
	fields := strings.Split(b.String(), "\x00")
	var all []variable
	for ; len(fields) >= 3; fields = fields[3:] {
		all = append(all, variable{fields[0], fields[1], fields[2]})
	}
	return all
}
