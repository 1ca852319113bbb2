package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// bound is a token for clientKey, and dpop a request with it and a proof.
func bound() string { return mint(map[string]any{"cnf": cnfOf("key")}) }

func dpop(token, proof string) *http.Request {
	return request("POST", "Authorization", "DPoP "+token, "DPoP", proof)
}

// proven is a request with a bound token and a proof for it, good but for what over says.
func proven(over map[string]any) *http.Request {
	token := bound()
	return dpop(token, proofOf(token, clientKey(), over))
}

// A proof is good once, as long as it would be accepted; others of its key are others.
func TestReplay(t *testing.T) {
	clock := started
	c := config()
	c.Now = func() time.Time { return clock }
	g := newGuard(t, c)
	token := bound()
	again := proofOf(token, clientKey(), map[string]any{"jti": "same", "iat": started.Add(time.Minute).Unix()})
	for _, step := range []struct {
		name  string
		after time.Duration
		r     *http.Request
		want  middleware.Reason
	}{
		{"first", 0, dpop(token, again), ""},
		{"second", 0, dpop(token, again), "replayed_proof"},
		{"same id in another proof", 0, dpop(token, proofOf(token, clientKey(), map[string]any{"jti": "same"})), "replayed_proof"},
		{"other id", 0, dpop(token, proofOf(token, clientKey(), nil)), ""},
		{"as late as it would be accepted", 2 * time.Minute, dpop(token, again), "replayed_proof"},
		{"later", 2*time.Minute + time.Second, dpop(token, again), "invalid_proof"},
	} {
		clock = started.Add(step.after)
		if got := reasonOf(g, step.r); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
}

// The same id is another one under another key, and at another URL.
func TestReplayIsOfOneKeyAndURL(t *testing.T) {
	c := config()
	c.Aliases = []string{alias}
	g := newGuard(t, c)
	token, other := bound(), mint(map[string]any{"cnf": cnfOf(thumbprintOf(otherKey()))})
	same := func(token string, proof string) *http.Request { return dpop(token, proof) }
	at := func(url string) map[string]any { return map[string]any{"jti": "same", "htu": url} }
	for i, got := range []middleware.Reason{
		reasonOf(g, same(token, proofOf(token, clientKey(), at(resource)))),
		reasonOf(g, same(other, proofOf(other, otherKey(), at(resource)))),
		reasonOf(g.For(alias), same(token, proofOf(token, clientKey(), at(alias)))),
	} {
		if got != "" {
			t.Errorf("%d: %q", i, got)
		}
	}
}

// A recorder writes down what it is asked to remember.
type recorder struct {
	ids   []string
	until []time.Time
}

func (r *recorder) Take(_ context.Context, id string, until time.Time) (bool, error) {
	r.ids, r.until = append(r.ids, id), append(r.until, until)
	return true, nil
}

// What is remembered is not chosen by callers in length or letters, and for little longer
// than a proof is accepted: clocks of replicas differ. Only a request that is good otherwise is remembered.
func TestWhatIsRemembered(t *testing.T) {
	c, seen := config(), &recorder{}
	c.Replays = seen
	c.ProofNonces = noncesOf()
	g := newGuard(t, c)
	token := bound()
	nonce := c.ProofNonces.Issue(started)
	for _, over := range []map[string]any{
		{"htm": "GET"}, {"htu": alias}, {"ath": "x"}, {"iat": 1}, {"nonce": "x"}, {"typ": "JWT"}, {"jti": ""},
	} {
		if _, ok := over["nonce"]; !ok {
			over["nonce"] = nonce
		}
		if reasonOf(g, dpop(token, proofOf(token, clientKey(), over))) == "" {
			t.Errorf("%v is accepted", over)
		}
	}
	if reasonOf(g, dpop(token, proofOf(token, otherKey(), map[string]any{"nonce": nonce}))) == "" || len(seen.ids) != 0 {
		t.Errorf("remembered %q", seen.ids)
	}
	if got := reasonOf(g, dpop(token, proofOf(token, clientKey(), map[string]any{"nonce": nonce, "jti": "\n é"}))); got != "" {
		t.Fatal(got)
	}
	want := hashed([]byte(`jwt "`+issuer().URL+`" "alice" "cli"`)) + "." + hashed([]byte(thumbprintOf(clientKey())+"\n"+resource+"\n\n é"))
	if len(seen.ids) != 1 || seen.ids[0] != want || !seen.until[0].Equal(started.Add(70*time.Second)) {
		t.Errorf("remembered %q until %v, want %q", seen.ids, seen.until, want)
	}
}

// A thief of a bound token uses up nothing of its owner's, and reads no body.
func TestBindingComesBeforeTheLimit(t *testing.T) {
	c := config()
	c.CallLimit = middleware.NewLimiter(1)
	g := newGuard(t, c)
	token := bound()
	for range 3 {
		if got := reasonOf(g, bearer(token)); got != "sender_bound" {
			t.Fatal(got)
		}
	}
	if got := reasonOf(g, dpop(token, proofOf(token, clientKey(), nil))); got != "" {
		t.Error(got)
	}
}

func TestBoundConfiguration(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*middleware.Config)
		field  string
	}{
		{"bound tokens beside anonymous callers accepted", func(c *middleware.Config) { c.RequireBound, c.DangerouslyAllowAnonymous = true, true }, ""},
		{"API keys where all is to be bound refused", func(c *middleware.Config) { c.RequireBound, c.APIKeys = true, store(t) }, "RequireBound"},
		{"nonces without keys refused", func(c *middleware.Config) { c.ProofNonces = new(middleware.ProofNonces) }, "ProofNonces"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := config()
			row.change(&c)
			mistakes(t, c, row.field)
		})
	}
}

