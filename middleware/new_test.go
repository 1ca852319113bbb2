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

func TestAudiences(t *testing.T) {
	tests := []struct {
		name       string
		resource   string
		aliases    []string
		configured []string
		aud        any
		admitted   bool
	}{
		{"the resource", resource, nil, nil, resource, true},
		{"the resource, in a list", resource, nil, nil, []string{"x", resource}, true},
		{"an alias", resource, []string{alias}, nil, alias, true},
		{"a configured audience", resource, nil, []string{"api://mcp"}, "api://mcp", true},
		{"the resource beside a configured audience", resource, nil, []string{"api://mcp"}, resource, true},
		{"an alias beside a configured audience", resource, []string{alias}, []string{"api://mcp"}, alias, true},
		{"another audience", resource, nil, nil, "https://other.example.com/mcp", false},
		{"no audience", resource, nil, nil, nil, false},
		{"an empty audience", resource, nil, nil, "", false},
		{"an empty list", resource, nil, nil, []string{}, false},
		{"another path", resource, nil, nil, alias, false},
		{"the host alone", resource, nil, nil, "https://mcp.example.com", false},
		{"another case", resource, nil, nil, strings.ToUpper(resource), false},
		{"a slash too many", resource, nil, nil, resource + "/", false},
		{"a slash too few", resource + "/", nil, nil, resource, false},
		{"a host, without slash as it is configured", "https://mcp.example.com", nil, nil, "https://mcp.example.com", true},
		{"a host, with the slash that URL parsers add", "https://mcp.example.com", nil, nil, "https://mcp.example.com/", true},
		{"a host, without the slash that is configured", "https://mcp.example.com/", nil, nil, "https://mcp.example.com", true},
		{"a host, with the slash that is configured", "https://mcp.example.com/", nil, nil, "https://mcp.example.com/", true},
		{"a host and another path", "https://mcp.example.com", nil, nil, "https://mcp.example.com/mcp", false},
		{"a host and two slashes", "https://mcp.example.com", nil, nil, "https://mcp.example.com//", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := config()
			c.Resource, c.Aliases, c.Issuers[0].Audiences = tt.resource, tt.aliases, tt.configured
			want := middleware.Reason("wrong_audience")
			if tt.admitted {
				want = ""
			}
			if got := reasonOf(newGuard(t, c), bearer(mint(map[string]any{"aud": tt.aud}))); got != want {
				t.Errorf("reason %q, want %q", got, want)
			}
		})
	}
}

// Every URL under which the server is known is one of ours, in Host and in Origin too.
func TestAliasHosts(t *testing.T) {
	c := config()
	c.Aliases = []string{"https://alt.example.com/mcp"}
	c.AllowedHosts = []string{"gateway.example.com"}
	h := newGuard(t, c).Handler(ok)
	for _, host := range []string{"mcp.example.com", "alt.example.com", "gateway.example.com"} {
		r := bearer(mint(nil))
		r.Host = host
		if w := serve(h, r); w.Code != 200 {
			t.Errorf("host %s: status %d", host, w.Code)
		}
	}
	for _, origin := range []string{"https://mcp.example.com", "https://alt.example.com"} {
		r := bearer(mint(nil))
		r.Header.Set("Origin", origin)
		if w := serve(h, r); w.Code != 200 {
			t.Errorf("origin %s: status %d", origin, w.Code)
		}
	}
}

// Browsers write an origin without its default port, whatever the resource has.
func TestOwnOriginWithDefaultPort(t *testing.T) {
	c := config()
	c.Resource = "https://MCP.example.com:443/mcp"
	r := bearer(mint(map[string]any{"aud": c.Resource}))
	r.Header.Set("Origin", "https://mcp.example.com")
	if w := serve(newGuard(t, c).Handler(ok), r); w.Code != 200 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestMetadataPattern(t *testing.T) {
	for resource, want := range map[string]string{
		"https://mcp.example.com/mcp":  "/.well-known/oauth-protected-resource/mcp",
		"https://mcp.example.com":      "/.well-known/oauth-protected-resource",
		"https://mcp.example.com/":     "/.well-known/oauth-protected-resource",
		"https://mcp.example.com/a/":   "/.well-known/oauth-protected-resource/a/{$}", // and nothing below
		"https://mcp.example.com/a?b":  "/.well-known/oauth-protected-resource/a",
		"https://mcp.example.com/a%20": "/.well-known/oauth-protected-resource/a%20",
		"http://localhost:8000/mcp":    "/.well-known/oauth-protected-resource/mcp",
	} {
		c := config()
		c.Resource = resource
		if got, _ := newGuard(t, c).Metadata(); got != want {
			t.Errorf("%s: pattern %q, want %q", resource, got, want)
		}
	}
}

func TestForPanicsForAForeignResource(t *testing.T) {
	c := config()
	c.Aliases = []string{alias}
	g := newGuard(t, c)
	for _, own := range []string{resource, alias} {
		g.For(own)
	}
	for _, foreign := range []string{"", resource + "/", "https://mcp.example.com"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("For(%q) did not panic", foreign)
				}
			}()
			g.For(foreign)
		}()
	}
}

// For changes what a guard says, not what it decides, and not the guard it is called on.
func TestForSharesEverythingElse(t *testing.T) {
	c := config()
	c.Aliases = []string{alias}
	g := newGuard(t, c)
	before := challengeOf(g)
	other := g.For(alias)
	if challengeOf(g) != before {
		t.Error("the first guard has changed")
	}
	if challengeOf(other) == before || documentOf(other) == documentOf(g) {
		t.Error("the alias has no challenge or document of its own")
	}
	if back := other.For(resource); challengeOf(back) != before {
		t.Error("For does not lead back")
	}
	if got := reasonOf(other, bearer(mint(nil))); got != "" {
		t.Errorf("a token for the resource is refused at the alias: %s", got)
	}
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
