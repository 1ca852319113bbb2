package demo_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/demo"
)

var revisions = []string{"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"}

var toolNames = []string{"ask_name", "countdown", "notes_add", "notes_clear", "notes_list", "whoami"}

// What a person types into curl works, with no initialize, no session and no
// Accept header.
func TestCallWithoutSession(t *testing.T) {
	_, web := start(t)
	for _, path := range []string{"/mcp", "/mcp/messages"} {
		for _, as := range []string{"disabled", "key", "alice", "anonymous"} {
			list := request{as: as, body: `{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}`}.call(t, web.URL+path)
			var names []string
			for _, tool := range list.Result.Tools {
				names = append(names, tool.Name)
			}
			if !slices.Equal(names, toolNames) {
				t.Errorf("%s as %s: %v", path, as, names)
			}
			who := tool(t, web.URL+path, as, "whoami", nil)
			if want := `"method":"` + string(callers[as].Method) + `"`; !strings.Contains(who.text(), want) {
				t.Errorf("%s as %s: whoami is %s", path, as, who.text())
			}
		}
	}
}

func TestAnswersByMethod(t *testing.T) {
	_, web := start(t)
	mine := initialize(t, web.URL+"/mcp", "alice")
	tests := []struct {
		name  string
		q     request
		want  int
		allow string
	}{
		{"GET without a session is 405", request{method: "GET"}, 405, "POST"},
		{"GET of an unknown session is 404", request{method: "GET", session: "unknown"}, 404, ""},
		{"GET has no meaning in 2026-07-28", request{method: "GET", session: mine, version: "2026-07-28"}, 405, "POST"},
		{"and no session is looked for then", request{method: "GET", session: "unknown", version: "2026-07-28"}, 405, "POST"},
		{"DELETE without a session is 405", request{method: "DELETE"}, 405, "POST"},
		{"DELETE of an unknown session is 404", request{method: "DELETE", session: "unknown"}, 404, ""},
		{"POST of an unknown session is 404", request{session: "unknown", body: `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`}, 404, ""},
		{"2026-07-28 ignores the session", request{session: "unknown", version: "2026-07-28", mcp: "tools/list", body: message(t, 1, "tools/list", modern(map[string]any{}))}, 200, ""},
		{"PUT is 405", request{method: "PUT"}, 405, "GET, POST, DELETE"},
		{"HEAD is 405", request{method: "HEAD"}, 405, "GET, POST, DELETE"},
		{"an unknown revision is 400", request{version: "1999-01-01", body: `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`}, 400, ""},
		{"no JSON is 400", request{body: `{`}, 400, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.q.as = "alice"
			res := test.q.send(t.Context(), t, web.URL+"/mcp")
			if res.StatusCode != test.want || res.Header.Get("Allow") != test.allow {
				t.Errorf("%d, Allow %q; want %d, %q", res.StatusCode, res.Header.Get("Allow"), test.want, test.allow)
			}
		})
	}
}

// mcp-go's own client, over every revision and transport, is the caller that the
// guard says it is.
func TestPrincipalReachesTools(t *testing.T) {
	_, web := start(t)
	for _, version := range revisions {
		t.Run(version, func(t *testing.T) {
			c := connect(t, web.URL+"/mcp", "alice", version)
			if sessionless := c.GetSessionId() == ""; sessionless != (version == "2026-07-28") {
				t.Errorf("session %q", c.GetSessionId())
			}
			result, err := c.CallTool(t.Context(), callTool("whoami", nil))
			checkAlice(t, textOf(t, result, err))
		})
	}
	t.Run("2024-11-05 over SSE", func(t *testing.T) {
		c := connectSSE(t, web.URL+"/sse", "alice")
		result, err := c.CallTool(t.Context(), callTool("whoami", nil))
		checkAlice(t, textOf(t, result, err))
	})
}

func checkAlice(t *testing.T, who string) {
	t.Helper()
	const want = `{"method":"jwt","issuer":"https://login.example.com","subject":"alice","client":"app","scopes":["read","write","admin"],"expiry":"2030-01-02T03:04:05Z"}`
	if who != want {
		t.Errorf("whoami is %s", who)
	}
}

