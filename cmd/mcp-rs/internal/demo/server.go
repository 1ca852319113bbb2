// Package demo is the MCP server that mcp-rs puts behind its guard: tools that
// make authentication visible (who am I, may I do this), and tools that stream,
// so that progress, cancellation and questions to the user can be tried through
// the guard.
//
// It verifies nothing. Who calls is what [middleware.PrincipalFrom] says.
package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

const (
	// sessionIdle is how long a session lives without a request or an open
	// stream. Some clients cannot end theirs: they send DELETE without a token.
	sessionIdle = 30 * time.Minute

	// heartbeat is how often an open GET stream carries a ping. It keeps proxies
	// from closing a silent stream, and the session of an open one from idling.
	heartbeat = 30 * time.Second
)

// A Config says how the server introduces itself. The zero value is complete.
type Config struct {
	_ [0]func() // keyed literals only, so that fields can be added

	Version string // what clients are told; empty means "devel"
	// Seal binds session ids to callers. It should be the guard's; nil means one of
	// its own.
	Seal *middleware.SessionSeal
	// ByPolicy says that the guard has a policy, which decides about every tool, so
	// that an operator can ask for other scopes than [Rules].
	ByPolicy bool

	Logger *slog.Logger // hears what mcp-go reports, session ids included: they open nothing for another caller. Nil discards
}

// A Server is the MCP server. Make one with [New], mount [Server.Handler], and end
// it with [Server.Shutdown]. It is safe for concurrent use.
type Server struct {
	mcp      *server.MCPServer
	http     *server.StreamableHTTPServer
	sessions *sessions
	closing  chan struct{} // closed when shutdown begins
	close    func()
}

// New returns a server. It starts the goroutine that ends idle sessions, which
// runs until [Server.Shutdown].
func New(c Config) *Server {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Seal == nil {
		c.Seal, _ = middleware.NewSessionSeal() // without keys of ours nothing can be wrong with them
	}
	s := &Server{sessions: newSessions(c.Seal), closing: make(chan struct{})}
	s.close = sync.OnceFunc(func() { close(s.closing) })

	hooks := &server.Hooks{}
	hooks.AddBeforeSubscriptionsListen(s.endWithServer)
	s.mcp = server.NewMCPServer("mcp-rs", cmp.Or(c.Version, "devel"),
		server.WithInstructions("Tools to try authentication with: whoami shows who is calling, the notes tools need scopes."),
		// The list never changes, and no broadcast ever turns a plain answer into
		// an event stream. It is declared as changing (as mcp-go does by itself)
		// so that a client may open a subscriptions/listen stream, which ends at
		// once when there is nothing to listen for.
		server.WithToolCapabilities(true),
		server.WithToolHandlerMiddleware(recovering(c.Logger)),
		mcpgo.Filter(hooks),
	)
	s.mcp.AddTools(tools(newNotes(), c.ByPolicy)...)
	s.http = server.NewStreamableHTTPServer(s.mcp, s.options(c)...)
	return s
}

// options are the ones of the streamable HTTP transport. CORS, Host and Origin
// are the guard's, which knows the names this server is reached by.
//
// There is no event store: what it adds is replay of a broken stream for clients
// before 2026-07-28, and what mcp-go offers keeps every event in memory until the
// session ends, and numbers them 1, 2, 3 for all callers together.
func (s *Server) options(c Config) []server.StreamableHTTPOption {
	return []server.StreamableHTTPOption{
		server.WithSessionIdManagerResolver(s.sessions),
		server.WithSessionIdleTTL(sessionIdle),
		server.WithHeartbeatInterval(heartbeat),
		server.WithHTTPContextFunc(mcpgo.Isolate(s.mcp)),
		server.WithDisableLocalhostProtection(true),
		server.WithStreamableHTTPLogger(c.Logger),
	}
}

// CheckPolicy returns an error for each rule of p that can never apply here.
func (s *Server) CheckPolicy(p middleware.Policy) []error { return mcpgo.CheckPolicy(s.mcp, p) }

// Shutdown ends every open stream at once, and every session. Calls under way may
// finish, and ones that still arrive are answered: stopping those is for the
// http.Server, whose own Shutdown should be called next and would otherwise wait
// for the streams. A call that waits for its user to answer lasts until its
// connection is closed. Shutdown may be called more than once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.close()
	s.sessions.close()
	return s.http.Shutdown(ctx)
}

// recovering turns a panic of a tool into an error that says nothing of its cause.
// mcp-go's own WithRecovery tells the caller what was panicked with.
func recovering(logger *slog.Logger) server.ToolHandlerMiddleware {
	return func(next server.ToolHandlerFunc) server.ToolHandlerFunc {
		return func(ctx context.Context, req mcp.CallToolRequest) (result *mcp.CallToolResult, err error) {
			defer func() {
				if cause := recover(); cause != nil {
					logger.LogAttrs(ctx, slog.LevelError, "tool panicked",
						slog.String("tool", req.Params.Name), slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
					result, err = nil, errTool
				}
			}()
			return next(ctx, req)
		}
	}
}

var errTool = errors.New("the tool failed")

// endWithServer ends a subscriptions/listen stream when shutdown begins. It is a
// hook, called when the stream opens.
//
// Ending the context of the HTTP request would end the stream too, but leave the
// client to guess why. Cancelling the JSON-RPC request makes mcp-go write its
// result first:
//
// “this result is sent only when the server tears the subscription down; an
// abrupt transport close carries no response” — MCP 2026-07-28, Schema,
// SubscriptionsListenResult
func (s *Server) endWithServer(ctx context.Context, id any, _ *mcp.SubscriptionsListenRequest) {
	cancelled, err := json.Marshal(map[string]any{
		"jsonrpc": mcp.JSONRPC_VERSION,
		"method":  mcp.MethodNotificationCancelled,
		"params":  map[string]any{"requestId": id},
	})
	if err != nil {
		return // id came out of JSON, so it goes back in
	}
	go func() {
		select {
		case <-s.closing:
			// The acknowledgement of a stream that has only just opened is the
			// last notification on it.
			if sleep(ctx, settle) == nil {
				s.mcp.HandleMessage(ctx, cancelled)
			}
		case <-ctx.Done():
		}
	}()
}
