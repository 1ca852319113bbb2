// Package mcpgo joins a guarded handler and an mcp-go server: scopes declared
// beside the tool that needs them, and calls kept apart where mcp-go would key
// every caller alike. No other library package imports mcp-go.
package mcpgo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// RequireScopes returns a handler that runs the given one only for callers who
// hold every one of scopes, by the implications of the guard's policy too. Anyone
// else gets the 403 that asks for them, as [middleware.RequireScopes] says, or,
// where that can't be sent, a tool error that names them; and so does a request that
// no [middleware.Guard] handled.
//
//	s.AddTool(wipe, mcpgo.RequireScopes(handleWipe, "admin"))
//
// It wraps the handler, rather than being a server.WithToolHandlerMiddleware,
// because the tool then carries its needs wherever it is registered, and cannot
// be added without them.
//
// It panics when scopes is empty or one of them is not a scope-token (RFC 6749
// §3.3), "read write" in one string for instance: no caller could ever hold it.
// The handler it returns is safe for concurrent use if the given one is.
func RequireScopes(handler server.ToolHandlerFunc, scopes ...string) server.ToolHandlerFunc {
	if len(scopes) == 0 {
		panic("mcpgo: RequireScopes without a scope; register the handler itself if any caller may use it")
	}
	for _, s := range scopes {
		if !isScopeToken(s) {
			panic(fmt.Sprintf("mcpgo: RequireScopes: %q is not a scope; write each one as an argument of its own", s))
		}
	}
	scopes = slices.Clone(scopes)
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if middleware.RequireScopes(ctx, scopes...) != nil {
			return mcp.NewToolResultError(refusal(middleware.PrincipalFrom(ctx), scopes)), nil
		}
		return handler(ctx, req)
	}
}

// refusal names every scope the tool needs, not only the missing ones: it is what
// the caller has to ask its authorization server for.
func refusal(p *middleware.Principal, scopes []string) string {
	why := "the credential of this call does not grant it"
	switch {
	case p == nil:
		why = "nothing authenticated this call"
	case p.Method == middleware.MethodAnonymous:
		why = "this call carried no credential"
	}
	return fmt.Sprintf("insufficient_scope: this tool needs scope %q, and %s", strings.Join(scopes, " "), why)
}

// isScopeToken reports whether s is a scope-token.
//
// “scope-token = 1*( %x21 / %x23-5B / %x5D-7E )” — RFC 6749 §3.3
func isScopeToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}
