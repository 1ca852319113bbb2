package demo_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// Shutdown ends streams at once, which http.Server.Shutdown alone would wait for,
// and lets a call under way finish.
func TestShutdown(t *testing.T) {
	s, web := start(t)
	url := web.URL + "/mcp"
	get := events(request{method: "GET", as: "alice", session: initialize(t, url, "alice")}.send(t.Context(), t, url).Body)
	sse := events(request{method: "GET", as: "alice"}.send(t.Context(), t, web.URL+"/sse").Body)
	listens := []<-chan []byte{listen(t, url, "alice"), listen(t, url, "alice"), listen(t, url, "anonymous")}
	call := request{as: "alice", body: message(t, 1, "tools/call", countdownWithProgress(3, 200))}.send(t.Context(), t, url)
	running := events(call.Body)
	next(t, running)

	began := time.Now()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	last(t, get)
	last(t, sse)
	for _, stream := range listens {
		checkGraceful(t, stream)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("the streams took %v to end", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := web.Config.Shutdown(ctx); err != nil {
		t.Errorf("http.Server.Shutdown: %v", err)
	}
	if end := last(t, running); !strings.Contains(string(end), "Lift-off.") {
		t.Errorf("the call under way ended with %s", end)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("again: %v", err)
	}
}

// listen opens a subscription with the JSON-RPC id 1 and waits until it is
// acknowledged.
func listen(t *testing.T, url, as string) <-chan []byte {
	t.Helper()
	res := request{
		as: as, version: "2026-07-28", mcp: "subscriptions/listen",
		body: message(t, 1, "subscriptions/listen", modern(map[string]any{"notifications": map[string]any{"toolsListChanged": true}})),
	}.send(t.Context(), t, url)
	stream := events(res.Body)
	if ack := next(t, stream); !strings.Contains(string(ack), "notifications/subscriptions/acknowledged") {
		t.Fatalf("%d: %s", res.StatusCode, ack)
	}
	return stream
}

// checkGraceful wants the result that tells an end from a broken connection.
func checkGraceful(t *testing.T, stream <-chan []byte) {
	t.Helper()
	var end struct {
		ID     int
		Result struct {
			ResultType string
			Meta       map[string]any `json:"_meta"`
		}
	}
	event := next(t, stream)
	if err := json.Unmarshal(event, &end); err != nil {
		t.Fatalf("%v: %q", err, event)
	}
	if end.ID != 1 || end.Result.ResultType != "complete" || end.Result.Meta["io.modelcontextprotocol/subscriptionId"] != float64(1) {
		t.Errorf("ended with %s", event)
	}
	if more := next(t, stream); more != nil {
		t.Errorf("after the end: %s", more)
	}
}

// Nothing waits for the end of the server on behalf of a caller who has gone.
func TestStreamsEndWithTheirCaller(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	ctx, cancel := context.WithCancel(t.Context())
	request{method: "GET", as: "alice", session: initialize(t, url, "alice")}.send(ctx, t, url)
	request{method: "GET", as: "alice"}.send(ctx, t, web.URL+"/sse")
	res := request{
		as: "alice", version: "2026-07-28", mcp: "subscriptions/listen",
		body: message(t, 1, "subscriptions/listen", modern(map[string]any{"notifications": map[string]any{"toolsListChanged": true}})),
	}.send(ctx, t, url)
	next(t, events(res.Body))
	cancel()
	for _, stays := range []string{"handleSubscriptionsListen", "endWithServer", "handleGet", "handleSSE", "demo.until"} {
		noneOf(t, stays)
	}
}

// What arrives after shutdown began is answered, and opens nothing that stays.
func TestAfterShutdown(t *testing.T) {
	s, web := start(t)
	url := web.URL + "/mcp"
	id := initialize(t, url, "alice")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, q := range []request{{method: "GET", session: id}, {session: id, body: listTools}} {
		q.as = "alice"
		if res := q.send(t.Context(), t, url); res.StatusCode != 404 {
			t.Errorf("%s of an ended session: %d", q.method, res.StatusCode)
		}
	}
	if id := initialize(t, url, "alice"); id != "" {
		t.Errorf("a new session %q", id)
	}
	if a := tool(t, url, "alice", "whoami", nil); a.Result.IsError {
		t.Error(a.text())
	}
	for range 10 {
		checkGraceful(t, listen(t, url, "alice")) // acknowledged all the same
	}
	last(t, events(request{method: "GET", as: "alice"}.send(t.Context(), t, web.URL+"/sse").Body))
}
