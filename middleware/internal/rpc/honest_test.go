package rpc_test

//lint:file-ignore SA1019 what only earlier revisions have is to be sent as well

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// patience bounds what takes milliseconds.
const patience = 10 * time.Second

// TestHonestTraffic sends everything mcp-go's client can say, in each revision: all
// of it is read, and read as what the client asked for.
func TestHonestTraffic(t *testing.T) {
	for _, revision := range mcp.ValidProtocolVersions {
		t.Run(revision, func(t *testing.T) {
			tap := tapped(t, newPeer())
			speak(t, tap.URL, revision)
			want := slices.Clone(legacyTraffic)
			if mcp.IsModernProtocol(revision) {
				want = modernTraffic
			}
			if got := tap.lines(); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

var legacyTraffic = []string{
	`initialize|-|||`, `notifications/initialized|-|||`, `ping|-|||`, `tools/list|-|||`,
	`tools/call|tool|greet||{"who":"me"}`, `tools/call|tool|日本||{"WHO":1,"who":2}`, `prompts/list|-|||`, `prompts/get|prompt|greet||{"a":"b"}`,
	`resources/list|-|||`, `resources/templates/list|-|||`, `resources/read|resource|file:///a b||`,
	`completion/complete|prompt|greet||`, `completion/complete|resource|file:///{a}||`,
	`resources/subscribe|resource|file:///a||`, `resources/unsubscribe|resource|file:///a||`, `logging/setLevel|-|||`,
	`tasks/get|task|t||`, `tasks/result|task|t||`, `tasks/list|-|||`, `tasks/cancel|task|t||`, `notifications/roots/list_changed|-|||`,
}

var modernTraffic = []string{
	`server/discover|-|||`, `tools/list|-|||`,
	`tools/call|tool|greet||{"who":"me"}`, `tools/call|tool|日本||{"WHO":1,"who":2}`, `prompts/list|-|||`, `prompts/get|prompt|greet||{"a":"b"}`,
	`resources/list|-|||`, `resources/templates/list|-|||`, `resources/read|resource|file:///a b||`,
	`completion/complete|prompt|greet||`, `completion/complete|resource|file:///{a}||`,
	`tasks/get|task|t||`, `tasks/result|task|t||`, `tasks/list|-|||`, `tasks/cancel|task|t||`, `notifications/roots/list_changed|-|||`,
	`subscriptions/listen|-|||`, `subscriptions/listen|resource|file:///a||`, `subscriptions/listen|resource|file:///b||`,
}

// speak says all there is to say. Whether the server has an answer is no matter.
func speak(t *testing.T, url, revision string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := client.NewStreamableHttpClient(url, transport.WithHTTPTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start := mcp.InitializeRequest{}
	start.Params.ProtocolVersion = revision
	start.Params.ClientInfo = mcp.Implementation{Name: "client", Version: "1"}
	if _, err := c.Initialize(ctx, start); err != nil || c.ProtocolVersion() != revision {
		t.Fatalf("revision %q, %v", c.ProtocolVersion(), err)
	}
	c.Ping(ctx)
	c.ListTools(ctx, mcp.ListToolsRequest{})
	c.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "greet", Arguments: map[string]any{"who": "me"}, Meta: &mcp.Meta{ProgressToken: 1}}})
	c.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "日本", Arguments: map[string]any{"who": 2, "WHO": 1}, Task: &mcp.TaskParams{}}})
	c.ListPrompts(ctx, mcp.ListPromptsRequest{})
	c.GetPrompt(ctx, mcp.GetPromptRequest{Params: mcp.GetPromptParams{Name: "greet", Arguments: map[string]string{"a": "b"}}})
	c.ListResources(ctx, mcp.ListResourcesRequest{})
	c.ListResourceTemplates(ctx, mcp.ListResourceTemplatesRequest{})
	c.ReadResource(ctx, mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: "file:///a b"}})
	for _, ref := range []any{mcp.PromptReference{Type: "ref/prompt", Name: "greet"}, mcp.ResourceReference{Type: "ref/resource", URI: "file:///{a}"}} {
		c.Complete(ctx, mcp.CompleteRequest{Params: mcp.CompleteParams{Ref: ref, Argument: mcp.CompleteArgument{Name: "a", Value: "b"}}})
	}
	c.Subscribe(ctx, mcp.SubscribeRequest{Params: mcp.SubscribeParams{URI: "file:///a"}})
	c.Unsubscribe(ctx, mcp.UnsubscribeRequest{Params: mcp.UnsubscribeParams{URI: "file:///a"}})
	c.SetLevel(ctx, mcp.SetLevelRequest{Params: mcp.SetLevelParams{Level: mcp.LoggingLevelInfo}})
	c.GetTask(ctx, mcp.GetTaskRequest{Params: mcp.GetTaskParams{TaskId: "t"}})
	c.TaskResult(ctx, mcp.TaskResultRequest{Params: mcp.TaskResultParams{TaskId: "t"}})
	c.ListTasks(ctx, mcp.ListTasksRequest{})
	c.CancelTask(ctx, mcp.CancelTaskRequest{Params: mcp.CancelTaskParams{TaskId: "t"}})
	c.RootListChanges(ctx)
	c.Listen(ctx, mcp.SubscriptionFilter{ToolsListChanged: true, ResourceSubscriptions: []string{"file:///a", "file:///b"}})
}

