package middleware_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// A row is one request and what becomes of it: of a caller who holds scopes, with a
// JSON-RPC message as its body.
type row struct {
	scopes  string
	message string
	reason  middleware.Reason // why it is refused, or ""
	needed  string            // the scopes that its challenge names
}

func allow(scopes, message string) row { return row{scopes, message, "", ""} }

// deny is a refusal that no scope would lift.
func deny(scopes, message string) row { return row{scopes, message, "forbidden_operation", ""} }

// ask is a refusal that asks for scopes: all that are needed.
func ask(scopes, message, needed string) row {
	return row{scopes, message, "insufficient_scope", needed}
}

// message is a JSON-RPC request.
func message(method string, params map[string]any) string {
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func tool(name string) string   { return message("tools/call", map[string]any{"name": name}) }
func prompt(name string) string { return message("prompts/get", map[string]any{"name": name}) }
func read(uri string) string    { return message("resources/read", map[string]any{"uri": uri}) }

// post is a request with a message, as the bearer of token.
func post(token, message string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, resource, strings.NewReader(message))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// policed is a guard that nothing but the policy decides in.
func policed(t testing.TB, p middleware.Policy) *middleware.Guard {
	t.Helper()
	c := config()
	c.Scopes, c.Policy = nil, &p
	return newGuard(t, c)
}

func (r row) check(t *testing.T, g *middleware.Guard) {
	t.Helper()
	request := post(mint(map[string]any{"scope": r.scopes}), r.message)
	if strings.Contains(r.message, "2026-07-28") {
		request.Header.Set("Mcp-Protocol-Version", "2026-07-28")
		request.Header.Set("Mcp-Method", "subscriptions/listen")
	}
	_, err := g.Check(request)
	var reason middleware.Reason
	var needed []string
	if err != nil {
		d := middleware.DenialOf(err)
		reason, needed = d.Reason, d.Scopes
	}
	if reason != r.reason || strings.Join(needed, " ") != r.needed {
		t.Errorf("%q asks for %s: %q %q, want %q %q", r.scopes, r.message, reason, needed, r.reason, r.needed)
	}
}

// needs is the rules of tools that need one scope each, and are called like it.
func needs(scopes ...string) map[string]middleware.Rule {
	rules := map[string]middleware.Rule{}
	for _, s := range scopes {
		rules[s] = middleware.Rule{Scopes: []string{s}}
	}
	return rules
}

func TestPolicy(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy middleware.Policy
		rows   []row
	}{
		{"the zero policy demands nothing", middleware.Policy{}, []row{
			allow("", tool("any")), allow("", prompt("any")), allow("", read("a://any")), allow("", message("ping", nil)),
		}},
		{"a scope is a word, and no part of one", middleware.Policy{Tools: needs("notes:read")}, []row{
			allow("notes:read", tool("notes:read")),
			allow("x notes:read y", tool("notes:read")),
			ask("notes", tool("notes:read"), "notes:read"),
			ask("notes:", tool("notes:read"), "notes:read"),
			ask("notes:rea", tool("notes:read"), "notes:read"),
			ask("notes:reader", tool("notes:read"), "notes:read"),
			ask("otes:read", tool("notes:read"), "notes:read"),
			ask("Notes:Read", tool("notes:read"), "notes:read"),
			ask("NOTES:READ", tool("notes:read"), "notes:read"),
			ask("", tool("notes:read"), "notes:read"),
		}},
		{"implication is followed to the end", middleware.Policy{
			Implies: map[string][]string{"a": {"b"}, "b": {"c", "d"}, "d": {"e"}},
			Tools:   needs("a", "b", "c", "d", "e"),
		}, []row{
			allow("a", tool("b")), allow("a", tool("c")), allow("a", tool("e")), allow("b", tool("e")),
			ask("b", tool("a"), "a"), ask("c", tool("d"), "d"), ask("e", tool("d"), "d"), ask("A", tool("b"), "b"),
		}},
		{"circles make equals", middleware.Policy{
			Implies: map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"a"}, "s": {"s"}},
			Tools:   needs("a", "b", "c", "s", "d"),
		}, []row{
			allow("a", tool("c")), allow("c", tool("b")), allow("b", tool("a")), allow("s", tool("s")), ask("a", tool("d"), "d"), ask("s", tool("a"), "a"),
		}},
		{"what is implied may end in a star", middleware.Policy{
			Implies: map[string][]string{"admin": {"notes:*"}, "root": {"*"}, "chief": {"admin"}, "odd": {"n*s"}},
			Tools:   needs("notes:read", "notes", "files:read", "nos", "notes:"),
		}, []row{
			allow("admin", tool("notes:read")), allow("admin", tool("notes:")), allow("chief", tool("notes:read")), allow("root", tool("files:read")),
			ask("admin", tool("notes"), "notes"), ask("admin", tool("files:read"), "files:read"), ask("odd", tool("nos"), "nos"),
		}},
		{"a star in a token means nothing", middleware.Policy{
			Implies: map[string][]string{"admin": {"notes:*"}},
			Tools:   needs("notes:read", "notes:*"),
		}, []row{
			ask("*", tool("notes:read"), "notes:read"), ask("notes:*", tool("notes:read"), "notes:read"), ask("adm*", tool("notes:read"), "notes:read"),
		}},
		{"rules of the method and of what it names add up", middleware.Policy{
			Methods: map[string]middleware.Rule{"tools/call": {Scopes: []string{"call"}}, "prompts/get": {Scopes: []string{"call"}}, "tools/list": {Scopes: []string{"list"}}},
			Tools:   map[string]middleware.Rule{"t": {Scopes: []string{"write", "audit"}}, "u": {}},
			Prompts: needs("p"),
		}, []row{
			allow("call write audit", tool("t")), allow("call", tool("u")), allow("call p", prompt("p")), allow("list", message("tools/list", nil)),
			ask("write audit", tool("t"), "call write audit"), ask("call", tool("t"), "call write audit"), ask("call write", tool("t"), "call write audit"),
			ask("", tool("u"), "call"), ask("call", prompt("p"), "call p"), ask("call", message("tools/list", nil), "list"),
			allow("", message("prompts/list", nil)),
		}},
		{"a method may be denied to all", middleware.Policy{
			Methods: map[string]middleware.Rule{"tasks/list": {Deny: true}, "resources/read": {Deny: true}},
		}, []row{
			deny("", message("tasks/list", nil)), deny("", read("a://b")), allow("", message("tasks/get", map[string]any{"taskId": "1"})),
		}},
		{"tools, prompts and resources of one name are three things", middleware.Policy{
			Tools: needs("x"), Default: middleware.DefaultAllow,
		}, []row{
			ask("", tool("x"), "x"), allow("", prompt("x")), allow("", read("x")),
		}},
		{"by default a kind is closed once one of it has a rule", middleware.Policy{Tools: needs("x")}, []row{
			allow("x", tool("x")), deny("x", tool("y")), deny("x", tool("X")), deny("x", tool("x ")), deny("x", tool("x/")),
			allow("", prompt("y")), allow("", read("a://y")),
		}},
		{"default deny closes all kinds", middleware.Policy{Default: middleware.DefaultDeny, Tools: needs("x")}, []row{
			allow("x", tool("x")), deny("", tool("y")), deny("", prompt("y")), deny("", read("a://y")), allow("", message("ping", nil)), allow("", message("tools/list", nil)),
			allow("", `{"jsonrpc":"2.0","id":1,"result":{"name":"y"}}`), // an answer asks for nothing
		}},
		{"default allow opens all but what is ruled", middleware.Policy{
			Default: middleware.DefaultAllow, Tools: map[string]middleware.Rule{"x": {Deny: true}}, Prompts: needs("p"),
		}, []row{
			deny("", tool("x")), allow("", tool("y")), ask("", prompt("p"), "p"), allow("", prompt("q")), allow("", read("a://y")),
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := policed(t, test.policy)
			for _, r := range test.rows {
				r.check(t, g)
			}
		})
	}
}

