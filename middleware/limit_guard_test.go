package middleware_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// from is a call from an address.
func from(remote, token string) *http.Request {
	r := bearer(token)
	r.RemoteAddr = remote
	if token == "" {
		r.Header.Del("Authorization")
	}
	return r
}

func forged() string { return mint(nil)[:20] + ".x.y" }

// Only bad credentials count as failures: what lacks one, or a scope, or comes with
// too much, is no guess. And only their source is refused then.
func TestFailureLimit(t *testing.T) {
	c := config()
	c.MaxBody = 10
	c.FailureLimit = middleware.NewLimiter(3)
	g := newGuard(t, c)
	const guesser, neighbour = "192.0.2.1:1234", "192.0.2.2:1234"
	good := mint(nil)
	for range 10 {
		for name, r := range map[string]*http.Request{
			"insufficient_scope": from(guesser, mint(map[string]any{"scope": "none"})),
			"no_credential":      from(guesser, ""),
			"":                   from(guesser, good),
			"malformed_request":  from(guesser, good+" "+good),
		} {
			if got := reasonOf(g, r); string(got) != name {
				t.Fatalf("%q, want %q", got, name)
			}
		}
	}
	for range 3 {
		if got := reasonOf(g, from(guesser, forged())); got != "malformed_token" {
			t.Fatalf("%q", got)
		}
	}
	for name, token := range map[string]string{"bad": forged(), "good": good, "no": ""} {
		if got := reasonOf(g, from("192.0.2.1:99", token)); got != "too_many_requests" {
			t.Errorf("%s token: %q", name, got)
		}
	}
	if got := reasonOf(g, from(neighbour, good)); got != "" {
		t.Errorf("the neighbour: %q", got)
	}
	if got := reasonOf(g, from(neighbour, forged())); got != "malformed_token" {
		t.Errorf("the neighbour's mistake: %q", got)
	}
}

// Keys that can't be had are no fault of the caller.
func TestOutagesAreNoFailures(t *testing.T) {
	c := config()
	c.Transport, c.FailureLimit = outage{}, middleware.NewLimiter(1)
	g := newGuard(t, c)
	for range 5 {
		if got := reasonOf(g, from("192.0.2.1:1", mint(nil))); got != "keys_unavailable" {
			t.Fatalf("%q", got)
		}
	}
}

// One address is one source however it is written, and so is half of an IPv6 one,
// which one customer of a provider has.
func TestFailureSources(t *testing.T) {
	for _, test := range []struct {
		one, other string
		same       bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "192.0.2.2:1", false},
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
		{"192.0.2.1:1", "[::ffff:192.0.2.2]:1", false},
		{"[2001:db8:0:1::1]:1", "[2001:db8:0:1:ffff:ffff:ffff:ffff]:2", true},
		{"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false},
		{"[2001:DB8:0:1::1]:1", "[2001:db8:0:1::2]:1", true},
		{"[fe80::1%eth0]:1", "[fe80::2%eth1]:1", true},
		{"192.0.2.1", "192.0.2.1:1", true},
		{"@", "@", true}, // a Unix socket
		{"", "@", false},
	} {
		c := config()
		c.FailureLimit = middleware.NewLimiter(1)
		g := newGuard(t, c)
		if got := reasonOf(g, from(test.one, forged())); got != "malformed_token" {
			t.Fatalf("%q", got)
		}
		if got := reasonOf(g, from(test.other, mint(nil))); (got == "too_many_requests") != test.same {
			t.Errorf("%s, then %s: %q", test.one, test.other, got)
		}
	}
}

// A caller is who it is, from wherever and with whichever token; and it is limited
// before its body is read.
func TestCallLimit(t *testing.T) {
	c := config()
	c.APIKeys = store(t, "mcp:tools")
	c.CallLimit = middleware.NewLimiter(2)
	c.Policy = &middleware.Policy{}
	g := newGuard(t, c)
	call := func(remote string, claims map[string]any, want middleware.Reason) {
		t.Helper()
		r := post(mint(claims), message("ping", nil))
		r.RemoteAddr = remote
		if got := reasonOf(g, r); got != want {
			t.Errorf("%v from %s: %q, want %q", claims, remote, got, want)
		}
	}
	call("192.0.2.1:1", nil, "")
	call("192.0.2.2:1", map[string]any{"jti": "other"}, "")
	call("192.0.2.3:1", nil, "too_many_requests")
	call("192.0.2.1:1", map[string]any{"sub": "bob"}, "")
	call("192.0.2.1:1", map[string]any{"client_id": "other"}, "")
	call("192.0.2.1:1", map[string]any{"exp": started.Add(-time.Hour)}, "expired")
	broken := post(mint(nil), "{")
	if got := reasonOf(g, broken); got != "too_many_requests" {
		t.Errorf("a broken body: %q", got)
	}
	r := post("", message("ping", nil), "X-API-Key", goodKey)
	r.Header.Del("Authorization")
	if got := reasonOf(g, r); got != "" {
		t.Errorf("the key: %q", got)
	}
}

// Letters that move from one part of a caller to another make another caller.
func TestCallLimitTellsCallersApart(t *testing.T) {
	c := config()
	c.CallLimit = middleware.NewLimiter(1)
	g := newGuard(t, c)
	for _, claims := range []map[string]any{
		{"sub": "a b", "client_id": "c"}, {"sub": "a", "client_id": "b c"}, {"sub": `a" "b`, "client_id": "c"}, {"sub": `a`, "client_id": `b" "c`},
		{"sub": "", "client_id": "a b c"}, {"sub": "abc", "client_id": nil},
	} {
		if got := reasonOf(g, bearer(mint(claims))); got != "" {
			t.Errorf("%v: %q", claims, got)
		}
	}
}

// Who has no name is told apart by address.
func TestCallLimitOfAnonymous(t *testing.T) {
	c := config()
	c.Scopes, c.DangerouslyAllowAnonymous, c.CallLimit = nil, true, middleware.NewLimiter(1)
	g := newGuard(t, c)
	for _, test := range []struct {
		remote string
		want   middleware.Reason
	}{{"192.0.2.1:1", ""}, {"192.0.2.1:2", "too_many_requests"}, {"192.0.2.2:1", ""}} {
		if got := reasonOf(g, from(test.remote, "")); got != test.want {
			t.Errorf("%s: %q", test.remote, got)
		}
	}
}

// A 429 says when to come back.
func TestLimitsSayWhenToComeBack(t *testing.T) {
	c := config()
	c.CallLimit = middleware.NewLimiter(1)
	h := newGuard(t, c).Handler(ok)
	serve(h, bearer(mint(nil)))
	w := serve(h, bearer(mint(nil)))
	if got := w.Header().Get("Retry-After"); w.Code != 429 || got != "60" || w.Header().Get("Www-Authenticate") != "" {
		t.Errorf("%d, Retry-After %q, %q", w.Code, got, w.Header())
	}
}

// Documents and preflights are not limited.
func TestLimitsSpareDocuments(t *testing.T) {
	c := config()
	c.CallLimit, c.FailureLimit = usedUp{}, usedUp{}
	g := newGuard(t, c)
	_, document := g.Metadata()
	if w := serve(document, request("GET")); w.Code != 200 {
		t.Errorf("document: %d", w.Code)
	}
	preflight := request("OPTIONS", "Origin", "https://mcp.example.com", "Access-Control-Request-Method", "POST")
	if w := serve(g.Handler(ok), preflight); w.Code != 204 {
		t.Errorf("preflight: %d", w.Code)
	}
}
