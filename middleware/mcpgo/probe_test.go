package mcpgo_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

// patience bounds every wait for something that takes milliseconds.
const patience = 10 * time.Second

var callers = map[string]*middleware.Principal{
	"alice":     {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "alice", Client: "app"},
	"bob":       {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "bob", Client: "app"},
	"other":     {Method: middleware.MethodJWT, Issuer: "https://other.example.com", Subject: "alice", Client: "app"},
	"tablet":    {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "alice", Client: "tablet"},
	"key":       {Method: middleware.MethodAPIKey, Issuer: "https://login.example.com", Subject: "alice", Client: "app"},
	"anonymous": {Method: middleware.MethodAnonymous},
	"disabled":  {Method: middleware.MethodDisabled},
	// The same letters in other places.
	"shifted": {Method: middleware.MethodJWT, Issuer: "https://login.example.coma", Subject: "lice", Client: "app"},
}

func guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := callers[r.Header.Get("X-Test-Caller")]; p != nil {
			r = r.WithContext(middleware.WithPrincipal(r.Context(), p))
		}
		h.ServeHTTP(w, r)
	})
}

// probe is a server with one tool, which reports the id of its session and then
// waits to be let go or cancelled.
type probe struct {
	*httptest.Server
	mcp     *server.MCPServer
	ids     chan string
	letGo   chan struct{}
	streams chan *middleware.Principal // who opened a GET stream
}

func newProbe(t *testing.T, options ...server.StreamableHTTPOption) *probe {
	t.Helper()
	p := &probe{ids: make(chan string, 10), letGo: make(chan struct{}), streams: make(chan *middleware.Principal, 10)}
	hooks := &server.Hooks{}
	hooks.AddOnRegisterSession(func(ctx context.Context, _ server.ClientSession) { p.streams <- middleware.PrincipalFrom(ctx) })
	p.mcp = server.NewMCPServer("probe", "1", server.WithHooks(hooks), server.WithLogging(), server.WithToolCapabilities(true))
	p.mcp.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		p.ids <- server.ClientSessionFromContext(ctx).SessionID()
		select {
		case <-ctx.Done():
			return mcp.NewToolResultText("cancelled"), nil
		case <-p.letGo:
			return mcp.NewToolResultText("finished"), nil
		}
	})
	p.mcp.AddTool(mcp.NewTool("ask"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		_, err := p.mcp.RequestElicitation(ctx, mcp.ElicitationRequest{Params: mcp.ElicitationParams{Message: "?", RequestedSchema: map[string]any{}}})
		return nil, err
	})
	options = append([]server.StreamableHTTPOption{
		server.WithStateLess(true),
		server.WithDisableStreaming(true),
		server.WithHTTPContextFunc(mcpgo.Isolate(p.mcp)),
	}, options...)
	p.Server = httptest.NewServer(guarded(server.NewStreamableHTTPServer(p.mcp, options...)))
	t.Cleanup(p.Close)
	return p
}

// post sends one message and returns the status and the body. Era is "" or
// "2026-07-28".
func (p *probe) post(ctx context.Context, t *testing.T, era, as, session, method string, id int, params map[string]any) (int, string) {
	m := map[string]any{"jsonrpc": "2.0", "method": method, "params": params}
	if id != 0 {
		m["id"] = id
	}
	if era != "" {
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion":    era,
			"io.modelcontextprotocol/clientCapabilities": map[string]any{"elicitation": map[string]any{}},
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		t.Error(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, strings.NewReader(string(body)))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Test-Caller", as)
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
	}
	if era != "" {
		r.Header.Set("Mcp-Protocol-Version", era)
		r.Header.Set("Mcp-Method", method)
		if name, ok := params["name"].(string); ok {
			r.Header.Set("Mcp-Name", name)
		}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(answer)
}

// begin starts a call of wait, and returns the id of its session and its answer to
// come.
func (p *probe) begin(ctx context.Context, t *testing.T, era, as string) (id string, answer <-chan string) {
	t.Helper()
	out := make(chan string, 1)
	go func() {
		_, body := p.post(ctx, t, era, as, "", "tools/call", 1, map[string]any{"name": "wait"})
		out <- body
	}()
	select {
	case id = <-p.ids:
	case <-time.After(patience):
		t.Fatal("the call did not begin")
	}
	return id, out
}

// release lets a call go, and wants it to finish.
func (p *probe) release(t *testing.T, answer <-chan string) {
	t.Helper()
	select {
	case p.letGo <- struct{}{}:
		checkAnswer(t, answer, "finished")
	case body := <-answer:
		t.Errorf("ended by itself: %s", body)
	}
}

func checkAnswer(t *testing.T, answer <-chan string, want string) {
	t.Helper()
	select {
	case body := <-answer:
		if !strings.Contains(body, want) {
			t.Error(body)
		}
	case <-time.After(patience):
		t.Errorf("not %s", want)
	}
}