func complete(ref map[string]any) string {
	return message("completion/complete", map[string]any{"ref": ref, "argument": map[string]any{"name": "a", "value": "b"}})
}

func listen(uris ...string) string {
	return message("subscriptions/listen", map[string]any{
		"_meta":         map[string]any{"io.modelcontextprotocol/protocolVersion": "2026-07-28"},
		"notifications": map[string]any{"toolsListChanged": true, "resourceSubscriptions": uris},
	})
}

// What names a prompt or a resource is about it, whatever the method.
func TestPolicyFollowsNames(t *testing.T) {
	g := policed(t, middleware.Policy{
		Prompts:   needs("p"),
		Resources: []middleware.ResourceRule{{URI: "notes://*", Rule: middleware.Rule{Scopes: []string{"read"}}}, {URI: "notes://secret/*", Rule: middleware.Rule{Scopes: []string{"admin"}}}, {URI: "notes://lost", Rule: middleware.Rule{Deny: true}}},
	})
	for _, r := range []row{
		allow("p", complete(map[string]any{"type": "ref/prompt", "name": "p"})),
		ask("", complete(map[string]any{"type": "ref/prompt", "name": "p"}), "p"),
		deny("p", complete(map[string]any{"type": "ref/prompt", "name": "q"})),
		ask("", complete(map[string]any{"type": "ref/resource", "uri": "notes://{id}"}), "read"),
		deny("", complete(map[string]any{"type": "ref/resource", "uri": "files://{id}"})),
		ask("", message("resources/subscribe", map[string]any{"uri": "notes://a"}), "read"),
		ask("read", message("resources/unsubscribe", map[string]any{"uri": "notes://secret/a"}), "read admin"),
		allow("", listen()),
		allow("read", listen("notes://a", "notes://b")),
		ask("read", listen("notes://a", "notes://secret/b"), "read admin"),
		deny("read admin", listen("notes://a", "notes://lost")),
		deny("read admin", listen("files://a")),
		allow("", message("resources/list", nil)),
		allow("", message("resources/templates/list", nil)),
	} {
		r.check(t, g)
	}
}

