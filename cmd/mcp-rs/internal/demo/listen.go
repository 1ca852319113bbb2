package demo

import (
	"context"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// streamSuffix makes the id under which mcp-go knows the GET stream of a session. No
// client can name it: such an id was never given to anybody.
const streamSuffix = ".stream"

// serveStream serves the GET stream of a session until that ends. To mcp-go it is
// a session of its own: the stream and the calls of one session take their
// notifications from one queue there, whoever comes first, so that the steps of a
// call arrive on either stream and in any order.
//
// “These messages SHOULD be unrelated to any concurrently-running JSON-RPC request
// from the client.” — MCP 2025-11-25, Transports, Listening for Messages from the
// Server
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request, id string, ended <-chan struct{}) {
	ctx, cancel := until(r.Context(), ended)
	defer cancel()
	go s.keepAlive(ctx, r.Header)
	r = r.Clone(ctx)
	r.Header.Set(mcp.HeaderSessionID, id+streamSuffix)
	s.http.ServeHTTP(w, r)
}

// keepAlive keeps a session from idling while its stream is open: a ping now and
// then, as its client could send it.
func (s *Server) keepAlive(ctx context.Context, header http.Header) {
	const ping = `{"jsonrpc":"2.0","id":"stream","method":"ping"}`
	header = header.Clone()
	header.Set("Content-Type", "application/json")
	for sleep(ctx, heartbeat) == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(ping))
		if err != nil {
			return // the arguments are constants
		}
		r.Header = header
		s.http.ServeHTTP(unheard{}, r)
	}
}

// unheard is the http.ResponseWriter of a request that nobody waits for.
type unheard struct{}

func (unheard) Header() http.Header         { return http.Header{} }
func (unheard) Write(b []byte) (int, error) { return len(b), nil }
func (unheard) WriteHeader(int)             {}
