package jwks_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// newKeyRigs is a rig whose verifier believes a second issuer as well.
func newKeyRigs(t *testing.T) (*keyRig, *jwkstest.Issuer) {
	t.Helper()
	second := bareIssuer(t, "https://second.example.com")
	r := newKeyRig(t, func(r *keyRig, c *jwks.Config) {
		c.Issuers = append(c.Issuers, jwks.Issuer{URL: second.URL, Audiences: []string{rigAudience}, Algorithms: []string{"ES256"}})
		r.wire.next = jwkstest.Network(r.Issuer, second)
	})
	return r, second
}

func TestIssuersAreFetchedApart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, second := newKeyRigs(t)
		r.accepts("first issuer", r.good())
		if n := second.Fetches(jwkstest.Everything); n != 0 {
			t.Errorf("%d requests to the second issuer for a token of the first, want none", n)
		}
		r.accepts("second issuer", second.Mint(jwkstest.Token{}))
		r.wantFetches("each its own", 1, 1)
		if d, k := second.DiscoveryFetches(), second.JWKSFetches(); d != 1 || k != 1 {
			t.Errorf("second issuer: %d discovery and %d key set fetches, want 1 and 1", d, k)
		}
		r.flood("forged kids of the first", 1000, jwks.ErrKey, r.forged)
		r.wantFetches("forged kids of the first", 1, 2)
		second.Rotate()
		r.accepts("rotation of the second, during the interval of the first", second.Mint(jwkstest.Token{}))
		if n := second.JWKSFetches(); n != 2 {
			t.Errorf("second issuer: %d key set fetches, want 2", n)
		}
	})
}

func TestIssuerThatIsAwayLeavesTheOtherAlone(t *testing.T) {
	for _, a := range []jwkstest.Answer{{Drop: true}, {Hang: true}} {
		inBubble(t, func(t *testing.T) {
			r, second := newKeyRigs(t)
			second.SetAnswer(jwkstest.Everything, a)
			go func() { _ = r.verify(second.Mint(jwkstest.Token{})) }()
			synctest.Wait()
			r.acceptsAtOnce("first issuer, cold", r.good())
			for range 100 {
				r.acceptsAtOnce("first issuer, warm", r.good())
			}
			time.Sleep(rigFetch)
			r.refuses("second issuer", second.Mint(jwkstest.Token{}), jwks.ErrUnavailable)

			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := r.v.Ready(ctx)
			checkRefusal(t, "Ready", err, jwks.ErrUnavailable)
			if err == nil || !strings.Contains(err.Error(), second.URL) || strings.Contains(err.Error(), r.URL+`"`) {
				t.Errorf("Ready: %v, want the second issuer named and not the first", err)
			}
		})
	}
}

// A key belongs to its issuer, whatever it is called (RFC 8725 §3.8).
func TestSameKidAtTwoIssuers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, second := newKeyRigs(t)
		kid := r.KeyIDs()[0]
		second.EditKey(second.KeyIDs()[0], map[string]any{"kid": kid})
		r.accepts("first issuer", r.good())
		r.accepts("second issuer", second.Mint(jwkstest.Token{}))
		r.refuses("second issuer in the name of the first", second.Mint(jwkstest.Token{Claims: map[string]any{"iss": r.URL}}), jwks.ErrSignature)
		r.refuses("first issuer in the name of the second", r.Mint(jwkstest.Token{Claims: map[string]any{"iss": second.URL}}), jwks.ErrSignature)
	})
}

func TestRunServesEveryIssuer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, second := newKeyRigs(t)
		second.SetAnswer(jwkstest.Everything, jwkstest.Answer{Hang: true})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = r.v.Run(ctx) }()
		synctest.Wait()
		r.wantFetches("first issuer, while the second hangs", 1, 1)
		second.SetAnswer(jwkstest.Everything, jwkstest.Answer{})
		time.Sleep(rigFetch + time.Second)
		if err := r.v.Ready(t.Context()); err != nil {
			t.Errorf("Ready: %v", err)
		}
		if n := second.JWKSFetches(); n != 1 {
			t.Errorf("second issuer: %d key set fetches, want 1", n)
		}
	})
}

