package gosdk_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/gosdk"
)

// bodies are calls, some of them honest. The policy lets open be called and shut not.
var bodies = []string{
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open","arguments":{}}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"shut","arguments":{}}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\u0073hut","arguments":{}}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open","name":"shut"}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"shut","name":"open"}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open","Name":"shut"}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open"},"params":{"name":"shut"}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open"},"Params":{"name":"shut"}}`,
	`{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"shut"}}`,
	`[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open"}},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"shut"}}]`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open"}}{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"shut"}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open","_meta":{"name":"shut","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}}}}`,
	`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"shut","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}}}}`,
	`{"jsonrpc":"2.0","id":1,"result":{"name":"shut"},"method":"tools/call","params":{"name":"shut"}}`,
}

// pieces are put into bodies.
var pieces = []string{
	`"name":"shut"`, `"name":"shut",`, `"Name":"shut",`, `"nam\u0065":"shut",`, `"params":{"name":"shut"},`, `"method":"tools/call",`,
	`"NAME":"shut",`, "\ufeff", "\x00", " ", "\n", "\t", `"`, `\`, `\u0000`, "{", "}", "[", "]", ",", ":", "null", "1e1", "\xff", "//", "/**/", "NaN",
	"\u017fhut", "\u212a", "open", "shut", "tools/call", "tools\\/call",
}

// mutate changes a body in a few places.
func mutate(rnd *rand.Rand, body string) string {
	for range rnd.IntN(4) {
		at, piece := rnd.IntN(len(body)+1), pieces[rnd.IntN(len(pieces))]
		switch rnd.IntN(4) {
		case 0:
			body = body[:at] + piece + body[at:]
		case 1: // after a member's end, where it is likeliest to still be JSON
			if i := strings.IndexAny(body[at:], ",{"); i >= 0 {
				body = body[:at+i+1] + piece + body[at+i+1:]
			}
		case 2:
			body = body[:at] + body[min(len(body), at+rnd.IntN(8)):]
		case 3:
			other := bodies[rnd.IntN(len(bodies))]
			body = body[:at] + other[rnd.IntN(len(other)):]
		}
	}
	return body
}

// doors lead to one server, with a policy in front and without.
type doors struct{ guarded, open http.Handler }

func newDoors(t *testing.T, called map[string]int) doors {
	t.Helper()
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	for _, name := range []string{"open", "shut"} {
		s.AddTool(&mcp.Tool{Name: name, InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			called[name]++
			return &mcp.CallToolResult{}, nil
		})
	}
	h := gosdk.Handler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	front := func(p *middleware.Policy) http.Handler {
		c := config(t)
		c.Policy = p
		guard, err := middleware.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return guard.Handler(h)
	}
	return doors{front(&middleware.Policy{Tools: map[string]middleware.Rule{"open": {}}}), front(nil)}
}

// However a request is shaped, the SDK executes nothing that the guard took for
// something else. Without the policy the same requests do reach the tool.
func TestPolicyHoldsForEveryShape(t *testing.T) {
	called := map[string]int{}
	d := newDoors(t, called)
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for i := range 20_000 {
		body := bodies[i%len(bodies)]
		if i >= len(bodies) {
			body = mutate(rnd, body)
		}
		header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "X-Api-Key": {apiKey}}
		switch rnd.IntN(4) {
		case 0:
			header.Set("MCP-Protocol-Version", "2025-11-25")
		case 1:
			header.Set("MCP-Protocol-Version", modern)
			header.Set("Mcp-Method", "tools/call")
			header.Set("Mcp-Name", []string{"open", "shut"}[rnd.IntN(2)])
		}
		knock(d.guarded, header, body)
		if called["shut"] > 0 {
			t.Fatalf("seed %d: executed: %q with %v", seed, body, header)
		}
	}
	if called["open"] < 100 {
		t.Errorf("only %d calls were let through: nothing is shown by that", called["open"])
	}
	for _, body := range bodies {
		knock(d.open, http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "X-Api-Key": {apiKey}}, body)
	}
	if called["shut"] < 3 {
		t.Errorf("only %d calls without a policy: nothing is shown by that", called["shut"])
	}
}

func knock(h http.Handler, header http.Header, body string) {
	r := httptest.NewRequest(http.MethodPost, resource, strings.NewReader(body))
	r.Header = header
	h.ServeHTTP(httptest.NewRecorder(), r)
}
