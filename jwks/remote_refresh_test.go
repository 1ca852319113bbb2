package jwks_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// “honour Cache-Control within bounds”, “refresh in the background before expiry”:
// when 80 to 90% of the lifetime is over.
func TestCacheControlIsHonouredWithinBounds(t *testing.T) {
	for _, tt := range []struct {
		policy string
		header http.Header
		life   time.Duration
	}{
		{"nothing said", nil, 15 * time.Minute},
		{"10 minutes", http.Header{"Cache-Control": {"public, max-age=600, must-revalidate"}}, 10 * time.Minute},
		{"10 minutes, other letters", http.Header{"Cache-Control": {"Max-Age=600"}}, 10 * time.Minute},
		{"an hour", http.Header{"Cache-Control": {"max-age=3600"}}, time.Hour},
		{"a minute", http.Header{"Cache-Control": {"max-age=60"}}, time.Minute},
		{"under a minute", http.Header{"Cache-Control": {"max-age=59"}}, time.Minute},
		{"no time at all", http.Header{"Cache-Control": {"max-age=0"}}, time.Minute},
		{"no-store", http.Header{"Cache-Control": {"no-store"}}, time.Minute},
		{"no-store beside an age", http.Header{"Cache-Control": {"max-age=3600, no-store"}}, time.Minute},
		{"no-cache", http.Header{"Cache-Control": {"no-cache"}}, time.Minute},
		{"over an hour", http.Header{"Cache-Control": {"max-age=86400"}}, time.Hour},
		{"three thousand years", http.Header{"Cache-Control": {"max-age=99999999999"}}, time.Hour},
		{"more than a number holds", http.Header{"Cache-Control": {"max-age=99999999999999999999999999"}}, time.Hour},
		{"negative", http.Header{"Cache-Control": {"max-age=-1"}}, 15 * time.Minute},
		{"words", http.Header{"Cache-Control": {"max-age=forever"}}, 15 * time.Minute},
		{"half an hour old already", http.Header{"Cache-Control": {"max-age=3600"}, "Age": {"1800"}}, 30 * time.Minute},
	} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Header: tt.header})
			start := time.Now()
			r.warm()
			if due := r.heard()[0].Next.Sub(start); due < tt.life*8/10 || due >= tt.life*9/10 {
				t.Errorf("%s: next refresh after %v, want 80 to 90%% of %v", tt.policy, due, tt.life)
			}
			time.Sleep(tt.life*8/10 - 1)
			r.acceptsAtOnce(tt.policy, r.good())
			synctest.Wait()
			r.wantFetches(tt.policy+", before 80%", 1, 1)

			time.Sleep(time.Until(start.Add(tt.life * 9 / 10)))
			r.acceptsAtOnce(tt.policy, r.good())
			synctest.Wait()
			r.wantFetches(tt.policy+", at 90%", 1, 2)
		})
	}
}

// Replicas that started together must not refresh together for ever.
func TestRefreshesAreSpread(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		different := map[time.Time]bool{}
		for range 20 {
			r := newKeyRig(t, nil)
			r.warm()
			different[r.heard()[0].Next] = true
		}
		if len(different) < 10 {
			t.Errorf("20 verifiers refresh at %d different times", len(different))
		}
	})
}

// “refresh in the background”: one request causes it, and none waits for it.
func TestRefreshMakesNobodyWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 3 * time.Second})
		time.Sleep(15 * time.Minute)
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() { r.acceptsAtOnce("refresh due", r.good()) })
		}
		wg.Wait()
		synctest.Wait()
		r.acceptsAtOnce("refresh under way", r.good())
		r.wantFetches("refresh under way", 1, 2)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		r.acceptsAtOnce("refreshed", r.good())
		r.wantFetches("refreshed", 1, 2)
	})
}

// A refresh can be over before the last of those who saw that it was due finds the
// lock.
func TestRefreshIsMadeOnceHoweverFast(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, func(r *keyRig, c *jwks.Config) {
			set := string(r.JWKS())
			r.wire.next = instant(func() string { return set })
			c.Issuers[0].JWKSURL = r.JWKSURL()
		})
		token := r.Mint(jwkstest.Token{Claims: map[string]any{"exp": time.Now().Add(100 * time.Hour)}})
		r.accepts("first", token)
		for round := range 30 {
			time.Sleep(15 * time.Minute)
			r.flood("refresh due", 64, nil, func() string { return token })
			synctest.Wait()
			if n := len(r.heard()); n != round+2 {
				t.Fatalf("round %d: %d fetches, want %d", round, n, round+2)
			}
		}
	})
}

// “refresh in the background before expiry”, with nobody asking.
func TestRunRefreshesWithoutRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.v.Run(ctx) }()
		synctest.Wait()
		r.wantFetches("at start", 1, 1)

		time.Sleep(6 * time.Hour) // 26.7 to 30 times 80 to 90% of 15 minutes
		if n := r.JWKSFetches(); n < 27 || n > 31 {
			t.Errorf("%d key set fetches in 6 hours, want 27 to 31", n)
		}
		r.Rotate()
		time.Sleep(14 * time.Minute)
		before := r.JWKSFetches()
		r.acceptsAtOnce("rotated while nobody asked", r.good())
		if n := r.JWKSFetches(); n != before {
			t.Errorf("%d fetches for it, want none", n-before)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v, want nil", err)
		}
		after := r.JWKSFetches()
		time.Sleep(6 * time.Hour)
		if n := r.JWKSFetches(); n != after {
			t.Errorf("%d fetches after Run ended, want none", n-after)
		}
	})
}

