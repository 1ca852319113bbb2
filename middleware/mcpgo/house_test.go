package mcpgo_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

const (
	resource = "https://mcp.example.com/mcp"
	document = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
	apiKey   = "dev-key-123"
)

// A house is an mcp-go server behind a guard, and the issuer whose tokens it takes.
type house struct {
	*httptest.Server
	issuer *jwkstest.Issuer
	seen   chan struct{} // closed by who has seen the progress of the tool stream
}

// rules are about what [library] has, and about one tool that it has not.
func rules() middleware.Policy {
	return middleware.Policy{
		Implies:   map[string][]string{"admin": {"write"}, "write": {"read"}},
		Tools:     map[string]middleware.Rule{"open": {}, "read": {Scopes: []string{"read"}}, "wipe": {Scopes: []string{"admin"}}, "never": {Deny: true}, "late": {}, "stream": {}},
		Prompts:   map[string]middleware.Rule{"greet": {Scopes: []string{"read"}}},
		Resources: []middleware.ResourceRule{{URI: "notes://open/*"}, {URI: "notes://secret/*", Rule: middleware.Rule{Scopes: []string{"admin"}}}},
	}
}

// library is an mcp-go server with tools, prompts and resources, some of which rules
// do not know. The tool stream waits until somebody has seen its progress.
func library(seen <-chan struct{}) *server.MCPServer {
	s := server.NewMCPServer("library", "1", server.WithToolCapabilities(false), mcpgo.Filter(nil))
	done := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("done"), nil
	}
	for _, name := range []string{"open", "read", "wipe", "never", "unknown"} {
		s.AddTool(mcp.NewTool(name), done)
	}
	s.AddTool(mcp.NewTool("late"), mcpgo.RequireScopes(done, "write"))
	s.AddTool(mcp.NewTool("stream"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if err := s.SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progressToken": 1, "progress": 1}); err != nil {
			return nil, err
		}
		<-seen
		if err := middleware.RequireScopes(ctx, "write"); err != nil {
			return mcp.NewToolResultError("too late to ask"), nil
		}
		return done(ctx, mcp.CallToolRequest{})
	})
	for _, name := range []string{"greet", "unknown"} {
		s.AddPrompt(mcp.NewPrompt(name), func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return mcp.NewGetPromptResult("", nil), nil
		})
	}
	text := func(_ context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: r.Params.URI, Text: "done"}}, nil
	}
	for _, uri := range []string{"notes://open/1", "notes://secret/1", "notes://unknown/1"} {
		s.AddResource(mcp.NewResource(uri, uri), text)
	}
	for _, uri := range []string{"notes://open/{id}", "notes://secret/{id}", "notes://{box}/{id}"} {
		s.AddResourceTemplate(mcp.NewResourceTemplate(uri, uri), func(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return text(ctx, r)
		})
	}
	return s
}

func newHouse(t *testing.T, p middleware.Policy, seal *middleware.SessionSeal) *house {
	t.Helper()
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		t.Fatal(err)
	}
	is.RemoveKey(is.KeyIDs()[0]) // RSA keys take long to make
	is.SetAudience(resource)
	return newReplica(t, is, p, seal)
}

func newReplica(t *testing.T, is *jwkstest.Issuer, p middleware.Policy, seal *middleware.SessionSeal) *house {
	t.Helper()
	keys, err := apikey.New(apikey.Config{Keys: []string{apiKey}, Scopes: []string{"mcp:tools"}})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := middleware.New(middleware.Config{
		Resource:  resource,
		Issuers:   []jwks.Issuer{{URL: is.URL, Algorithms: []string{"ES256"}}},
		APIKeys:   keys,
		Scopes:    []string{"mcp:tools"},
		Policy:    &p,
		Sessions:  seal,
		Transport: is.RoundTripper(),
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan struct{})
	s := library(seen)
	options := []server.StreamableHTTPOption{server.WithDisableLocalhostProtection(true), server.WithHTTPContextFunc(mcpgo.Isolate(s)), server.WithStateLess(seal == nil)}
	if seal != nil {
		options = append(options, server.WithSessionIdManagerResolver(mcpgo.Sessions(seal)), server.WithSessionIdleTTL(time.Minute))
	}
	h := &house{httptest.NewServer(guard.Handler(server.NewStreamableHTTPServer(s, options...))), is, seen}
	t.Cleanup(func() {
		guard.EndStreams()
		h.Close()
	})
	return h
}

// token is one of alice, who uses the app, but for what claims say.
func (h *house) token(claims map[string]any) string {
	all := map[string]any{"sub": "alice", "client_id": "app", "scope": "mcp:tools"}
	for name, value := range claims {
		all[name] = value
	}
	return h.issuer.Mint(jwkstest.Token{Claims: all})
}

// do sends one request, and returns the answer and its body.
func (h *house) do(t *testing.T, verb, credential, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	res := h.send(t, verb, credential, body, headers...)
	defer res.Body.Close()
	if verb == http.MethodGet && res.StatusCode == http.StatusOK {
		return res, "" // a stream
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// send sends one request; a credential without dots is an API key.
func (h *house) send(t *testing.T, verb, credential, body string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), verb, h.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "mcp.example.com"
	if strings.Contains(credential, ".") {
		r.Header.Set("Authorization", "Bearer "+credential)
	} else {
		r.Header.Set("X-API-Key", credential)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func message(method string, params map[string]any) string {
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func call(name string) string { return message("tools/call", map[string]any{"name": name}) }

// listed is the names in the answer to a list method.
func (h *house) listed(t *testing.T, credential, method string) string {
	t.Helper()
	res, body := h.do(t, "POST", credential, message(method, nil))
	if res.StatusCode != 200 || strings.Contains(body, `"error"`) {
		t.Fatalf("%s: %d %s", method, res.StatusCode, body)
	}
	var names []string
	for _, m := range regexp.MustCompile(`"(?:name)":"([^"]*)"`).FindAllStringSubmatch(body, -1) {
		names = append(names, m[1])
	}
	return strings.Join(names, " ")
}
