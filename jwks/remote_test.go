package jwks_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// “Start without the provider (lazy first fetch …)”
func TestNothingIsFetchedBeforeTheFirstToken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		time.Sleep(time.Hour)
		r.wantFetches("New", 0, 0)
		r.accepts("first token", r.good())
		r.wantFetches("first token", 1, 1)
	})
}

// “warm path = 0”
func TestWarmPathFetchesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		for range 1000 {
			r.acceptsAtOnce("token of a known key", r.good())
		}
		r.wantFetches("1000 tokens later", 1, 1)
	})
}

// “single flight”
func TestColdHerdMakesOneFetch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 2 * time.Second})
		start := time.Now()
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() { r.accepts("one of the herd", r.good()) })
		}
		synctest.Wait() // all 64 wait now
		r.wantFetches("herd waiting", 1, 1)
		wg.Wait()
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("the herd waited %v, want the 2 s that the provider took", waited)
		}
		r.wantFetches("herd served", 1, 1)
		if n := r.MaxInFlight(); n != 1 {
			t.Errorf("%d requests in flight at once, want 1", n)
		}
	})
}

// The same when a fetch takes no time: then it can be over before the last of the
// herd has found its way to the lock, which must not make that one start another.
func TestColdHerdMakesOneFetchHoweverFast(t *testing.T) {
	is := bareIssuer(t, rigIssuer)
	set, token := string(is.JWKS()), is.Mint(jwkstest.Token{})
	for round := range 30 {
		var fetches atomic.Int64
		v, err := jwks.New(jwks.Config{
			Issuers: []jwks.Issuer{{URL: rigIssuer, Audiences: []string{rigAudience}, Algorithms: []string{"ES256"}, JWKSURL: is.JWKSURL()}},
			Transport: instant(func() string {
				fetches.Add(1)
				return set
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		gate := make(chan struct{})
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				<-gate
				if _, err := v.Verify(context.Background(), token); err != nil {
					t.Error(err)
				}
			})
		}
		close(gate)
		wg.Wait()
		if n := fetches.Load(); n != 1 {
			t.Fatalf("round %d: %d fetches, want 1", round, n)
		}
	}
}

// instant is a transport that answers every request in no time.
type instant func() string

// RoundTrip implements http.RoundTripper.
func (f instant) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(f())), Request: r}, nil
}

// A fetch serves all who wait for it, so none of them can call it off.
func TestWhoGivesUpLeavesTheFetchToTheOthers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 3 * time.Second})
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { // the one that starts the fetch
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_, err := r.v.Verify(ctx, r.good())
			checkRefusal(t, "gave up", err, jwks.ErrUnavailable)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("gave up: %v, want the reason of its context in it", err)
			}
			if waited := time.Since(start); waited != time.Second {
				t.Errorf("who gives up after 1 s waited %v", waited)
			}
		})
		synctest.Wait()
		wg.Go(func() { r.accepts("waited on", r.good()) })
		wg.Wait()
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("the other waited %v, want the 3 s that the provider took", waited)
		}
		r.wantFetches("in the end", 1, 1)
	})
}

// A caller that is gone already neither waits nor is accepted, and still does not
// take the fetch with it.
func TestCancelledCallerReturnsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: 3 * time.Second})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		start := time.Now()
		_, err := r.v.Verify(ctx, r.good())
		checkRefusal(t, "cancelled", err, jwks.ErrUnavailable)
		if waited := time.Since(start); waited != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("waited %v and got %v, want no wait and context.Canceled", waited, err)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		r.acceptsAtOnce("after the fetch", r.good())
		r.wantFetches("in the end", 1, 1)
	})
}

// Once more on real sockets, where nothing is held still for us.
func TestColdHerdAndFloodOverSockets(t *testing.T) {
	before := runtime.NumGoroutine()
	is := jwkstest.Start()
	dropRSA(is)
	at := time.Now()
	r := newKeyRigFor(t, is, func(_ *keyRig, c *jwks.Config) {
		c.Now = func() time.Time { return at } // so that no interval ends, however slow the machine
		c.Transport = &http.Transport{DisableKeepAlives: true}
	})
	token := r.good()
	r.flood("cold herd", 256, nil, func() string { return token })
	r.wantFetches("cold herd", 1, 1)
	r.flood("forged kids", 5000, jwks.ErrKey, r.forged)
	r.wantFetches("forged kids", 1, 2)
	if n := r.MaxInFlight(); n != 1 {
		t.Errorf("%d requests in flight at once, want 1", n)
	}
	is.Close()
	settle(t, before)
}

// settle fails the test unless the number of goroutines comes down to what it was.
func settle(t *testing.T, before int) {
	t.Helper()
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 64<<10)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}
