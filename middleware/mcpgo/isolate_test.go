package mcpgo_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

// One caller's notifications/cancelled for request 1 ends that caller's request 1
// and no other.
func TestIsolateCancellation(t *testing.T) {
	tests := []struct {
		name      string
		as, by    string
		cancelled bool
	}{
		{"a caller cancels their own call", "alice", "alice", true},
		{"another subject does not", "alice", "bob", false},
		{"another issuer's same subject does not", "alice", "other", false},
		{"another client of the same subject does not", "alice", "tablet", false},
		{"an API key of the same name does not", "alice", "key", false},
		{"parts of a name are kept apart", "alice", "shifted", false},
		{"anonymous callers are strangers", "anonymous", "anonymous", false},
		{"callers with authentication disabled are strangers", "disabled", "disabled", false},
		{"callers without a guard are strangers", "nobody", "nobody", false},
	}
	for _, era := range []string{"", "2026-07-28"} {
		p := newProbe(t)
		for _, test := range tests {
			t.Run(era+" "+test.name, func(t *testing.T) {
				_, answer := p.begin(t.Context(), t, era, test.as)
				if status, body := p.post(t.Context(), t, era, test.by, "", "notifications/cancelled", 0, map[string]any{"requestId": 1}); status != http.StatusAccepted {
					t.Errorf("notifications/cancelled: %d %s", status, body)
				}
				if test.cancelled {
					checkAnswer(t, answer, "cancelled")
				} else {
					p.release(t, answer)
				}
			})
		}
	}
}

// A client of a stateless server may send any session id, and gets nowhere with
// one that it has seen or computed elsewhere: ids are keyed anew in each process.
func TestIsolateIDsAreUnpredictable(t *testing.T) {
	a, b := newProbe(t), newProbe(t)
	idA, answerA := a.begin(t.Context(), t, "", "alice")
	idB, answerB := b.begin(t.Context(), t, "", "alice")
	if idA == idB || len(idA) < 64 {
		t.Errorf("%q and %q", idA, idB)
	}
	a.release(t, answerA)
	b.release(t, answerB)
}

// The id stands for the caller: it is the same for their next call, so that a task
// of the first can be found by the second, but not for a call without a caller.
func TestIsolateIDsStandForCallers(t *testing.T) {
	p := newProbe(t)
	for as, same := range map[string]bool{"alice": true, "anonymous": false, "disabled": false, "nobody": false} {
		first, answer := p.begin(t.Context(), t, "", as)
		p.release(t, answer)
		second, answer := p.begin(t.Context(), t, "", as)
		p.release(t, answer)
		if (first == second) != same {
			t.Errorf("%s: %q, then %q", as, first, second)
		}
	}
}

// A call of a real session keeps its id.
func TestIsolateLeavesSessionsAlone(t *testing.T) {
	p := newProbe(t, server.WithStateful(true))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	session := res.Header.Get("Mcp-Session-Id")
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.post(t.Context(), t, "", "alice", session, "tools/call", 1, map[string]any{"name": "wait"})
	}()
	if id := <-p.ids; id != session || id == "" {
		t.Errorf("the tool sees session %q, the client %q", id, session)
	}
	p.letGo <- struct{}{}
	<-done
}

// mcp-go would make the session of a call that asks something everyone's, and wait
// for an answer that cannot come.
func TestIsolateRefusesQuestions(t *testing.T) {
	p := newProbe(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, body := p.post(ctx, t, "", "alice", "", "tools/call", 1, map[string]any{"name": "ask"})
	if !strings.Contains(body, server.ErrElicitationNotSupported.Error()) {
		t.Error(body)
	}
}

// logging/setLevel succeeds, and changes nothing for anyone.
func TestIsolateKeepsNoLogLevel(t *testing.T) {
	p := newProbe(t)
	if _, body := p.post(t.Context(), t, "", "alice", "", "logging/setLevel", 1, map[string]any{"level": "debug"}); strings.Contains(body, "error") {
		t.Error(body)
	}
	levels := make(chan mcp.LoggingLevel, 1)
	p.mcp.AddTool(mcp.NewTool("level"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		levels <- server.ClientSessionFromContext(ctx).(server.SessionWithLogging).GetLogLevel()
		return mcp.NewToolResultText("done"), nil
	})
	p.post(t.Context(), t, "", "bob", "", "tools/call", 1, map[string]any{"name": "level"})
	if level := <-levels; level != mcp.LoggingLevelError {
		t.Errorf("bob logs at the level of alice: %s", level)
	}
}

// Two subscriptions of one caller are told apart, although their clients both call
// them request 1.
func TestIsolateSubscriptions(t *testing.T) {
	ids := make(chan string, 2)
	hooks := &server.Hooks{}
	hooks.AddBeforeSubscriptionsListen(func(ctx context.Context, _ any, _ *mcp.SubscriptionsListenRequest) {
		ids <- server.ClientSessionFromContext(ctx).SessionID()
	})
	p := newProbe(t)
	server.WithHooks(hooks)(p.mcp)
	for range 2 {
		if status, body := p.post(t.Context(), t, "2026-07-28", "alice", "", "subscriptions/listen", 1, map[string]any{"notifications": map[string]any{}}); status != 200 {
			t.Fatalf("%d: %s", status, body)
		}
	}
	if a, b := <-ids, <-ids; a == b || a == "" {
		t.Errorf("%q and %q", a, b)
	}
}

// Nothing of a 2026-07-28 call is lost: the client's capabilities and the upgrade
// to an event stream pass through the isolated session.
func TestIsolateKeepsTheRequest(t *testing.T) {
	p := newProbe(t)
	p.mcp.AddTool(mcp.NewTool("notify"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		client, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo)
		if !ok || client.GetClientCapabilities().Elicitation == nil {
			t.Error("the capabilities are lost")
		}
		err := p.mcp.SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progressToken": "p", "progress": 1})
		time.Sleep(25 * time.Millisecond) // mcp-go loses what is sent right before the end
		return mcp.NewToolResultText("done"), err
	})
	_, body := p.post(t.Context(), t, "2026-07-28", "alice", "", "tools/call", 1, map[string]any{"name": "notify"})
	if !strings.HasPrefix(body, "event: message\n") || !strings.Contains(body, "notifications/progress") {
		t.Error(body)
	}
}

// The principal is there for whoever asks on a GET stream.
func TestPrincipalOnGET(t *testing.T) {
	p := newProbe(t, server.WithStateful(true), server.WithDisableStreaming(false))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Test-Caller", "alice")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if who := <-p.streams; who != callers["alice"] {
		t.Errorf("the stream was opened by %+v", who)
	}
	cancel()
}

// A context without a session, or with one that can do little, is no reason to
// fail or to share an id.
func TestIsolateWithOtherSessions(t *testing.T) {
	s := server.NewMCPServer("probe", "1")
	isolate := mcpgo.Isolate(s)
	r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
	if session := server.ClientSessionFromContext(isolate(t.Context(), r)); session != nil {
		t.Errorf("a session out of nothing: %v", session)
	}
	if session := server.ClientSessionFromContext(isolate(s.WithContext(t.Context(), minimal{}), r)); session.SessionID() == "" || !session.Initialized() {
		t.Errorf("session %q", session.SessionID())
	}
}

type minimal struct{}

func (minimal) Initialize()                                         {}
func (minimal) Initialized() bool                                   { return true }
func (minimal) NotificationChannel() chan<- mcp.JSONRPCNotification { return nil }
func (minimal) SessionID() string                                   { return "" }
