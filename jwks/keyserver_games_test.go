package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// brokenNetworks fail before anything is answered, below HTTP.
var brokenNetworks = []struct {
	policy string
	err    error
}{
	{"no such name", &net.DNSError{Err: "no such host", Name: "login.example.com", IsNotFound: true}},
	{"name server away", &net.DNSError{Err: "server misbehaving", Name: "login.example.com", IsTemporary: true}},
	{"name server slow", &net.DNSError{Err: "i/o timeout", Name: "login.example.com", IsTimeout: true}},
	{"nobody listens", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}},
	{"no route", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}},
	{"reset", &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}},
	{"no descriptor left", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EMFILE}},
	{"half an answer", io.ErrUnexpectedEOF},
}

// Below HTTP too, a failure says nothing about a token: those with a known key pass, the
// others are told to come back, and however many ask, one attempt is made until the next
// is due.
func TestBrokenNetwork(t *testing.T) {
	var tried, refused, accepted int
	for _, tt := range brokenNetworks {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			fails := func(*http.Request) (*http.Response, error) { return nil, tt.err }
			r.wire.answer(fails)
			for range 100 {
				r.refuses(tt.policy+", cold", r.good(), jwks.ErrUnavailable)
			}
			if e := r.heard(); len(e) != 1 || !errors.Is(e[0].Err, tt.err) {
				t.Errorf("%s: events %+v, want one attempt, with its cause", tt.policy, e)
			}
			r.wire.answer(nil)
			time.Sleep(time.Second)
			r.warm()
			r.wire.answer(fails)
			before := len(r.wire.seen())
			for range 100 {
				r.acceptsAtOnce(tt.policy+", known kid", r.good())
				r.refuses(tt.policy+", unknown kid", r.forged(), jwks.ErrUnavailable)
			}
			if n := len(r.wire.seen()) - before; n != 1 {
				t.Errorf("%s: %d requests for a hundred unknown kids at once, want 1", tt.policy, n)
			}
			r.wire.answer(nil)
			r.Rotate()
			time.Sleep(time.Second)
			r.accepts(tt.policy+": mended, and rotated", r.good())
			tried, refused, accepted = tried+302, refused+200, accepted+102
		})
	}
	t.Logf("%d tokens tried, %d refused, %d accepted", tried, refused, accepted)
}

// swapKey publishes another key under the kid of the first, and returns how the issuer
// knows it.
func swapKey(is *jwkstest.Issuer) (id string) {
	kid := is.KeyIDs()[0]
	is.RemoveKey(kid)
	other := jwkstest.NewKey("ES256").With(map[string]any{"kid": kid})
	is.Publish(other)
	return other.ID()
}

// A provider that puts another key under a kid: nothing is fetched for a bad signature
// under a known kid, or any stranger could have us fetch; so the new key is taken with the
// next refresh, and the old one, with all that it verified, falls with it.
func TestSwappedKey(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		kid := r.KeyIDs()[0]
		old := r.Mint(jwkstest.Token{KeyID: kid, Claims: map[string]any{"exp": time.Now().Add(24 * time.Hour)}})
		r.warm()
		held, err := r.v.Verify(t.Context(), old)
		if err != nil {
			t.Fatal(err)
		}
		id := swapKey(r.Issuer)
		for range 100 {
			r.refuses("new key, before the refresh", r.signedBy(id), jwks.ErrSignature)
			r.acceptsAtOnce("old key, before the refresh", old)
		}
		synctest.Wait()
		r.wantFetches("before the refresh", 1, 1)
		if !r.v.Holds(held, time.Now()) {
			t.Error("before the refresh: the claims of the old key do not hold")
		}

		time.Sleep(14 * time.Minute)
		_ = r.verify(r.signedBy(id)) // starts the refresh
		synctest.Wait()
		r.wantFetches("refreshed", 1, 2)
		r.acceptsAtOnce("new key", r.signedBy(id))
		for range 100 {
			r.refuses("old key", old, jwks.ErrSignature)
		}
		r.wantFetches("old key", 1, 2)
		if r.v.Holds(held, time.Now()) {
			t.Error("refreshed: the claims of the old key hold, though nobody publishes it")
		}
	})
}

// Members nested deeply cost no stack and no time, and what is wrong inside one key is
// that one's fault alone.
func TestDeepKeySets(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, tt := range []struct {
		policy string
		body   string // in which GOOD is the good key
		taken  bool
	}{
		{"keys that go down for ever", `{"keys":` + strings.Repeat("[", 500_000), false},
		{"keys that come up again", `{"keys":` + nested(500_000) + `}`, false},
		{"100000 objects, each in the next", strings.Repeat(`{"keys":`, 100_000) + "[GOOD]" + strings.Repeat("}", 100_000), false},
		{"beyond what is read, beside the keys", `{"x":` + nested(100_000) + `,"keys":[GOOD]}`, false},
		{"within it, beside the keys", `{"x":` + nested(1000) + `,"keys":[GOOD]}`, true},
		{"within it, in another key", `{"keys":[{"kty":"EC","x":` + nested(1000) + `},GOOD]}`, true},
		{"10000 keys", `{"keys":[GOOD` + strings.Repeat(",GOOD", 9999) + `]}`, false},
		{"10000 empty keys", `{"keys":[GOOD` + strings.Repeat(",{}", 9999) + `]}`, false},
	} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			_, good, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(string(r.JWKS())), "]}"), "[")
			r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Body: []byte(strings.ReplaceAll(tt.body, "GOOD", good))})
			if tt.taken {
				r.accepts(tt.policy, r.good())
				return
			}
			r.refuses(tt.policy, r.good(), jwks.ErrUnavailable)
			r.up()
			time.Sleep(time.Second)
			r.accepts(tt.policy+": mended", r.good())
		})
	}
}

