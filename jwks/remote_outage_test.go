package jwks_test

import (
	"errors"
	"net"
	"net/http"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// rigOutages are the ways in which a provider can be away.
var rigOutages = []struct {
	policy string
	begin  func(*keyRig)
}{
	{"connections break", (*keyRig).down},
	{"500", func(r *keyRig) { r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Status: 500}) }},
	{"503 with a long Retry-After", func(r *keyRig) {
		r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Status: 503, Header: http.Header{"Retry-After": {"86400"}}})
	}},
	{"key set alone is away", func(r *keyRig) { r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Drop: true}) }},
	{"no such host", func(r *keyRig) {
		r.wire.answer(func(*http.Request) (*http.Response, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "login.example.com", IsNotFound: true}
		})
	}},
	{"connection refused", func(r *keyRig) {
		r.wire.answer(func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		})
	}},
}

// over ends every outage of rigOutages.
func (r *keyRig) over() {
	r.up()
	r.wire.answer(nil)
}

// “Start without the provider”: tokens are not called bad, and no restart is needed.
func TestProviderDownAtStartAndUpLater(t *testing.T) {
	for _, tt := range rigOutages {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			tt.begin(r)
			token := r.good()
			r.flood(tt.policy, 1000, jwks.ErrUnavailable, func() string { return token })
			r.refuses(tt.policy+", known issuer, any kid", r.forged(), jwks.ErrUnavailable)
			if n := len(r.heard()); n != 1 {
				t.Errorf("%s: %d attempts for 1001 requests in one moment, want 1", tt.policy, n)
			}
			r.over()
			r.refuses(tt.policy+": before the next attempt is due", r.good(), jwks.ErrUnavailable)
			time.Sleep(time.Second)
			r.accepts(tt.policy+": over", r.good())
			r.refuses(tt.policy+": over, unknown kid", r.forged(), jwks.ErrKey)
		})
	}
}

// attemptsAt is when attempts are made, from the first, while a provider stays away
// and requests keep coming.
var attemptsAt = []time.Duration{0, 1 * time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second,
	31 * time.Second, 61 * time.Second, 91 * time.Second, 121 * time.Second}

func TestAttemptsAtStartAreSpacedOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.down()
		start := time.Now()
		for time.Since(start) < 150*time.Second {
			for range 3 {
				r.refuses("provider down", r.good(), jwks.ErrUnavailable)
			}
			r.refuses("provider down, forged kid", r.forged(), jwks.ErrUnavailable)
			time.Sleep(500 * time.Millisecond)
		}
		if got := r.offsets(start); !reflect.DeepEqual(got, attemptsAt) {
			t.Errorf("attempts at %v, want %v", got, attemptsAt)
		}
	})
}

func TestAttemptsToRefreshAreSpacedOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		time.Sleep(15 * time.Minute)
		r.down()
		start := time.Now()
		for time.Since(start) < 150*time.Second {
			for range 3 {
				r.acceptsAtOnce("provider down, known kid", r.good())
			}
			time.Sleep(500 * time.Millisecond)
		}
		if got := r.offsets(start)[1:]; !reflect.DeepEqual(got, attemptsAt) {
			t.Errorf("attempts at %v, want %v", got, attemptsAt)
		}
	})
}

// Unknown kids keep to the same spacing: they are no reason to press a provider that
// fails.
func TestMissesWaitForTheNextAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		r.down()
		time.Sleep(15 * time.Minute)
		r.acceptsAtOnce("starts the refresh", r.good())
		synctest.Wait()
		for range 100 {
			r.refuses("unknown kid right after the failure", r.forged(), jwks.ErrUnavailable)
		}
		if n := len(r.heard()); n != 2 {
			t.Errorf("%d attempts, want the first and the refresh", n)
		}
	})
}

// A success starts the spacing over.
func TestBackoffStartsOverAfterRecovery(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.down()
		for range 200 {
			r.refuses("first outage", r.good(), jwks.ErrUnavailable)
			time.Sleep(time.Second)
		}
		r.up()
		time.Sleep(rigInterval)
		r.accepts("between outages", r.good())
		r.down()
		before := len(r.heard())
		time.Sleep(15 * time.Minute)
		start := time.Now()
		for range 5 {
			r.accepts("second outage", r.good())
			synctest.Wait()
			time.Sleep(time.Second)
		}
		if got, want := r.offsets(start)[before:], attemptsAt[:3]; !reflect.DeepEqual(got, want) {
			t.Errorf("attempts of the second outage at %v, want %v", got, want)
		}
	})
}

