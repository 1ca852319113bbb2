package demo_test

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/demo"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// patience bounds every wait for something that takes milliseconds.
const patience = 10 * time.Second

const caller = "X-Test-Caller"

var expiry = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// callers are who can call, by the value of the header that stands in for their
// credential.
var callers = map[string]*middleware.Principal{
	"alice":     {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "alice", Client: "app", Scopes: []string{"read", "write", "admin"}, Expiry: expiry},
	"bob":       {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "bob", Client: "app", Scopes: []string{"read", "write", "admin"}, Expiry: expiry},
	"other":     {Method: middleware.MethodJWT, Issuer: "https://other.example.com", Subject: "alice", Client: "app", Scopes: []string{"read", "write", "admin"}},
	"tablet":    {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "alice", Client: "tablet", Scopes: []string{"read", "write", "admin"}},
	"reader":    {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "reader", Scopes: []string{"read"}},
	"writer":    {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "writer", Scopes: []string{"write"}},
	"noscopes":  {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "noscopes"},
	"nosubject": {Method: middleware.MethodJWT, Issuer: "https://login.example.com", Scopes: []string{"read", "write", "admin"}},
	"key":       {Method: middleware.MethodAPIKey, Subject: "alice", Scopes: []string{"read", "write", "admin"}},
	"keyless":   {Method: middleware.MethodJWT, Subject: "alice", Scopes: []string{"read", "write", "admin"}}, // key, but for the method
	"anonymous": {Method: middleware.MethodAnonymous},
	"disabled":  {Method: middleware.MethodDisabled},
}

// guarded is what a guard does, without deciding anything.
func guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := callers[r.Header.Get(caller)]; p != nil {
			r = r.WithContext(middleware.WithPrincipal(r.Context(), p))
		}
		h.ServeHTTP(w, r)
	})
}

// start serves a demo server until the test ends, and then sees that nothing of
// it is left behind.
func start(t *testing.T) (*demo.Server, *httptest.Server) {
	t.Helper()
	s := demo.New(demo.Config{})
	stream, message := s.SSE("/message")
	mux := http.NewServeMux()
	mux.Handle("/mcp", guarded(s.Handler()))
	mux.Handle("/mcp/messages", guarded(s.Handler()))
	mux.Handle("/sse", guarded(stream))
	mux.Handle("/message", guarded(message))
	web := httptest.NewServer(mux)
	t.Cleanup(func() { noneLeft(t) })
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		web.Client().CloseIdleConnections()
		web.Close()
	})
	return s, web
}

// noneLeft fails if a goroutine of the server outlives it.
func noneLeft(t *testing.T) {
	t.Helper()
	noneOf(t, "mcp-go/server.")
	noneOf(t, "internal/demo.")
}

// noneOf waits for the goroutines to end that have what in their stack.
func noneOf(t *testing.T, what string) {
	t.Helper()
	var left string
	for range 100 {
		left = ""
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(stack, what) {
				left = stack
			}
		}
		if left == "" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("left behind:\n%s", left)
}

// A request is one raw HTTP request.
type request struct {
	method  string // "" means POST
	as      string
	session string
	version string
	mcp     string // Mcp-Method and, after a space, Mcp-Name
	body    string
}

func (q request) send(ctx context.Context, t *testing.T, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, cmp.Or(q.method, http.MethodPost), url, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	method, name, _ := strings.Cut(q.mcp, " ")
	for header, value := range map[string]string{
		"Content-Type":         "application/json",
		caller:                 q.as,
		"Mcp-Session-Id":       q.session,
		"Mcp-Protocol-Version": q.version,
		"Mcp-Method":           method,
		"Mcp-Name":             name,
	} {
		if value != "" {
			r.Header.Set(header, value)
		}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// An answer is the outcome of a call without streaming.
type answer struct {
	Result struct {
		IsError           bool
		Content           []struct{ Text string }
		StructuredContent json.RawMessage
		Tools             []struct{ Name string }
	}
	Error *struct {
		Code    int
		Message string
	}
}

func (a answer) text() string {
	if len(a.Result.Content) == 0 {
		return ""
	}
	return a.Result.Content[0].Text
}

// call posts and wants a plain JSON answer.
func (q request) call(t *testing.T, url string) answer {
	t.Helper()
	res := q.send(t.Context(), t, url)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), body)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return a
}

// tool calls a tool with nothing before it, as curl would.
func tool(t *testing.T, url, as, name string, arguments any) answer {
	t.Helper()
	return request{as: as, body: toolCall(t, 1, name, arguments)}.call(t, url)
}

func toolCall(t *testing.T, id int, name string, arguments any) string {
	t.Helper()
	return message(t, id, "tools/call", map[string]any{"name": name, "arguments": arguments})
}

// message is a JSON-RPC request, or a notification if id is 0.
func message(t *testing.T, id int, method string, params any) string {
	t.Helper()
	m := map[string]any{"jsonrpc": "2.0", "method": method, "params": params}
	if id != 0 {
		m["id"] = id
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// modern makes params those of a 2026-07-28 request.
func modern(params map[string]any) map[string]any {
	params["_meta"] = map[string]any{
		"io.modelcontextprotocol/protocolVersion":    "2026-07-28",
		"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "test", "version": "1"},
		"io.modelcontextprotocol/clientCapabilities": map[string]any{},
	}
	return params
}

// initialize begins a session and returns its id.
func initialize(t *testing.T, url, as string) string {
	t.Helper()
	res := request{as: as, body: message(t, 1, "initialize", map[string]any{
		"protocolVersion": "2025-11-25",
		"clientInfo":      map[string]any{"name": "test", "version": "1"},
		"capabilities":    map[string]any{},
	})}.send(t.Context(), t, url)
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("initialize: %d, %v", res.StatusCode, err)
	}
	return res.Header.Get("Mcp-Session-Id")
}