// The structured result has every member that says something and no other, and
// is what the output schema promises.
func TestWhoamiSaysWhatIsKnown(t *testing.T) {
	_, web := start(t)
	for as, want := range map[string]string{
		"key":       `{"method":"api_key","scopes":["read","write","admin"],"subject":"alice"}`,
		"anonymous": `{"method":"anonymous","scopes":[]}`,
		"disabled":  `{"method":"disabled","scopes":[]}`,
	} {
		var got map[string]any
		if err := json.Unmarshal(tool(t, web.URL+"/mcp", as, "whoami", nil).Result.StructuredContent, &got); err != nil {
			t.Fatal(err)
		}
		if b, _ := json.Marshal(got); string(b) != want {
			t.Errorf("as %s: %s, want %s", as, b, want)
		}
	}
	if a := tool(t, web.URL+"/mcp", "nobody", "whoami", nil); !a.Result.IsError {
		t.Errorf("without a guard: %s", a.text())
	}
}

func TestToolsAreAnnotated(t *testing.T) {
	_, web := start(t)
	c := connect(t, web.URL+"/mcp", "alice", "2025-11-25")
	list, err := c.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range list.Tools {
		hints := tool.Annotations
		readOnly := tool.Name != "notes_add" && tool.Name != "notes_clear"
		if *hints.ReadOnlyHint != readOnly || *hints.DestructiveHint != (tool.Name == "notes_clear") {
			t.Errorf("%s: read-only %v, destructive %v", tool.Name, *hints.ReadOnlyHint, *hints.DestructiveHint)
		}
		if tool.Name == "whoami" && len(tool.OutputSchema.Properties) != 6 {
			t.Errorf("whoami: output schema %+v", tool.OutputSchema)
		}
	}
}

// CORS belongs to the guard; mcp-go's SSE transport would allow every origin.
func TestNoCORSHeaders(t *testing.T) {
	_, web := start(t)
	for _, path := range []string{"/mcp", "/sse"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://evil.example.com")
		r.Header.Set(caller, "alice")
		r.Header.Set("Mcp-Session-Id", initialize(t, web.URL+"/mcp", "alice"))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if allow := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != 200 || allow != "" {
			t.Errorf("%s: %d, Access-Control-Allow-Origin %q", path, res.StatusCode, allow)
		}
	}
}

// The server is reached by names that only the guard knows.
func TestHostIsNotChecked(t *testing.T) {
	_, web := start(t)
	for path, method := range map[string]string{"/mcp": "POST", "/sse": "GET"} {
		r, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "mcp.example.com"
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// Scopes names what the refusals of the tools name, and nothing else.
func TestScopesAreWhatToolsNeed(t *testing.T) {
	_, web := start(t)
	var needed []string
	for _, name := range toolNames {
		a := tool(t, web.URL+"/mcp", "noscopes", name, map[string]any{"text": "hello", "interval_ms": 0})
		if _, rest, refused := strings.Cut(a.text(), `needs scope "`); refused {
			scope, _, _ := strings.Cut(rest, `"`)
			needed = append(needed, scope)
		}
	}
	slices.Sort(needed)
	if got := slices.Sorted(slices.Values(demo.Scopes())); !slices.Equal(got, needed) {
		t.Errorf("Scopes() = %v, the tools need %v", got, needed)
	}
}

// A tool that panics fails alone, and tells the log why and the caller nothing.
func TestPanickingTool(t *testing.T) {
	var log strings.Builder
	s := demo.New(demo.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	defer s.Shutdown(context.Background())
	s.AddTool("broken", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) { panic("canary") })
	w := fake{guarded(s.Handler())}.do(t.Context(), request{method: "POST", as: "alice", body: toolCall(t, 1, "broken", nil)})
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, "the tool failed") || strings.Contains(body, "canary") {
		t.Errorf("%d: %s", w.Code, body)
	}
	if !strings.Contains(log.String(), "cause=canary") || !strings.Contains(log.String(), "tool=broken") {
		t.Errorf("the log says %s", log.String())
	}
}

// What the server says of itself can be chosen.
func TestVersion(t *testing.T) {
	for want, c := range map[string]demo.Config{"devel": {}, "1.2.3": {Version: "1.2.3"}} {
		s := demo.New(c)
		defer s.Shutdown(context.Background())
		w := fake{s.Handler()}.do(t.Context(), request{method: "POST", body: message(t, 1, "initialize", map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "test", "version": "1"}})})
		if !strings.Contains(w.Body.String(), `"version":"`+want+`"`) {
			t.Errorf("want %s: %s", want, w.Body.String())
		}
	}
}
