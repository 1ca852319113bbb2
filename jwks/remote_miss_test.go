package jwks_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// “unknown kid refetches at most once per interval whatever the attacker sends”
func TestFloodOfUnknownKidsMakesOneFetchPerInterval(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 2 * time.Second})
		start := time.Now()
		r.flood("first interval", 10_000, jwks.ErrKey, r.forged)
		r.wantFetches("first interval", 1, 2)

		time.Sleep(time.Until(start.Add(rigInterval - 1)))
		r.flood("a moment before the second", 1000, jwks.ErrKey, r.forged)
		r.wantFetches("a moment before the second", 1, 2)

		time.Sleep(time.Until(start.Add(rigInterval)))
		r.flood("second interval", 2000, jwks.ErrKey, r.forged)
		r.wantFetches("second interval", 1, 3)
		if n := r.MaxInFlight(); n != 1 {
			t.Errorf("%d requests in flight at once, want 1", n)
		}
	})
}

// “N bogus kids = 1 fetch”: the first fetch of all was made for one of them and has
// answered it.
func TestFloodFromColdMakesOneFetch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 2 * time.Second})
		start := time.Now()
		r.flood("from cold", 10_000, jwks.ErrKey, r.forged)
		r.wantFetches("from cold", 1, 1)

		time.Sleep(time.Until(start.Add(2*time.Second + rigInterval)))
		r.flood("next interval", 1000, jwks.ErrKey, r.forged)
		r.wantFetches("next interval", 1, 2)
	})
}

// The answer counts from when it is there, not from when the request that asked for
// it gets to run again: until then, strangers would have one more fetch.
func TestFloodFromColdMakesOneFetchHoweverItIsScheduled(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		meanwhile := errors.New("not called")
		r := newKeyRig(t, func(r *keyRig, c *jwks.Config) {
			c.OnEvent = func(e jwks.Event) { // the keys are in use, and nobody knows yet
				r.hear(e)
				meanwhile = r.verify(r.forged())
			}
		})
		r.refuses("from cold", r.forged(), jwks.ErrKey)
		checkRefusal(t, "another, before the first has woken up", meanwhile, jwks.ErrKey)
		r.wantFetches("both", 1, 1)
	})
}

// “known kids never wait”: not for the fetch that a forged kid caused, and not for
// a provider that does not answer it.
func TestKnownKidsDoNotWaitForAMiss(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Hang: true})
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { r.flood("while the provider hangs", 64, jwks.ErrUnavailable, r.forged) })
		synctest.Wait()
		r.wantFetches("forged kids waiting", 1, 2)
		for range 100 {
			r.acceptsAtOnce("known kid meanwhile", r.good())
		}
		wg.Wait()
		if waited := time.Since(start); waited == 0 || waited > rigFetch {
			t.Errorf("the forged kids waited %v, want until the fetch was given up", waited)
		}
		r.wantFetches("in the end", 1, 2)
	})
}

// “a forged kid can't delay a real rotation” beyond the interval.
func TestRotationAmidAFloodIsNoticedWithinTheInterval(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		ctx, stop := context.WithCancel(context.Background())
		var flood sync.WaitGroup
		start := time.Now()
		for range 16 {
			flood.Go(func() {
				for ctx.Err() == nil {
					r.refuses("forged kid", r.forged(), jwks.ErrKey)
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		time.Sleep(time.Millisecond) // the flood has had its fetch, and so begun the interval
		r.wantFetches("flood", 1, 2)
		r.Rotate() // as bad a moment as there is
		r.refuses("new key, within the interval", r.good(), jwks.ErrKey)

		time.Sleep(time.Until(start.Add(rigInterval)))
		r.accepts("new key, after the interval", r.good())
		r.wantFetches("both intervals", 1, 3)
		stop()
		flood.Wait()
	})
}

func TestRotationIsNoticedAtTheFirstRequest(t *testing.T) {
	for _, tt := range []struct {
		policy string
		wait   time.Duration
	}{
		{"right after start", 0},
		{"a second after start", time.Second},
		{"a moment before the refresh is due", 12*time.Minute - 1},
	} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.warm()
			time.Sleep(tt.wait)
			r.Rotate()
			r.accepts(tt.policy, r.good())
			r.wantFetches(tt.policy, 1, 2)
		})
	}
}

// A scheduled refresh is not the fetch that strangers are granted, and does not use
// it up for an honest new key.
func TestRotationIsNoticedRightAfterARefresh(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		time.Sleep(14 * time.Minute)
		r.accepts("starts the refresh", r.good())
		synctest.Wait()
		r.wantFetches("refresh", 1, 2)
		r.Rotate()
		r.accepts("rotated a moment later", r.good())
		r.wantFetches("rotated a moment later", 1, 3)
	})
}