// RFC 9449 §4.3 and RFC 3986 §6.2: what is one URL, and what is not.
func TestProofURL(t *testing.T) {
	for _, row := range []struct {
		resource, htu string
		taken         bool
	}{
		{"https://mcp.example.com", "https://mcp.example.com/", true},
		{"https://mcp.example.com/", "https://mcp.example.com", true},
		{"https://mcp.example.com", "https://mcp.example.com?x", true},
		{"https://mcp.example.com/mcp?tenant=a", "https://mcp.example.com/mcp", true},
		{"https://MCP.example.com:443/mcp", "https://mcp.example.com/mcp", true},
		{"https://mcp.example.com:8443/mcp", "https://mcp.example.com:8443/mcp", true},
		{"http://[::1]:80/mcp", "http://[::1]/mcp", true},
		{"https://mcp.example.com/a%2fb", "https://mcp.example.com/a%2Fb", true},
		{"https://mcp.example.com/%7Eu", "https://mcp.example.com/~u", true},
		{"https://mcp.example.com/mcp", "https://mcp.example.com/mcp/", false},
		{"https://mcp.example.com/mcp", "https://mcp.example.com/mcp/tools", false},
		{"https://mcp.example.com/mcp", "https://mcp.example.com/MCP", false},
		{"https://mcp.example.com/mcp", "https://mcp.example.com//mcp", false},
		{"https://mcp.example.com/a%2Fb", "https://mcp.example.com/a/b", false},
		{"https://mcp.example.com/mcp", "https://mcp.example.com:8443/mcp", false},
		{"https://mcp.example.com/mcp", "https://mcp.example.com:80/mcp", false},
		{"https://mcp.example.com/mcp", "https://user@mcp.example.com/mcp", false},
		{"https://mcp.example.com/mcp", "https:mcp.example.com/mcp", false},
		{"https://mcp.example.com/mcp", "//mcp.example.com/mcp", false},
		{"https://mcp.example.com/mcp", "https://mcp.example.com/mcp%", false},
		{"https://mcp.example.com/mcp", "https://mcp.example.com.example.net/mcp", false},
		{"https://mcp.example.com/mcp", "\x00", false},
	} {
		c := config()
		c.Resource = row.resource
		token := mint(map[string]any{"aud": row.resource, "cnf": cnfOf("key")})
		r := dpop(token, proofOf(token, clientKey(), map[string]any{"htu": row.htu}))
		if got := reasonOf(newGuard(t, c), r); (got == "") != row.taken {
			t.Errorf("%s at %s: %q", row.htu, row.resource, got)
		}
	}
}

// FuzzProofURL: a URL that is taken for the resource is one of its origin to net/url,
// and it is still taken when it is written as net/url does.
func FuzzProofURL(f *testing.F) {
	for _, text := range []string{
		resource, resource + "?q#f", "HTTPS://MCP.example.com:443/mcp", "https://mcp.example.com/./%6Dcp", "https://mcp.example.com/mcp/..",
		"https://mcp.example.com/%", "https://mcp.example.com:/mcp", "https://mcp.example.com\\/mcp", "https://mcp.example.com/a/%2e%2e/mcp",
	} {
		f.Add(text)
	}
	g := newGuard(f, config())
	f.Fuzz(func(t *testing.T, text string) {
		taken := g.TakesProofOf(text)
		r, err := http.NewRequest("POST", text, nil)
		if taken && err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil || !taken {
			return
		}
		u := r.URL
		if u.Scheme != "https" || hostOf(u.Hostname()) != "mcp.example.com" || u.Port() != "" && u.Port() != "443" || u.User != nil {
			t.Fatalf("%q is taken", text)
		}
		if clean := path.Clean(u.Path); clean != "/mcp" {
			t.Fatalf("%q is taken, with path %q", text, clean)
		}
		if !g.TakesProofOf(u.String()) {
			t.Fatalf("%q is taken, and %q is not", text, u)
		}
	})
}

func hostOf(host string) string {
	lower := []byte(host)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}

// What the provider of Replays says is for operators.
func TestReplaysErrorIsKept(t *testing.T) {
	c := config()
	c.Replays = replays("down")
	token := bound()
	_, err := newGuard(t, c).Check(dpop(token, proofOf(token, clientKey(), nil)))
	if d := middleware.DenialOf(err); d.Status != 503 || errors.Is(err, jwks.ErrProof) || d.Err.Error() == "" {
		t.Errorf("%v", d)
	}
}

// The nonce of an answer is for the next request, also of a client in a loop.
func TestNonceOfAnAnswer(t *testing.T) {
	c := config()
	c.ProofNonces = noncesOf()
	h := newGuard(t, c).Handler(ok)
	token := bound()
	w := serve(h, dpop(token, proofOf(token, clientKey(), nil)))
	nonce := w.Header().Get("DPoP-Nonce")
	if w.Code != 401 || nonce == "" {
		t.Fatal(w.Code, w.Header())
	}
	for range 2 {
		w = serve(h, dpop(token, proofOf(token, clientKey(), map[string]any{"nonce": nonce})))
		if w.Code != 200 || w.Header().Get("DPoP-Nonce") != "" {
			t.Error(w.Code, w.Header())
		}
	}
}

// A bound stream and its writer are as ever: nothing is wrapped.
func TestDPoPStreams(t *testing.T) {
	c := config()
	token := bound()
	streams := false
	h := newGuard(t, c).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, streams = w.(*httptest.ResponseRecorder) }))
	serve(h, dpop(token, proofOf(token, clientKey(), nil)))
	if !streams {
		t.Error("the writer is another one")
	}
}