// A good set is taken under any Content-Type, as providers send several, and nothing but
// JSON is, whatever it is called. Nor does an answer get to leave anything with us: no
// cookie comes back with the next request.
func TestAnswersUnderOtherNames(t *testing.T) {
	for _, contentType := range []string{"application/jwk-set+json", "text/plain; charset=utf-8", "text/html", "application/octet-stream", "image/png", ""} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			cookies := 0
			r.wire.answer(func(req *http.Request) (*http.Response, error) {
				cookies += len(req.Header["Cookie"]) + len(req.Header["Authorization"])
				return nil, nil // and the network answers
			})
			head := http.Header{"Content-Type": {contentType}, "Set-Cookie": {"a=b"}, "Refresh": {"0;url=" + rigStranger}, "Link": {"<" + rigStranger + ">"}}
			r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Header: head})
			r.accepts(contentType, r.good())
			r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte("<html>")})
			r.refuses(contentType+", HTML that is called JSON", r.forged(), jwks.ErrUnavailable)
			r.acceptsAtOnce(contentType+", old keys", r.good())
			if cookies != 0 {
				t.Errorf("%q: %d cookies or credentials came back", contentType, cookies)
			}
		})
	}
}

// A provider that comes and goes, while strangers make up kids without a pause and the
// keys rotate: the key that stays is served without a wait throughout, each new one soon
// after the provider is back, and the provider is asked as often as the clock says and no
// more, whatever the strangers send.
func TestFloodWhileTheProviderFlapsAndRotates(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		stays := r.KeyIDs()[0]
		r.warm()
		ctx, stop := context.WithCancel(context.Background())
		var callers sync.WaitGroup
		var forgeries, good atomic.Int64
		for range 32 {
			callers.Go(func() {
				for ctx.Err() == nil {
					if err := r.verify(r.forged()); !errors.Is(err, jwks.ErrKey) && !errors.Is(err, jwks.ErrUnavailable) {
						t.Errorf("forged kid: %v", err)
					}
					forgeries.Add(1)
					time.Sleep(700 * time.Millisecond)
				}
			})
		}
		for range 8 {
			callers.Go(func() {
				for ctx.Err() == nil {
					r.acceptsAtOnce("key that stays", r.signedBy(stays))
					good.Add(1)
					time.Sleep(1300 * time.Millisecond)
				}
			})
		}
		const cycles, up, down = 8, time.Minute, 25 * time.Second
		start := time.Now()
		for i := range cycles {
			r.down()
			added := r.AddKey("ES256") // nobody can know
			time.Sleep(down)
			r.up()
			time.Sleep(up)
			r.accepts(fmt.Sprintf("rotation %d", i), r.signedBy(added))
			r.RemoveKey(added)
		}
		elapsed := time.Since(start)
		stop()
		callers.Wait()
		// Each outage: one attempt that fails, and those after 1, 2, 4, 8 and 16 seconds;
		// one more for where it begins. Each time up: one per interval.
		bound := cycles * (7 + int(up/rigInterval) + 1)
		attempts := len(r.heard())
		if attempts > bound || r.JWKSFetches() > bound {
			t.Errorf("%d attempts, %d fetches in %v, want %d at the most", attempts, r.JWKSFetches(), elapsed, bound)
		}
		t.Logf("%d forgeries refused, %d good tokens accepted, %d fetches in %v", forgeries.Load(), good.Load()+cycles, attempts, elapsed)
	})
}

// The clock is put forward and back by hours, as it is where machines sleep and time
// servers correct. Good keys are served on, nothing is fetched without end, and a rotation
// is noticed within the interval; of a clock that was put back, when it is where it was.
func TestClockSteps(t *testing.T) {
	for _, step := range []time.Duration{time.Minute, time.Hour, 5 * time.Hour, 23 * time.Hour, 72 * time.Hour, -time.Minute, -time.Hour, -5 * time.Hour, -72 * time.Hour} {
		inBubble(t, func(t *testing.T) {
			var off atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
			r := newKeyRig(t, func(r *keyRig, c *jwks.Config) {
				c.Now = now
				r.SetNow(now)
			})
			r.warm()
			r.refuses("forged kid, which begins the interval", r.forged(), jwks.ErrKey)
			off.Store(int64(step))
			for range 100 {
				r.accepts(fmt.Sprintf("known key after %v", step), r.good())
			}
			synctest.Wait()
			if n := r.JWKSFetches(); n > 3 {
				t.Errorf("%v: %d fetches at once", step, n)
			}
			r.Rotate()
			time.Sleep(max(0, -step) + rigInterval)
			_ = r.verify(r.good()) // which may have to cause the fetch
			time.Sleep(rigInterval)
			r.accepts(fmt.Sprintf("rotation after %v", step), r.good())
			if n := r.JWKSFetches(); n > 5 {
				t.Errorf("%v: %d fetches", step, n)
			}
		})
	}
}
