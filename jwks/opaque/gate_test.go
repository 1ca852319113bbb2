package opaque_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// After five failures in a row nothing is asked for ten seconds, then one question finds
// out for all.
func TestProviderDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: respond(500, ``)}
		var events []opaque.Event
		v := newFrom(t, opaque.Config{Providers: []opaque.Provider{provider()}, Transport: n, OnEvent: func(e opaque.Event) { events = append(events, e) }})
		ask := func(times int) (last error) {
			for range times {
				_, err := verify(t, v, token)
				isUnavailable(t, err)
				last = err
			}
			return last
		}
		ask(20)
		if n.count() != 5 {
			t.Fatalf("%d requests of a provider that fails, want 5", n.count())
		}
		time.Sleep(4 * time.Second)
		if e := isUnavailable(t, ask(1)); e.RetryAfter != 6*time.Second {
			t.Errorf("retry after %s, want 6s", e.RetryAfter)
		}
		time.Sleep(6*time.Second + 1)
		ask(20)
		if n.count() != 6 {
			t.Fatalf("%d requests after ten seconds, want one more", n.count())
		}
		time.Sleep(10*time.Second + 1)
		n.set(respond(200, good))
		if _, err := verify(t, v, token); err != nil {
			t.Fatal(err)
		}
		if len(events) != 2 || events[0].Err == nil || events[1].Err != nil || events[0].Issuer != login {
			t.Errorf("events %v, want down and up", events)
		}
	})
}

// While the first question after an outage is under way, no other is asked.
func TestOneTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: respond(500, ``)}
		v := newVerifier(t, n)
		for range 5 {
			_, err := verify(t, v, token)
			isUnavailable(t, err)
		}
		time.Sleep(11 * time.Second)
		n.set(func(q question) (*http.Response, error) { time.Sleep(time.Second); return respond(200, good)(q) })
		good := make(chan bool, 20)
		for i := range 20 {
			go func() {
				_, err := v.Verify(t.Context(), fmt.Sprintf("token%d", i))
				good <- err == nil
			}()
		}
		admitted := 0
		for range 20 {
			if <-good {
				admitted++
			}
		}
		if n.count() != 6 || admitted != 1 {
			t.Errorf("%d requests and %d admitted, want 6 and 1", n.count(), admitted)
		}
	})
}

// A few tokens that a provider chokes on do not keep the others out.
func TestOddAnswersDoNotCloseTheGate(t *testing.T) {
	for policy, odd := range map[string]func(question) (*http.Response, error){
		"unreadable": respond(200, `{"active":true,"Active":true}`), "404": respond(404, ``), "414": respond(414, ``),
	} {
		n := &network{answer: odd}
		v := newVerifier(t, n)
		for i := range 20 {
			_, err := verify(t, v, fmt.Sprintf("odd%d", i))
			isUnavailable(t, err)
		}
		n.set(respond(200, good))
		if _, err := verify(t, v, token); err != nil || n.count() != 21 {
			t.Errorf("%s: %v after %d requests", policy, err, n.count())
		}
	}
}

// Nor do those that it forbids, where nothing but the token tells who asks.
func TestForbiddenTokensDoNotCloseTheGate(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		n := &network{answer: respond(status, ``)}
		v := newVerifier(t, n, func(p *opaque.Provider) { p.Ask.Put = "bearer" })
		for i := range 20 {
			_, err := verify(t, v, fmt.Sprintf("odd%d", i))
			isUnavailable(t, err)
		}
		n.set(respond(200, good))
		if _, err := verify(t, v, token); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// Judgements are answers: no number of them closes the gate.
func TestJudgementsDoNotCloseTheGate(t *testing.T) {
	n := saying(`{"active":false}`)
	v := newVerifier(t, n)
	for i := range 50 {
		if _, err := verify(t, v, fmt.Sprintf("garbage%d", i)); !errors.Is(err, opaque.ErrInactive) {
			t.Fatal(err)
		}
	}
	if n.count() != 50 {
		t.Errorf("%d requests", n.count())
	}
}

func TestRetryAfter(t *testing.T) {
	for _, row := range []struct {
		policy, value string
		status        int
		want          time.Duration
	}{
		{"seconds honoured", "30", 429, 30 * time.Second},
		{"of 503 too", "30", 503, 30 * time.Second},
		{"date honoured", "Sat, 01 Jan 2000 00:01:00 GMT", 503, time.Minute},
		{"more than five minutes cut off", "86400", 429, 5 * time.Minute},
		{"more than any clock cut off", "99999999999999999999", 429, 0},
		{"zero is a second", "0", 429, time.Second},
		{"nonsense ignored", "soon", 429, 0},
		{"of other statuses ignored", "30", 500, 0},
	} {
		t.Run(row.policy, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // begins at midnight, 1 January 2000
				n := &network{answer: respond(row.status, ``, "Retry-After", row.value)}
				v := newVerifier(t, n)
				_, err := verify(t, v, token)
				if got := isUnavailable(t, err).RetryAfter; got != max(row.want, time.Second) {
					t.Errorf("retry after %s, want %s", got, row.want)
				}
				n.set(respond(200, good))
				if row.want > 0 {
					time.Sleep(row.want - 1)
					_, err := verify(t, v, token)
					isUnavailable(t, err)
					time.Sleep(time.Nanosecond)
				}
				if _, err := verify(t, v, token); err != nil || n.count() != 2 {
					t.Errorf("%v after %d requests", err, n.count())
				}
			})
		})
	}
}

// However many strangers come, the provider sees so many at once.
func TestQuestionsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var now, most, asked int
		v := newVerifier(t, nil, func(p *opaque.Provider) {
			p.Ask = opaque.Ask{}
			p.Lookup = func(context.Context, string) ([]byte, error) {
				mu.Lock()
				asked++
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				return []byte(`{"active":false}`), nil
			}
		})
		var busy, inactive int
		var wg sync.WaitGroup
		for i := range 500 {
			wg.Go(func() {
				_, err := v.Verify(t.Context(), fmt.Sprintf("garbage%d", i))
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, opaque.ErrInactive) {
					inactive++
				} else if isUnavailable(t, err).RetryAfter == time.Second {
					busy++
				}
			})
		}
		wg.Wait()
		if most != 32 || asked != 32 || inactive != 32 || busy != 500-32 {
			t.Errorf("%d at once of %d, %d inactive, %d told to come again", most, asked, inactive, busy)
		}
		if _, err := v.Verify(t.Context(), "one-more"); !errors.Is(err, opaque.ErrInactive) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// Events are changes, however often a provider fails or answers.
func TestEvents(t *testing.T) {
	n := &network{}
	var got []bool
	v := newFrom(t, opaque.Config{Providers: []opaque.Provider{provider()}, Transport: n, OnEvent: func(e opaque.Event) { got = append(got, e.Err == nil) }})
	for i, up := range []bool{true, true, false, false, true, true, false} {
		n.set(respond(200, good))
		if !up {
			n.set(func(question) (*http.Response, error) { return nil, io.EOF })
		}
		_, _ = v.Verify(t.Context(), fmt.Sprintf("token%d", i))
	}
	if want := []bool{false, true, false}; !slices.Equal(got, want) {
		t.Errorf("up %v, want %v", got, want)
	}
}
