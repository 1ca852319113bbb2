package demo

import (
	"context"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

const (
	maxCountdown = 30
	maxInterval  = 1000 // milliseconds
	maxName      = 100  // characters
)

// countdown is the tool countdown. It ends early when the call is cancelled.
func countdown(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	from, err := integer(req, "from", 3, 1, maxCountdown)
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	interval, err := integer(req, "interval_ms", 200, 0, maxInterval)
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	for left := from; left > 0; left-- {
		if err := sleep(ctx, time.Duration(interval)*time.Millisecond); err != nil {
			return nil, fmt.Errorf("stopped at %d: %w", left, err)
		}
		if err := progress(ctx, req, from-left+1, from); err != nil {
			return nil, err
		}
	}
	return mcp.NewToolResultText("Lift-off."), nil
}

// integer returns an argument that may be left out, but not be anything other than
// a whole number within bounds.
func integer(req mcp.CallToolRequest, name string, fallback, least, most int) (int, error) {
	value, ok := req.GetArguments()[name]
	if !ok {
		return fallback, nil
	}
	n, ok := value.(float64)
	if !ok || n != math.Trunc(n) || n < float64(least) || n > float64(most) {
		return 0, fmt.Errorf("%s is not a whole number from %d to %d", name, least, most)
	}
	return int(n), nil
}

// settle is how long a handler waits after its last notification. mcp-go takes a
// notification off its queue in one goroutine and ends the answer in another: of
// those sent right before a handler returns, most are never written. What is in
// the queue for this long has been written.
const settle = 25 * time.Millisecond

// progress tells the client how far the call is, if it asked to be told, and
// settles after the last step.
func progress(ctx context.Context, req mcp.CallToolRequest, done, total int) error {
	if req.Params.Meta == nil || req.Params.Meta.ProgressToken == nil {
		return nil
	}
	err := server.ServerFromContext(ctx).SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), map[string]any{
		"progressToken": req.Params.Meta.ProgressToken,
		"progress":      done,
		"total":         total,
		"message":       fmt.Sprintf("%d to go", total-done),
	})
	if err != nil || done < total {
		return err
	}
	return sleep(ctx, settle)
}

// sleep waits for d, or until ctx ends and says why.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// askName is the tool ask_name. It asks by returning what it needs to know, and
// is called again with the answer; for a client before 2026-07-28, mcp-go asks it
// with a request of its own meanwhile.
func askName(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	const question = "name"
	if answer := server.ElicitationResponse(req.Params.InputResponses, question); answer != nil {
		return greet(answer), nil
	}
	if !canAsk(ctx) {
		return mcp.NewToolResultText("Hello. Your client offers no elicitation on this call, so there is no asking for a name."), nil
	}
	return server.NewInputRequestBuilder("").Elicit(question, mcp.ElicitationParams{
		Message: "What is your name?",
		RequestedSchema: map[string]any{
			"type": "object",
			"properties": map[string]any{
				"name": map[string]any{"type": "string", "title": "Name", "minLength": 1, "maxLength": maxName},
			},
			"required": []string{"name"},
		},
	}).ToolResult(), nil
}

// canAsk reports whether the client can be asked something on this call: it says
// that it can, and there is a way for the question to reach it.
func canAsk(ctx context.Context) bool {
	session := server.ClientSessionFromContext(ctx)
	client, ok := session.(server.SessionWithClientInfo)
	if !ok || client.GetClientCapabilities().Elicitation == nil {
		return false
	}
	if server.IsModernRequest(ctx) {
		return true // the question travels in the result
	}
	_, ok = session.(server.SessionWithElicitation)
	return ok
}

func greet(answer *mcp.ElicitationResult) *mcp.CallToolResult {
	if answer.Action != mcp.ElicitationResponseActionAccept {
		return mcp.NewToolResultText("Hello. You would rather not say your name.")
	}
	content, _ := answer.Content.(map[string]any)
	name, _ := content["name"].(string)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return mcp.NewToolResultErrorf("the answer has no name of 1 to %d characters", maxName)
	}
	return mcp.NewToolResultText("Hello, " + name + ".")
}
