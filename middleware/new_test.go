package middleware_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// fieldsOf lists the fields that a joined configuration error complains about. Every
// part of it must be a ConfigError that says something.
func fieldsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var fields []string
		for _, part := range many.Unwrap() {
			fields = append(fields, fieldsOf(t, part)...)
		}
		return fields
	}
	mistake, ok := errors.AsType[*middleware.ConfigError](err)
	if !ok {
		t.Fatalf("%T in a configuration error: %v", err, err)
	}
	if mistake.Problem == "" || strings.HasPrefix(mistake.Problem, mistake.Field) {
		t.Errorf("%q: the problem reads %q", mistake.Field, mistake.Problem)
	}
	return []string{mistake.Field}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*middleware.Config)
		fields []string // of the mistakes reported, in order
	}{
		{"a resource that is missing", func(c *middleware.Config) { c.Resource = "" }, []string{"Resource", "Issuers[0].Audiences"}},
		{"a resource over plain http", func(c *middleware.Config) { c.Resource = "http://mcp.example.com/mcp" }, []string{"Resource"}},
		{"a resource with a fragment", func(c *middleware.Config) { c.Resource += "#x" }, []string{"Resource"}},
		{"a resource with a password", func(c *middleware.Config) { c.Resource = "https://a:b@mcp.example.com/mcp" }, []string{"Resource"}},
		{"a resource that is a mux pattern", func(c *middleware.Config) { c.Resource += "/{x...}" }, []string{"Resource"}},
		{"a resource that would end the quoted string of a challenge", func(c *middleware.Config) { c.Resource += `",x="` }, []string{"Resource"}},
		{"an alias that is no URL", func(c *middleware.Config) { c.Aliases = []string{alias, "mcp"} }, []string{"Aliases[1]"}},
		{"an alias that is the resource", func(c *middleware.Config) { c.Aliases = []string{resource} }, []string{"Aliases[0]"}},
		{"an alias that is there twice", func(c *middleware.Config) { c.Aliases = []string{alias, alias} }, []string{"Aliases[1]"}},
		{"nothing to authenticate against", func(c *middleware.Config) { c.Issuers = nil }, []string{"Issuers"}},
		{"nothing to authenticate against, although anonymous callers may pass", func(c *middleware.Config) {
			c.Issuers, c.Scopes, c.DangerouslyAllowAnonymous = nil, nil, true
		}, []string{"Issuers"}},
		{"a cache of fewer than no tokens", func(c *middleware.Config) { c.TokenCache = -1 }, []string{"TokenCache"}},
		{"a cache that nobody has the memory for", func(c *middleware.Config) { c.TokenCache = 1<<20 + 1 }, []string{"TokenCache"}},
		{"a cache that is switched off and has a size", func(c *middleware.Config) { c.NoTokenCache, c.TokenCache = true, 1 }, []string{"TokenCache"}},
		{"an issuer without URL", func(c *middleware.Config) { c.Issuers[0].URL = "" }, []string{"Issuers[0].URL"}},
		{"an issuer that is there twice", func(c *middleware.Config) { c.Issuers = append(c.Issuers, c.Issuers[0]) }, []string{"Issuers[1].URL"}},
		{"an algorithm that nobody knows", func(c *middleware.Config) { c.Issuers[0].Algorithms = []string{"none"} }, []string{"Issuers[0].Algorithms"}},
		{"a shared secret beside a key set", func(c *middleware.Config) {
			c.Issuers[0].Secret, c.Issuers[0].JWKSURL = jwks.NewSecret(make([]byte, 32)), issuer().JWKSURL()
		}, []string{"Issuers[0].Secret"}},
		{"an empty scope", func(c *middleware.Config) { c.Scopes = []string{""} }, []string{"Scopes[0]"}},
		{"two scopes in one string", func(c *middleware.Config) { c.Scopes = []string{"read write"} }, []string{"Scopes[0]"}},
		{"a scope that would end the quoted string of a challenge", func(c *middleware.Config) { c.ChallengeScopes = []string{`a",b="c`} }, []string{"ChallengeScopes[0]"}},
		{"offline_access, which is for clients to ask", func(c *middleware.Config) {
			c.Scopes, c.ChallengeScopes, c.ScopesSupported = []string{"offline_access"}, []string{"offline_access"}, []string{"offline_access"}
		}, []string{"Scopes[0]", "ChallengeScopes[0]", "ScopesSupported[0]"}},
		{"an authorization server that is no URL", func(c *middleware.Config) { c.AuthorizationServers = []string{"login"} }, []string{"AuthorizationServers[0]"}},
		{"that, once for all aliases", func(c *middleware.Config) {
			c.AuthorizationServers, c.Aliases = []string{"login"}, []string{alias}
		}, []string{"AuthorizationServers[0]"}},
		{"an origin with a path", func(c *middleware.Config) { c.AllowedOrigins = []string{"https://a.example.com/"} }, []string{"AllowedOrigins[0]"}},
		{"an origin in upper case", func(c *middleware.Config) { c.AllowedOrigins = []string{"https://A.example.com"} }, []string{"AllowedOrigins[0]"}},
		{"the origin null", func(c *middleware.Config) { c.AllowedOrigins = []string{"null"} }, []string{"AllowedOrigins[0]"}},
		{"an empty origin", func(c *middleware.Config) { c.AllowedOrigins = []string{""} }, []string{"AllowedOrigins[0]"}},
		{"an origin without scheme", func(c *middleware.Config) { c.AllowedOrigins = []string{"a.example.com"} }, []string{"AllowedOrigins[0]"}},
		{"a wildcard that would match nothing", func(c *middleware.Config) { c.AllowedOrigins = []string{"https://*.example.com"} }, []string{"AllowedOrigins[0]"}},
		{"a default port, which browsers leave out", func(c *middleware.Config) {
			c.AllowedOrigins = []string{"https://a.example.com:443", "http://b.example.com:80"}
		}, []string{"AllowedOrigins[0]", "AllowedOrigins[1]"}},
		{"every origin while requests pass without a credential", func(c *middleware.Config) {
			c.AllowedOrigins, c.DangerouslyAllowAnonymous = []string{"*"}, true
		}, []string{"AllowedOrigins"}},
		{"every origin while authentication is off", func(c *middleware.Config) {
			c.AllowedOrigins, c.DangerouslyDisableAuthentication = []string{"*"}, true
		}, []string{"AllowedOrigins"}},
		{"a host that is a URL", func(c *middleware.Config) { c.AllowedHosts = []string{"https://mcp.example.com"} }, []string{"AllowedHosts[0]"}},
		{"a host that is a pattern", func(c *middleware.Config) { c.AllowedHosts = []string{"a.example.com", "*.example.com"} }, []string{"AllowedHosts[1]"}},
		{"a negative bound", func(c *middleware.Config) { c.MaxBody = -1 }, []string{"MaxBody"}},
		{"every mistake, together", func(c *middleware.Config) {
			c.MaxBody, c.Scopes, c.Resource, c.AllowedHosts = -1, []string{"a b", "offline_access"}, "mcp", []string{""}
			c.Issuers[0].URL, c.AllowedOrigins = "", []string{"x"}
		}, []string{"MaxBody", "Scopes[0]", "Scopes[1]", "Resource", "AllowedOrigins[0]", "AllowedHosts[0]", "Issuers[0].URL"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 20 { // the order does not depend on that of a map
				c := config()
				tt.change(&c)
				g, err := middleware.New(c)
				if g != nil {
					t.Fatal("there is a guard")
				}
				if got := fieldsOf(t, err); !slices.Equal(got, tt.fields) {
					t.Fatalf("mistakes in %q, want %q: %v", got, tt.fields, err)
				}
			}
		})
	}
}

