package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// maxSessions bounds what sessions cost: mcp-go keeps some 10 KiB for each, and
// not every client ends the ones it begins.
const maxSessions = 4096

var errSession = errors.New("no such session")

// sessions knows which sessions are alive, and whose they are. mcp-go's own
// managers check the form of an id, or its existence on POST alone, and let any
// caller use any session.
//
// “MCP servers SHOULD bind session IDs to user-specific information.” — MCP
// 2025-11-25, Security Best Practices, Session Hijacking
type sessions struct {
	mu     sync.Mutex
	live   map[string]session // guarded by mu
	closed bool               // guarded by mu: no new ones
}

type session struct {
	owner caller
	ended chan struct{} // closed when the session ends
}

// A caller is who a session belongs to. It is not the token: a session outlives
// that, and goes on with the next one.
type caller struct {
	method                  middleware.Method
	issuer, subject, client string
}

func callerOf(ctx context.Context) caller {
	p := middleware.PrincipalFrom(ctx)
	if p == nil {
		return caller{}
	}
	return caller{p.Method, p.Issuer, p.Subject, p.Client}
}

func newSessions() *sessions {
	return &sessions{live: make(map[string]session)}
}

// begin returns the id of a new session, or "" when there is no room: the client
// is then told of no session, and its calls work without one.
//
// “The session ID SHOULD be globally unique and cryptographically secure” — MCP
// 2025-11-25, Transports, Session Management
func (s *sessions) begin(owner caller) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.live) >= maxSessions {
		return ""
	}
	id := rand.Text()
	s.live[id] = session{owner: owner, ended: make(chan struct{})}
	return id
}

// find returns the channel that is closed when the session ends. Somebody else's
// session is not found, exactly like one that never was.
func (s *sessions) find(id string, owner caller) (ended <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.live[id]
	if !ok || found.owner != owner {
		return nil, false
	}
	return found.ended, true
}

// end ends a session. An ended session is forgotten, so that what is kept does
// not grow with what has been.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.live[id]; ok {
		delete(s.live, id)
		close(found.ended)
	}
}

// close ends every session and lets no other begin.
func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for id, open := range s.live {
		delete(s.live, id)
		close(open.ended)
	}
}

// ResolveSessionIdManager implements [server.SessionIdManagerResolver]. mcp-go
// passes nil when it ends idle sessions.
func (s *sessions) ResolveSessionIdManager(r *http.Request) server.SessionIdManager {
	if r == nil {
		return sweeper{s}
	}
	return ownSessions{s, callerOf(r.Context())}
}

// ownSessions is the sessions as one caller sees them.
type ownSessions struct {
	all   *sessions
	owner caller
}

func (o ownSessions) Generate() string { return o.all.begin(o.owner) }

// Validate admits the empty id, which is a call without a session: what a person
// types into curl. Such a call gets nothing that belongs to a session, and
// [mcpgo.Isolate] keeps it apart from other callers'.
func (o ownSessions) Validate(id string) (terminated bool, err error) {
	if id == "" {
		return false, nil
	}
	if _, ok := o.all.find(id, o.owner); !ok {
		return false, errSession
	}
	return false, nil
}

func (o ownSessions) Terminate(id string) (notAllowed bool, err error) {
	if _, ok := o.all.find(id, o.owner); !ok {
		return false, errSession
	}
	o.all.end(id)
	return false, nil
}

// sweeper is the sessions as mcp-go sees them when no caller asks.
type sweeper struct{ all *sessions }

func (w sweeper) Generate() string                             { return "" }
func (w sweeper) Validate(string) (terminated bool, err error) { return false, errSession }

func (w sweeper) Terminate(id string) (notAllowed bool, err error) {
	w.all.end(id)
	return false, nil
}
