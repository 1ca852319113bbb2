package jwks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What keeping fetched keys costs and promises. Times are bounds, whatever the
// key server says.
const (
	// A set is used for as long as Cache-Control lets us, within these, and
	// refreshed in the background when 80 to 90% of that is over. Where nobody
	// asked for so long that maxFresh is over, who asks next waits for a new set.
	// So a key that the provider withdraws stops verifying after maxFresh at the
	// latest, as long as the provider can be reached.
	minFresh     = time.Minute
	defaultFresh = 15 * time.Minute
	maxFresh     = time.Hour

	// A set that cannot be refreshed is used on until it is this old: an outage
	// of the provider is no outage of ours, but a provider that is gone for a
	// day may have withdrawn keys for a reason.
	maxStale = 24 * time.Hour

	// An unknown kid causes one fetch per interval, whoever sends it. The interval
	// is also how long a rotation can go unnoticed while strangers use it up.
	missInterval = 30 * time.Second

	// After a failure the next attempt waits, from the first to the second,
	// doubling.
	minRetry = time.Second
	maxRetry = missInterval

	// One attempt: discovery and the key set.
	fetchTimeout = 15 * time.Second
)

// A remote is the fetched keys of one issuer.
//
// Reading keys takes no lock. There is one fetch at a time; who needs its result
// waits for it, and a request whose key is known never does.
type remote struct {
	issuer  string
	fetch   func(ctx context.Context, now time.Time) (*keySet, time.Duration, error)
	now     func() time.Time
	onEvent func(Event)

	current atomic.Pointer[snapshot] // nil until the first fetch succeeds
	failing atomic.Bool              // the last attempt failed
	dueAt   atomic.Int64             // in Unix nanoseconds: a request from then on begins a refresh

	mu       sync.Mutex // protects what follows and writing the above, and is never held during a fetch
	flight   *flight    // the fetch under way, or nil
	failures int        // in a row
	retryAt  time.Time  // after a failure: not before
	lastErr  error      // of the last attempt; nil when it succeeded
	lastMiss time.Time  // when an unknown kid last caused a fetch
}

// A snapshot is one fetched set and its times. It is immutable.
type snapshot struct {
	set       *keySet
	fetched   time.Time
	refreshAt time.Time
}

// fresh reports whether a set may be used without knowing that there is no newer.
func (s *snapshot) fresh(now time.Time) bool { return now.Sub(s.fetched) < maxFresh }

func (s *snapshot) usable(now time.Time) bool {
	return s != nil && now.Sub(s.fetched) < maxStale
}

// A flight is one fetch; done is closed behind it.
type flight struct {
	done chan struct{}
	kid  string // of the request it was begun for; empty if it is for no kid in particular
}

// key implements keySource.
func (r *remote) key(ctx context.Context, w wanted) (*key, error) {
	snap, err := r.usableFor(ctx, w.kid)
	if err != nil {
		return nil, err
	}
	k, err := snap.set.find(w)
	if !errors.Is(err, errUnknownKid) {
		return k, err
	}
	return r.missed(ctx, snap, w)
}

// usable returns keys that may be used, and waits for them only where there are
// none, or none that are fresh and no outage is known to be the reason. Keys past
// their refresh time are returned at once and refreshed behind the request's back.
func (r *remote) usable(ctx context.Context) (*snapshot, error) { return r.usableFor(ctx, "") }

// usableFor is usable for who wants the key named kid.
func (r *remote) usableFor(ctx context.Context, kid string) (*snapshot, error) {
	now := r.now()
	snap := r.current.Load()
	if r.serves(snap, now) {
		if r.due(now) {
			r.begin(ctx, now, snap, "")
		}
		return snap, nil
	}
	if err := r.wait(ctx, r.begin(ctx, now, snap, kid)); err != nil {
		return nil, err
	}
	if snap = r.current.Load(); snap.usable(r.now()) {
		return snap, nil
	}
	return nil, r.unavailable(nil)
}

// serves reports whether no request has to wait for anything newer than snap.
func (r *remote) serves(snap *snapshot, now time.Time) bool {
	return snap.usable(now) && (snap.fresh(now) || r.failing.Load())
}

// atHand implements keySource.
func (r *remote) atHand(now time.Time) *keySet {
	if snap := r.current.Load(); r.serves(snap, now) {
		return snap.set
	}
	return nil
}

// due implements keySource.
func (r *remote) due(now time.Time) bool { return now.UnixNano() >= r.dueAt.Load() }

