package gosdk

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// visibleOnly takes out of lists what the guard's policy does not let the caller see.
// It decides nothing more: the guard refuses what may not be used, listed or not.
func visibleOnly(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		result, err := next(ctx, method, req)
		if err != nil {
			return nil, err
		}
		return visible(ctx, result), nil
	}
}

// visible returns a list anew, since what it was given may be other callers' too, and
// any other result as it is. What was made for one caller must not be served to others:
//
// “Caches MUST NOT be shared across authorization contexts” — MCP 2026-07-28, schema,
// cacheScope "private"
func visible(ctx context.Context, result mcp.Result) mcp.Result {
	switch r := result.(type) {
	case *mcp.ListToolsResult:
		list := *r
		list.CacheScope, list.Tools = "private", keep(ctx, r.Tools, calling)
		return &list
	case *mcp.ListPromptsResult:
		list := *r
		list.CacheScope, list.Prompts = "private", keep(ctx, r.Prompts, getting)
		return &list
	case *mcp.ListResourcesResult:
		list := *r
		list.CacheScope, list.Resources = "private", keep(ctx, r.Resources, reading)
		return &list
	case *mcp.ListResourceTemplatesResult:
		list := *r
		list.CacheScope, list.ResourceTemplates = "private", keep(ctx, r.ResourceTemplates, readingOf)
		return &list
	}
	return result
}

func calling(t *mcp.Tool) middleware.Operation {
	return middleware.Operation{Method: "tools/call", Kind: middleware.KindTool, Name: t.Name}
}

func getting(p *mcp.Prompt) middleware.Operation {
	return middleware.Operation{Method: "prompts/get", Kind: middleware.KindPrompt, Name: p.Name}
}

func reading(r *mcp.Resource) middleware.Operation {
	return middleware.Operation{Method: "resources/read", Kind: middleware.KindResource, Name: r.URI}
}

func readingOf(t *mcp.ResourceTemplate) middleware.Operation {
	return middleware.Operation{Method: "resources/read", Kind: middleware.KindResource, Name: t.URITemplate}
}

// keep is the items that the caller may see; never nil, which would be null in JSON.
func keep[T any](ctx context.Context, all []T, operation func(T) middleware.Operation) []T {
	kept := make([]T, 0, len(all))
	for _, one := range all {
		if middleware.Visible(ctx, operation(one)) {
			kept = append(kept, one)
		}
	}
	return kept
}