// RetryAfter is what a 503 tells its client: when asking again can help.
func TestRetryAfterIsWhenTheNextAttemptIsDue(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.down()
		start := time.Now()
		retryAfter := func() time.Duration {
			var unavailable *jwks.UnavailableError
			if err := r.verify(r.good()); !errors.As(err, &unavailable) {
				t.Fatalf("error %v, want an UnavailableError", err)
			}
			if unavailable.Issuer != r.URL {
				t.Errorf("issuer %q, want %q", unavailable.Issuer, r.URL)
			}
			return unavailable.RetryAfter
		}
		for _, tt := range []struct{ at, want time.Duration }{
			{0, time.Second},
			{900 * time.Millisecond, time.Second}, // never less than a second
			{1 * time.Second, 2 * time.Second},
			{3 * time.Second, 4 * time.Second},
			{5 * time.Second, 2 * time.Second},
			{7 * time.Second, 8 * time.Second},
			{15 * time.Second, 16 * time.Second},
			{31 * time.Second, 30 * time.Second},
			{41 * time.Second, 20 * time.Second},
			{61 * time.Second, 30 * time.Second},
		} {
			time.Sleep(time.Until(start.Add(tt.at)))
			if got := retryAfter(); got != tt.want {
				t.Errorf("after %v: RetryAfter is %v, want %v", tt.at, got, tt.want)
			}
		}
	})
}

// “stale keys served through an outage up to a stated age”, “provider down = known
// kids still pass”
func TestKnownKidsPassThroughAnOutageOfADay(t *testing.T) {
	for _, tt := range rigOutages {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.warm()
			start := time.Now()
			tt.begin(r)
			for range 23 {
				time.Sleep(time.Hour)
				r.acceptsAtOnce(tt.policy, r.good())
				synctest.Wait()
			}
			time.Sleep(time.Until(start.Add(rigStale - 1)))
			r.acceptsAtOnce(tt.policy+", last moment", r.good())
			time.Sleep(time.Nanosecond)
			r.refuses(tt.policy+", for a day", r.good(), jwks.ErrUnavailable)
			if n := len(r.heard()); n != 25 {
				t.Errorf("%s: %d attempts, want the first and one for each of 24 requests", tt.policy, n)
			}
			r.over()
			time.Sleep(rigInterval)
			r.accepts(tt.policy+": over", r.good())
		})
	}
}

// Nobody can tell whether a kid that is unknown during an outage is forged or new.
func TestUnknownKidDuringAnOutageIsNotCalledBad(t *testing.T) {
	for _, tt := range rigOutages {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.warm()
			old := r.KeyIDs()[0]
			r.Rotate()
			tt.begin(r)
			for range 10 {
				r.refuses(tt.policy+", rotated key", r.good(), jwks.ErrUnavailable)
				r.refuses(tt.policy+", forged kid", r.forged(), jwks.ErrUnavailable)
				r.acceptsAtOnce(tt.policy+", known kid", r.signedBy(old))
			}
			if n := len(r.heard()); n != 2 {
				t.Errorf("%s: %d attempts, want the first and one for all misses", tt.policy, n)
			}
			r.over()
			time.Sleep(rigInterval)
			r.accepts(tt.policy+": over, rotated key", r.good())
			r.refuses(tt.policy+": over, forged kid", r.forged(), jwks.ErrKey)
			r.refuses(tt.policy+": over, key withdrawn meanwhile", r.signedBy(old), jwks.ErrKey)
		})
	}
}

// A transport that panics is a failed attempt, not the end of the process.
func TestPanicDuringAFetchIsContained(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var panics atomic.Bool
		panics.Store(true)
		r := newKeyRig(t, nil)
		r.wire.answer(func(*http.Request) (*http.Response, error) {
			if panics.Load() {
				panic("provoked by the test")
			}
			return nil, nil
		})
		r.refuses("at start", r.good(), jwks.ErrUnavailable)
		panics.Store(false)
		time.Sleep(time.Second)
		r.accepts("over", r.good())
		panics.Store(true)
		time.Sleep(15 * time.Minute)
		r.acceptsAtOnce("later", r.good())
		synctest.Wait()
		r.acceptsAtOnce("after the failed refresh", r.good())
		if e := r.heard(); len(e) != 3 || e[0].Err == nil || e[1].Err != nil || e[2].Err == nil {
			t.Errorf("events %v, want failure, success, failure", e)
		}
	})
}
