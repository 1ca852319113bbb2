package demo_test

import (
	"net/http"
	"testing"
)

// The steps of a call arrive on the stream of the call, all of them and in order,
// also while the session has a GET stream open.
func TestProgressStaysWithItsCall(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	session := initialize(t, url, "alice")
	open := request{method: http.MethodGet, as: "alice", session: session}.send(t.Context(), t, url)
	stream := events(open.Body)
	for range 10 {
		call := request{as: "alice", session: session, body: message(t, 7, "tools/call", countdownWithProgress(3, 1))}
		checkProgress(t, call.send(t.Context(), t, url).Body)
	}
	if res := (request{method: http.MethodDelete, as: "alice", session: session}).send(t.Context(), t, url); res.StatusCode != http.StatusOK {
		t.Fatalf("DELETE: %d", res.StatusCode)
	}
	if event := next(t, stream); event != nil {
		t.Errorf("the GET stream carried %s", event)
	}
}
