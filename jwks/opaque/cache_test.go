package opaque_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// A hundred requests with one token are one question.
func TestSingleFlight(t *testing.T) {
	for policy, body := range map[string]string{"good": good, "inactive": `{"active":false}`} {
		t.Run(policy, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				n.set(func(q question) (*http.Response, error) { time.Sleep(time.Second); return respond(200, body)(q) })
				v := newVerifier(t, n)
				var wg sync.WaitGroup
				for i := range 100 {
					wg.Go(func() {
						time.Sleep(time.Duration(i) * 20 * time.Millisecond) // some meanwhile, some after
						if _, err := v.Verify(t.Context(), token); (err == nil) != (body == good) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if n.count() != 1 {
					t.Errorf("%d requests", n.count())
				}
			})
		})
	}
}

// A silence is not kept: who asks next may be luckier.
func TestSilenceIsNotKept(t *testing.T) {
	n := &network{answer: respond(500, ``)}
	v := newVerifier(t, n)
	_, err := verify(t, v, token)
	isUnavailable(t, err)
	n.set(respond(200, good))
	if _, err := verify(t, v, token); err != nil {
		t.Error(err)
	}
}

// Verdicts are used for as long as they may be, and not longer.
func TestHowLongVerdictsAreKept(t *testing.T) {
	hour := func(p *opaque.Provider) { p.KeepFor = time.Hour }
	at := func(d time.Duration) string {
		return fmt.Sprint(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Unix())
	}
	for _, row := range []struct {
		policy string
		change func(*opaque.Provider)
		answer string
		kept   time.Duration
	}{
		{"good for a minute", none, good, time.Minute},
		{"good for as long as is said", hour, good, time.Hour},
		{"good until the end of the token and the leeway", hour, set("exp", at(5*time.Minute)), 6 * time.Minute},
		{"good until no seconds are left", func(p *opaque.Provider) { p.Read.ExpiresIn = []string{"left"} }, set("left", "30"), 30 * time.Second},
		{"good without an end for a minute", func(p *opaque.Provider) { p.Read.Endless = true }, set("exp", "null"), time.Minute},
		{"inactive for ten seconds", hour, `{"active":false}`, 10 * time.Second},
		{"other audience for ten seconds", hour, set("aud", `"x"`), 10 * time.Second},
		{"inactive no longer than good", func(p *opaque.Provider) { p.KeepFor = time.Second }, `{"active":false}`, time.Second},
	} {
		t.Run(row.policy, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := saying(row.answer)
				v := newVerifier(t, n, row.change)
				_, first := v.Verify(t.Context(), token)
				time.Sleep(row.kept - 1)
				if _, again := v.Verify(t.Context(), token); n.count() != 1 || !errors.Is(again, first) {
					t.Errorf("%d requests, %v and then %v", n.count(), first, again)
				}
				time.Sleep(time.Nanosecond)
				n.set(respond(500, ``)) // an answer that is kept too long would hide it
				_, err := v.Verify(t.Context(), token)
				isUnavailable(t, err)
			})
		})
	}
}

// A token that was revoked is not admitted again from what was kept before.
func TestRevokedReplacesGood(t *testing.T) {
	var clock time.Time
	var mu sync.Mutex
	p := provider(func(p *opaque.Provider) { p.KeepFor = time.Minute })
	n := saying(good)
	v := newFrom(t, opaque.Config{Providers: []opaque.Provider{p}, Transport: n, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }})
	set := func(at time.Time) { mu.Lock(); defer mu.Unlock(); clock = at }
	set(now)
	if _, err := verify(t, v, token); err != nil {
		t.Fatal(err)
	}
	set(now.Add(time.Minute))
	n.set(respond(200, `{"active":false}`))
	if _, err := verify(t, v, token); !errors.Is(err, opaque.ErrInactive) {
		t.Fatal(err)
	}
	set(now.Add(time.Second)) // the clock is set back, into the time of the good answer
	if _, err := verify(t, v, token); !errors.Is(err, opaque.ErrInactive) {
		t.Error(err)
	}
}

// However much garbage comes, a good answer stays.
func TestGarbageDoesNotPushOut(t *testing.T) {
	asked := map[string]int{}
	v := newVerifier(t, nil, func(p *opaque.Provider) {
		p.Ask = opaque.Ask{}
		p.Lookup = func(_ context.Context, what string) ([]byte, error) {
			asked[what]++
			if what == token {
				return []byte(good), nil
			}
			return []byte(`{"active":false}`), nil
		}
	})
	_, _ = verify(t, v, token)
	for i := range 10_100 {
		_, _ = v.Verify(t.Context(), fmt.Sprintf("garbage%d", i))
	}
	_, _ = verify(t, v, token)
	_, _ = v.Verify(t.Context(), "garbage0")
	_, _ = v.Verify(t.Context(), "garbage10099")
	if asked[token] != 1 {
		t.Errorf("asked %d times about the good one", asked[token])
	}
	if asked["garbage0"] != 2 || asked["garbage10099"] != 1 {
		t.Errorf("asked %d times about the oldest and %d times about the newest garbage, want 2 and 1: the cache is bounded", asked["garbage0"], asked["garbage10099"])
	}
}

// What cannot be a token costs nobody anything.
func TestMalformedIsNotAskedAbout(t *testing.T) {
	v := newVerifier(t, nil, func(p *opaque.Provider) { p.Ask, p.Lookup = opaque.Ask{}, nobody(t) })
	for _, odd := range []string{"", "=", "a b", "a\n", "a=b", "é", "a\x00", "a,b", `a"`, "a&b", "a%20", strings.Repeat("a", 16<<10+1)} {
		if _, err := verify(t, v, odd); !errors.Is(err, jwks.ErrMalformed) {
			t.Errorf("%.20q: %v", odd, err)
		}
	}
}

// A question is asked once also where it is answered before the last of those who ask
// has seen that it is under way.
func TestQuestionsAreNotRepeated(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	v := newVerifier(t, nil, func(p *opaque.Provider) {
		p.Ask = opaque.Ask{}
		p.Lookup = func(_ context.Context, what string) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			asked[what]++
			return []byte(good), nil
		}
	})
	for i := range 300 {
		name := fmt.Sprintf("token%d", i)
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				if _, err := v.Verify(t.Context(), name); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if asked[name] != 1 {
			t.Fatalf("asked %d times about one token", asked[name])
		}
	}
}

// Where the clock was set back, nobody knows how long an answer was kept.
func TestClockSetBack(t *testing.T) {
	clock := now
	n := saying(good)
	v := newFrom(t, opaque.Config{Providers: []opaque.Provider{provider()}, Transport: n, Now: func() time.Time { return clock }})
	_, _ = verify(t, v, token)
	clock = now.Add(-time.Hour)
	if _, err := verify(t, v, token); err != nil || n.count() != 2 {
		t.Errorf("%v after %d requests, want 2", err, n.count())
	}
}
