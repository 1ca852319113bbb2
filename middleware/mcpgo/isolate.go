package mcpgo

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Isolate keeps the callers of s apart where mcp-go does not. Give it to the
// transport:
//
//	server.NewStreamableHTTPServer(s, server.WithHTTPContextFunc(mcpgo.Isolate(s)))
//
// mcp-go files running calls and tasks under the id of their session. Protocol
// revision 2026-07-28 has no sessions, and WithStateLess(true) has none in any
// revision, so all callers share the id "": one caller's notifications/cancelled
// for request 1 ends another caller's request 1, and tasks/list shows everyone's
// tasks. Isolate gives such a call a session whose id stands for the caller
// (method, issuer, subject and client; not the token, which is renewed). Calls of
// a real session are left as they are.
//
// A caller without an identity (anonymous, or authentication disabled) gets an id
// for this one request: its calls can be cancelled by closing the connection and
// in no other way, and its tasks can't be looked up later.
//
// Server-initiated requests (elicitation, sampling, roots) are refused at once on
// a call without a session: the client has no session id to answer with, and
// mcp-go would make such a call's session everyone's for as long as it waits.
// What a tool asks for with a [server.InputRequestBuilder] is not concerned under
// 2026-07-28.
//
// One thing happens before Isolate runs and is beyond it: with WithStateLess(true)
// a GET stream receives the notifications of every caller. Set
// WithDisableStreaming(true) there.
//
// The function it returns is safe for concurrent use.
func Isolate(s *server.MCPServer) server.HTTPContextFunc {
	// The ids are keyed because with WithStateLess(true) a client may send any
	// Mcp-Session-Id it likes: one it could compute would be somebody else's.
	key := []byte(rand.Text())
	return func(ctx context.Context, r *http.Request) context.Context {
		session := server.ClientSessionFromContext(ctx)
		if session == nil || session.SessionID() != "" {
			return ctx
		}
		return s.WithContext(ctx, isolated(session, sessionID(ctx, key, r)))
	}
}

// sessionID is the id of a call that came without one.
func sessionID(ctx context.Context, key []byte, r *http.Request) string {
	p := middleware.PrincipalFrom(ctx)
	nobody := p == nil || p.Method == middleware.MethodAnonymous || p.Method == middleware.MethodDisabled
	// A subscription lasts for hours, and another client of the same caller may
	// well use its request id meanwhile, which would take its place in mcp-go's
	// table. It needs no shared id:
	//
	// “Closing the SSE response stream is the cancellation signal.” — MCP
	// 2026-07-28, Cancellation, Transport-Specific Cancellation
	listening := r.Header.Get(mcp.HeaderMethod) == string(mcp.MethodSubscriptionsListen)
	if nobody || listening {
		return "request-" + rand.Text()
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range []string{string(p.Method), p.Issuer, p.Subject, p.Client} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return "caller-" + hex.EncodeToString(mac.Sum(nil))
}

// isolated returns session under another id, with those of its abilities that
// are safe to use without a session of one's own.
func isolated(session server.ClientSession, id string) server.ClientSession {
	if full, ok := session.(requestSession); ok {
		return &fullSession{requestSession: full, id: id}
	}
	return &plainSession{ClientSession: session, id: id}
}

// requestSession is what a call of the streamable HTTP transport needs of its
// session. The rest of what mcp-go's own session can do is left out on purpose:
// asking the client something (see [Isolate]), and tools and resources of the
// session's own, which mcp-go keeps under its id, "", for everyone.
type requestSession interface {
	server.SessionWithClientInfo
	server.SessionWithProtocolVersion
	server.SessionWithStreamableHTTPConfig
	server.SessionWithSubscriptionFilter
	SetProtocolVersion(version string)
}

// A fullSession is the session of one streamable HTTP request.
type fullSession struct {
	requestSession
	id string
}

func (s *fullSession) SessionID() string { return s.id }

// GetLogLevel and SetLogLevel make logging/setLevel succeed, since some clients
// fail otherwise, and keep nothing: a call without a session has nowhere to keep
// a level, and mcp-go would keep it under "", for everyone. Under 2026-07-28 the
// level travels with the request and neither is asked.
func (s *fullSession) GetLogLevel() mcp.LoggingLevel { return mcp.LoggingLevelError }
func (s *fullSession) SetLogLevel(mcp.LoggingLevel)  {}

// A plainSession is a session of which nothing is known but the minimum.
type plainSession struct {
	server.ClientSession
	id string
}

func (s *plainSession) SessionID() string { return s.id }

var _ server.SessionWithLogging = (*fullSession)(nil)
