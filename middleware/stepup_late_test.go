package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Who has not signed in is asked to: a 403 would have nothing to step up from.
func TestRequireScopesOfAnonymous(t *testing.T) {
	c := config()
	c.Scopes, c.DangerouslyAllowAnonymous, c.Policy = nil, true, &middleware.Policy{}
	r := post("", tool("t"))
	r.Header.Del("Authorization")
	w := serve(newGuard(t, c).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if middleware.RequireScopes(r.Context(), "write") == nil {
			t.Error("held by nobody")
		}
	})), r)
	if got := w.Header().Get("Www-Authenticate"); w.Code != 401 || got != `Bearer resource_metadata="`+resourceDocument+`"` {
		t.Errorf("%d %q", w.Code, got)
	}
}

// What is no scope is never held, and never gets into a challenge: a handler could
// make it of what the caller sent.
func TestRequireScopesOfWhatIsNone(t *testing.T) {
	for _, scope := range []string{"", "a b", `x", error="invalid_token`, "a\r\nX-Canary: canary", "ü"} {
		w := serve(stepUp(t).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if middleware.RequireScopes(r.Context(), "call", scope) == nil {
				t.Errorf("%q is held", scope)
			}
			_, _ = io.WriteString(w, "canary")
		})), post(mint(map[string]any{"scope": ofTools}), tool("call")))
		if w.Code != 403 || w.Header()["Www-Authenticate"] != nil || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%q: %d %q %s", scope, w.Code, w.Header(), w.Body)
		}
	}
}

func TestRequireScopesWithoutAGuard(t *testing.T) {
	if middleware.RequireScopes(t.Context()) == nil || middleware.RequireScopes(t.Context(), "a") == nil {
		t.Error("nobody holds the scope")
	}
}

// Without a policy only the error tells.
func TestRequireScopesWithoutAPolicy(t *testing.T) {
	res, body := answer(t, newGuard(t, config()), "mcp:tools", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, middleware.RequireScopes(r.Context(), "write"))
	})
	if res.StatusCode != 200 || !strings.Contains(body, "needed are mcp:tools write") {
		t.Errorf("%d %q", res.StatusCode, body)
	}
}

// In a test's own context the principal's scopes decide.
func TestRequireScopesWithPrincipal(t *testing.T) {
	ctx := middleware.WithPrincipal(context.Background(), &middleware.Principal{Method: middleware.MethodJWT, Scopes: []string{"a"}})
	if err := middleware.RequireScopes(ctx, "a"); err != nil {
		t.Error(err)
	}
	if err := middleware.RequireScopes(ctx, "b"); err == nil || middleware.DenialOf(err).Reason != "insufficient_scope" {
		t.Error(err)
	}
}

// The writer of a POST streams as the server's own, and unwraps to it.
func TestLateWriterStreams(t *testing.T) {
	flushed := make(chan struct{})
	server := httptest.NewServer(stepUp(t).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(http.Flusher); !ok {
			t.Error("no Flusher")
		}
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Errorf("does not unwrap: %v", err)
		}
		_, _ = io.WriteString(w, "one\n")
		w.(http.Flusher).Flush()
		<-flushed
		_, _ = io.WriteString(w, "two\n")
	})))
	defer server.Close()
	r := post(mint(map[string]any{"scope": ofTools}), tool("call"))
	r.RequestURI, r.Host, r.URL.Scheme, r.URL.Host = "", "mcp.example.com", "http", server.Listener.Addr().String()
	res, err := http.DefaultTransport.RoundTrip(r.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	one, _ := lines.ReadString('\n')
	close(flushed) // only now may the handler go on
	two, err := lines.ReadString('\n')
	if one+two != "one\ntwo\n" {
		t.Errorf("%q %q %v", one, two, err)
	}
}

// A late refusal is a decision, and is observed as one.
func TestLateRefusalIsObserved(t *testing.T) {
	c := config()
	var reasons []middleware.Reason
	c.Policy = &middleware.Policy{}
	c.Observe = func(_ context.Context, e middleware.Event) {
		if e.Denial != nil {
			reasons = append(reasons, e.Denial.Reason)
		}
	}
	serve(newGuard(t, c).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		err := middleware.RequireScopes(r.Context(), "write")
		if d, ok := errors.AsType[*middleware.Denial](err); ok {
			t.Error("the handler got the whole story", d)
		}
	})), post(mint(nil), tool("t")))
	if len(reasons) != 1 || reasons[0] != "insufficient_scope" {
		t.Errorf("%q", reasons)
	}
}
