package jwks_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

const (
	rigIssuer   = "https://login.example.com"
	rigAudience = "https://mcp.example.com/mcp"

	// What DESIGN.md "Keys" leaves open and remote.go settles.
	rigInterval = 30 * time.Second // between fetches for unknown kids
	rigStale    = 24 * time.Hour   // how long keys outlive their provider
	rigFetch    = 15 * time.Second // the longest attempt
)

// inBubble runs f on a clock that moves only when everything waits. What still runs
// a minute later, four times the longest fetch, is a leak: the bubble then ends in
// a panic that shows it.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Minute)
		f(t)
	})
}

// A keyRig is a fake issuer with one ES256 key, and a verifier that believes it.
type keyRig struct {
	*jwkstest.Issuer
	t    *testing.T
	v    *jwks.Verifier
	wire *wiretap

	mu     sync.Mutex // protects what follows
	events []jwks.Event
	times  []time.Time // of the events
}

// newKeyRig makes a rig; edit, if not nil, changes the configuration before it is used.
func newKeyRig(t *testing.T, edit func(*keyRig, *jwks.Config)) *keyRig {
	t.Helper()
	return newKeyRigFor(t, bareIssuer(t, rigIssuer), edit)
}

func newKeyRigFor(t *testing.T, is *jwkstest.Issuer, edit func(*keyRig, *jwks.Config)) *keyRig {
	t.Helper()
	r := &keyRig{Issuer: is, t: t, wire: &wiretap{next: is.RoundTripper()}}
	c := jwks.Config{
		Issuers:   []jwks.Issuer{{URL: is.URL, Audiences: []string{rigAudience}, Algorithms: []string{"ES256", "RS256"}}},
		Transport: r.wire,
		OnEvent:   r.hear,
	}
	if edit != nil {
		edit(r, &c)
	}
	v, err := jwks.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r.v = v
	return r
}

// bareIssuer has an ES256 key alone, because RSA keys take long to make.
func bareIssuer(t *testing.T, url string) *jwkstest.Issuer {
	t.Helper()
	is, err := jwkstest.New(url)
	if err != nil {
		t.Fatal(err)
	}
	dropRSA(is)
	return is
}

func dropRSA(is *jwkstest.Issuer) {
	is.RemoveKey(is.KeyIDs()[0])
	is.SetAudience(rigAudience)
}

func (r *keyRig) hear(e jwks.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	r.times = append(r.times, time.Now())
}

// heard returns the events so far.
func (r *keyRig) heard() []jwks.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]jwks.Event(nil), r.events...)
}

// offsets returns when the events came, counted from start.
func (r *keyRig) offsets(start time.Time) []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]time.Duration, len(r.times))
	for i, at := range r.times {
		out[i] = at.Sub(start)
	}
	return out
}

// verify checks a token and returns why it was refused.
func (r *keyRig) verify(token string) error {
	_, err := r.v.Verify(context.Background(), token)
	return err
}

// good is a fresh token of the first key.
func (r *keyRig) good() string { return r.Mint(jwkstest.Token{}) }

// signedBy is a fresh token of that key, published or not.
func (r *keyRig) signedBy(kid string) string { return r.Mint(jwkstest.Token{KeyID: kid}) }

// accepts fails the test unless the token passes.
func (r *keyRig) accepts(policy, token string) {
	r.t.Helper()
	if err := r.verify(token); err != nil {
		r.t.Errorf("%s: %v", policy, err)
	}
}

// acceptsAtOnce is accepts for who must not wait for anything: in a bubble, any wait
// moves the clock.
func (r *keyRig) acceptsAtOnce(policy, token string) {
	r.t.Helper()
	start := time.Now()
	r.accepts(policy, token)
	if waited := time.Since(start); waited != 0 {
		r.t.Errorf("%s: waited %v, want no wait", policy, waited)
	}
}

// refuses fails the test unless the token is refused for that reason and no other.
func (r *keyRig) refuses(policy, token string, want error) {
	r.t.Helper()
	checkRefusal(r.t, policy, r.verify(token), want)
}