// Run and requests share their fetches: what a request had fetched is not due for
// Run any more.
func TestRunLeavesOutWhatRequestsHaveFetched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		go func() { _ = r.v.Run(t.Context()) }()
		synctest.Wait()
		time.Sleep(10 * time.Minute)
		r.refuses("causes a fetch", r.forged(), jwks.ErrKey)
		r.wantFetches("causes a fetch", 1, 2)
		time.Sleep(12*time.Minute - 1) // the first set would have been due; the second is not
		r.wantFetches("before the second set is due", 1, 2)
		time.Sleep(2 * time.Minute)
		r.wantFetches("after it was due", 1, 3)
	})
}

func TestRunWaitsOutAnOutage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.down()
		start := time.Now()
		go func() { _ = r.v.Run(t.Context()) }()
		time.Sleep(130 * time.Second)
		if got := r.offsets(start); len(got) != len(attemptsAt) || got[8] != attemptsAt[8] {
			t.Errorf("attempts at %v, want %v", got, attemptsAt)
		}
		r.up()
		time.Sleep(rigInterval)
		r.acceptsAtOnce("over", r.good())
	})
}

func TestRunWaitsOutAnOutageWithKeysAtHand(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		go func() { _ = r.v.Run(t.Context()) }()
		synctest.Wait()
		r.down()
		time.Sleep(12*time.Minute - 1)
		time.Sleep(220 * time.Second) // the refresh falls due in the first 90 of them
		got := r.heard()[1:]
		if len(got) < 9 || len(got) > 12 { // 1, 2, 4, 8, 16 and then 30 seconds apart
			t.Errorf("%d attempts in 130 to 220 seconds of outage, want 9 to 12", len(got))
		}
		r.acceptsAtOnce("key at hand", r.good())
		r.up()
		r.Rotate()
		time.Sleep(rigInterval)
		r.acceptsAtOnce("over, and rotated", r.good())
	})
}

// Run ends with its context even while a provider hangs, and the fetch that it began
// ends by its own time limit: the bubble would tell if it did not.
func TestRunEndsWhileAProviderHangs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Hang: true})
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		start := time.Now()
		if err := r.v.Run(ctx); err != nil {
			t.Errorf("Run: %v, want nil", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("Run ended after %v, want with its context after 1 s", took)
		}
	})
}

func TestRunHasNothingToDoForConfiguredKeys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, func(r *keyRig, c *jwks.Config) {
			c.Issuers[0].Algorithms = []string{"ES256"}
			c.Issuers[0].PublicKeys = r.PublicKeyPEM(r.KeyIDs()[0])
		})
		r.accepts("configured key", r.good())
		if err := errors.Join(r.v.Run(t.Context()), r.v.Ready(t.Context())); err != nil {
			t.Error(err)
		}
		r.wantFetches("configured key", 0, 0)
	})
}

// “readyz tells”
func TestReadyFetchesAndWaits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 2 * time.Second})
		start := time.Now()
		if err := r.v.Ready(t.Context()); err != nil {
			t.Errorf("Ready: %v", err)
		}
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("Ready returned after %v, want when the keys were there", waited)
		}
		r.acceptsAtOnce("token after Ready", r.good())
		r.wantFetches("token after Ready", 1, 1)
		for range 100 {
			if err := r.v.Ready(t.Context()); err != nil {
				t.Errorf("Ready again: %v", err)
			}
		}
		r.wantFetches("Ready again", 1, 1)
	})
}

func TestReadyEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Hang: true})
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		start := time.Now()
		checkRefusal(t, "provider hangs", r.v.Ready(ctx), jwks.ErrUnavailable)
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("Ready returned after %v, want with its context after 2 s", waited)
		}
	})
}

// Ready is as true during an outage as Verify is: yes while the keys may be used.
func TestReadyTellsThePresentState(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.down()
		checkRefusal(t, "down at start", r.v.Ready(t.Context()), jwks.ErrUnavailable)
		checkRefusal(t, "still down", r.v.Ready(t.Context()), jwks.ErrUnavailable)
		if n := len(r.heard()); n != 1 {
			t.Errorf("%d attempts for two probes in one moment, want 1", n)
		}
		r.up()
		time.Sleep(time.Second)
		if err := r.v.Ready(t.Context()); err != nil {
			t.Errorf("up: %v", err)
		}
		r.down()
		time.Sleep(rigStale - 1)
		if err := r.v.Ready(t.Context()); err != nil {
			t.Errorf("down for nearly a day: %v", err)
		}
		time.Sleep(time.Nanosecond)
		checkRefusal(t, "down for a day", r.v.Ready(t.Context()), jwks.ErrUnavailable)
	})
}
