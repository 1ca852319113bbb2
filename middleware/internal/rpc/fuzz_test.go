package rpc_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// FuzzAgainstMCPGo gives the same bytes and headers to Read and to a real server:
// what Read does not refuse, the server reads in no other way. Whatever it does is
// one of the operations, with the same name, id and arguments.
func FuzzAgainstMCPGo(f *testing.F) {
	peer := newPeer()
	for _, s := range seeds() {
		f.Add([]byte(s.body), s.contentType, s.version, s.method, s.name)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, version, method, name string) {
		h := http.Header{}
		for key, value := range map[string]string{
			"Content-Type": contentType, "Mcp-Protocol-Version": version, "Mcp-Method": method, "Mcp-Name": name,
		} {
			if value != "" {
				h[key] = strings.Split(value, "\n") // as many lines as there are
			}
		}
		ops, batch, err := rpc.Read(body, h)
		if err != nil {
			return
		}
		deeds := ask(peer, body, h)
		for _, d := range deeds {
			if !covers(ops, d) {
				t.Errorf("read as %q, but it did %+v\n%s\n%v", lines(ops), d, body, h)
			}
		}
		if batch && len(deeds) > 0 {
			t.Errorf("a batch of %q was done: %+v", lines(ops), deeds)
		}
	})
}

type seed struct{ body, contentType, version, method, name string }

// seeds are honest requests for every method in both eras, and what could pass for
// another request.
func seeds() []seed {
	const plain = "application/json"
	var all []seed
	for _, method := range methods {
		params := `"name":"greet","uri":"file:///a","taskId":"t","ref":{"type":"ref/prompt","name":"greet"},"level":"info",` +
			`"arguments":{"a":"b"},"argument":{"name":"a","value":"b"},"notifications":{"resourceSubscriptions":["file:///a"]},"requestId":1`
		body := func(more string) string {
			return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + more + `}}`
		}
		name := map[string]string{"tools/call": "greet", "prompts/get": "greet", "resources/read": "file:///a", "tasks/get": "t"}[method]
		all = append(all,
			seed{body(``), plain, "", "", ""}, seed{body(``), plain, "2025-06-18", method, name}, seed{body(`,` + meta), plain, "2026-07-28", method, name},
			seed{strings.Replace(body(``), `"id":1,`, "", 1), plain, "2025-11-25", "", ""})
	}
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"secret"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call","params":{"name":"secret"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"},"paramſ":{"name":"secret"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"},"param\u017f":{"name":"secret"}}`,
		call(`"name":"greet","NaMe":"secret"`), call(`"n\u0061me":"secret"`), call(`"name":"greet","n\u0061me":"secret"`),
		call(`"name":"greet","argumentſ":{"a":1}`), call(`"name":"greet","arguments":{"a":1,"A":2}`), call(`"name":"greet","arguments":[]`),
		call(`"name":"greet","task":{"ttl":1}`), call(`"name":"greet","tas` + "\u212a" + `":{}`), call(`"name":null`), call(`"name":"greet\u0000"`),
		call(`"name":"greet"`) + call(`"name":"secret"`), "\ufeff" + call(`"name":"greet"`), call(`"name":"greet"`) + "\x00", call("\"name\":\"\xff\""),
		"[" + call(`"name":"greet"`) + "]", call(`"name":"\ud83d\ude00"`), call(`"name":"\ud83d"`), `{"jsonrpc":"2.0","id":null,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":1}}`, `{"jsonrpc":"2.0","id":1,"result":{},"method":"ping"}`,
		`{"jsonrpc":"2.0","id":1e2,"method":"ping"}`, `{"jsonrpc":"2.0","id":"a","method":"tools/list","params":null}`, `{"jsonrpc":"2.0","id":1,"method":""}`,
		call(`"name":"greet","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`), call(`"name":"greet","_meta":null`),
	} {
		all = append(all, seed{body, plain, "2025-03-26", "", ""}, seed{body, plain + "; charset=utf-8", "2026-07-28", "tools/call", "greet"})
	}
	return append(all,
		seed{call(`"name":"secret"`), plain + "\ntext/plain", "", "tools/call\ntools/list", "greet"},
		seed{call(`"name":"secret",` + meta), plain, "2026-07-28\n2025-03-26", "tools/call", "=?base64?c2VjcmV0?="})
}

// FuzzHonest builds requests the way programs do, out of mcp-go's own types: they
// are all read, as what they were built from.
func FuzzHonest(f *testing.F) {
	f.Add("greet", "who", "me", 1, false)
	f.Add("日本", "WHO", "who", -7, true)
	f.Add("=?base64?x?=", "", "a\x00b", 0, true)
	f.Add(" a ", "name", "\u2028", 1<<53-1, true)
	f.Fuzz(func(t *testing.T, name, key, value string, id int, modern bool) {
		name, key = strings.ToValidUTF8(name, "?"), strings.ToValidUTF8(key, "?")
		if name == "" || strings.ContainsFunc(name, unicode.IsControl) || id < -(1<<53-1) || id > 1<<53-1 || !utf8.ValidString(value) {
			t.Skip("not honest")
		}
		// mcp-go sends a name that begins as if it were encoded, but does not end so,
		// as it is. We refuse it: a reader that looks at the beginning alone reads
		// another one.
		if rest, ok := strings.CutPrefix(name, "=?base64?"); ok && !strings.HasSuffix(rest, "?=") {
			t.Skip("reads in two ways")
		}
		m := &mcp.Meta{AdditionalFields: map[string]any{"traceparent": value}}
		version := mcp.ProtocolVersion20251125
		if modern {
			version = mcp.ProtocolVersion20260728
			m.SetProtocolVersion(version)
			m.SetClientCapabilities(mcp.ClientCapabilities{})
		}
		arguments := map[string]any{key: value, strings.ToUpper(key): id}
		for method, params := range map[mcp.MCPMethod]any{
			mcp.MethodToolsCall:     mcp.CallToolParams{Name: name, Arguments: arguments, Meta: m},
			mcp.MethodPromptsGet:    mcp.GetPromptParams{Name: name, Arguments: map[string]string{key: value}, Meta: m},
			mcp.MethodResourcesRead: mcp.ReadResourceParams{URI: name, Arguments: arguments, Meta: m},
		} {
			checkHonest(t, version, method, params, id, name)
		}
	})
}

func checkHonest(t *testing.T, version string, method mcp.MCPMethod, params any, id int, name string) {
	t.Helper()
	body, err := json.Marshal(mcp.JSONRPCRequest{JSONRPC: "2.0", ID: mcp.NewRequestId(id), Params: params, Request: mcp.Request{Method: string(method)}})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(params)
	h := header("MCP-Protocol-Version: " + version)
	for key, value := range mcp.StandardHeaders(version, method, text) {
		h.Set(key, value)
	}
	ops, batch, err := rpc.Read(body, h)
	if err != nil || batch || len(ops) != 1 || ops[0].Method != string(method) || ops[0].Name != name || decoded(ops[0].ID) != float64(id) {
		t.Fatalf("read as %q, %v\n%s\n%v", lines(ops), err, body, h)
	}
}
