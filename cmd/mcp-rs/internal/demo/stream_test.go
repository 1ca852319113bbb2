package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
)

// countdownWithProgress is the parameters of a countdown that asks for progress.
func countdownWithProgress(from, interval int) map[string]any {
	return map[string]any{
		"name":      "countdown",
		"arguments": map[string]any{"from": from, "interval_ms": interval},
		"_meta":     map[string]any{"progressToken": "p"},
	}
}

// Every step arrives, the last one too, which mcp-go loses most of the time when
// a handler returns at once.
func TestProgressIsComplete(t *testing.T) {
	_, web := start(t)
	session := initialize(t, web.URL+"/mcp", "alice")
	tests := []struct {
		name string
		q    func() request
	}{
		{"in a session", func() request {
			return request{session: session, version: "2025-11-25", body: message(t, 7, "tools/call", countdownWithProgress(3, 1))}
		}},
		{"without a session", func() request {
			return request{body: message(t, 7, "tools/call", countdownWithProgress(3, 1))}
		}},
		{"2026-07-28", func() request {
			params := countdownWithProgress(3, 1)
			token := params["_meta"].(map[string]any)["progressToken"]
			modern(params)["_meta"].(map[string]any)["progressToken"] = token
			return request{version: "2026-07-28", mcp: "tools/call countdown", body: message(t, 7, "tools/call", params)}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for range 10 {
				q := test.q()
				q.as = "alice"
				res := q.send(t.Context(), t, web.URL+"/mcp")
				if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
					t.Fatalf("%d %s", res.StatusCode, got)
				}
				checkProgress(t, res.Body)
			}
		})
	}
}

func checkProgress(t *testing.T, body io.Reader) {
	t.Helper()
	stream := events(body)
	for step := 1; step <= 3; step++ {
		var note struct {
			Method string
			Params struct {
				ProgressToken   string
				Progress, Total int
			}
		}
		if err := json.Unmarshal(next(t, stream), &note); err != nil {
			t.Fatal(err)
		}
		if note.Method != "notifications/progress" || note.Params.ProgressToken != "p" || note.Params.Progress != step || note.Params.Total != 3 {
			t.Fatalf("step %d: %+v", step, note)
		}
	}
	var end answer
	if err := json.Unmarshal(next(t, stream), &end); err != nil || end.text() != "Lift-off." {
		t.Fatalf("%v: %+v", err, end)
	}
	if more := next(t, stream); more != nil {
		t.Fatalf("after the end: %s", more)
	}
}

func TestProgressOverSSE(t *testing.T) {
	_, web := start(t)
	c := connectSSE(t, web.URL+"/sse", "alice")
	steps := make(chan any, 10)
	c.OnNotification(func(n mcp.JSONRPCNotification) { steps <- n.Params.AdditionalFields["progress"] })
	call := callTool("countdown", map[string]any{"from": 2, "interval_ms": 1})
	call.Params.Meta = &mcp.Meta{ProgressToken: "p"}
	result, err := c.CallTool(t.Context(), call)
	if text := textOf(t, result, err); text != "Lift-off." {
		t.Error(text)
	}
	for want := range 2 {
		select {
		case got := <-steps:
			if got != float64(want+1) {
				t.Errorf("progress %v, want %d", got, want+1)
			}
		case <-time.After(patience):
			t.Fatal("no progress")
		}
	}
}

func TestWithoutTokenNoProgress(t *testing.T) {
	_, web := start(t)
	if a := tool(t, web.URL+"/mcp", "alice", "countdown", map[string]any{"interval_ms": 0}); a.text() != "Lift-off." {
		t.Error(a.text())
	}
}

func TestCountdownIsBounded(t *testing.T) {
	_, web := start(t)
	for _, args := range []map[string]any{
		{"from": 0}, {"from": 31}, {"from": 1.5}, {"from": "3"}, {"from": 1e300}, {"from": nil},
		{"interval_ms": -1}, {"interval_ms": 1001}, {"interval_ms": true},
	} {
		if a := tool(t, web.URL+"/mcp", "alice", "countdown", args); !a.Result.IsError || !strings.Contains(a.text(), "is not a whole number from") {
			t.Errorf("%v: %s", args, a.text())
		}
	}
}

// A caller who goes away ends the call: noneLeft, which start adds, sees that
// within two seconds.
func TestDisconnectCancels(t *testing.T) {
	_, web := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	res := request{as: "alice", body: message(t, 1, "tools/call", countdownWithProgress(30, 500))}.send(ctx, t, web.URL+"/mcp")
	stream := events(res.Body)
	next(t, stream)
	cancel()
	if more := next(t, stream); more != nil {
		t.Errorf("after the disconnect: %s", more)
	}
}