// missed deals with a kid that is not in snap: perhaps the provider has rotated its
// keys, perhaps a stranger made it up. One fetch per interval finds out, for all
// who ask meanwhile.
func (r *remote) missed(ctx context.Context, snap *snapshot, w wanted) (*key, error) {
	for range 2 { // a fetch begun before we asked may have missed the rotation
		f := r.beginMiss(ctx, r.now())
		if err := r.wait(ctx, f); err != nil {
			return nil, err
		}
		fresh := r.current.Load()
		if fresh == snap {
			break
		}
		snap = fresh
		k, err := snap.set.find(w)
		if !errors.Is(err, errUnknownKid) {
			return k, err
		}
	}
	if r.failing.Load() { // the kid may be new, and nobody can tell: not the token's fault
		return nil, r.unavailable(nil)
	}
	return r.current.Load().set.find(w) // and not in snap: a fetch may have ended the outage just now
}

// begin starts a fetch to replace seen, unless that has happened since the caller
// looked, one is under way, or it is too soon after a failure. It returns the flight
// to wait for, or nil.
func (r *remote) begin(ctx context.Context, now time.Time, seen *snapshot, kid string) *flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight != nil || r.current.Load() != seen || now.Before(r.retryAt) {
		return r.flight
	}
	return r.takeOff(ctx, kid)
}

// beginMiss is begin for an unknown kid, and keeps its interval. The interval runs
// from one such fetch to the next, by time alone: neither a refresh nor a token
// that names a known key moves it.
func (r *remote) beginMiss(ctx context.Context, now time.Time) *flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	tooSoon := !r.lastMiss.IsZero() && now.Sub(r.lastMiss) < missInterval
	if r.flight != nil || tooSoon || now.Before(r.retryAt) {
		return r.flight
	}
	r.lastMiss = now
	return r.takeOff(ctx, "")
}

// takeOff starts the fetch. It outlives the request that caused it, because others
// wait for it too, and is bounded by its own timeout.
func (r *remote) takeOff(ctx context.Context, kid string) *flight {
	f := &flight{done: make(chan struct{}), kid: kid}
	r.flight = f
	r.dueAt.Store(math.MaxInt64)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	go func() {
		defer cancel()
		defer close(f.done)
		r.onEvent(r.land(r.attempt(ctx)))
	}()
	return f
}

// attempt fetches. What a key server sends passes through parsers that are not
// ours; if one of them panics, that is a failed attempt and not the end of the
// process.
func (r *remote) attempt(ctx context.Context) (set *keySet, age time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("key set: parser panicked: %v", p)
		}
	}()
	return r.fetch(ctx, r.now())
}

// land records the result of a fetch.
func (r *remote) land(set *keySet, age time.Duration, err error) Event {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	kid := r.flight.kid
	r.flight, r.lastErr = nil, err
	before := r.current.Load()
	if err != nil {
		r.failing.Store(true)
		r.lastMiss = time.Time{} // nothing was found out; the retry's own wait is the interval
		r.retryAt = now.Add(backoff(r.failures))
		r.failures++
		e := Event{Issuer: r.issuer, Err: err, Next: r.retryAt}
		due := r.retryAt
		if before != nil && before.refreshAt.After(due) {
			due = before.refreshAt
		}
		r.dueAt.Store(due.UnixNano())
		if before.usable(now) {
			e.Keys, e.Age = len(before.set.keys), now.Sub(before.fetched)
		}
		return e
	}
	r.failures, r.retryAt = 0, time.Time{}
	// A fetch that was begun for a kid has answered it. Counted here, and not by the
	// request once it runs again, so that no stranger comes in between.
	if kid != "" && !slices.ContainsFunc(set.keys, func(k *key) bool { return k.id == kid }) {
		r.lastMiss = now
	}
	if before != nil {
		set.keep(before.set)
	}
	snap := &snapshot{set: set, fetched: now, refreshAt: now.Add(refreshAfter(age))}
	r.current.Store(snap)
	r.failing.Store(false) // behind the new set: who sees it false finds the new keys
	r.dueAt.Store(snap.refreshAt.UnixNano())
	return Event{Issuer: r.issuer, Keys: len(set.keys), Skipped: set.skipped, Next: snap.refreshAt}
}

// refreshAfter is when a set that may be kept for age is due, spread so that many
// replicas do not ask at once.
func refreshAfter(age time.Duration) time.Duration {
	if age < 0 {
		age = defaultFresh
	}
	age = min(max(age, minFresh), maxFresh)
	return age*8/10 + rand.N(age/10)
}

func backoff(failures int) time.Duration {
	return min(minRetry<<min(failures, 10), maxRetry)
}

// wait waits for f, if there is one to wait for. Its error means that ctx ended.
func (r *remote) wait(ctx context.Context, f *flight) error {
	if f == nil {
		return nil
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return r.unavailable(ctx.Err())
	}
}

// unavailable says why there are no keys: err, or what the last attempt met.
func (r *remote) unavailable(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		err = r.lastErr
	}
	return &UnavailableError{Issuer: r.issuer, RetryAfter: max(r.retryAt.Sub(r.now()), minRetry), Err: err}
}
