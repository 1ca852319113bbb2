package opaque

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// What a provider has to bear from us.
const (
	maxAtOnce   = 32 // questions
	maxFailures = 5  // in a row; then nothing is asked for closedFor
	closedFor   = 10 * time.Second
	minRetry    = time.Second
	maxRetry    = 5 * time.Minute // of what a provider asks for in Retry-After
)

var (
	errBusy    = errors.New("too many questions at once")
	errAsked   = errors.New("it wants to be left alone for a while")
	errResting = errors.New("it failed several times in a row, and is left alone for a while")
)

// A silence is a question without an answer.
type silence struct {
	err   error
	after time.Duration // what the provider asks for in Retry-After, or 0

	// peculiar: it lies with this token or what is said of it, and tells nothing about
	// the next one. Otherwise a few odd tokens would keep everybody out.
	peculiar bool
}

func (s *silence) Error() string { return s.err.Error() }
func (s *silence) Unwrap() error { return s.err }

// A gate lets questions through to one provider: so many at once, none for a while
// after several failed in a row, and none before the time that it asked us to wait for.
type gate struct {
	issuer  string
	now     func() time.Time
	onEvent func(Event)
	slots   chan struct{}
	breaker *gobreaker.CircuitBreaker[verdict]

	order sync.Mutex // held while a change is made and told, so that nobody hears of two the wrong way round

	mu     sync.Mutex // protects what follows, and is never held during a question
	down   bool       // the last question that tells of the provider had no answer
	last   error      // why
	notYet time.Time  // by now: when the provider wants to be asked again
	opens  time.Time  // by time.Now, as the breaker has it: when it lets one through
}

func newGate(issuer string, now func() time.Time, onEvent func(Event)) *gate {
	g := &gate{issuer: issuer, now: now, onEvent: onEvent, slots: make(chan struct{}, maxAtOnce)}
	g.breaker = gobreaker.NewCircuitBreaker[verdict](gobreaker.Settings{
		Timeout:     closedFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= maxFailures },
		IsExcluded:  peculiar,
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.opens = time.Now().Add(closedFor)
			}
		},
	})
	return g
}

// pass asks, if that may be now. Its error is an [*UnavailableError].
func (g *gate) pass(ask func() (verdict, error)) (verdict, error) {
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	default:
		return verdict{}, g.unavailable(errBusy, 0)
	}
	if err := g.asked(); err != nil {
		return verdict{}, err
	}
	v, err := g.breaker.Execute(ask)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return verdict{}, g.resting()
	}
	return v, g.note(err)
}

// asked is why nothing is asked before the time that the provider named.
func (g *gate) asked() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := g.notYet.Sub(g.now()); wait > 0 {
		return g.unavailable(g.because(errAsked), wait)
	}
	return nil
}

// resting is why nothing is asked while the breaker is open.
func (g *gate) resting() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.unavailable(g.because(errResting), time.Until(g.opens))
}

// because adds to err what the last question met. The caller holds mu.
func (g *gate) because(err error) error {
	if g.last == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, g.last)
}

// note takes down how a question ended, and tells of the change if that is one.
func (g *gate) note(err error) error {
	if !peculiar(err) {
		g.order.Lock()
		defer g.order.Unlock()
		if g.change(err) {
			g.onEvent(Event{Issuer: g.issuer, Err: err})
		}
	}
	if err == nil {
		return nil
	}
	return g.unavailable(err, after(err))
}

// change reports whether the provider was up and is down, or the other way round.
func (g *gate) change(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	was := g.down
	g.down, g.last = err != nil, err
	if wait := after(err); wait > 0 {
		g.notYet = g.now().Add(wait)
	}
	return was != g.down
}

func (g *gate) unavailable(err error, wait time.Duration) error {
	return &UnavailableError{Issuer: g.issuer, RetryAfter: max(wait, minRetry), Err: err}
}

func peculiar(err error) bool {
	s, ok := errors.AsType[*silence](err)
	return ok && s.peculiar
}

// after is how long the provider wants to be left alone, within bounds.
func after(err error) time.Duration {
	if s, ok := errors.AsType[*silence](err); ok && s.after > 0 {
		return min(max(s.after, minRetry), maxRetry)
	}
	return 0
}
