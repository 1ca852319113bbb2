package rpc_test

import (
	"net/http"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

func TestContentType(t *testing.T) {
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	for _, value := range []string{
		"application/json", "Application/JSON", "application/json; charset=utf-8", `application/json;charset="UTF-8"`,
		"application/json; profile=x",
	} {
		t.Run(value, func(t *testing.T) { accepts(t, ping, http.Header{"Content-Type": {value}}, "ping|-||1|") })
	}
	for name, h := range map[string]http.Header{
		"none":                      {},
		"an empty one":              {"Content-Type": {""}},
		"two":                       {"Content-Type": {"application/json", "application/json"}},
		"a merged one":              {"Content-Type": {"application/json, application/json"}},
		"a form":                    {"Content-Type": {"application/x-www-form-urlencoded"}},
		"text":                      {"Content-Type": {"text/plain"}},
		"something like JSON":       {"Content-Type": {"application/vnd.api+json"}},
		"another application/json5": {"Content-Type": {"application/json5"}},
		"UTF-16":                    {"Content-Type": {"application/json; charset=utf-16"}},
		"UTF-7":                     {"Content-Type": {"application/json; charset=utf-7"}},
		"an empty charset":          {"Content-Type": {`application/json; charset=""`}},
		"two charsets":              {"Content-Type": {"application/json; charset=utf-8; charset=utf-16"}},
		"broken parameters":         {"Content-Type": {"application/json; charset"}},
		"a compressed body":         {"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}},
		"a body compressed twice":   {"Content-Type": {"application/json"}, "Content-Encoding": {"identity", "br"}},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, ping, h, rpc.ErrContentType) })
	}
	t.Run("the coding that is none", func(t *testing.T) {
		accepts(t, ping, http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"identity"}}, "ping|-||1|")
	})
}

// The headers may say what the body says, on every revision.
func TestHeadersThatMatch(t *testing.T) {
	greet := call(`"name":"greet"`)
	for name, row := range map[string]struct {
		body string
		h    http.Header
		want string
	}{
		"a method, and no revision":    {greet, header("Mcp-Method: tools/call"), "tools/call|tool|greet|1|"},
		"method and name":              {greet, header("Mcp-Method: tools/call", "Mcp-Name: greet"), "tools/call|tool|greet|1|"},
		"a name only":                  {greet, header("Mcp-Name: greet"), "tools/call|tool|greet|1|"},
		"an encoded name":              {greet, header("Mcp-Name: =?base64?Z3JlZXQ=?="), "tools/call|tool|greet|1|"},
		"a name of another script":     {call(`"name":"日本"`), header("Mcp-Name: =?base64?5pel5pys?="), "tools/call|tool|日本|1|"},
		"a name that looks encoded":    {call(`"name":"=?base64?x?="`), header("Mcp-Name: =?base64?PT9iYXNlNjQ/eD89?="), "tools/call|tool|=?base64?x?=|1|"},
		"a name encoded in capitals":   {call(`"name":"=?BASE64?x?="`), header("Mcp-Name: =?BASE64?x?="), "tools/call|tool|=?BASE64?x?=|1|"},
		"a name with a space":          {call(`"name":"a b"`), header("Mcp-Name: a b"), "tools/call|tool|a b|1|"},
		"a resource":                   {`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a"}}`, header("Mcp-Name: file:///a"), "resources/read|resource|file:///a|1|"},
		"a task":                       {`{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t"}}`, header("Mcp-Name: t"), "tasks/get|task|t|1|"},
		"a name of an unknown method":  {`{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"name":"a","uri":"b"}}`, header("Mcp-Name: a"), "x/y|-||1|"},
		"a URI of an unknown method":   {`{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"uri":"b"}}`, header("Mcp-Name: b"), "x/y|-||1|"},
		"a notification":               {`{"jsonrpc":"2.0","method":"notifications/initialized"}`, header("Mcp-Method: notifications/initialized"), "notifications/initialized|-|||"},
		"a revision":                   {greet, header("MCP-Protocol-Version: 2025-06-18"), "tools/call|tool|greet|1|"},
		"a revision in _meta only":     {call(`"name":"greet","_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}`), header(), "tools/call|tool|greet|1|"},
		"a revision of old, twice":     {call(`"name":"greet","_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}`), header("MCP-Protocol-Version: 2025-11-25"), "tools/call|tool|greet|1|"},
		"a response":                   {`{"jsonrpc":"2.0","id":1,"result":{}}`, header("MCP-Protocol-Version: 2025-11-25"), "|-||1||response"},
		"2026-07-28":                   {call(`"name":"greet",` + meta), modern("tools/call", "greet"), "tools/call|tool|greet|1|"},
		"2026-07-28, encoded":          {call(`"name":"greet",` + meta), modern("tools/call", "=?base64?Z3JlZXQ=?="), "tools/call|tool|greet|1|"},
		"2026-07-28, without a name":   {`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + meta + `}}`, modern("tools/list", ""), "tools/list|-||1|"},
		"2026-07-28, a task":           {`{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t",` + meta + `}}`, modern("tasks/get", ""), "tasks/get|task|t|1|"},
		"2026-07-28, a notification":   {`{"jsonrpc":"2.0","method":"notifications/progress","params":{` + meta + `}}`, header("MCP-Protocol-Version: 2026-07-28"), "notifications/progress|-|||"},
		"2026-07-28, with little said": {`{"jsonrpc":"2.0","method":"notifications/progress"}`, header("MCP-Protocol-Version: 2026-07-28"), "notifications/progress|-|||"},
	} {
		t.Run(name, func(t *testing.T) { accepts(t, row.body, row.h, row.want) })
	}
}

