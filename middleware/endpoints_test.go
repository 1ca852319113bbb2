package middleware_test

import (
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

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
