package middleware_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// admitted is who a guard takes a request for. It is one *Principal for a token that
// was remembered, and another each time that it was verified.
func admitted(t testing.TB, g *middleware.Guard, r *http.Request) *middleware.Principal {
	t.Helper()
	p, err := g.Check(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// remembers reports whether a guard admits a token without verifying it again.
func remembers(t testing.TB, g *middleware.Guard, token string) bool {
	t.Helper()
	first := admitted(t, g, bearer(token))
	return first == admitted(t, g, bearer(token))
}

// A clock is one that tests can set. Fetches in the background look at it as well.
type clock struct{ sinceStart atomic.Int64 }

func (c *clock) now() time.Time   { return started.Add(time.Duration(c.sinceStart.Load())) }
func (c *clock) set(to time.Time) { c.sinceStart.Store(int64(to.Sub(started))) }

func TestWhatIsRememberedAsVerified(t *testing.T) {
	c := config()
	c.Aliases, c.APIKeys, c.APIKeyBearer = []string{alias}, store(t, "mcp:tools"), true
	c.Opaque = []opaque.Provider{said(nil)}
	g := newGuard(t, c)
	long := mint(map[string]any{"filler": strings.Repeat("x", 3<<10)})
	for _, row := range []struct {
		policy string
		r      func() *http.Request
		want   bool
	}{
		{"a signed token", func() *http.Request { return bearer(mint(map[string]any{"jti": "1"})) }, true},
		{"one that is too long", func() *http.Request { return bearer(long) }, false},
		{"an API key", func() *http.Request { return request("POST", "X-API-Key", goodKey) }, false},
		{"an API key in the place of a token", func() *http.Request { return bearer(goodKey) }, false},
		{"a token that its provider was asked about", func() *http.Request { return bearer(opaqueToken) }, false},
	} {
		r := row.r()
		first := admitted(t, g, r)
		if got := first == admitted(t, g, r); got != row.want {
			t.Errorf("%s: remembered: %t", row.policy, got)
		}
	}
	token := mint(nil)
	if first := admitted(t, g, bearer(token)); admitted(t, g.For(alias), bearer(token)) != first {
		t.Error("For does not share what is remembered")
	}
	if first := admitted(t, g, bearer(token)); admitted(t, newGuard(t, config()), bearer(token)) == first {
		t.Error("another guard shares it")
	}
	off := config()
	off.NoTokenCache = true
	if remembers(t, newGuard(t, off), token) {
		t.Error("NoTokenCache does nothing")
	}
}

// Who refuses a token elsewhere refuses it here: another resource, another issuer.
func TestAnotherGuardDecidesForItself(t *testing.T) {
	token := mint(nil)
	admitted(t, newGuard(t, config()), bearer(token))
	c := config()
	c.Resource = "https://other.example.com/mcp"
	if got := reasonOf(newGuard(t, c), bearer(token)); got != "wrong_audience" {
		t.Errorf("%q", got)
	}
}

// What decides is the clock, at each request and by the rule that the token was
// verified by: a nanosecond early or late, and if the clock is put back.
func TestRememberedTokensKeepTheirTimes(t *testing.T) {
	var clock clock
	c := config()
	c.Now = clock.now
	off := c
	off.NoTokenCache = true
	verifying := newGuard(t, off)
	token := mint(map[string]any{"nbf": started.Add(-time.Minute), "iat": started.Add(-2 * time.Minute), "exp": started.Add(5 * time.Minute)})
	early := mint(map[string]any{"iat": started.Add(-time.Minute), "exp": started.Add(5 * time.Minute)})
	plain := mint(map[string]any{"iat": nil, "exp": started.Add(5 * time.Minute)})
	// All of it happens before keys are refreshed, when every token is looked at anew.
	refused := map[middleware.Reason]int{}
	for _, boundary := range []time.Time{started.Add(-2 * time.Minute), started.Add(-3 * time.Minute), started.Add(5 * time.Minute), started.Add(6 * time.Minute)} {
		for _, off := range []time.Duration{-time.Hour, -time.Second, -1, 0, 1, time.Second, time.Hour} {
			for name, token := range map[string]string{"nbf": token, "iat": early, "neither": plain} {
				g := newGuard(t, c)
				clock.set(started)
				known := admitted(t, g, bearer(token))
				clock.set(boundary.Add(off))
				want := reasonOf(verifying, bearer(token))
				refused[want]++
				p, err := g.Check(bearer(token))
				if err != nil && middleware.DenialOf(err).Reason != want || err == nil && want != "" {
					t.Errorf("%s, at %s: %v, want %q", name, clock.now(), err, want)
				}
				if err == nil && p != known {
					t.Errorf("%s, at %s: verified again, though it is good still", name, clock.now())
				}
				// And it falls at once, rather than when its place is needed.
				if got := g.Remembered(); got != 1 && want == "" || got != 0 && want != "" {
					t.Errorf("%s, at %s: %d are remembered", name, clock.now(), got)
				}
			}
		}
	}
	if refused["expired"] == 0 || refused["not_yet_valid"] == 0 || refused[""] == 0 {
		t.Errorf("the times are not those of the token: %v", refused)
	}
}

// A key that its provider takes back takes every token with it that it verified, and no
// other.
func TestRememberedTokensFallWithTheirKey(t *testing.T) {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		t.Fatal(err)
	}
	is.RemoveKey(is.KeyIDs()[0])
	is.SetAudience(resource)
	is.SetNow(now)
	withdrawn, kept := is.KeyIDs()[0], is.AddKey("ES256")
	c := config()
	c.Transport = is.RoundTripper()
	g := newGuard(t, c)
	of := func(kid string) string {
		return is.Mint(jwkstest.Token{KeyID: kid, Claims: map[string]any{"scope": "mcp:tools"}})
	}
	old, other := of(withdrawn), of(kept)
	if !remembers(t, g, old) || !remembers(t, g, other) {
		t.Fatal("they are not remembered")
	}
	stays := admitted(t, g, bearer(other))
	is.RemoveKey(withdrawn)
	if got := reasonOf(g, bearer(old)); got != "" {
		t.Fatalf("refused before anybody could know: %s", got)
	}
	admitted(t, g, bearer(of(is.AddKey("ES256")))) // which causes a fetch
	if got := reasonOf(g, bearer(old)); got != "unknown_key" {
		t.Errorf("its key is withdrawn: %q", got)
	}
	if got := admitted(t, g, bearer(other)); got != stays {
		t.Error("a token whose key is still there was verified again")
	}
	if got := g.Remembered(); got != 2 {
		t.Errorf("%d are remembered, and 2 have a key", got)
	}
}

// A hit is the text that was verified and no other, wherever the difference is. All that
// differ in front of the signature have its hash.
func TestOneCharacterMakesAnotherToken(t *testing.T) {
	c := config()
	c.TokenCache = 8 // one bucket
	g := newGuard(t, c)
	token := mint(nil)
	admitted(t, g, bearer(token))
	for i := range len(token) {
		for _, other := range []byte{'A', 'B', token[i] ^ 0x20, '.'} {
			if other == token[i] {
				continue
			}
			changed := token[:i] + string(other) + token[i+1:]
			if p, err := g.Check(bearer(changed)); err == nil {
				t.Fatalf("with %q at %d it is %v", other, i, p)
			}
		}
	}
	parts := strings.Split(token, ".")
	tail := token[len(token)-32:]
	for name, changed := range map[string]string{
		"shorter in front": token[1:], "longer in front": "e" + token, "longer": token + "A", "shorter": token[:len(token)-1],
		"another's claims": parts[0] + "." + strings.Split(mint(map[string]any{"sub": "mallory"}), ".")[1] + "." + parts[2],
		"another header":   strings.Split(issuer().Mint(jwkstest.Token{Header: map[string]any{"typ": "JWT"}}), ".")[0] + "." + parts[1] + "." + parts[2],
		"the tail alone":   tail, "the tail, of three parts": "a.b." + tail, "in capitals": strings.ToUpper(token),
	} {
		if p, err := g.Check(bearer(changed)); err == nil {
			t.Errorf("%s: it is %v", name, p)
		}
	}
	if got := g.Remembered(); got != 1 {
		t.Errorf("%d are remembered: successes only", got)
	}
}

// Waiting for keys takes time, and a token may be over by then.
func TestTokenThatEndsWhileKeysAreFetched(t *testing.T) {
	var c clock
	conf := config()
	conf.Now = c.now
	conf.Transport = transport(func(r *http.Request) (*http.Response, error) {
		c.set(c.now().Add(7 * time.Second))
		return issuer().RoundTripper().RoundTrip(r)
	})
	token := mint(map[string]any{"exp": started.Add(-time.Minute + time.Second)}) // a second is left, with the leeway
	if got := reasonOf(newGuard(t, conf), bearer(token)); got != "expired" {
		t.Errorf("%q, at %s", got, c.now())
	}
}
