package middleware_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// ops is what a list could show.
var ops = []middleware.Operation{
	{Method: "tools/call", Kind: middleware.KindTool, Name: "open"},
	{Method: "tools/call", Kind: middleware.KindTool, Name: "read"},
	{Method: "tools/call", Kind: middleware.KindTool, Name: "admin"},
	{Method: "tools/call", Kind: middleware.KindTool, Name: "asked"},
	{Method: "tools/call", Kind: middleware.KindTool, Name: "denied"},
	{Method: "tools/call", Kind: middleware.KindTool, Name: "unknown"},
	{Method: "prompts/get", Kind: middleware.KindPrompt, Name: "never"},
	{Method: "resources/read", Kind: middleware.KindResource, Name: "a:read"},
	{Method: "resources/read", Kind: middleware.KindResource, Name: "b:unknown"},
}

func listed() middleware.Policy {
	rules := needs("read", "admin")
	rules["open"] = middleware.Rule{}
	rules["asked"] = middleware.Rule{Condition: verdict{}} // about arguments, which a list has not
	rules["denied"] = middleware.Rule{Deny: true}
	return middleware.Policy{
		Implies:   map[string][]string{"admin": {"read"}},
		Methods:   map[string]middleware.Rule{"prompts/get": {Deny: true}},
		Tools:     rules,
		Resources: []middleware.ResourceRule{{URI: "a:*", Rule: middleware.Rule{Scopes: []string{"read"}}}},
	}
}

// shownTo is the names that the caller of r is shown.
func shownTo(t *testing.T, c middleware.Config, r *http.Request) string {
	t.Helper()
	var names []string
	w := serve(newGuard(t, c).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, op := range ops {
			if middleware.Visible(r.Context(), op) {
				names = append(names, op.Name)
			}
		}
	})), r)
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return strings.Join(names, " ")
}

func TestVisible(t *testing.T) {
	list := message("tools/list", nil)
	token := func(claims map[string]any) func() *http.Request {
		return func() *http.Request { return post(mint(claims), list) }
	}
	nobody := func() *http.Request {
		r := post("", list)
		r.Header.Del("Authorization")
		return r
	}
	withKey := func() *http.Request {
		r := nobody()
		r.Header.Set("X-API-Key", goodKey)
		return r
	}
	const all, open = "open read admin asked a:read", "open asked"
	for _, test := range []struct {
		name      string
		listing   middleware.Listing
		caller    func() *http.Request
		want      string
		anonymous bool
	}{
		{name: "a user could get more scopes", caller: token(nil), want: all},
		{name: "what is held is shown", listing: "hide", caller: token(map[string]any{"scope": "mcp:tools read"}), want: "open read asked a:read"},
		{name: "and what is implied", listing: "hide", caller: token(map[string]any{"scope": "mcp:tools admin"}), want: all},
		{name: "a key is what it is", caller: withKey, want: open},
		{name: "the client itself (RFC 9068)", caller: token(map[string]any{"sub": "cli"}), want: open},
		{name: "a token of nobody", caller: token(map[string]any{"sub": nil}), want: open},
		{name: "the client itself, by Auth0", caller: token(map[string]any{"sub": "cli@clients", "gty": "client-credentials"}), want: open},
		{name: "a user of Auth0", caller: token(map[string]any{"gty": "password"}), want: all},
		{name: "who has not signed in", caller: nobody, anonymous: true, want: all},
		{name: "hide from a user", listing: "hide", caller: token(nil), want: open},
		{name: "hide from nobody in particular", listing: "hide", caller: nobody, anonymous: true, want: open},
		{name: "show to a key", listing: "show", caller: withKey, want: all},
		{name: "show to the client itself", listing: "show", caller: token(map[string]any{"sub": "cli"}), want: all},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, p := config(), listed()
			p.Listing = test.listing
			c.Policy, c.APIKeys = &p, store(t, "mcp:tools")
			if test.anonymous {
				c.Scopes, c.DangerouslyAllowAnonymous = nil, true
			}
			if got := shownTo(t, c, test.caller()); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// Where nobody is asked who they are, nothing is hidden that a call would be let to.
func TestVisibleWhenDisabled(t *testing.T) {
	c, p := config(), listed()
	c.Policy, c.DangerouslyDisableAuthentication = &p, true
	if got, want := shownTo(t, c, post("x", "")), "open read admin asked denied unknown never a:read b:unknown"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestVisibleWithoutAPolicy(t *testing.T) {
	if !middleware.Visible(t.Context(), ops[0]) {
		t.Error("hidden without a guard")
	}
	if got := shownTo(t, config(), bearer(mint(nil))); len(strings.Fields(got)) != len(ops) {
		t.Errorf("without a policy only %q", got)
	}
}