// notifications/cancelled ends the caller's own call and nobody else's, also where
// there is no session to tell two calls with the id 1 apart.
func TestCancellationIsTheCallersOwn(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	alices, bobs := initialize(t, url, "alice"), initialize(t, url, "bob")
	tests := []struct {
		name           string
		as, session    string
		from, fromSess string
		cancelled      bool
	}{
		{"own session", "alice", alices, "alice", alices, true},
		{"own call without a session", "alice", "", "alice", "", true},
		{"own call, but not of that session", "alice", alices, "alice", "", false},
		{"another caller without a session", "alice", "", "bob", "", false},
		{"another caller's session", "alice", alices, "bob", bobs, false},
		{"anonymous callers are strangers to each other", "anonymous", "", "anonymous", "", false},
		{"and so are callers with authentication disabled", "disabled", "", "disabled", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			steps, interval := 4, 50
			if test.cancelled {
				steps, interval = 30, 200 // time enough to be cancelled on a busy machine
			}
			call := request{as: test.as, session: test.session, body: message(t, 1, "tools/call", countdownWithProgress(steps, interval))}
			stream := events(call.send(t.Context(), t, url).Body)
			next(t, stream) // it has begun
			cancel := request{as: test.from, session: test.fromSess, body: message(t, 0, "notifications/cancelled", map[string]any{"requestId": 1})}
			if res := cancel.send(t.Context(), t, url); res.StatusCode > http.StatusAccepted { // 200 if mcp-go puts a step of the call on this answer
				t.Errorf("notifications/cancelled: %d", res.StatusCode)
			}
			if end := last(t, stream); strings.Contains(string(end), "Lift-off.") == test.cancelled {
				t.Errorf("cancelled %v: %s", !test.cancelled, end)
			}
		})
	}
}

// answering is a client that answers every question in the same way.
type answering struct {
	action  mcp.ElicitationResponseAction
	content any
}

func (a answering) Elicit(_ context.Context, q mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	if q.Params.Message != "What is your name?" {
		return nil, fmt.Errorf("asked %q", q.Params.Message)
	}
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: a.action, Content: a.content}}, nil
}

func TestAskName(t *testing.T) {
	_, web := start(t)
	const unasked = "Hello. Your client offers no elicitation on this call, so there is no asking for a name."
	tests := []struct {
		name    string
		handler client.ElicitationHandler
		want    string
	}{
		{"accepted", answering{"accept", map[string]any{"name": "Ada"}}, "Hello, Ada."},
		{"declined", answering{"decline", nil}, "Hello. You would rather not say your name."},
		{"cancelled", answering{"cancel", nil}, "Hello. You would rather not say your name."},
		{"no name", answering{"accept", map[string]any{}}, "the answer has no name of 1 to 100 characters"},
		{"long name", answering{"accept", map[string]any{"name": strings.Repeat("a", 101)}}, "the answer has no name of 1 to 100 characters"},
		{"not offered", nil, unasked},
	}
	for _, version := range []string{"2025-06-18", "2025-11-25", "2026-07-28"} {
		for _, test := range tests {
			t.Run(version+" "+test.name, func(t *testing.T) {
				var options []client.ClientOption
				if test.handler != nil {
					options = append(options, client.WithElicitationHandler(test.handler))
				}
				c := connect(t, web.URL+"/mcp", "alice", version, options...)
				result, err := c.CallTool(t.Context(), callTool("ask_name", nil))
				if text := textOf(t, result, err); text != test.want {
					t.Error(text)
				}
			})
		}
	}
	t.Run("without a session there is no way to ask", func(t *testing.T) {
		if a := tool(t, web.URL+"/mcp", "alice", "ask_name", nil); a.text() != unasked {
			t.Error(a.text())
		}
	})
	t.Run("over SSE there is no way to ask", func(t *testing.T) {
		c := connectSSE(t, web.URL+"/sse", "alice", client.WithElicitationHandler(tests[0].handler))
		result, err := c.CallTool(t.Context(), callTool("ask_name", nil))
		if text := textOf(t, result, err); text != unasked {
			t.Error(text)
		}
	})
}

// A question that nobody answers does not outlive the call: noneLeft sees that.
func TestUnansweredQuestionEndsWithItsCaller(t *testing.T) {
	_, web := start(t)
	silent := silentHandler{asked: make(chan struct{}), done: make(chan struct{})}
	defer close(silent.done)
	c := connect(t, web.URL+"/mcp", "alice", "2025-11-25", client.WithElicitationHandler(silent))
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := c.CallTool(ctx, callTool("ask_name", nil))
		failed <- err
	}()
	<-silent.asked
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

type silentHandler struct{ asked, done chan struct{} }

func (s silentHandler) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	close(s.asked)
	<-s.done
	return nil, errors.New("nobody there")
}