func checkRefusal(t *testing.T, policy string, err, want error) {
	t.Helper()
	for _, reason := range []error{jwks.ErrKey, jwks.ErrSignature, jwks.ErrUnavailable, jwks.ErrIssuer,
		jwks.ErrAlgorithm, jwks.ErrMalformed, jwks.ErrExpired} {
		if errors.Is(err, reason) != (reason == want) {
			t.Errorf("%s: error %v, want %v", policy, err, want)
			return
		}
	}
	if want != jwks.ErrUnavailable {
		return
	}
	var unavailable *jwks.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.RetryAfter <= 0 || unavailable.Err == nil {
		t.Errorf("%s: error %#v, want an UnavailableError with RetryAfter and a cause", policy, err)
	}
}

// wantFetches compares how often the documents have been asked for in all.
func (r *keyRig) wantFetches(policy string, discovery, keys int) {
	r.t.Helper()
	if d, k := r.DiscoveryFetches(), r.JWKSFetches(); d != discovery || k != keys {
		r.t.Errorf("%s: %d discovery and %d key set fetches in all, want %d and %d", policy, d, k, discovery, keys)
	}
}

// warm makes the first fetch, with a token of the first key.
func (r *keyRig) warm() {
	r.t.Helper()
	if err := r.verify(r.good()); err != nil {
		r.t.Fatalf("first token: %v", err)
	}
	r.wantFetches("first token", 1, 1)
}

// down and up switch the provider off and on.
func (r *keyRig) down() { r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Drop: true}) }
func (r *keyRig) up()   { r.SetAnswer(jwkstest.Everything, jwkstest.Answer{}) }

var forgedKids atomic.Int64

// forged is a token of the issuer under a kid that nobody ever had. Its signature
// is nonsense, which no key is there to notice.
func (r *keyRig) forged() string {
	header, _ := json.Marshal(map[string]any{"alg": "ES256", "kid": "forged-" + time.Duration(forgedKids.Add(1)).String()})
	payload, _ := json.Marshal(map[string]any{"iss": r.URL, "aud": rigAudience, "exp": time.Now().Add(time.Hour).Unix()})
	text := base64.RawURLEncoding.EncodeToString
	return text(header) + "." + text(payload) + "." + text(make([]byte, 64))
}

// flood calls f n times from 64 goroutines and returns the first error of each kind
// that is not want, as a text for the test log.
func (r *keyRig) flood(policy string, n int, want error, token func() string) {
	r.t.Helper()
	var wg sync.WaitGroup
	var left, wrong atomic.Int64
	var sample atomic.Value
	left.Store(int64(n))
	for range 64 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := r.verify(token()); !errors.Is(err, want) {
					wrong.Add(1)
					sample.Store(errText(err))
				}
			}
		})
	}
	wg.Wait()
	if wrong.Load() > 0 {
		r.t.Errorf("%s: %d of %d tokens did not end in %v, such as: %s", policy, wrong.Load(), n, want, sample.Load())
	}
}

func errText(err error) string {
	if err == nil {
		return "accepted"
	}
	return err.Error()
}

// A wiretap notes every request that leaves the verifier.
type wiretap struct {
	next http.RoundTripper

	mu      sync.Mutex // protects what follows
	urls    []string
	instead func(*http.Request) (*http.Response, error)
}

// answer lets f answer in place of the network, where it returns anything. Nil takes
// f away.
func (w *wiretap) answer(f func(*http.Request) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instead = f
}

// RoundTrip implements http.RoundTripper.
func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.urls = append(w.urls, r.URL.String())
	instead := w.instead
	w.mu.Unlock()
	if instead != nil {
		if resp, err := instead(r); resp != nil || err != nil {
			return resp, err
		}
	}
	return w.next.RoundTrip(r)
}

// seen returns the URLs asked for, in order.
func (w *wiretap) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.urls...)
}
