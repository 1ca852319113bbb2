package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
)

// renewable is a credential that can be exchanged while a client uses it.
type renewable struct{ token atomic.Pointer[string] }

func (c *renewable) use(token string) { c.token.Store(&token) }

func (c *renewable) headers(ctx context.Context) map[string]string {
	return bearerOf(*c.token.Load())(ctx)
}

// A session outlives its token: it is the caller's, and goes on with the next one.
// A token that ends meanwhile ends nothing but the requests that carry it.
func TestSessionOutlivesItsToken(t *testing.T) {
	d := deploy(t)
	for _, revision := range revisions {
		t.Run(revision, func(t *testing.T) {
			var alice renewable
			alice.use(d.issuer.mint(nil))
			g := visit(t, d.mcp, revision, alice.headers).handshake(t)
			id := g.GetSessionId()
			before := g.say(t, "whoami", nil)

			alice.use(d.issuer.mint(map[string]any{"exp": ago()}))
			_, err := g.call(t, "whoami", nil)
			d.checkRefused(t, d.mcp, err)

			second := d.issuer.mint(map[string]any{"scope": "read", "exp": time.Now().Add(2 * time.Hour)})
			alice.use(second)
			after := g.say(t, "whoami", nil)
			if before == after || !strings.Contains(after, `"scopes":["read"]`) {
				t.Errorf("whoami says %s and then %s", before, after)
			}
			if g.GetSessionId() != id {
				t.Error("another session")
			}
			trips := g.wire.trips()
			last := trips[len(trips)-1]
			if last.sent.Get("Authorization") != "Bearer "+second || last.sent.Get("Mcp-Session-Id") != id {
				t.Error("the client did something else than this test is about")
			}
		})
	}
}

// Nobody can use, listen to or end another's session, whatever they know of it;
// and its owner goes on undisturbed.
func TestSessionBelongsToItsCaller(t *testing.T) {
	d := deploy(t)
	g := visit(t, d.mcp, "2025-11-25", d.as("alice")).handshake(t)
	id := g.GetSessionId()
	stream := raw(t, http.MethodGet, d.mcp, d.as("alice"), inSession(id), "")
	for _, test := range []struct {
		name string
		who  credential
		want int
	}{
		{"another user", d.as("bob"), http.StatusNotFound},
		{"the same user with another client", bearerOf(d.issuer.mint(map[string]any{"client_id": "other"})), http.StatusNotFound},
		{"an API key", keyOf(apiKey), http.StatusNotFound},
		{"nobody", nobody, http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, url := range []string{d.mcp, d.mcp + aliasSuffix} {
				for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
					if status, body := drained(t, raw(t, method, url, test.who, inSession(id), listTools)); status != test.want {
						t.Errorf("%s: %d %s", method, status, body)
					}
				}
				thief := visit(t, url, "2025-11-25", test.who, transport.WithSession(id))
				if err := thief.burgle(t); err == nil {
					t.Error("a call in another's session succeeds")
				}
			}
			if who := g.whoami(t); who.Subject != "alice" {
				t.Errorf("the owner is %+v", who)
			}
		})
	}
	if status, _ := drained(t, raw(t, http.MethodDelete, d.mcp, d.as("alice"), inSession(id), "")); status != http.StatusOK {
		t.Errorf("DELETE by the owner: %d", status)
	}
	if left, err := io.ReadAll(stream.Body); err != nil || len(left) > 0 {
		t.Errorf("the owner's stream had %q and ended with %v", left, err)
	}
}

// The same of the older transport, whose session ids are in URLs.
func TestSSESessionBelongsToItsCaller(t *testing.T) {
	d := deploy(t, "MCP_SSE_ENABLED=true")
	g, err := visitSSE(t, strings.TrimSuffix(d.mcp, endpointPath)+"/sse", d.as("alice"))
	if err != nil {
		t.Fatal(err)
	}
	g.handshake(t)
	at := client.GetEndpoint(g.Client).String()
	for name, test := range map[string]struct {
		who  credential
		want int
	}{
		"another user": {d.as("bob"), http.StatusNotFound},
		"an API key":   {keyOf(apiKey), http.StatusNotFound},
		"nobody":       {nobody, http.StatusUnauthorized},
		"the owner":    {d.as("alice"), http.StatusAccepted},
	} {
		if status, _ := drained(t, raw(t, http.MethodPost, at, test.who, nil, listTools)); status != test.want {
			t.Errorf("%s: %d, want %d", name, status, test.want)
		}
	}
	if who := g.whoami(t); who.Subject != "alice" {
		t.Errorf("the owner is %+v", who)
	}
}

// mcp-go's client ends its session without saying who it is. That ends no session:
// anybody could say it.
func TestCloseWithoutToken(t *testing.T) {
	d := deploy(t)
	g := visit(t, d.mcp, "2025-11-25", d.as("alice")).handshake(t)
	id := g.GetSessionId()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	trips := g.wire.trips()
	last := trips[len(trips)-1]
	if last.method != http.MethodDelete || last.sent.Get("Authorization") != "" || last.status != http.StatusUnauthorized {
		t.Errorf("%s with %q: %d", last.method, last.sent.Get("Authorization"), last.status)
	}
	if status, _ := drained(t, raw(t, http.MethodPost, d.mcp, d.as("alice"), inSession(id), listTools)); status != http.StatusOK {
		t.Errorf("the session afterwards: %d", status)
	}
}

// What a caller hears while a call runs, it hears at once: this caller waits for
// the first step and ends the call then, which would be over if steps were held
// back.
func TestProgressIsStreamed(t *testing.T) {
	d := deploy(t)
	for _, test := range []struct {
		name            string
		header          map[string]string
		call, cancelled string
	}{
		{"2025-11-25", nil, legacyCountdown, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`},
		{modern, map[string]string{"Mcp-Protocol-Version": modern, "Mcp-Method": "tools/call", "Mcp-Name": "countdown"}, modernCountdown,
			`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"_meta":` + modernMeta + `}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := map[string]string{}
			for name, value := range test.header {
				header[name] = value
			}
			if test.header == nil {
				header["Mcp-Session-Id"] = visit(t, d.mcp, "2025-11-25", d.as("alice")).handshake(t).GetSessionId()
			}
			events := eventsOf(raw(t, http.MethodPost, d.mcp, d.as("alice"), header, test.call).Body)
			if first := next(t, events); !strings.Contains(first, `"progress":1`) {
				t.Fatalf("the first event is %q", first)
			}
			if test.header != nil {
				header["Mcp-Method"] = "notifications/cancelled"
				delete(header, "Mcp-Name")
			}
			if status, body := drained(t, raw(t, http.MethodPost, d.mcp, d.as("alice"), header, test.cancelled)); status != http.StatusAccepted {
				t.Fatalf("cancelling: %d %s", status, body)
			}
			for event := next(t, events); event != ""; event = next(t, events) {
				if strings.Contains(event, "Lift-off.") {
					t.Error("the call was over when its first step was heard of")
				}
			}
		})
	}
}