func TestHeadersThatContradict(t *testing.T) {
	secret := call(`"name":"secret"`)
	now := call(`"name":"secret",` + meta)
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for name, row := range map[string]struct {
		body string
		h    http.Header
	}{
		"another method":                       {secret, header("Mcp-Method: tools/list")},
		"another method, of an old revision":   {secret, header("MCP-Protocol-Version: 2025-11-25", "Mcp-Method: tools/list")},
		"the method in capitals":               {secret, header("Mcp-Method: TOOLS/CALL")},
		"the method twice":                     {secret, header("Mcp-Method: tools/call", "Mcp-Method: tools/call")},
		"two methods":                          {secret, header("Mcp-Method: tools/call", "Mcp-Method: tools/list")},
		"two methods in one line":              {secret, header("Mcp-Method: tools/call, tools/list")},
		"an empty method":                      {secret, header("Mcp-Method:")},
		"an encoded method":                    {secret, header("Mcp-Method: =?base64?dG9vbHMvY2FsbA==?=")},
		"a method for a response":              {`{"jsonrpc":"2.0","id":1,"result":{}}`, header("Mcp-Method: tools/list")},
		"another name":                         {secret, header("Mcp-Name: greet")},
		"another name, of an old revision":     {secret, header("MCP-Protocol-Version: 2025-11-25", "Mcp-Name: greet")},
		"the name in capitals":                 {secret, header("Mcp-Name: SECRET")},
		"the name twice":                       {secret, header("Mcp-Name: secret", "Mcp-Name: secret")},
		"two names":                            {secret, header("Mcp-Name: secret", "Mcp-Name: greet")},
		"an empty name":                        {secret, header("Mcp-Name:")},
		"another name, encoded":                {secret, header("Mcp-Name: =?base64?Z3JlZXQ=?=")},
		"no name, encoded":                     {secret, header("Mcp-Name: =?base64??=")},
		"a name without padding":               {secret, header("Mcp-Name: =?base64?c2VjcmV0cw?=")},
		"a name with bits left":                {call(`"name":"greet"`), header("Mcp-Name: =?base64?Z3JlZXR=?=")},
		"a name with URL's alphabet":           {call(`"name":"??>"`), header("Mcp-Name: =?base64?Pz8-?=")},
		"a name encoded without an end":        {call(`"name":"greet"`), header("Mcp-Name: =?base64?Z3JlZXQ=")},
		"a name encoded on two lines":          {call(`"name":"greet"`), http.Header{"Content-Type": {"application/json"}, "Mcp-Name": {"=?base64?Z3Jl\nZXQ=?="}}},
		"a name whose ends overlap":            {call(`"name":"=?base64?="`), header("Mcp-Name: =?base64?=")},
		"a name in its own script":             {call(`"name":"日本"`), http.Header{"Content-Type": {"application/json"}, "Mcp-Name": {"日本"}}},
		"a name with a tab":                    {call(`"name":"secret"`), http.Header{"Content-Type": {"application/json"}, "Mcp-Name": {"\tsecret"}}},
		"a name where there is none":           {list, header("Mcp-Name: secret")},
		"the name of the client":               {`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"clientInfo":{"name":"a"}}}`, header("Mcp-Name: a")},
		"the name of a reference":              {`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"}}}`, header("Mcp-Name: p")},
		"the other name of a resource":         {`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b","name":"secret"}}`, header("Mcp-Name: secret")},
		"another name of an unknown method":    {`{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"name":"a"}}`, header("Mcp-Name: secret")},
		"another revision":                     {now, header("MCP-Protocol-Version: 2025-11-25", "Mcp-Method: tools/call", "Mcp-Name: secret")},
		"another revision, both of old":        {call(`"name":"secret","_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}`), header("MCP-Protocol-Version: 2025-06-18")},
		"the revision twice":                   {secret, header("MCP-Protocol-Version: 2025-11-25", "MCP-Protocol-Version: 2025-11-25")},
		"two revisions in one line":            {secret, header("MCP-Protocol-Version: 2025-11-25,2026-07-28")},
		"an empty revision":                    {secret, header("MCP-Protocol-Version:")},
		"2026-07-28 without the revision":      {now, header("Mcp-Method: tools/call", "Mcp-Name: secret")},
		"2026-07-28 without the method":        {now, header("MCP-Protocol-Version: 2026-07-28", "Mcp-Name: secret")},
		"2026-07-28 without the name":          {now, header("MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call")},
		"2026-07-28, a resource, no name":      {`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b",` + meta + `}}`, modern("resources/read", "")},
		"2026-07-28, a prompt, no name":        {`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"p",` + meta + `}}`, modern("prompts/get", "")},
		"2026-07-28, another name":             {now, modern("tools/call", "greet")},
		"2026-07-28, another method":           {now, modern("tools/list", "secret")},
		"2026-07-28, notified without it":      {`{"jsonrpc":"2.0","method":"notifications/progress","params":{` + meta + `}}`, header()},
		"2026-07-28, notified by another name": {`{"jsonrpc":"2.0","method":"tools/call","params":{"name":"secret",` + meta + `}}`, modern("tools/call", "greet")},
		"what comes after, without a method":   {call(`"name":"secret","_meta":{"io.modelcontextprotocol/protocolVersion":"2027-01-01"}`), header("MCP-Protocol-Version: 2027-01-01")},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, row.body, row.h, rpc.ErrMismatch) })
	}
}

func TestHeadersOfAnotherTime(t *testing.T) {
	t.Run("2026-07-28 has no responses", func(t *testing.T) {
		refuses(t, `{"jsonrpc":"2.0","id":1,"result":{}}`, header("MCP-Protocol-Version: 2026-07-28"), rpc.ErrMalformed)
	})
	t.Run("2026-07-28 has no errors from clients", func(t *testing.T) {
		refuses(t, `{"jsonrpc":"2.0","error":{"code":1}}`, header("MCP-Protocol-Version: 2026-07-28"), rpc.ErrMalformed)
	})
	t.Run("2026-07-28 says so in the body", func(t *testing.T) {
		refuses(t, call(`"name":"secret"`), modern("tools/call", "secret"), rpc.ErrMalformed)
	})
}
