package demo_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/demo"
)

const listTools = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`

// A session that was ended is unknown to every method.
func TestDeleteEndsSession(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	id := initialize(t, url, "alice")
	open := request{method: "GET", as: "alice", session: id}.send(t.Context(), t, url)
	if open.StatusCode != 200 || open.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("GET: %d", open.StatusCode)
	}
	if res := (request{as: "alice", session: id, body: listTools}).send(t.Context(), t, url); res.StatusCode != 200 {
		t.Fatalf("POST: %d", res.StatusCode)
	}
	if res := (request{method: "DELETE", as: "alice", session: id}).send(t.Context(), t, url); res.StatusCode != 200 {
		t.Fatalf("DELETE: %d", res.StatusCode)
	}
	if event := next(t, events(open.Body)); event != nil {
		t.Errorf("the stream of the ended session goes on: %s", event)
	}
	for _, method := range []string{"POST", "GET", "DELETE"} {
		if res := (request{method: method, as: "alice", session: id, body: listTools}).send(t.Context(), t, url); res.StatusCode != 404 {
			t.Errorf("%s afterwards: %d", method, res.StatusCode)
		}
	}
}

// Nobody uses another's session, even knowing its id. The owner may come back with
// another token, but not as another client.
func TestSessionBelongsToItsCaller(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	id := initialize(t, url, "alice")
	for _, as := range []string{"bob", "other", "tablet", "key", "anonymous", "disabled", "nobody"} {
		for _, method := range []string{"POST", "GET", "DELETE"} {
			if res := (request{method: method, as: as, session: id, body: listTools}).send(t.Context(), t, url); res.StatusCode != 404 {
				t.Errorf("%s as %s: %d", method, as, res.StatusCode)
			}
		}
	}
	if res := (request{as: "alice", session: id, body: listTools}).send(t.Context(), t, url); res.StatusCode != 200 {
		t.Errorf("POST as its owner: %d", res.StatusCode)
	}
}

// How a caller was recognised is part of who they are.
func TestSessionBelongsToAMethod(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	for owner, other := range map[string]string{"key": "keyless", "anonymous": "disabled", "disabled": "nobody"} {
		id := initialize(t, url, owner)
		for as, want := range map[string]int{owner: 200, other: 404} {
			if res := (request{as: as, session: id, body: listTools}).send(t.Context(), t, url); res.StatusCode != want {
				t.Errorf("session of %s, POST as %s: %d", owner, as, res.StatusCode)
			}
		}
	}
}

func TestSessionIDsAreUnguessable(t *testing.T) {
	_, web := start(t)
	a, b := initialize(t, web.URL+"/mcp", "alice"), initialize(t, web.URL+"/mcp", "alice")
	if len(a) < 26 || len(b) < 26 || a[:13] == b[:13] { // 26 base32 characters: 130 random bits
		t.Errorf("%q, %q", a, b)
	}
}

// The sessions of the SSE transport belong to their caller as well.
func TestSSESessionBelongsToItsCaller(t *testing.T) {
	_, web := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	res := request{method: "GET", as: "alice"}.send(ctx, t, web.URL+"/sse")
	stream := events(res.Body)
	endpoint := string(next(t, stream))
	if !strings.HasPrefix(endpoint, "/message?sessionId=") {
		t.Fatal(endpoint)
	}
	post := func(as string) int {
		return request{as: as, body: listTools}.send(t.Context(), t, web.URL+endpoint).StatusCode
	}
	if status := post("bob"); status != 404 {
		t.Errorf("as bob: %d", status)
	}
	if status := post("alice"); status != 202 {
		t.Errorf("as alice: %d", status)
	}
	if event := next(t, stream); !strings.Contains(string(event), "whoami") {
		t.Errorf("the answer is %s", event)
	}
	cancel()
	for deadline := time.Now().Add(patience); post("alice") != 404; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the session outlives its stream")
		}
	}
}

// fake serves requests without a network, so that time in them is the bubble's.
type fake struct {
	handler http.Handler
}

func (f fake) do(ctx context.Context, q request) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, q.method, "/mcp", strings.NewReader(q.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(caller, q.as)
	if q.session != "" {
		r.Header.Set("Mcp-Session-Id", q.session)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

func (f fake) initialize(t *testing.T) string {
	t.Helper()
	w := f.do(t.Context(), request{method: "POST", as: "alice", body: `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`})
	if w.Code != 200 {
		t.Fatalf("initialize: %d", w.Code)
	}
	return w.Header().Get("Mcp-Session-Id")
}

// An idle session ends; one that is used does not, and neither does one whose
// stream is open.
func TestIdleSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := demo.New(demo.Config{})
		defer s.Shutdown(context.Background())
		f := fake{guarded(s.Handler())}
		idle, used, streaming := f.initialize(t), f.initialize(t), f.initialize(t)

		ctx, cancel := context.WithCancel(t.Context())
		closed := make(chan string)
		go func() {
			closed <- f.do(ctx, request{method: "GET", as: "alice", session: streaming}).Body.String()
		}()
		status := func(id string) int {
			return f.do(t.Context(), request{method: "POST", as: "alice", session: id, body: listTools}).Code
		}
		for range 5 {
			time.Sleep(20 * time.Minute)
			if got := status(used); got != 200 {
				t.Fatalf("the session in use: %d", got)
			}
		}
		if got := status(idle); got != 404 {
			t.Errorf("idle for 100 minutes: %d", got)
		}
		if got := status(streaming); got != 200 {
			t.Errorf("with an open stream: %d", got)
		}
		cancel()
		if pings := strings.Count(<-closed, `"method":"ping"`); pings < 190 || pings > 200 {
			t.Errorf("the stream carried %d pings in 100 minutes, want one in 30 seconds", pings)
		}
		time.Sleep(50 * time.Minute)
		if got := status(streaming); got != 404 {
			t.Errorf("with its stream long closed: %d", got)
		}
	})
}

// When there is no room for more sessions, clients are given none, and their calls
// still work. A session that ends makes room.
func TestSessionsAreBounded(t *testing.T) {
	s := demo.New(demo.Config{})
	defer s.Shutdown(context.Background())
	f := fake{guarded(s.Handler())}
	first := f.initialize(t)
	for range 255 { // which is as many as one caller may have
		if f.initialize(t) == "" {
			t.Fatal("no session before the bound")
		}
	}
	if id := f.initialize(t); id != "" {
		t.Errorf("session %q beyond the bound", id)
	}
	if w := f.do(t.Context(), request{method: "POST", as: "alice", body: listTools}); w.Code != 200 {
		t.Errorf("without a session: %d", w.Code)
	}
	f.do(t.Context(), request{method: "DELETE", as: "alice", session: first})
	if f.initialize(t) == "" {
		t.Error("an ended session makes no room")
	}
}
