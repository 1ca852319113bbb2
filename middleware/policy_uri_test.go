package middleware_test

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// A file server tidies paths: what it takes for the same file must not pass the rule
// about it.
func TestOtherSpellingsOfADeniedResource(t *testing.T) {
	c := config()
	c.Scopes, c.Policy = nil, &middleware.Policy{
		Default: middleware.DefaultAllow,
		Resources: []middleware.ResourceRule{
			{URI: "file:///*"},
			{URI: "file:///secret/*", Rule: middleware.Rule{Deny: true}},
		},
	}
	g := newGuard(t, c)
	for uri, want := range map[string]middleware.Reason{
		"file:///open/x":           "",
		"file:///secret/x":         "forbidden_operation",
		"file:////secret/x":        "forbidden_operation",
		"file:///open//x":          "forbidden_operation",
		"file:///./secret/x":       "forbidden_operation",
		"FILE:///secret/x":         "forbidden_operation",
		"file:///%73ecret/x":       "forbidden_operation",
		"file:///open/../secret/x": "forbidden_operation",
	} {
		if got := reasonOf(g, post(mint(nil), message("resources/read", map[string]any{"uri": uri}))); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}
