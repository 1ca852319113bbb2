package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// maxSessions bounds what sessions cost: mcp-go keeps some 10 KiB for each, and
// not every client ends the ones it begins.
const maxSessions = 4096

// maxOwned bounds the sessions of one caller, so that nobody can take all of them.
const maxOwned = 256

var errSession = errors.New("no such session")

// maxEnded bounds how many ended sessions are remembered. A forgotten one could be
// used again, by its caller alone.
const maxEnded = 16384

// sessions knows whose sessions are whose, and which of them are over. mcp-go's own
// managers check the form of an id, or its existence on POST alone, and let any
// caller use any session.
//
// Whose a session is stands in its id, which is sealed; so a session that was begun
// on another replica is as good as one of our own.
//
// “MCP servers SHOULD bind session IDs to user-specific information.” — MCP
// 2025-11-25, Security Best Practices, Session Hijacking
type sessions struct {
	seal    *middleware.SessionSeal
	closing chan struct{} // closed when no session may go on

	mu     sync.Mutex
	live   map[string]session // guarded by mu: begun here
	owned  map[string]int     // guarded by mu: how many of live are whose
	over   map[string]bool    // guarded by mu: ended here
	closed bool               // guarded by mu: no new ones
}

// A session is one that was begun here.
type session struct {
	owner string
	ended chan struct{} // closed when it ends
}

// nameOf tells callers apart.
func nameOf(c caller) string {
	return fmt.Sprintf("%q %q %q %q", c.Method, c.Issuer, c.Subject, c.Client)
}

// A caller is who a session belongs to. It is not the token: a session outlives
// that, and goes on with the next one.
type caller = *middleware.Principal

func callerOf(ctx context.Context) caller {
	if p := middleware.PrincipalFrom(ctx); p != nil {
		return p
	}
	return new(middleware.Principal) // nobody, who is not anybody's caller
}

func newSessions(seal *middleware.SessionSeal) *sessions {
	return &sessions{seal: seal, closing: make(chan struct{}), live: map[string]session{}, owned: map[string]int{}, over: map[string]bool{}}
}

// begin returns the id of a new session, or "" when there is no room: the client
// is then told of no session, and its calls work without one.
//
// “The session ID SHOULD be globally unique and cryptographically secure” — MCP
// 2025-11-25, Transports, Session Management
func (s *sessions) begin(owner caller) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := nameOf(owner)
	if s.closed || len(s.live) >= maxSessions || s.owned[name] >= maxOwned {
		return ""
	}
	id := s.seal.Seal(owner, rand.Text())
	s.live[id] = session{name, make(chan struct{})}
	s.owned[name]++
	return id
}

// find returns the channel that is closed when the session ends. Somebody else's
// session is not found, exactly like one that never was.
func (s *sessions) find(id string, owner caller) (ended <-chan struct{}, ok bool) {
	if _, ok := s.seal.Open(owner, id); !ok {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.over[id] {
		return nil, false
	}
	if live, ok := s.live[id]; ok {
		return live.ended, true
	}
	return s.closing, true // begun on another replica, or by one before us
}

// end ends a session.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if live, ok := s.live[id]; ok {
		s.forget(id, live)
	}
	if len(s.over) >= maxEnded {
		for other := range s.over { // in random order
			delete(s.over, other)
			break
		}
	}
	s.over[id] = true
}

// close ends every session and lets no other begin.
func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	close(s.closing)
	for id, live := range s.live {
		s.forget(id, live)
	}
}

// forget ends a session that was begun here. s.mu is held.
func (s *sessions) forget(id string, live session) {
	delete(s.live, id)
	if s.owned[live.owner]--; s.owned[live.owner] == 0 {
		delete(s.owned, live.owner)
	}
	close(live.ended)
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
