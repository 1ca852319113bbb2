package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// errStreamOver ends a stream whose token has expired, or whose caller was denied,
// or that the server ends.
var errStreamOver = errors.New("middleware: the stream is over")

// streams are the open event streams. A stream needs a credential only when it
// begins and would otherwise outlive it for ever. The zero value is ready.
type streams struct {
	n    atomic.Int64 // how many there are, for who need not wait to know
	mu   sync.Mutex
	open map[streamer]map[*stream]struct{} // guarded by mu; every call looks for its own
}

// A streamer is whose streams they are, whatever the token, and of which session.
type streamer struct {
	method                           Method
	issuer, subject, client, session string
}

func (p *Principal) streamer(session string) streamer {
	return streamer{p.Method, p.Issuer, p.Subject, p.Client, session}
}

// A stream is one open event stream.
type stream struct {
	principal *Principal
	timer     *time.Timer // nil when the credential never ends
	until     time.Time   // guarded by streams.mu
	cancel    context.CancelCauseFunc
}

// isStream reports whether a request opens a stream: any GET that is let through
// to an MCP server does, and the one call that listens.
func (c *call) isStream(r *http.Request) bool {
	switch {
	case r.Method == http.MethodGet:
		return true
	case c.operations != nil:
		return c.listening() != nil
	}
	// Where nobody reads bodies, the header tells, which revision 2026-07-28 requires.
	// Who lies about it bounds their own call and nothing else.
	named := r.Header["Mcp-Method"] // not Get, which makes each name canonical first
	return len(named) > 0 && named[0] == "subscriptions/listen"
}

// listening is the operation subscriptions/listen, or nil.
func (c *call) listening() *Operation {
	if len(c.operations) > 0 && c.operations[0].Method == "subscriptions/listen" {
		return &c.operations[0]
	}
	return nil
}

// begin registers a stream and bounds ctx by it. end must be called behind it.
func (s *streams) begin(ctx context.Context, c *call, session string, now time.Time) (bounded context.Context, end func()) {
	bounded, cancel := context.WithCancelCause(ctx)
	st := &stream{principal: c.principal, until: c.principal.streamsUntil(now), cancel: cancel}
	whose := c.principal.streamer(session)
	if !st.until.IsZero() {
		st.timer = time.AfterFunc(st.until.Sub(now), func() { cancel(errStreamOver) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[streamer]map[*stream]struct{}{}
	}
	if s.open[whose] == nil {
		s.open[whose] = map[*stream]struct{}{}
	}
	s.open[whose][st] = struct{}{}
	s.n.Add(1)
	return bounded, func() {
		s.mu.Lock()
		delete(s.open[whose], st)
		if len(s.open[whose]) == 0 {
			delete(s.open, whose)
		}
		s.mu.Unlock()
		s.n.Add(-1)
		if st.timer != nil {
			st.timer.Stop()
		}
		cancel(nil)
	}
}

// any reports whether a stream is open.
func (s *streams) any() bool { return s.n.Load() > 0 }

// extend lets the streams of a session go on as long as a newer credential of the
// same caller does, if it grants no less than the one they began with. Clients
// renew their tokens on the calls they make, and cannot on a stream.
func (s *streams) extend(p *Principal, session string, now time.Time) {
	until, whose := p.streamsUntil(now), p.streamer(session)
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.open[whose] {
		if st.timer == nil || until.IsZero() || !until.After(st.until) || !p.HasScopes(st.principal.Scopes...) {
			continue
		}
		// A timer that has fired has ended the stream, and resetting it does no harm.
		st.until = until
		st.timer.Reset(until.Sub(now))
	}
}

// end ends the streams that over is true for.
func (s *streams) end(over func(*Principal) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range s.open {
		for st := range list {
			if over(st.principal) {
				st.cancel(errStreamOver)
			}
		}
	}
}

// EndStreams ends every open stream at once, gracefully where the protocol has a
// way; calls under way finish. It is for [http.Server.RegisterOnShutdown], because
// Shutdown waits for streams that nobody ends.
func (g *Guard) EndStreams() {
	g.streams.end(func(*Principal) bool { return true })
}

// askAgain is how long a stream lasts at most whose token only its provider can judge:
// it may be revoked meanwhile, and nobody would say so.
const askAgain = 15 * time.Minute

// streamsUntil is when a stream that is opened or renewed now has to end.
func (p *Principal) streamsUntil(now time.Time) time.Time {
	until := p.until()
	if soon := now.Add(askAgain); p.Method == MethodOpaque && (until.IsZero() || soon.Before(until)) {
		return soon
	}
	return until
}

// until is when the credential stops being accepted, or zero if it never does.
func (p *Principal) until() time.Time {
	if p.Claims != nil {
		return p.Claims.Until
	}
	return p.Expiry
}

// serveStream serves a stream until it is over.
func (g *Guard) serveStream(h http.Handler, w http.ResponseWriter, r *http.Request, c *call) {
	ctx, end := g.streams.begin(r.Context(), c, r.Header.Get(sessionHeader), g.now())
	defer end()
	// SetPolicy may have ended streams since the decision, and not seen this one.
	if pol := g.policy.Load(); pol.denies(c.principal) {
		g.streams.end(pol.denies)
	}
	h.ServeHTTP(w, r.WithContext(ctx))
	op := c.listening()
	if op == nil || op.ID == nil || context.Cause(ctx) != errStreamOver || !isEventStream(w.Header()) {
		return
	}
	// “this result is sent only when the server tears the subscription down; an
	// abrupt transport close carries no response” — MCP 2026-07-28, Schema,
	// SubscriptionsListenResult. The handler is gone and its connection is not.
	_, _ = fmt.Fprintf(w, "event: message\ndata: "+
		`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`+"\n\n", op.ID, op.ID)
	_ = http.NewResponseController(w).Flush()
}

func isEventStream(h http.Header) bool {
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return media == "text/event-stream"
}
