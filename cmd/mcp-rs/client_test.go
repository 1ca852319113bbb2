package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// revisions are those of the streamable HTTP transport. The last has no sessions.
var revisions = []string{"2025-03-26", "2025-06-18", "2025-11-25", modern}

const modern = "2026-07-28"

// mcp-go's own client does all that it can do, in every revision, at both addresses
// of the endpoint, and with both kinds of credential.
func TestClient(t *testing.T) {
	d := deploy(t)
	for _, revision := range revisions {
		for _, path := range []string{"", aliasSuffix} {
			url := d.mcp + path
			token := bearerOf(d.issuer.mint(map[string]any{"aud": url}))
			for name, test := range map[string]struct {
				who  credential
				want identity
			}{
				"token":   {token, identity{Method: "jwt", Issuer: d.issuer.URL, Subject: "alice", Client: "app"}},
				"API key": {keyOf(apiKey), identity{Method: "api_key", Subject: "key-1"}},
			} {
				t.Run(revision+" "+endpointPath+path+" "+name, func(t *testing.T) {
					g := visit(t, url, revision, test.who).handshake(t)
					if g.ProtocolVersion() != revision {
						t.Errorf("revision %s", g.ProtocolVersion())
					}
					g.checkTools(t, test.want)
					g.checkSession(t, url, test.who)
				})
			}
		}
	}
}

// The transport of revision 2024-11-05 is there for who asks for it.
func TestClientOverSSE(t *testing.T) {
	d := deploy(t, "MCP_SSE_ENABLED=true")
	site := strings.TrimSuffix(d.mcp, endpointPath)
	g, err := visitSSE(t, site+"/sse", d.as("alice"))
	if err != nil {
		t.Fatal(err)
	}
	g.handshake(t).checkTools(t, identity{Method: "jwt", Issuer: d.issuer.URL, Subject: "alice", Client: "app"})
	g, err = visitSSE(t, site+"/sse", keyOf(apiKey))
	if err != nil {
		t.Fatal(err)
	}
	g.handshake(t).checkTools(t, identity{Method: "api_key", Subject: "key-1"})
}

// A client may keep a GET stream open beside its calls. Nothing that belongs to a
// call gets onto it.
func TestClientThatListens(t *testing.T) {
	d := deploy(t)
	for _, revision := range revisions[:3] {
		t.Run(revision, func(t *testing.T) {
			g := visit(t, d.mcp, revision, d.as("alice"), andListen()).handshake(t)
			stream := g.wire.await(t, func(e trip) bool { return e.method == http.MethodGet })
			if stream.status != http.StatusOK || stream.received.Get("Content-Type") != "text/event-stream" {
				t.Fatalf("GET: %d %s", stream.status, stream.received.Get("Content-Type"))
			}
			g.checkTools(t, identity{Method: "jwt", Issuer: d.issuer.URL, Subject: "alice", Client: "app"})
		})
	}
}

// An identity is what whoami says, without what differs from one token to the next.
type identity struct {
	Method, Issuer, Subject, Client string
}

// checkTools uses every tool.
func (g *guest) checkTools(t *testing.T, want identity) {
	t.Helper()
	list, err := g.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != allTools {
		t.Errorf("tools %s", got)
	}
	if got := g.whoami(t); got != want {
		t.Errorf("whoami says %+v, want %+v", got, want)
	}
	g.checkCountdown(t)
	g.checkAskName(t)
	for _, step := range []struct {
		tool      string
		arguments map[string]any
		want      string
	}{
		{"notes_clear", nil, "Removed "},
		{"notes_add", map[string]any{"text": "milk"}, "Added."},
		{"notes_list", nil, `"milk"`},
		{"notes_clear", nil, "Removed 1 "},
	} {
		if got := g.say(t, step.tool, step.arguments); !strings.Contains(got, step.want) {
			t.Errorf("%s says %s", step.tool, got)
		}
	}
}

// say calls a tool and returns the text of its answer.
func (g *guest) say(t *testing.T, tool string, arguments any) string {
	t.Helper()
	result, err := g.call(t, tool, arguments)
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	if result.IsError || len(result.Content) == 0 {
		t.Fatalf("%s: %+v", tool, result)
	}
	return mcp.GetTextFromContent(result.Content[0])
}

func (g *guest) whoami(t *testing.T) (who identity) {
	t.Helper()
	if err := json.Unmarshal([]byte(g.say(t, "whoami", nil)), &who); err != nil {
		t.Fatal(err)
	}
	return who
}

// checkCountdown wants every step before the result.
func (g *guest) checkCountdown(t *testing.T) {
	t.Helper()
	var mu sync.Mutex
	var steps []any
	g.OnNotification(func(n mcp.JSONRPCNotification) {
		mu.Lock()
		defer mu.Unlock()
		if n.Method == string(mcp.MethodNotificationProgress) && n.Params.AdditionalFields["progressToken"] == "steps" {
			steps = append(steps, n.Params.AdditionalFields["progress"])
		}
	})
	result, err := g.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{
		Name:      "countdown",
		Arguments: map[string]any{"from": 3, "interval_ms": 1},
		Meta:      &mcp.Meta{ProgressToken: "steps"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := mcp.GetTextFromContent(result.Content[0]); text != "Lift-off." || !slices.Equal(steps, []any{1.0, 2.0, 3.0}) {
		t.Errorf("steps %v and then %q", steps, text)
	}
}

// checkAskName is asked for a name, where the server has a way to ask.
func (g *guest) checkAskName(t *testing.T) {
	t.Helper()
	want := "Hello, Ada."
	if g.ProtocolVersion() < "2025-06-18" {
		want = "Hello. Your client offers no elicitation on this call, so there is no asking for a name."
	}
	if got := g.say(t, "ask_name", nil); got != want {
		t.Errorf("ask_name says %q", got)
	}
}

// checkSession ends the session, which no request may use after that; or makes
// sure that there is none.
func (g *guest) checkSession(t *testing.T, url string, who credential) {
	t.Helper()
	id := g.GetSessionId()
	if g.ProtocolVersion() == modern {
		g.checkStateless(t)
		return
	}
	if id == "" {
		t.Fatal("no session")
	}
	if status, body := drained(t, raw(t, http.MethodDelete, url, who, inSession(id), "")); status != http.StatusOK {
		t.Fatalf("DELETE: %d %s", status, body)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPost} {
		if status, body := drained(t, raw(t, method, url, who, inSession(id), listTools)); status != http.StatusNotFound {
			t.Errorf("%s after the end: %d %s", method, status, body)
		}
	}
	if _, err := g.call(t, "whoami", nil); !errors.Is(err, transport.ErrSessionTerminated) {
		t.Errorf("a call after the end: %v", err)
	}
}

func (g *guest) checkStateless(t *testing.T) {
	t.Helper()
	for _, e := range g.wire.trips() {
		if e.sent.Get("Mcp-Protocol-Version") != modern || e.received.Get("Mcp-Session-Id") != "" {
			t.Errorf("%s %s is of revision %q, session %q", e.method, e.url, e.sent.Get("Mcp-Protocol-Version"), e.received.Get("Mcp-Session-Id"))
		}
	}
}

const listTools = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
