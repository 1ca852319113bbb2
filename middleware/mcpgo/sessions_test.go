package mcpgo_test

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

func sealOf(t *testing.T, letters ...string) *middleware.SessionSeal {
	t.Helper()
	var keys [][]byte
	for _, letter := range letters {
		keys = append(keys, bytes.Repeat([]byte(letter), 32))
	}
	seal, err := middleware.NewSessionSeal(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return seal
}

var initialize = message("initialize", map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "c", "version": "1"}})

// begin begins a session and returns its id.
func (h *house) begin(t *testing.T, credential string, headers ...string) string {
	t.Helper()
	res, body := h.do(t, "POST", credential, initialize, headers...)
	id := res.Header.Get("Mcp-Session-Id")
	if res.StatusCode != 200 || id == "" {
		t.Fatalf("initialize: %d, session %q, %s", res.StatusCode, id, body)
	}
	return id
}

// Whoever steals a session id has nothing, on each way that a session can be used.
func TestStolenSessions(t *testing.T) {
	h := newHouse(t, rules(), sealOf(t, "k"))
	alice := h.token(nil)
	id := h.begin(t, alice)
	for name, thief := range map[string]string{
		"another user":   h.token(map[string]any{"sub": "bob"}),
		"another client": h.token(map[string]any{"client_id": "tablet"}),
		"an API key":     apiKey,
	} {
		for _, verb := range []string{"POST", "GET", "DELETE"} {
			body := ""
			if verb == "POST" {
				body = call("open")
			}
			res, text := h.do(t, verb, thief, body, "Mcp-Session-Id", id)
			if res.StatusCode != 404 || res.Header.Get("Www-Authenticate") != "" || !strings.Contains(text, "-32001") {
				t.Errorf("%s, %s: %d %s", name, verb, res.StatusCode, text)
			}
		}
	}
	if res, body := h.do(t, "POST", alice, call("open"), "Mcp-Session-Id", id); res.StatusCode != 200 {
		t.Errorf("its own: %d %s", res.StatusCode, body)
	}
	if res, _ := h.do(t, "GET", alice, "", "Mcp-Session-Id", id); res.StatusCode != 200 {
		t.Errorf("its own stream: %d", res.StatusCode)
	}
}

// A session lives on with a renewed token, on another replica, and with the next key.
func TestSessionsLiveOn(t *testing.T) {
	h := newHouse(t, rules(), sealOf(t, "a"))
	replica, next := newReplica(t, h.issuer, rules(), sealOf(t, "a")), newReplica(t, h.issuer, rules(), sealOf(t, "b", "a"))
	id := h.begin(t, h.token(nil))
	renewed := h.token(map[string]any{"jti": "2", "scope": "mcp:tools read"})
	for name, at := range map[string]*house{"the same": h, "another replica": replica, "another key": next} {
		if res, body := at.do(t, "POST", renewed, call("open"), "Mcp-Session-Id", id); res.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
	if res, _ := newReplica(t, h.issuer, rules(), sealOf(t, "b")).do(t, "POST", renewed, call("open"), "Mcp-Session-Id", id); res.StatusCode != 404 {
		t.Errorf("a key that was dropped: %d", res.StatusCode)
	}
	if res, _ := h.do(t, "DELETE", renewed, "", "Mcp-Session-Id", id); res.StatusCode != 200 {
		t.Errorf("DELETE of its own: %d", res.StatusCode)
	}
}

// initialize begins a session whatever id comes with it, and each is another.
func TestInitializeWithAStaleSession(t *testing.T) {
	h := newHouse(t, rules(), sealOf(t, "k"))
	token := h.token(nil)
	seen := map[string]bool{}
	for _, stale := range []string{"stale", h.begin(t, h.token(map[string]any{"sub": "bob"})), h.begin(t, token)} {
		seen[stale], seen[h.begin(t, token, "Mcp-Session-Id", stale)] = true, true
	}
	if len(seen) != 6 {
		t.Errorf("%d different ids of 6", len(seen))
	}
}

// Without a guard in front there is no caller, and so no session.
func TestSessionsWithoutAGuard(t *testing.T) {
	seal := sealOf(t, "k")
	r := httptest.NewRequest("POST", resource, nil)
	m := mcpgo.Sessions(seal).ResolveSessionIdManager(r)
	if id := m.Generate(); id != "" {
		t.Errorf("an id of nobody: %q", id)
	}
	for _, id := range []string{"", "x", seal.Seal(&middleware.Principal{}, "x"), seal.Seal(callers["anonymous"], "x")} {
		if _, err := m.Validate(id); err == nil {
			t.Errorf("%q is nobody's", id)
		}
	}
}

// mcp-go asks without a request when a session has idled.
func TestSessionsThatIdle(t *testing.T) {
	m := mcpgo.Sessions(sealOf(t, "k")).ResolveSessionIdManager(nil)
	if notAllowed, err := m.Terminate("x"); notAllowed || err != nil {
		t.Errorf("%v %v", notAllowed, err)
	}
	if _, err := m.Validate("x"); err == nil || m.Generate() != "" {
		t.Error("nobody has a session")
	}
}

// Behind the guard's back, the manager holds as well.
func TestSessionsHoldAlone(t *testing.T) {
	seal := sealOf(t, "k")
	r := httptest.NewRequest("POST", resource, nil)
	of := func(caller string) interface {
		Generate() string
		Validate(string) (bool, error)
		Terminate(string) (bool, error)
	} {
		return mcpgo.Sessions(seal).ResolveSessionIdManager(r.WithContext(middleware.WithPrincipal(r.Context(), callers[caller])))
	}
	id := of("alice").Generate()
	for caller := range callers {
		_, invalid := of(caller).Validate(id)
		_, kept := of(caller).Terminate(id)
		if own := caller == "alice"; (invalid == nil) != own || (kept == nil) != own {
			t.Errorf("%s: %v, %v", caller, invalid, kept)
		}
	}
}