func TestNewRefusesTheZeroConfig(t *testing.T) {
	_, err := middleware.New(middleware.Config{})
	if got, want := fieldsOf(t, err), []string{"Resource", "Issuers"}; !slices.Equal(got, want) {
		t.Errorf("mistakes in %q, want %q", got, want)
	}
}

func TestNewCostsNothing(t *testing.T) {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		t.Fatal(err)
	}
	c := config()
	c.Transport = is.RoundTripper()
	newGuard(t, c)
	if n := is.Fetches(jwkstest.Everything); n > 0 {
		t.Errorf("New made %d requests", n)
	}
}

// Config is copied: who changes it afterwards changes nothing.
func TestNewCopiesTheConfig(t *testing.T) {
	c := config()
	c.Aliases, c.AllowedOrigins, c.AllowedHosts = []string{alias}, []string{"https://app.example.com"}, []string{"gateway.example.com"}
	c.Issuers[0].Audiences, c.ChallengeScopes = []string{"api://mcp"}, []string{"mcp:tools"}
	g := newGuard(t, c)
	c.Aliases[0], c.AllowedOrigins[0], c.AllowedHosts[0], c.Scopes[0], c.ChallengeScopes[0] = "", "", "", "none", "none"
	c.Issuers[0] = jwks.Issuer{}
	token := mint(map[string]any{"aud": "api://mcp"})
	r := request("POST", "Authorization", "Bearer "+token, "Origin", "https://app.example.com")
	r.Host = "gateway.example.com"
	if w := serve(g.For(alias).Handler(ok), r); w.Code != 200 {
		t.Errorf("status %d: %s", w.Code, w.Header())
	}
}