// One event for each attempt, and what is in it.
func TestEvents(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		start := time.Now()
		r.down()
		r.refuses("fails cold", r.good(), jwks.ErrUnavailable)
		r.up()
		r.Publish(jwkstest.UnknownKey("unknown"))
		r.AddKey("ES256")
		time.Sleep(time.Second)
		r.accepts("succeeds", r.good())
		r.down()
		time.Sleep(20 * time.Minute)
		r.accepts("fails warm", r.good())
		synctest.Wait()
		time.Sleep(time.Second)
		r.accepts("fails warm again", r.good())
		synctest.Wait()
		time.Sleep(rigStale)
		r.refuses("fails with keys too old", r.good(), jwks.ErrUnavailable)
		r.acceptsNothing()

		got := r.heard()
		for i, want := range []struct {
			policy  string
			fails   bool
			keys    int
			skipped int
			age     time.Duration
			next    time.Duration // from the start; zero for a refresh
		}{
			{"fails cold", true, 0, 0, 0, 1 * time.Second},
			{"succeeds", false, 2, 1, 0, 0},
			{"fails warm", true, 2, 0, 20 * time.Minute, 20*time.Minute + 2*time.Second},
			{"fails warm again", true, 2, 0, 20*time.Minute + time.Second, 20*time.Minute + 4*time.Second},
			{"fails with keys too old", true, 0, 0, 0, rigStale + 20*time.Minute + 6*time.Second},
		} {
			if i >= len(got) {
				t.Fatalf("%d events, want one for: %s", len(got), want.policy)
			}
			e := got[i]
			if e.Issuer != r.URL || (e.Err != nil) != want.fails || e.Keys != want.keys || len(e.Skipped) != want.skipped || e.Age != want.age {
				t.Errorf("%s: %+v, want %+v", want.policy, e, want)
			}
			next := e.Next.Sub(start)
			if want.next != 0 && next != want.next || want.next == 0 && (next < 12*time.Minute || next > 14*time.Minute) {
				t.Errorf("%s: next attempt at %v, want %v", want.policy, next, want.next)
			}
		}
		if len(got) != 5 {
			t.Errorf("%d events, want 5", len(got))
		}
	})
}

// acceptsNothing makes sure that requests between attempts cause no event.
func (r *keyRig) acceptsNothing() {
	r.t.Helper()
	for range 10 {
		r.refuses("between attempts", r.good(), jwks.ErrUnavailable)
	}
}

// A listener that is slow, which it should not be, holds up those who wait for its
// fetch and nobody whose key is known.
func TestSlowListenerHoldsUpNoKnownKid(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := false
		r := newKeyRig(t, func(r *keyRig, c *jwks.Config) {
			c.OnEvent = func(e jwks.Event) {
				if slow {
					time.Sleep(time.Hour)
				}
				r.hear(e)
			}
		})
		r.warm()
		slow = true
		time.Sleep(15 * time.Minute)
		r.acceptsAtOnce("starts the refresh", r.good())
		synctest.Wait()
		r.wantFetches("listener busy", 1, 2)
		r.acceptsAtOnce("listener busy", r.good())
		r.Rotate()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := r.v.Verify(ctx, r.good()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("unknown kid, listener busy: %v, want the end of its context", err)
		}
		r.acceptsAtOnce("the new key is there all the same", r.good())
		time.Sleep(2 * time.Hour)
	})
}

// A listener may ask the verifier itself: nothing is locked meanwhile.
func TestListenerMayUseTheVerifier(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var ready []error
		r := newKeyRig(t, func(r *keyRig, c *jwks.Config) {
			c.OnEvent = func(jwks.Event) { ready = append(ready, r.v.Ready(context.Background())) }
		})
		r.down()
		r.refuses("down", r.good(), jwks.ErrUnavailable)
		r.up()
		time.Sleep(time.Second)
		r.accepts("up", r.good())
		if len(ready) != 2 || !errors.Is(ready[0], jwks.ErrUnavailable) || ready[1] != nil {
			t.Errorf("Ready inside the listener: %v, want ErrUnavailable and nil", ready)
		}
	})
}
