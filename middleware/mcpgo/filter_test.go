package mcpgo_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

func TestFilter(t *testing.T) {
	h := newHouse(t, rules(), nil)
	user, reader, admin := h.token(nil), h.token(map[string]any{"scope": "mcp:tools read", "sub": "app"}), h.token(map[string]any{"scope": "mcp:tools admin", "sub": "app"})
	for _, test := range []struct{ name, credential, method, want string }{
		{"a user sees what it could get", user, "tools/list", "late open read stream wipe"},
		{"a key sees what it may use", apiKey, "tools/list", "late open stream"},
		{"a client sees what it may use", reader, "tools/list", "late open read stream"},
		{"by implication too", admin, "tools/list", "late open read stream wipe"},
		{"prompts, to a user", user, "prompts/list", "greet"},
		{"prompts, to a key", apiKey, "prompts/list", ""},
		{"resources, to a user", user, "resources/list", "notes://open/1 notes://secret/1"},
		{"resources, to a key", apiKey, "resources/list", "notes://open/1"},
		{"templates, to a user", user, "resources/templates/list", "notes://open/{id} notes://secret/{id}"},
		{"templates, to a key", apiKey, "resources/templates/list", "notes://open/{id}"},
	} {
		if got := h.listed(t, test.credential, test.method); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	// One caller's list is not left to the next.
	if got := h.listed(t, user, "resources/list"); got != "notes://open/1 notes://secret/1" {
		t.Errorf("after others: %q", got)
	}
}

func TestFilterListings(t *testing.T) {
	p := rules()
	p.Listing = middleware.ListingHide
	h := newHouse(t, p, nil)
	if got := h.listed(t, h.token(nil), "tools/list"); got != "late open stream" {
		t.Errorf("hide: %q", got)
	}
	p.Listing = middleware.ListingShow
	h = newHouse(t, p, nil)
	if got := h.listed(t, apiKey, "tools/list"); got != "late open read stream wipe" {
		t.Errorf("show: %q", got)
	}
}

// The hooks that a server has anyway go on.
func TestFilterKeepsHooks(t *testing.T) {
	hooks, ran := &server.Hooks{}, 0
	hooks.AddAfterListResources(func(context.Context, any, *mcp.ListResourcesRequest, *mcp.ListResourcesResult) { ran++ })
	s := server.NewMCPServer("x", "1", mcpgo.Filter(hooks))
	s.AddResource(mcp.NewResource("a:b", "b"), nil)
	s.HandleMessage(t.Context(), []byte(message("resources/list", nil)))
	if ran != 1 {
		t.Errorf("ran %d times", ran)
	}
}

// What a caller may not use is refused before mcp-go sees it, listed or not.
func TestFilteredToolsAreRefused(t *testing.T) {
	h := newHouse(t, rules(), nil)
	for _, test := range []struct {
		credential, body string
		status           int
		challenged       string
	}{
		{apiKey, call("open"), 200, ""},
		{apiKey, call("wipe"), 403, "mcp:tools admin"},
		{h.token(nil), call("wipe"), 403, "mcp:tools admin"},
		{h.token(map[string]any{"scope": "mcp:tools admin"}), call("wipe"), 200, ""},
		{h.token(nil), call("never"), 403, ""},
		{h.token(nil), call("unknown"), 403, ""},
		{h.token(nil), message("resources/read", map[string]any{"uri": "notes://open/7"}), 200, ""},
		{h.token(nil), message("resources/read", map[string]any{"uri": "notes://secret/7"}), 403, "mcp:tools admin"},
		{h.token(nil), message("resources/read", map[string]any{"uri": "notes://s%65cret/7"}), 403, ""},
		{h.token(nil), message("prompts/get", map[string]any{"name": "greet"}), 403, "mcp:tools read"},
	} {
		res, body := h.do(t, "POST", test.credential, test.body)
		challenge := ""
		if test.challenged != "" {
			challenge = `Bearer resource_metadata="` + document + `", error="insufficient_scope", scope="` + test.challenged + `"`
		}
		if got := res.Header.Get("Www-Authenticate"); res.StatusCode != test.status || got != challenge {
			t.Errorf("%s: %d %q %s", test.body, res.StatusCode, got, body)
		}
	}
}

// A tool that asks for scopes itself gets the same answer, as long as it has not begun.
func TestRequireScopesOverHTTP(t *testing.T) {
	h := newHouse(t, rules(), nil)
	res, body := h.do(t, "POST", h.token(nil), call("late"))
	want := `Bearer resource_metadata="` + document + `", error="insufficient_scope", scope="mcp:tools write"`
	if got := res.Header["Www-Authenticate"]; res.StatusCode != 403 || len(got) != 2 || got[0] != want || !strings.Contains(body, `"insufficient_scope"`) {
		t.Errorf("%d %q %s", res.StatusCode, got, body)
	}
	if res, body := h.do(t, "POST", h.token(map[string]any{"scope": "mcp:tools admin"}), call("late")); res.StatusCode != 200 || !strings.Contains(body, "done") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// A stream that has begun is the handler's to the end: it has a status already.
func TestRequireScopesInAStream(t *testing.T) {
	h := newHouse(t, rules(), nil)
	res := h.send(t, "POST", h.token(nil), call("stream"))
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	first, err := lines.ReadString('\n')
	close(h.seen)
	rest, err2 := io.ReadAll(lines)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	body := first + string(rest)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || !strings.Contains(body, "notifications/progress") || !strings.Contains(body, "too late to ask") {
		t.Errorf("a tool that streams: %d %q %s", res.StatusCode, res.Header, body)
	}
	if res.Header.Get("Www-Authenticate") != "" || strings.Contains(body, "insufficient_scope") {
		t.Errorf("a challenge in a stream: %q %s", res.Header, body)
	}
}

func TestCheckPolicy(t *testing.T) {
	s := server.NewMCPServer("library", "1")
	s.AddTool(mcp.NewTool("read"), nil)
	s.AddPrompt(mcp.NewPrompt("greet"), nil)
	s.AddResource(mcp.NewResource("notes://open/1", "1"), nil)
	known := middleware.Policy{
		Methods:   map[string]middleware.Rule{"ping": {}},
		Tools:     map[string]middleware.Rule{"read": {}},
		Prompts:   map[string]middleware.Rule{"greet": {}},
		Resources: []middleware.ResourceRule{{URI: "notes://open/1"}, {URI: "notes://open/*"}, {URI: "*"}},
	}
	if errs := mcpgo.CheckPolicy(s, known); len(errs) != 0 {
		t.Errorf("%v", errs)
	}
	strange := middleware.Policy{
		Tools:     map[string]middleware.Rule{"read": {}, "raed": {}, "Read": {}, "greet": {}},
		Prompts:   map[string]middleware.Rule{"read": {}},
		Resources: []middleware.ResourceRule{{URI: "notes://open/1"}, {URI: "notes://open"}, {URI: "notes://shut/*"}},
	}
	fields := func(p middleware.Policy) string {
		var fields []string
		for _, err := range mcpgo.CheckPolicy(s, p) {
			mistake, ok := errors.AsType[*middleware.ConfigError](err)
			if !ok || mistake.Problem == "" {
				t.Errorf("%#v", err)
				continue
			}
			fields = append(fields, mistake.Field)
		}
		return strings.Join(fields, " ")
	}
	const others = `Policy.Tools["Read"] Policy.Tools["greet"] Policy.Tools["raed"] Policy.Prompts["read"]`
	if got := fields(strange); got != others+" Policy.Resources[1] Policy.Resources[2]" {
		t.Error(got)
	}
	// What a template expands to can't be foreseen.
	s.AddResourceTemplate(mcp.NewResourceTemplate("notes://shut/{id}", "shut"), nil)
	if got := fields(strange); got != others {
		t.Error(got)
	}
}