// What New fills in for itself it does not write into what it was given.
func TestNewLeavesTheConfigAlone(t *testing.T) {
	c := config()
	c.Issuers[0].Audiences = append(make([]string, 0, 8), "api://mcp")
	newGuard(t, c)
	if got := c.Issuers[0].Audiences[:8]; !slices.Equal(got, append([]string{"api://mcp"}, make([]string, 7)...)) {
		t.Errorf("the audiences are now %q", got)
	}
}

func TestEmptyListsMeanTheDefault(t *testing.T) {
	c := config()
	c.ChallengeScopes, c.ScopesSupported, c.AuthorizationServers = []string{}, []string{}, []string{}
	g, want := newGuard(t, c), newGuard(t, config())
	if got, want := challengeOf(g), challengeOf(want); got != want {
		t.Errorf("challenge %s, want %s", got, want)
	}
	if got, want := documentOf(g), documentOf(want); got != want {
		t.Errorf("document %s, want %s", got, want)
	}
}

func challengeOf(g *middleware.Guard) string {
	return serve(g.Handler(ok), request("POST")).Header().Get("WWW-Authenticate")
}

func documentOf(g *middleware.Guard) string {
	_, h := g.Metadata()
	return serve(h, request("GET")).Body.String()
}

// A guard with API keys alone never has to wait for anybody.
func TestReadyAndRun(t *testing.T) {
	keys, err := apikey.New(apikey.Config{Keys: []string{goodKey}})
	if err != nil {
		t.Fatal(err)
	}
	c := config()
	c.Issuers, c.APIKeys = nil, keys
	g := newGuard(t, c)
	if err := g.Ready(t.Context()); err != nil {
		t.Errorf("without issuers: %v", err)
	}
	if err := newGuard(t, config()).Ready(t.Context()); err != nil {
		t.Errorf("with keys: %v", err)
	}
	c = config()
	c.Transport = outage{}
	down := newGuard(t, c)
	if err := down.Ready(t.Context()); !errors.Is(err, jwks.ErrUnavailable) {
		t.Errorf("without keys: %v", err)
	}
	for _, g := range []*middleware.Guard{g, down} {
		if err := runBriefly(t, g); err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

// ConfigError is one type for all packages, so that callers need to know one only.
func TestConfigErrorIsShared(t *testing.T) {
	if reflect.TypeFor[middleware.ConfigError]() != reflect.TypeFor[jwks.ConfigError]() {
		t.Error("there are two")
	}
}
