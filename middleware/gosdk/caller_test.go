package gosdk_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/gosdk"
)

type traceKey struct{}

// A waiter is a guarded server with one tool, which shows its context and then waits.
type waiter struct {
	*site
	requests chan context.Context // of tools/call, as HTTP has them
	tools    chan context.Context // as the tool has them
	letGo    chan struct{}
}

func newWaiter(t *testing.T, opts *mcp.StreamableHTTPOptions) *waiter {
	t.Helper()
	w := &waiter{requests: make(chan context.Context, 100), tools: make(chan context.Context, 1), letGo: make(chan struct{})}
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	s.AddTool(&mcp.Tool{Name: "whoami", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		w.tools <- ctx
		select {
		case <-w.letGo:
		case <-ctx.Done():
		}
		return &mcp.CallToolResult{}, nil
	})
	guard, err := middleware.New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	h := guard.Handler(gosdk.Handler(func(*http.Request) *mcp.Server { return s }, opts))
	w.site = listen(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
		defer context.AfterFunc(r.Context(), func() { cancel(errHungUp) })()
		ctx = context.WithValue(ctx, traceKey{}, r.Header.Get("X-Trace"))
		if r.Header.Get("X-Trace") != "" {
			w.requests <- ctx
		}
		h.ServeHTTP(rw, r.WithContext(ctx))
	}))
	return w
}

var errHungUp = errors.New("the client hung up")

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happened")
		panic("unreachable")
	}
}

// call begins a call by hand.
func (w *waiter) call(ctx context.Context, sessionID string) <-chan error {
	r := newRequest(ctx, http.MethodPost, sessionID, keyOf(apiKey), callWhoami)
	r.Header.Set("X-Trace", "this call")
	done := make(chan error, 1)
	go func() {
		resp, err := w.dial.RoundTrip(r)
		if err == nil {
			err = resp.Body.Close()
		}
		done <- err
	}()
	return done
}

// Values are those of this request, also in a session that another one opened. The end
// is the SDK's: a client of a session may lose its connection and come back.
func TestContextInASession(t *testing.T) {
	w := newWaiter(t, nil)
	session, _ := w.visit(t, "2025-11-25", keyOf(apiKey))
	ctx, hangUp := context.WithCancel(t.Context())
	done := w.call(ctx, session.ID())
	request, tool := await(t, w.requests), await(t, w.tools)
	if got := tool.Value(traceKey{}); got != "this call" {
		t.Errorf("the tool's context is that of %q", got)
	}
	hangUp()
	await(t, done)
	await(t, request.Done())
	child, cancel := context.WithCancel(tool)
	defer cancel()
	if tool.Err() != nil || context.Cause(tool) != nil || child.Err() != nil {
		t.Errorf("with its connection the call ended: %v, %v, %v", tool.Err(), context.Cause(tool), child.Err())
	}
	w.post(t, session.ID(), keyOf(apiKey), `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
	await(t, tool.Done())
	if err := context.Cause(tool); err != context.Canceled {
		t.Errorf("the call was cancelled, and ended by %v", err)
	}
}

// What the SDK keeps in its context is there: where to send what belongs to this call.
func TestContextKnowsTheStream(t *testing.T) {
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	s.AddTool(&mcp.Tool{Name: "whoami", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{}, req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: "p", Message: "half way"})
	})
	site := newSite(t, config(t), s, nil)
	session, _ := site.visit(t, "2025-11-25", keyOf(apiKey))
	if status, body := site.post(t, session.ID(), keyOf(apiKey), callWhoami); status != http.StatusOK || !strings.Contains(body, "half way") {
		t.Errorf("%d %s", status, body)
	}
}

// A client that cancels a call cancels the tool, in sessions and without them.
func TestContextOfACancelledCall(t *testing.T) {
	for shape, s := range shapes {
		if shape == "stateless" {
			continue // there the SDK lets calls run to their end
		}
		t.Run(shape, func(t *testing.T) {
			w := newWaiter(t, s.opts)
			session, _ := w.visit(t, s.revisions[0], keyOf(apiKey))
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				_, _ = session.CallTool(ctx, &mcp.CallToolParams{Name: "whoami"})
			}()
			tool := await(t, w.tools)
			cancel()
			await(t, tool.Done())
			if got := middleware.PrincipalFrom(tool).Subject; got != "key-1" || tool.Err() != context.Canceled {
				t.Errorf("the call of %q: %v", got, tool.Err())
			}
		})
	}
}
