// Package middleware decides, for each request, whether it may reach the MCP
// server behind it.
//
// A [Guard] wraps an http.Handler. [Guard.Check] is the decision, in four steps
// that read like the files of this package: extract the credential, authenticate
// it, bind it and the session to their caller, and authorize what is asked for; anything else
// is denied. [Guard.Handler]
// is the same decision with its answers written out.
//
// The handler learns who calls from [PrincipalFrom]. It does not get to see the
// credential itself.
package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// A Guard lets requests through to a handler, or refuses them. Make one with
// [New]. It is safe for concurrent use, and needs no [Guard.Run] to work.
type Guard struct {
	at  endpoint
	all []endpoint // the resource and its aliases

	tokens       *jwks.Verifier   // nil when there are no issuers
	seen         *tokenCache      // nil when nothing is remembered; shared with the guards of For
	opaque       *opaque.Verifier // nil when there are no providers to ask
	apiKeys      *apikey.Store    // nil when there are none
	apiKeyBearer bool
	anonymous    bool
	disabled     bool
	forward      bool

	requireBound bool
	nonces       *ProofNonces // nil: proofs need none
	replays      Replays
	proxies      proxies
	certHeader   string   // canonical; "" for none
	hidden       []string // headers, canonical, that no handler gets to see

	policy          *atomic.Pointer[policy] // shared with the guards of For
	scopes          []string
	challengeScopes []string
	scopePrefix     string
	readsBody       bool // there is a Policy, or Sessions

	sessions *SessionSeal // nil: session ids are not our concern
	streams  *streams     // shared with the guards of For
	calls    Limiter      // nil: no limit
	failures Limiter      // nil: no limit

	hosts   []string
	anyHost bool
	origins *originSet
	maxBody int64

	logger   *slog.Logger
	observer func(context.Context, Event)
	now      func() time.Time
}

// An endpoint is one URL under which the resource is known.
type endpoint struct {
	resource        string
	target          string // normalised: what "htu" of a proof must be
	metadataURL     string // RFC 9728 §3.1
	metadataPattern string
	metadata        http.Handler
	signIn          string // the Bearer challenge without an error
	badToken        string // and with invalid_token
}

// Check decides whether a request may pass, and for whom. It answers nothing, and leaves
// the header as it is. With a Policy or Sessions it reads the body, within Config.MaxBody,
// and puts an equal one back. It uses up a DPoP proof; the nonce for the next is in
// answers of [Guard.Handler] alone. An error of it means no; see [DenialOf]. Host and
// Origin belong to the transport, and are checked by [Guard.Handler] alone.
func (g *Guard) Check(r *http.Request) (*Principal, error) {
	var c call
	lines := g.present(r.Header)
	if err := g.check(r, &lines, g.now(), &c); err != nil {
		return nil, err
	}
	return c.principal, nil
}

// check is the flow. What it finds out goes into c, also where it refuses in the end: c is
// the caller's, which for [Guard.Check] is the stack.
func (g *Guard) check(r *http.Request, lines *presented, now time.Time, c *call) error {
	c.policy = g.policy.Load()
	if g.disabled {
		c.principal = disabled
		return nil
	}
	cred, err := extract(lines, r.URL.RawQuery)
	c.dpop = cred.dpop
	if err != nil {
		return err
	}
	if err := g.limitFailures(r); err != nil {
		return err
	}
	if c.principal, err = g.authenticate(r.Context(), cred, c.policy, now); err != nil {
		g.failed(r, err)
		return err
	}
	// Before anything is counted against the caller, who may not be the one meant.
	if err := g.bindKey(r, lines, cred, c); err != nil {
		return err
	}
	if err := g.limitCalls(c.principal, r); err != nil {
		return err
	}
	if c.operations, err = g.operations(r); err != nil {
		return err
	}
	if err := g.bind(r, c); err != nil {
		return err
	}
	return c.policy.authorize(c.principal, c.operations)
}

