package mcpgo_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

func TestRequireScopes(t *testing.T) {
	jwt := func(scopes ...string) *middleware.Principal {
		return &middleware.Principal{Method: middleware.MethodJWT, Subject: "alice", Scopes: scopes}
	}
	tests := []struct {
		name   string
		caller *middleware.Principal
		needs  []string
		want   string // in the refusal; "" means admitted
	}{
		{"the scope admits", jwt("write"), []string{"write"}, ""},
		{"among others", jwt("read", "write", "admin"), []string{"write"}, ""},
		{"all of several are needed", jwt("read", "write"), []string{"read", "write"}, ""},
		{"one of several is not enough, and all are named", jwt("read"), []string{"read", "write"}, `needs scope "read write", and the credential`},
		{"another scope refused", jwt("read"), []string{"write"}, `needs scope "write", and the credential`},
		{"no scopes refused", jwt(), []string{"write"}, `needs scope "write", and the credential`},
		{"case matters", jwt("WRITE"), []string{"write"}, `needs scope "write"`},
		{"scopes in one string are not scopes", jwt("read write"), []string{"write"}, `needs scope "write"`},
		{"an API key is asked the same", &middleware.Principal{Method: middleware.MethodAPIKey, Subject: "ci", Scopes: []string{"read"}}, []string{"write"}, `needs scope "write"`},
		{"anonymous refused", &middleware.Principal{Method: middleware.MethodAnonymous}, []string{"write"}, `needs scope "write", and this call carried no credential`},
		{"disabled admitted", &middleware.Principal{Method: middleware.MethodDisabled}, []string{"write"}, ""},
		{"no guard refused", nil, []string{"write"}, `needs scope "write", and nothing authenticated`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ran := false
			h := mcpgo.RequireScopes(func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				ran = true
				return mcp.NewToolResultText("done"), nil
			}, test.needs...)
			ctx := t.Context()
			if test.caller != nil {
				ctx = middleware.WithPrincipal(ctx, test.caller)
			}
			result, err := h(ctx, mcp.CallToolRequest{})
			if err != nil {
				t.Fatal(err)
			}
			text := mcp.GetTextFromContent(result.Content[0])
			if ran != (test.want == "") || result.IsError == ran || !strings.Contains(text, test.want) {
				t.Errorf("ran %v, error %v: %s", ran, result.IsError, text)
			}
		})
	}
}

// What the handler says reaches the caller as it is, and so does what it is told.
func TestRequireScopesPassesThrough(t *testing.T) {
	want := errors.New("no")
	h := mcpgo.RequireScopes(func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if req.Params.Name != "tool" {
			t.Errorf("called as %q", req.Params.Name)
		}
		return nil, want
	}, "read")
	ctx := middleware.WithPrincipal(t.Context(), &middleware.Principal{Scopes: []string{"read"}})
	if _, err := h(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "tool"}}); !errors.Is(err, want) {
		t.Error(err)
	}
}

// Changing the slice afterwards changes nothing.
func TestRequireScopesKeepsItsOwn(t *testing.T) {
	needs := []string{"admin"}
	h := mcpgo.RequireScopes(nil, needs...)
	needs[0] = "read"
	ctx := middleware.WithPrincipal(t.Context(), &middleware.Principal{Method: middleware.MethodJWT, Scopes: []string{"read"}})
	if result, err := h(ctx, mcp.CallToolRequest{}); err != nil || !result.IsError {
		t.Error("a caller without admin was admitted")
	}
}

func TestRequireScopesPanicsOnMistakes(t *testing.T) {
	for _, scopes := range [][]string{nil, {""}, {"read", ""}, {"read write"}, {"re\"ad"}, {`re\ad`}, {"read\n"}, {"réad"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("RequireScopes(h, %q) is accepted", scopes)
				}
			}()
			mcpgo.RequireScopes(nil, scopes...)
		}()
	}
}