// A refresh that was under way when the provider rotated may have missed it.
func TestRotationDuringARefreshIsNoticed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		old := r.JWKS()
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 2 * time.Second, Body: old})
		time.Sleep(14 * time.Minute)
		r.accepts("starts the refresh", r.good())
		synctest.Wait()
		r.wantFetches("refresh under way", 1, 2)
		r.Rotate()
		var wg sync.WaitGroup
		wg.Go(func() { r.accepts("new key while the old set is on its way", r.good()) })
		synctest.Wait()
		time.Sleep(2*time.Second + 1) // the old set has come, and was not enough
		r.wantFetches("fetch of its own under way", 1, 3)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{})
		wg.Wait()
		r.wantFetches("in the end", 1, 3)
	})
}

// All who come with the new key share one fetch.
func TestHerdWithANewKeyMakesOneFetch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		r.Rotate()
		token := r.good()
		r.flood("new key", 640, nil, func() string { return token })
		r.wantFetches("new key", 1, 2)
		if n := r.MaxInFlight(); n != 1 {
			t.Errorf("%d requests in flight at once, want 1", n)
		}
	})
}

// “a bad signature under a known kid fetches nothing”
func TestBadSignaturesUnderAKnownKidFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		forged := strings.Split(r.forged(), ".")
		honest := strings.Split(r.good(), ".")
		token := honest[0] + "." + honest[1] + "." + forged[2]
		r.flood("bad signature", 10_000, jwks.ErrSignature, func() string { return token })
		r.wantFetches("bad signature", 1, 1)
	})
}

// What the configuration alone can refuse costs the provider nothing, not even the
// first fetch.
func TestRefusalsThatNeedNoKeyFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		stranger := bareIssuer(t, "https://other.example.com")
		claims := []byte(`{"iss":"` + r.URL + `"}`)
		for _, tt := range []struct {
			policy string
			token  string
			want   error
		}{
			{"unknown issuer", stranger.Mint(jwkstest.Token{}), jwks.ErrIssuer},
			{"no issuer", r.Mint(jwkstest.Token{Claims: map[string]any{"iss": nil}}), jwks.ErrIssuer},
			{"issuer with a slash more", r.Mint(jwkstest.Token{Claims: map[string]any{"iss": r.URL + "/"}}), jwks.ErrIssuer},
			{"algorithm that is not in the list", r.Mint(jwkstest.Token{Header: map[string]any{"alg": "ES384"}}), jwks.ErrAlgorithm},
			{"secret", r.Mint(jwkstest.Token{Secret: make([]byte, 32)}), jwks.ErrAlgorithm},
			{"none", r.Mint(jwkstest.Token{Alg: "none", Header: map[string]any{"alg": "none"}}) + "AA", jwks.ErrAlgorithm},
			{"crit", r.Mint(jwkstest.Token{Header: map[string]any{"crit": []string{"x"}}}), jwks.ErrMalformed},
			{"key named by URL", r.Mint(jwkstest.Token{Header: map[string]any{"jku": "https://other.example.com/jwks"}}), jwks.ErrMalformed},
			{"kid that is not text", r.Mint(jwkstest.Token{Header: map[string]any{"kid": 7}}), jwks.ErrMalformed},
			{"two kids", r.MintRaw([]byte(`{"alg":"ES256","kid":"a","kid":"b"}`), claims, jwkstest.Token{}), jwks.ErrMalformed},
			{"no JSON", r.MintRaw([]byte("{"), claims, jwkstest.Token{}), jwks.ErrMalformed},
			{"two parts", "e30.e30", jwks.ErrMalformed},
			{"longer than a token may be", r.Mint(jwkstest.Token{Claims: map[string]any{"x": strings.Repeat("x", 17<<10)}}), jwks.ErrMalformed},
		} {
			r.refuses(tt.policy, tt.token, tt.want)
			r.wantFetches(tt.policy, 0, 0)
		}
		if asked := r.wire.seen(); len(asked) != 0 {
			t.Errorf("asked for %q, want nothing", asked)
		}
	})
}

func TestRefusalsUnderAKnownKidFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		r.AddKey("ES384") // not in the list, and not fetched yet
		for _, tt := range []struct {
			policy string
			token  jwkstest.Token
			want   error
		}{
			{"expired", jwkstest.Token{Claims: map[string]any{"exp": time.Now().Add(-time.Hour)}}, jwks.ErrExpired},
			{"algorithm of another sort of key", jwkstest.Token{Header: map[string]any{"alg": "RS256"}}, jwks.ErrKey},
			{"algorithm that is not in the list", jwkstest.Token{Alg: "ES384"}, jwks.ErrAlgorithm},
		} {
			for range 100 {
				r.refuses(tt.policy, r.Mint(tt.token), tt.want)
			}
			r.wantFetches(tt.policy, 1, 1)
		}
	})
}

// A token that names no key can only mean the one there is; what does not fit is
// refused without asking the provider.
func TestTokensWithoutKidFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		nameless := func() string { return r.Mint(jwkstest.Token{Header: map[string]any{"kid": nil}}) }
		r.acceptsAtOnce("no kid, one key", nameless())
		r.AddKey("EdDSA") // which is not even in the list
		r.refuses("starts a fetch", r.forged(), jwks.ErrKey)
		for range 100 {
			r.refuses("no kid, two keys", nameless(), jwks.ErrKey)
		}
		r.wantFetches("no kid, two keys", 1, 2)
	})
}
