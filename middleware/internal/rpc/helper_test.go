package rpc_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// methods are all that a client may send, in any revision.
var methods = []string{
	"initialize", "ping", "server/discover", "logging/setLevel", "completion/complete",
	"tools/list", "tools/call", "prompts/list", "prompts/get",
	"resources/list", "resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe",
	"tasks/get", "tasks/list", "tasks/result", "tasks/update", "tasks/cancel", "subscriptions/listen",
	"notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/roots/list_changed",
}

// header makes headers out of "Name: value" lines, for a JSON body unless they say
// something else.
func header(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	return h
}

// modern are the headers of a request of revision 2026-07-28.
func modern(method, name string) http.Header {
	h := header("MCP-Protocol-Version: 2026-07-28", "Mcp-Method: "+method)
	if name != "" {
		h.Set("Mcp-Name", name)
	}
	return h
}

// meta is the _meta that goes with it.
const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// call is a tools/call with these members in params.
func call(params string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + params + `}}`
}

// line prints an operation for comparisons.
func line(op rpc.Operation) string {
	kind := map[rpc.Kind]string{rpc.NoKind: "-", rpc.Tool: "tool", rpc.Prompt: "prompt", rpc.Resource: "resource", rpc.Task: "task"}[op.Kind]
	words := []string{op.Method, kind, op.Name, string(op.ID), string(op.Arguments)}
	if op.Response {
		words = append(words, "response")
	}
	return strings.Join(words, "|")
}

func lines(ops []rpc.Operation) []string {
	var all []string
	for _, op := range ops {
		all = append(all, line(op))
	}
	return all
}

// accepts makes sure that a request is read as these operations.
func accepts(t *testing.T, body string, h http.Header, want ...string) {
	t.Helper()
	ops, batch, err := rpc.Read([]byte(body), h)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	if got := lines(ops); !slices.Equal(got, want) {
		t.Errorf("read as %q, want %q", got, want)
	}
	if batch != strings.HasPrefix(strings.TrimSpace(body), "[") {
		t.Errorf("batch is %v", batch)
	}
}

// refuses makes sure that a request is refused for this reason and no other, and
// that the error repeats nothing of it.
func refuses(t *testing.T, body string, h http.Header, want error) {
	t.Helper()
	ops, _, err := rpc.Read([]byte(body), h)
	for _, reason := range []error{rpc.ErrContentType, rpc.ErrMalformed, rpc.ErrAmbiguous, rpc.ErrBatch, rpc.ErrMismatch} {
		if got := errors.Is(err, reason); got != (reason == want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error repeats the request: %v", err)
	}
	if ops != nil {
		t.Errorf("refused, and read as %q", lines(ops))
	}
}