// Rules compare URIs as text, so a URI that a server could take for another one is
// refused.
func TestPolicyResources(t *testing.T) {
	g := policed(t, middleware.Policy{Resources: []middleware.ResourceRule{
		{URI: "file:///public/*"},
		{URI: "file:///public/draft", Rule: middleware.Rule{Scopes: []string{"draft"}}},
		{URI: "file:///one", Rule: middleware.Rule{Scopes: []string{"one"}}},
		{URI: "file:*", Rule: middleware.Rule{Scopes: []string{"file"}}},
	}})
	for _, r := range []row{
		allow("file", read("file:///public/a")),
		allow("file", read("file:///public/")),
		allow("file", read("file:///public/...")),
		allow("file", read("file:///public/a..b")),
		allow("file", read("file:///public/.hidden")),
		allow("file", read("file:///public/50%25")),
		allow("file", read("file:///public/a?b=c")),
		ask("", read("file:///public/a"), "file"),
		ask("file", read("file:///public/draft"), "draft file"),
		ask("file", read("file:///one"), "one file"),
		allow("file", read("file:///one/")),
		allow("file", read("file:///ONE")),
		deny("file", read("FILE:///public/a")),
		deny("file", read("http://public/a")),
		deny("file", read(" file:///public/a")),
		deny("file", read("file:///public/../one")),
		deny("file", read("file:///public/./draft")),
		deny("file", read("file:///public/..")),
		deny("file", read(`file:///public/..\one`)),
		deny("file", read("file:///public/%2e%2e/one")),
		deny("file", read("file:///public/%2E./one")),
		deny("file", read("file:///public/.%2e/one")),
		deny("file", read("file:///public%2f..%2Fone")),
		deny("file", read("file:///public/..%5cone")),
		deny("file", read("file:///public/..%5Cone")),
		deny("file", read("file:///public/..?x")),
		deny("file", read("file:///public/../one#x")),
		deny("file", read("file:///public/..#x")),
		deny("file", read("file:///public/..;x/one")),
		deny("file", read("file:..")),
		deny("file", read("file:../one")),
		deny("file", read("file:///public/%252e%252e/one")),
		deny("file", read("file:///public/%25252E%25252e/one")),
		deny("file", read("file:///public/..%252fone")),
		allow("file", read("file:///public/a%20b%C3%BC")),
		deny("file", read("file:///public/%64raft")),
		deny("file", read("file:///public/dr%61ft")),
		deny("file", read("file:///public/draf%74")),
		deny("file", read("file:///%6Fne")),
		deny("file", read("file:///%256Fne")),
	} {
		r.check(t, g)
	}
}

// A server without rules about resources keeps its own ways of writing them.
func TestPolicyWithoutResourceRules(t *testing.T) {
	allow("", read("file:///a/../b")).check(t, policed(t, middleware.Policy{Tools: needs("x")}))
}

func TestPolicyAnonymousAndDisabled(t *testing.T) {
	c := config()
	c.Scopes, c.Policy = nil, &middleware.Policy{Tools: map[string]middleware.Rule{"t": {Scopes: []string{"x"}}, "open": {}, "never": {Deny: true}}}
	c.DangerouslyAllowAnonymous = true
	g := newGuard(t, c)
	for name, want := range map[string]middleware.Reason{"t": "no_credential", "open": "", "never": "forbidden_operation"} {
		r := post("", tool(name))
		r.Header.Del("Authorization")
		if got := reasonOf(g, r); got != want {
			t.Errorf("anonymous calls %s: %q, want %q", name, got, want)
		}
	}
	c.DangerouslyAllowAnonymous, c.DangerouslyDisableAuthentication = false, true
	g = newGuard(t, c)
	for _, name := range []string{"t", "open", "never", "unknown"} {
		if got := reasonOf(g, post("whatever", tool(name))); got != "" {
			t.Errorf("with authentication disabled, %s: %q", name, got)
		}
	}
}
