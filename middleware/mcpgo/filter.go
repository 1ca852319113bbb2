package mcpgo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Filter makes tools/list, prompts/list and the lists of resources show each
// caller what the policy of the guard in front lets it see: see
// [middleware.Visible]. Give it the hooks of the server, or nil, in place of
// server.WithHooks:
//
//	server.NewMCPServer("notes", "1.0.0", mcpgo.Filter(hooks))
//
// mcp-go applies it to calls as well: what a caller can't see, it can't call
// either, behind a guard's back.
func Filter(hooks *server.Hooks) server.ServerOption {
	if hooks == nil {
		hooks = &server.Hooks{}
	}
	hooks.AddAfterListResources(func(ctx context.Context, _ any, _ *mcp.ListResourcesRequest, result *mcp.ListResourcesResult) {
		result.Resources = keep(ctx, result.Resources, func(r mcp.Resource) middleware.Operation { return reading(r.URI) })
	})
	hooks.AddAfterListResourceTemplates(func(ctx context.Context, _ any, _ *mcp.ListResourceTemplatesRequest, result *mcp.ListResourceTemplatesResult) {
		result.ResourceTemplates = keep(ctx, result.ResourceTemplates, func(t mcp.ResourceTemplate) middleware.Operation { return reading(t.URITemplate.Raw()) })
	})
	return func(s *server.MCPServer) {
		server.WithHooks(hooks)(s)
		server.WithToolFilter(func(ctx context.Context, tools []mcp.Tool) []mcp.Tool {
			return keep(ctx, tools, func(t mcp.Tool) middleware.Operation {
				return middleware.Operation{Method: "tools/call", Kind: middleware.KindTool, Name: t.Name}
			})
		})(s)
		server.WithPromptFilter(func(ctx context.Context, prompts []mcp.Prompt) []mcp.Prompt {
			return keep(ctx, prompts, func(p mcp.Prompt) middleware.Operation {
				return middleware.Operation{Method: "prompts/get", Kind: middleware.KindPrompt, Name: p.Name}
			})
		})(s)
	}
}

func reading(uri string) middleware.Operation {
	return middleware.Operation{Method: "resources/read", Kind: middleware.KindResource, Name: uri}
}

// keep returns the visible ones, in a list of their own: the one it was given may
// be the server's.
func keep[T any](ctx context.Context, all []T, operation func(T) middleware.Operation) []T {
	kept := make([]T, 0, len(all))
	for _, one := range all {
		if middleware.Visible(ctx, operation(one)) {
			kept = append(kept, one)
		}
	}
	return kept
}

// CheckPolicy returns an error for each rule of p that can never apply to s: about a
// tool, prompt or resource that s does not have. Most are slips of the pen, and the
// tool that was meant is then without its rule.
func CheckPolicy(s *server.MCPServer, p middleware.Policy) []error {
	errs := strangers("Tools", p.Tools, slices.Sorted(maps.Keys(s.ListTools())))
	errs = append(errs, strangers("Prompts", p.Prompts, slices.Sorted(maps.Keys(s.ListPrompts())))...)
	known := slices.Collect(maps.Keys(s.ListResources()))
	for i, r := range p.Resources {
		prefix, wild := strings.CutSuffix(r.URI, "*")
		matches := func(uri string) bool { return uri == r.URI || wild && strings.HasPrefix(uri, prefix) }
		// What a template expands to can't be foreseen.
		if !slices.ContainsFunc(known, matches) && !hasTemplates(s) {
			errs = append(errs, &middleware.ConfigError{
				Field:   fmt.Sprintf("Policy.Resources[%d]", i),
				Problem: fmt.Sprintf("is about %q, and the server has no such resource", r.URI),
			})
		}
	}
	return errs
}

// hasTemplates asks the server as a client would: it has no other way.
func hasTemplates(s *server.MCPServer) bool {
	answer := s.HandleMessage(context.Background(), []byte(`{"jsonrpc":"2.0","id":1,"method":"resources/templates/list"}`))
	response, ok := answer.(mcp.JSONRPCResponse)
	if !ok {
		return false
	}
	list, ok := response.Result.(mcp.ListResourceTemplatesResult)
	return ok && len(list.ResourceTemplates) > 0
}

func strangers(field string, rules map[string]middleware.Rule, known []string) []error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if !slices.Contains(known, name) {
			errs = append(errs, &middleware.ConfigError{Field: fmt.Sprintf("Policy.%s[%q]", field, name), Problem: fmt.Sprintf("is not there; the server has %q", known)})
		}
	}
	return errs
}
