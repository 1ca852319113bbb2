package middleware_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// stepUp is a guard whose tool t needs the scope "call", and in which admin implies
// write.
func stepUp(t *testing.T) *middleware.Guard {
	c := config()
	c.Policy = &middleware.Policy{Implies: map[string][]string{"admin": {"write"}}, Tools: needs("call")}
	return newGuard(t, c)
}

// ofTools is what it calls with.
const ofTools = "mcp:tools call"

// stepUpChallenge is the challenge for these scopes.
func stepUpChallenge(scopes string) string {
	return `Bearer resource_metadata="` + resourceDocument + `", error="insufficient_scope", scope="` + scopes + `"`
}

// answer runs h behind the guard for a call of the tool, over a connection.
func answer(t *testing.T, g *middleware.Guard, scopes string, h http.HandlerFunc) (*http.Response, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(g.Handler(h))
	complaints := new(syncBuffer)
	server.Config.ErrorLog = log.New(complaints, "", 0)
	server.Start()
	defer func() {
		server.Close()
		if complaints.Len() > 0 {
			t.Errorf("net/http complained: %s", complaints)
		}
	}()
	r := post(mint(map[string]any{"scope": scopes}), tool("call"))
	r.RequestURI, r.Host = "", "mcp.example.com"
	r.URL.Scheme, r.URL.Host = "http", server.Listener.Addr().String()
	r = r.WithContext(t.Context())
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// What a handler answers after RequireScopes failed is replaced by the 403, in
// whatever way it answers.
func TestRequireScopesBecomesTheAnswer(t *testing.T) {
	for name, rest := range map[string]http.HandlerFunc{
		"nothing":  func(http.ResponseWriter, *http.Request) {},
		"a body":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "canary") },
		"a status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) },
		"an error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "canary", 500) },
		"many writes": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "ca")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "canary")
		},
		"a flush":           func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"a flush by way of": func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"two statuses":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); w.WriteHeader(201) },
		"a copy":            func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("canary")) },
		"headers of its own": func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Content-Length", "6")
			h.Set("Content-Type", "text/event-stream")
			h.Set("Content-Encoding", "gzip")
			h.Set("Etag", `"canary"`)
			h.Set("Www-Authenticate", "Basic")
			h.Set("Mcp-Session-Id", "canary")
			_, _ = io.WriteString(w, "canary")
		},
		"a trailer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Canary")
			_, _ = io.WriteString(w, "canary")
			w.Header().Set("X-Canary", "canary")
		},
		"in gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "canary")
			_ = z.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			res, body := answer(t, stepUp(t), ofTools, func(w http.ResponseWriter, r *http.Request) {
				if middleware.RequireScopes(r.Context(), "write", "call") == nil {
					t.Error("a scope is held that is not")
				}
				rest(w, r)
			})
			got := res.Header["Www-Authenticate"]
			if res.StatusCode != 403 || len(got) != 1 || got[0] != stepUpChallenge("mcp:tools call write") {
				t.Errorf("%d %q", res.StatusCode, got)
			}
			if !strings.Contains(body, `"error":"insufficient_scope"`) || strings.Contains(body, "canary") {
				t.Errorf("body %q", body)
			}
			var all strings.Builder
			_ = res.Header.Write(&all)
			_ = res.Trailer.Write(&all)
			if strings.Contains(all.String(), "canary") || res.Header.Get("Content-Encoding") != "" || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("header %s", &all)
			}
		})
	}
}

func TestRequireScopesHeld(t *testing.T) {
	for _, scopes := range []string{"write", "admin"} {
		res, body := answer(t, stepUp(t), ofTools+" "+scopes, func(w http.ResponseWriter, r *http.Request) {
			if err := middleware.RequireScopes(r.Context(), "write", "mcp:tools"); err != nil {
				t.Error(err)
			}
			if err := middleware.RequireScopes(r.Context()); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, "done")
		})
		if res.StatusCode != 200 || body != "done" || res.Header.Get("Www-Authenticate") != "" {
			t.Errorf("%s: %d %q", scopes, res.StatusCode, body)
		}
	}
}

// Once a byte is out it is too late, and the handler's own answer is all there is.
func TestRequireScopesTooLate(t *testing.T) {
	for name, begin := range map[string]http.HandlerFunc{
		"after a status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) },
		"after a flush":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); w.(http.Flusher).Flush() },
		"after a write":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); _, _ = io.WriteString(w, "") },
	} {
		t.Run(name, func(t *testing.T) {
			res, body := answer(t, stepUp(t), ofTools, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				begin(w, r)
				err := middleware.RequireScopes(r.Context(), "write")
				if err == nil {
					t.Error("held")
				}
				_, _ = fmt.Fprintf(w, "data: %v\n\n", err)
			})
			if res.StatusCode != 202 || body != "data: insufficient scope: needed are mcp:tools call write\n\n" || res.Header.Get("Www-Authenticate") != "" {
				t.Errorf("%d %q %q", res.StatusCode, body, res.Header)
			}
		})
	}
}

// The first refusal is the one: it is what the handler went by.
func TestRequireScopesTwice(t *testing.T) {
	res, _ := answer(t, stepUp(t), ofTools, func(_ http.ResponseWriter, r *http.Request) {
		_ = middleware.RequireScopes(r.Context(), "write")
		_ = middleware.RequireScopes(r.Context(), "other")
	})
	if got := res.Header.Get("Www-Authenticate"); got != stepUpChallenge("mcp:tools call write") {
		t.Error(got)
	}
}

// Hints come before the status, which is still open then.
func TestRequireScopesAfterHints(t *testing.T) {
	var hints []int
	server := httptest.NewServer(stepUp(t).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		_ = middleware.RequireScopes(r.Context(), "write")
		_, _ = io.WriteString(w, "canary")
	})))
	defer server.Close()
	r := post(mint(map[string]any{"scope": ofTools}), tool("call"))
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", server.Listener.Addr().String()
	r.Host = "mcp.example.com"
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { hints = append(hints, code); return nil }}
	res, err := http.DefaultTransport.RoundTrip(r.WithContext(httptrace.WithClientTrace(t.Context(), trace)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if len(hints) != 1 || res.StatusCode != 403 {
		t.Errorf("%v, then %d", hints, res.StatusCode)
	}
}

// A panic is a 500, even of a handler that asked for scopes before.
func TestRequireScopesBeforeAPanic(t *testing.T) {
	g := stepUp(t)
	for name, h := range map[string]http.HandlerFunc{
		"alone":          func(http.ResponseWriter, *http.Request) {},
		"after it asked": func(_ http.ResponseWriter, r *http.Request) { _ = middleware.RequireScopes(r.Context(), "write") },
	} {
		w := serve(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h(w, r)
			panic("canary")
		})), post(mint(map[string]any{"scope": ofTools}), tool("call")))
		if w.Code != 500 || strings.Contains(w.Body.String(), "canary") || w.Header().Get("Www-Authenticate") != "" {
			t.Error(name, w.Code, w.Body, w.Header())
		}
	}
}
