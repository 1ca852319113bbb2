package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// A deed is something that the server did, or began to do.
type deed struct {
	method    string
	name      string
	id        any // nil for a notification
	arguments any // decoded; nil where there are none, or where they are not compared
}

// done collects the deeds of one request.
type done struct {
	mu    sync.Mutex
	deeds []deed
	stop  context.CancelFunc // ends a stream that has been opened
}

type doneKey struct{}

func record(ctx context.Context, d deed) {
	r := ctx.Value(doneKey{}).(*done)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deeds = append(r.deeds, d)
}

// ask sends a request to a peer and returns what that did.
func ask(peer http.Handler, body []byte, h http.Header) []deed {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	r := &done{stop: stop}
	req := httptest.NewRequestWithContext(context.WithValue(ctx, doneKey{}, r), http.MethodPost, "/mcp", bytes.NewReader(body))
	req.Header = h.Clone()
	peer.ServeHTTP(httptest.NewRecorder(), req)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deeds
}

// covers reports whether a deed is what one of the operations asks for.
func covers(ops []rpc.Operation, d deed) bool {
	for _, op := range ops {
		if op.Method == d.method && op.Name == d.name && reflect.DeepEqual(decoded(op.ID), d.id) &&
			(d.arguments == nil || reflect.DeepEqual(decoded(op.Arguments), d.arguments)) {
			return true
		}
	}
	return false
}

func decoded(text []byte) (v any) {
	if text != nil && json.Unmarshal(text, &v) != nil {
		return fmt.Errorf("not JSON: %q", text)
	}
	return v
}

// newPeer is an mcp-go server with everything that one can have, which records
// whatever it is made to do.
func newPeer() http.Handler {
	hooks := &server.Hooks{}
	hooks.AddBeforeAny(func(ctx context.Context, id any, method mcp.MCPMethod, message any) {
		for _, d := range deedsOf(message) {
			d.id, d.method = id, string(method)
			record(ctx, d)
		}
	})
	hooks.AddBeforeSubscriptionsListen(func(ctx context.Context, _ any, _ *mcp.SubscriptionsListenRequest) {
		ctx.Value(doneKey{}).(*done).stop()
	})
	s := server.NewMCPServer("peer", "1", server.WithHooks(hooks), server.WithRecovery(), server.WithLogging(),
		server.WithCompletions(), server.WithPromptCompletionProvider(completer{}), server.WithResourceCompletionProvider(completer{}),
		server.WithResourceCapabilities(true, true), server.WithPromptCapabilities(true), server.WithToolCapabilities(true),
		server.WithTaskCapabilities(true, true, true))
	addTools(s)
	addResources(s)
	for _, method := range methods {
		s.AddNotificationHandler(method, func(ctx context.Context, n mcp.JSONRPCNotification) {
			record(ctx, deed{method: n.Method, name: nameOfNotification(n)})
		})
	}
	return server.NewStreamableHTTPServer(s, server.WithStateLess(true), silent)
}

var silent = server.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler))

// nameOfNotification is what a server would act on that served calls without an id.
func nameOfNotification(n mcp.JSONRPCNotification) string {
	params := n.Params.AdditionalFields
	if n.Method == "completion/complete" {
		params, _ = params["ref"].(map[string]any)
	}
	member := map[string]string{
		"tools/call": "name", "prompts/get": "name", "resources/read": "uri", "resources/subscribe": "uri",
		"resources/unsubscribe": "uri", "tasks/get": "taskId", "tasks/result": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId",
	}[n.Method]
	switch params["type"] {
	case "ref/prompt":
		member = "name"
	case "ref/resource":
		member = "uri"
	}
	name, _ := params[member].(string)
	return name
}

func addTools(s *server.MCPServer) {
	for _, name := range []string{"greet", "secret", "Greet", "grüße", "日本"} {
		s.AddTool(mcp.NewTool(name, mcp.WithTaskSupport(mcp.TaskSupportOptional)), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("done"), nil
		})
		s.AddPrompt(mcp.NewPrompt(name), func(ctx context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return mcp.NewGetPromptResult("", nil), nil
		})
	}
}

func addResources(s *server.MCPServer) {
	s.AddResourceTemplate(mcp.NewResourceTemplate("{+uri}", "any"), func(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: r.Params.URI, Text: "text"}}, nil
	})
}

type completer struct{}

func (completer) CompletePromptArgument(context.Context, string, mcp.CompleteArgument, mcp.CompleteContext) (*mcp.Completion, error) {
	return &mcp.Completion{Values: []string{}}, nil
}

func (completer) CompleteResourceArgument(context.Context, string, mcp.CompleteArgument, mcp.CompleteContext) (*mcp.Completion, error) {
	return &mcp.Completion{Values: []string{}}, nil
}

// deedsOf says what a message asks for, as mcp-go has decoded it.
func deedsOf(message any) []deed {
	switch r := message.(type) {
	case *mcp.CallToolRequest:
		return []deed{{name: r.Params.Name, arguments: r.Params.Arguments}}
	case *mcp.GetPromptRequest:
		return []deed{{name: r.Params.Name}}
	case *mcp.ReadResourceRequest:
		d := deed{name: r.Params.URI}
		if r.Params.Arguments != nil {
			d.arguments = r.Params.Arguments
		}
		return []deed{d}
	case *mcp.SubscribeRequest:
		return []deed{{name: r.Params.URI}}
	case *mcp.UnsubscribeRequest:
		return []deed{{name: r.Params.URI}}
	case *mcp.GetTaskRequest:
		return []deed{{name: r.Params.TaskId}}
	case *mcp.TaskResultRequest:
		return []deed{{name: r.Params.TaskId}}
	case *mcp.CancelTaskRequest:
		return []deed{{name: r.Params.TaskId}}
	case *mcp.CompleteRequest:
		switch ref := r.Params.Ref.(type) {
		case mcp.PromptReference:
			return []deed{{name: ref.Name}}
		case mcp.ResourceReference:
			return []deed{{name: ref.URI}}
		}
	case *mcp.SubscriptionsListenRequest:
		deeds := []deed{{}}
		for _, uri := range r.Params.Notifications.ResourceSubscriptions {
			deeds = append(deeds, deed{name: uri})
		}
		return deeds
	}
	return []deed{{}}
}
