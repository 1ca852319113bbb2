package middleware

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

var errTooMany = errors.New("too many requests")

// A limitError is a refusal that waiting would lift.
type limitError struct {
	what  string
	after time.Duration
}

func (e *limitError) Error() string { return fmt.Sprintf("too many %s; again in %s", e.what, e.after) }
func (e *limitError) Unwrap() error { return errTooMany }

// A Limiter counts what callers use up. An implementation that several replicas
// share makes a limit hold for all of them together; [NewLimiter] makes one that
// counts in this process. It must be safe for concurrent use.
type Limiter interface {
	// Take takes one of key, and returns zero; or, when nothing is left, takes
	// nothing and returns how long to wait.
	Take(key string) (wait time.Duration)
	// Left reports whether Take would return zero, and if not, how long to wait.
	Left(key string) (wait time.Duration)
}

// maxKeys bounds how many keys a limiter remembers: some 150 bytes each. Beyond, a
// random one is forgotten, and begins anew if it comes back; so a flood of sources
// costs the flood its own limit, and everybody else at worst a fresh start.
const maxKeys = 16384

// NewLimiter allows perMinute of every key on average, and as many at once. It
// panics unless perMinute is at least 1.
func NewLimiter(perMinute int) Limiter {
	if perMinute < 1 {
		panic("middleware: NewLimiter: at least 1 a minute is needed")
	}
	return &limiter{every: rate.Every(time.Minute / time.Duration(perMinute)), burst: perMinute, now: time.Now, keys: map[string]*rate.Limiter{}}
}

type limiter struct {
	every rate.Limit
	burst int
	now   func() time.Time

	mu   sync.Mutex
	keys map[string]*rate.Limiter // guarded by mu
}

func (l *limiter) Take(key string) time.Duration {
	now := l.now()
	bucket := l.bucket(key)
	if bucket.AllowN(now, 1) {
		return 0
	}
	return l.wait(bucket, now)
}

func (l *limiter) Left(key string) time.Duration {
	l.mu.Lock()
	bucket, ok := l.keys[key]
	l.mu.Unlock()
	now := l.now()
	if !ok || bucket.TokensAt(now) >= 1 {
		return 0
	}
	return l.wait(bucket, now)
}

func (l *limiter) wait(bucket *rate.Limiter, now time.Time) time.Duration {
	missing := math.Max(0, 1-bucket.TokensAt(now))
	return max(time.Second, time.Duration(missing/float64(l.every)*float64(time.Second)))
}

func (l *limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bucket, ok := l.keys[key]; ok {
		return bucket
	}
	if len(l.keys) >= maxKeys {
		for other := range l.keys { // in random order
			delete(l.keys, other)
			break
		}
	}
	bucket := rate.NewLimiter(l.every, l.burst)
	l.keys[key] = bucket
	return bucket
}

// limitFailures refuses a source that has failed too often, before its credential
// is looked at: guessing must not go on at full speed.
func (g *Guard) limitFailures(r *http.Request) error {
	if g.failures == nil {
		return nil
	}
	if wait := g.failures.Left(g.Source(r)); wait > 0 {
		return &limitError{"failures from one address", wait}
	}
	return nil
}

// guesses are the failures of who makes credentials up. A token that has expired, or is
// for another server, is not among them: many clients behind one address may well come
// with one at the same time. A stranger can make one up as well, as its signature is not
// even looked at; but it cannot be admitted, and costs next to nothing to refuse. Of a
// token that is not active nobody can say whether it ever was, and each costs its provider
// a question.
var guesses = [...]error{apikey.ErrUnknown, jwks.ErrMalformed, jwks.ErrSignature, jwks.ErrIssuer, opaque.ErrUnrouted, opaque.ErrInactive}

// failed counts a guess. Where nobody could tell, whatever came in between, there is
// none.
func (g *Guard) failed(r *http.Request, err error) {
	if g.failures == nil || errors.Is(err, opaque.ErrUnavailable) || errors.Is(err, jwks.ErrUnavailable) {
		return
	}
	for _, guess := range guesses {
		if errors.Is(err, guess) {
			g.failures.Take(g.Source(r))
			return
		}
	}
}

// limitCalls refuses a caller who calls too often.
func (g *Guard) limitCalls(p *Principal, r *http.Request) error {
	if g.calls == nil {
		return nil
	}
	return overLimit(g.calls.Take(g.countedAs(p, r)))
}

// callsLeft refuses such a caller without counting the call.
func (g *Guard) callsLeft(p *Principal, r *http.Request) error {
	if g.calls == nil {
		return nil
	}
	return overLimit(g.calls.Left(g.countedAs(p, r)))
}

func overLimit(wait time.Duration) error {
	if wait > 0 {
		return &limitError{"calls of one caller", wait}
	}
	return nil
}

func (g *Guard) countedAs(p *Principal, r *http.Request) string {
	if p.Method == MethodAnonymous {
		return g.Source(r)
	}
	return p.key()
}

// key tells callers apart, whatever their tokens.
func (p *Principal) key() string {
	return fmt.Sprintf("%s %q %q %q", p.Method, p.Issuer, p.Subject, p.Client)
}

// source is the part of an address that somebody controls alone: all of it, or the
// first half of an IPv6 address.
func source(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}