// An answer to a question of the server is a response, in the revisions that have them.
func TestHonestResponse(t *testing.T) {
	s := server.NewMCPServer("peer", "1", server.WithElicitation())
	s.AddTool(mcp.NewTool("ask"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		question := mcp.ElicitationRequest{Params: mcp.ElicitationParams{Message: "?", RequestedSchema: map[string]any{"type": "object"}}}
		answer, err := s.RequestElicitation(ctx, question)
		if err != nil {
			return nil, err
		}
		return mcp.NewToolResultText(string(answer.Action)), nil
	})
	tap := tapped(t, server.NewStreamableHTTPServer(s, silent))
	wire, err := transport.NewStreamableHTTP(tap.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := client.NewClient(wire, client.WithElicitationHandler(decliner{}), client.WithProtocolVersion(mcp.ProtocolVersion20251125))
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Initialize(ctx, mcp.InitializeRequest{}); err != nil {
		t.Fatal(err)
	}
	result, err := c.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "ask"}})
	if err != nil || result.IsError {
		t.Fatalf("%v, %v", result, err)
	}
	want := []string{"initialize|-|||", "notifications/initialized|-|||", "tools/call|tool|ask||", "|-||||response"}
	if got := tap.lines(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

type decliner struct{}

func (decliner) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionDecline}}, nil
}

// tap stands in front of a server and reads what it gets.
type tap struct {
	*httptest.Server
	mu  sync.Mutex
	ops []rpc.Operation
}

func tapped(t *testing.T, peer http.Handler) *tap {
	p := &tap{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodPost {
			p.read(t, body, r.Header)
		}
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		r = r.WithContext(context.WithValue(ctx, doneKey{}, &done{stop: stop}))
		r.Body = io.NopCloser(bytes.NewReader(body))
		peer.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *tap) read(t *testing.T, body []byte, h http.Header) {
	ops, _, err := rpc.Read(body, h)
	if err != nil {
		t.Errorf("%v: refused: %s\nwith %v", err, body, h)
	}
	again, _, err := rpc.Read(body, mirrored(body, h))
	if err != nil || !reflect.DeepEqual(again, ops) {
		t.Errorf("%v with the headers of mcp-remote: %s", err, body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops = append(p.ops, ops...)
}

// mirrored adds the headers that mcp-remote adds, whatever the revision.
func mirrored(body []byte, h http.Header) http.Header {
	var message struct {
		Method string
		Params map[string]any
	}
	json.Unmarshal(body, &message)
	h = h.Clone()
	if message.Method != "" {
		h.Set("Mcp-Method", message.Method)
	}
	member := map[string]string{"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}[message.Method]
	if name, _ := message.Params[member].(string); name != "" {
		value, _ := mcp.EncodeHeaderValue(name)
		h.Set("Mcp-Name", value)
	}
	return h
}

// lines are the operations without their ids, which are the client's own affair.
func (p *tap) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, op := range p.ops {
		op.ID = nil
		all = append(all, line(op))
	}
	return all
}