// Handler runs h for admitted requests only, with the [Principal] in the context and
// without the credential in the header. It answers CORS preflights, refuses with the
// status and challenge that RFC 6750 §3 asks for, and turns a panic of h into a 500. The
// http.ResponseWriter that h gets is the server's own; for a message that was read it is
// one that [RequireScopes] can still refuse through, and that streams as the server's
// does.
//
// Authorization, X-API-Key, DPoP and what a proxy says of certificates are left out of the
// header that h gets. The request itself is left as it is. A header without any of them is
// not copied: as everywhere in net/http, h must not change it.
func (g *Guard) Handler(h http.Handler) http.Handler {
	if h == nil {
		panic("middleware: Guard.Handler: nil handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := g.now()
		lines := g.present(r.Header)
		defer g.recover(w, r, began)
		origin := r.Header["Origin"]
		if err := g.checkTransport(r, origin); err != nil {
			timeBody(w, r)
			g.refuse(w, r, began, nil, err)
			return
		}
		c := &admission{Context: r.Context()}
		g.cors(w.Header(), origin, &c.vary)
		if isPreflight(r) {
			timeBody(w, r)
			preflight(w.Header(), r)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		timed := g.reads(r) && timeBody(w, r)
		err := g.check(r, &lines, began, &c.call)
		if err == nil {
			err = g.boundBody(r)
		}
		if err != nil {
			_ = timed || timeBody(w, r)
			g.refuse(w, r, began, &c.call, err)
			return
		}
		if timed {
			endTime(w)
		}
		g.observe(r, began, &c.call, nil)
		g.serve(h, w, r, began, c)
	})
}

// serve runs h for an admitted request.
func (g *Guard) serve(h http.Handler, w http.ResponseWriter, r *http.Request, began time.Time, c *admission) {
	if c.renewNonce {
		g.offerNonce(w.Header())
	}
	admitted := g.admit(r, c)
	if c.isStream(r) {
		g.serveStream(h, w, admitted, &c.call)
		return
	}
	if g.streams.any() {
		g.streams.extend(c.principal, admitted.Header.Get(sessionHeader), g.now())
	}
	if c.operations == nil {
		h.ServeHTTP(w, admitted)
		return
	}
	late := &lateWriter{ResponseWriter: w, late: &c.late, header: w.Header().Clone(), refuse: func(err error) { g.refuse(w, r, began, &c.call, err) }}
	h.ServeHTTP(late, admitted)
	late.end()
}

func (g *Guard) checkTransport(r *http.Request, origin []string) error {
	if err := g.checkHost(r); err != nil {
		return err
	}
	return g.checkOrigin(origin)
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, began time.Time, c *call, err error) {
	d := DenialOf(err)
	g.observe(r, began, c, d)
	timeAnswer(w)
	g.deny(w, c, d)
}

// admit returns the request as the handler sees it. Its context, the copy of the request
// and, where something in it is hidden, that of the header are all that is allocated for a
// token that was seen before.
func (g *Guard) admit(r *http.Request, c *admission) *http.Request {
	header := hide(r.Header, g.hidden...)
	if c.dropSession {
		header = hide(header, sessionHeader)
	}
	r = r.WithContext(c)
	r.Header = header
	r.Trailer = nil // which would be a second place for a credential
	return r
}

var errPanic = errors.New("the handler panicked")

// recover answers for a handler that panicked, and then ends the connection: the
// handler may have begun to answer, which cannot be told of the server's own
// http.ResponseWriter, and half an answer must not look like a whole one.
func (g *Guard) recover(w http.ResponseWriter, r *http.Request, began time.Time) {
	switch cause := recover(); cause {
	case nil:
	case http.ErrAbortHandler:
		panic(cause) // the documented way to abort, and not a failure
	default:
		for _, name := range [...]string{"Content-Encoding", "Content-Range", "Etag", "Last-Modified", "Trailer"} {
			w.Header().Del(name) // they are about an answer that was not given
		}
		g.refuse(w, r, began, nil, fmt.Errorf("%w: %v\n%s", errPanic, cause, debug.Stack()))
		// In case h had begun to answer, its client must not take what it has for
		// all of it: net/http then breaks the connection, behind what is flushed.
		if _, served := r.Context().Value(http.ServerContextKey).(*http.Server); served {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}
}

// Metadata returns what to give to [http.ServeMux.Handle] to publish the
// RFC 9728 document of the resource: its path and a handler that is open to all.
// The pattern names no method, because browsers ask with OPTIONS first.
func (g *Guard) Metadata() (pattern string, h http.Handler) {
	return g.at.metadataPattern, g.at.metadata
}

// For returns the same guard for one of Config.Aliases, or for Config.Resource:
// its challenges and [Guard.Metadata] are about that URL; all else is shared. It
// panics for any other resource.
func (g *Guard) For(resource string) *Guard {
	for _, at := range g.all {
		if at.resource == resource {
			other := *g
			other.at = at
			return &other
		}
	}
	panic("middleware: Guard.For: not a configured resource: " + resource)
}

// Run keeps the issuers' keys fresh until ctx ends, and returns nil. Without it
// requests cause the fetches that are needed, and the first ones wait for theirs.
func (g *Guard) Run(ctx context.Context) error {
	if g.tokens == nil {
		<-ctx.Done()
		return nil
	}
	return g.tokens.Run(ctx)
}

// Ready returns nil when every issuer's keys can be used, or when none are needed.
// It waits for a fetch under way until ctx ends.
func (g *Guard) Ready(ctx context.Context) error {
	if g.tokens == nil {
		return nil
	}
	return g.tokens.Ready(ctx)
}
