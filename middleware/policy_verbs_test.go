package middleware_test

import (
	"net/http"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// A server behind us may take a message with any verb.
func TestMessagesOfAnyVerbAreDecided(t *testing.T) {
	c := config()
	c.Scopes, c.Policy = nil, &middleware.Policy{Tools: map[string]middleware.Rule{"wipe": {Deny: true}}}
	g := newGuard(t, c)
	for _, verb := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodOptions, "BREW"} {
		r := post(mint(nil), message("tools/call", map[string]any{"name": "wipe"}))
		r.Method = verb
		if got := reasonOf(g, r); got != "forbidden_operation" {
			t.Errorf("%s: %q", verb, got)
		}
	}
}

// With default: deny, only methods of the protocol need no rule.
func TestUnknownMethodsUnderDefaultDeny(t *testing.T) {
	for _, row := range []struct {
		policy string
		p      middleware.Policy
		method string
		want   middleware.Reason
	}{
		{"unknown method refused", middleware.Policy{Default: middleware.DefaultDeny}, "admin/wipe", "forbidden_operation"},
		{"method of the protocol admitted", middleware.Policy{Default: middleware.DefaultDeny}, "tools/list", ""},
		{"unknown method admitted where nothing says deny", middleware.Policy{}, "admin/wipe", ""},
	} {
		c := config()
		c.Scopes, c.Policy = nil, &row.p
		if got := reasonOf(newGuard(t, c), post(mint(nil), message(row.method, nil))); got != row.want {
			t.Errorf("%s: %q, want %q", row.policy, got, row.want)
		}
	}
}
