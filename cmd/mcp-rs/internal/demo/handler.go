package demo

import (
	"context"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Handler answers MCP's streamable HTTP transport, protocol revisions 2025-03-26
// to 2026-07-28, at whatever paths it is mounted. A call needs no session: a POST
// of tools/list, and nothing before it, is answered with the list.
//
// It must get the http.ResponseWriter of the server itself: mcp-go streams only
// to an http.Flusher.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			s.http.ServeHTTP(w, r)
		case http.MethodGet, http.MethodDelete:
			s.serveSession(w, r)
		default:
			w.Header().Set("Allow", "GET, POST, DELETE")
			http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
		}
	})
}

// serveSession serves the methods that only mean something for a session: GET
// opens its stream, DELETE ends it. mcp-go checks the id of neither, and leaves
// the stream open when the session ends.
//
// “The server MAY terminate the session at any time, after which it MUST respond
// to requests containing that session ID with HTTP 404 Not Found.” — MCP
// 2025-11-25, Transports, Session Management
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get(mcp.HeaderSessionID)
	if id == "" || mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion)) {
		// Not 400 or 404: clients try a GET without knowing whether there is
		// anything to get, and take 405 alone for a plain no.
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "This method needs a session", http.StatusMethodNotAllowed)
		return
	}
	ended, ok := s.sessions.find(id, callerOf(r.Context()))
	if !ok {
		http.Error(w, "Session not found", http.StatusNotFound)
		return
	}
	if r.Method == http.MethodGet {
		s.serveStream(w, r, id, ended)
		return
	}
	s.http.ServeHTTP(w, r)
}

// SSE returns the two handlers of the HTTP+SSE transport of revision 2024-11-05,
// which later ones deprecate: stream is what clients are given the URL of, and
// message has to be mounted at messagePath, which is where the stream tells them
// to post. Sessions are bound to their caller as in [Server.Handler].
func (s *Server) SSE(messagePath string) (stream, message http.Handler) {
	sse := server.NewSSEServer(s.mcp,
		server.WithMessageEndpoint(messagePath),
		server.WithKeepAliveInterval(heartbeat),
		server.WithSessionIDGenerator(s.beginSSE),
		server.WithSSEDisableLocalhostProtection(true), // the guard checks Host
		// Without an origin to allow, mcp-go allows every one, over the head of
		// the guard. This one is nobody's (RFC 6761 §6.4).
		server.WithSSECORS(server.WithCORSAllowedOrigins("https://nobody.invalid")),
	)
	stream = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := until(r.Context(), s.closing)
		defer cancel()
		sse.SSEHandler().ServeHTTP(w, r.WithContext(ctx))
	})
	message = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("sessionId")
		if _, ok := s.sessions.find(id, callerOf(r.Context())); !ok {
			http.Error(w, "Session not found", http.StatusNotFound)
			return
		}
		sse.MessageHandler().ServeHTTP(w, r)
	})
	return stream, message
}

// beginSSE begins a session that ends with its stream.
func (s *Server) beginSSE(ctx context.Context, r *http.Request) (string, error) {
	id := s.sessions.begin(callerOf(ctx))
	if id == "" {
		return "", errSession
	}
	context.AfterFunc(r.Context(), func() { s.sessions.end(id) })
	return id, nil
}

// until returns a context that also ends when done is closed.
func until(ctx context.Context, done <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
