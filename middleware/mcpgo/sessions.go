package mcpgo

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Sessions makes mcp-go hand out session ids that are sealed to their caller, as
// the guard in front expects with the same seal in its Config.Sessions:
//
//	server.NewStreamableHTTPServer(s,
//		server.WithSessionIdManagerResolver(mcpgo.Sessions(seal)),
//		server.WithSessionIdleTTL(30*time.Minute))
//
// Nothing is stored: every replica with the keys of seal accepts the ids of the
// others, and an ended session is known to be over to nobody but its client. Set
// the idle time, because mcp-go keeps some 10 KiB for a session that nobody ends.
func Sessions(seal *middleware.SessionSeal) server.SessionIdManagerResolver {
	return sealedSessions{seal}
}

type sealedSessions struct{ seal *middleware.SessionSeal }

// ResolveSessionIdManager implements [server.SessionIdManagerResolver]. mcp-go
// passes nil when it ends idle sessions.
func (s sealedSessions) ResolveSessionIdManager(r *http.Request) server.SessionIdManager {
	if r == nil {
		return sweeper{}
	}
	return callerSessions{s.seal, middleware.PrincipalFrom(r.Context())}
}

// sweeper is the sessions as mcp-go sees them when it ends idle ones.
type sweeper struct{}

func (sweeper) Generate() string                              { return "" }
func (sweeper) Validate(string) (terminated bool, err error)  { return false, errSession }
func (sweeper) Terminate(string) (notAllowed bool, err error) { return false, nil }

// callerSessions is the sessions of one caller.
type callerSessions struct {
	seal   *middleware.SessionSeal
	caller *middleware.Principal
}

var errSession = errors.New("no such session of this caller")

func (c callerSessions) Generate() string {
	if c.caller == nil {
		return ""
	}
	return c.seal.Seal(c.caller, rand.Text())
}

func (c callerSessions) Validate(id string) (terminated bool, err error) {
	if c.caller != nil {
		if _, ok := c.seal.Open(c.caller, id); ok {
			return false, nil
		}
	}
	return false, errSession
}

func (c callerSessions) Terminate(id string) (notAllowed bool, err error) {
	_, err = c.Validate(id)
	return false, err
}
