package middleware_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Clients ask for a scope as challenges and the document write it; tokens hold it short.
func TestScopePrefixIsForAsking(t *testing.T) {
	t.Parallel()
	const prefix = "api://app/"
	c := config()
	c.Scopes, c.ScopePrefix = []string{"read", "write"}, prefix
	g := newGuard(t, c)
	h := g.Handler(http.NotFoundHandler())
	for name, r := range map[string]*http.Request{
		"nobody":       request("GET"),
		"under-scoped": bearer(mint(map[string]any{"scope": "read"})),
	} {
		line := serve(h, r).Header().Get("WWW-Authenticate")
		got, err := parseChallenge(line)
		if want := prefix + "read " + prefix + "write"; err != nil || got.params["scope"] != want {
			t.Errorf("%s: asks for %q (%v), want %q", name, got.params["scope"], err, want)
		}
	}
	_, document := g.Metadata()
	if body := serve(document, request("GET")).Body.String(); !strings.Contains(body, `["api://app/read","api://app/write"]`) {
		t.Errorf("document: %s", body)
	}
	if _, err := g.Check(bearer(mint(map[string]any{"scope": "read write"}))); err != nil {
		t.Errorf("short scopes: %v", err)
	}
	c.ScopePrefix = `a "b`
	if _, err := middleware.New(c); err == nil || !strings.Contains(err.Error(), "ScopePrefix") {
		t.Errorf("a prefix that breaks challenges: %v", err)
	}
}

func TestConfiguredChallengeScopesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	c := config()
	c.Scopes, c.ChallengeScopes, c.ScopePrefix = []string{"read"}, []string{"openid"}, "api://app/"
	line := serve(newGuard(t, c).Handler(http.NotFoundHandler()), request("GET")).Header().Get("WWW-Authenticate")
	if got, err := parseChallenge(line); err != nil || got.params["scope"] != "openid" {
		t.Errorf("asks for %q (%v)", got.params["scope"], err)
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	c := config()
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	g := newGuard(t, c)
	for name, row := range map[string]struct{ remote, forwarded, want string }{
		"the connection":                  {"192.0.2.1:99", "", "192.0.2.1"},
		"of IPv6, the network":            {"[2001:db8:1:2:3::4]:99", "", "2001:db8:1:2::/64"},
		"what a listed proxy says":        {"10.1.1.1:99", "198.51.100.7", "198.51.100.7"},
		"not what anybody else says":      {"192.0.2.1:99", "198.51.100.7", "192.0.2.1"},
		"not what the caller put before":  {"10.1.1.1:99", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		"of two listed proxies, the last": {"10.1.1.1:99", "198.51.100.7, 10.2.2.2", "198.51.100.7"},
	} {
		r := request("GET", "X-Forwarded-For", row.forwarded)
		r.RemoteAddr = row.remote
		if got := g.Source(r); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// A server that asks for certificates itself can check tokens that are bound to one.
func TestDocumentSaysThatCertificatesAreAskedFor(t *testing.T) {
	t.Parallel()
	c := config()
	c.RequireBound, c.APIKeys, c.ClientCertificates = true, nil, true
	_, document := newGuard(t, c).Metadata()
	body := serve(document, request("GET")).Body.String()
	if !strings.Contains(body, `"tls_client_certificate_bound_access_tokens":true`) || strings.Contains(body, "dpop_bound_access_tokens_required") {
		t.Errorf("document: %s", body)
	}
}

func TestNobodyToLogInAt(t *testing.T) {
	t.Parallel()
	c := config()
	c.NoAuthorizationServers = true
	_, document := newGuard(t, c).Metadata()
	if body := serve(document, request("GET")).Body.String(); strings.Contains(body, "authorization_servers") {
		t.Errorf("document: %s", body)
	}
}
