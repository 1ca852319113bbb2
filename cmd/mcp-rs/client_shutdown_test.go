package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The end of the program ends streams at once and lets a call under way finish. Were
// one stream waited for, it would take until MCP_SHUTDOWN_TIMEOUT, and be logged.
func TestShutdown(t *testing.T) {
	d := deploy(t, "MCP_SHUTDOWN_TIMEOUT=25s", "MCP_SSE_ENABLED=true")
	alice := d.as("alice")
	session := visit(t, d.mcp, "2025-11-25", alice).handshake(t).GetSessionId()
	site := strings.TrimSuffix(d.mcp, endpointPath)
	streams := map[string]*http.Response{
		"GET":    raw(t, http.MethodGet, d.mcp, alice, inSession(session), ""),
		"SSE":    raw(t, http.MethodGet, site+"/sse", alice, nil, ""),
		"listen": raw(t, http.MethodPost, d.mcp, alice, map[string]string{"Mcp-Protocol-Version": modern, "Mcp-Method": "subscriptions/listen"}, modernListen),
		"call":   raw(t, http.MethodPost, d.mcp, alice, inSession(session), legacyCountdown),
	}
	ended := make(chan string, len(streams))
	last := map[string]*string{}
	for name, stream := range streams {
		if stream.StatusCode != http.StatusOK || stream.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%s: %d %s", name, stream.StatusCode, stream.Header.Get("Content-Type"))
		}
		events := eventsOf(stream.Body)
		if name != "GET" { // where nothing happens
			next(t, events)
		}
		final := new(string)
		last[name] = final
		go func() {
			for event := range events {
				*final = event
			}
			ended <- name
		}()
	}
	began := time.Now()
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	var order []string
	for range streams {
		order = append(order, <-ended)
	}
	if order[3] != "call" {
		t.Errorf("ended %v", order)
	}
	if !strings.Contains(*last["call"], "Lift-off.") {
		t.Errorf("the call ended with %q", *last["call"])
	}
	if !strings.Contains(*last["listen"], `"resultType":"complete"`) {
		t.Errorf("the subscription ended with %q", *last["listen"])
	}
	if log := d.log.String(); !strings.Contains(log, `"msg":"shutting down"`) || strings.Contains(log, "cut off") {
		t.Errorf("the log:\n%s", log)
	}
}

// A call that takes longer than MCP_SHUTDOWN_TIMEOUT is cut off, and the program
// ends all the same.
func TestShutdownTimeout(t *testing.T) {
	d := deploy(t, "MCP_SHUTDOWN_TIMEOUT=10ms")
	session := visit(t, d.mcp, "2025-11-25", d.as("alice")).handshake(t).GetSessionId()
	events := eventsOf(raw(t, http.MethodPost, d.mcp, d.as("alice"), inSession(session), legacyCountdown).Body)
	next(t, events)
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for event := next(t, events); event != ""; event = next(t, events) {
		if strings.Contains(event, "Lift-off.") {
			t.Error("the call was waited for")
		}
	}
	if !strings.Contains(d.log.String(), "some calls were cut off") {
		t.Errorf("the log:\n%s", d.log)
	}
}
