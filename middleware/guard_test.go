package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// Check is the decision without the answers: it needs no Handler, and leaves the
// request as it was.
func TestCheckChangesNothing(t *testing.T) {
	g := newGuard(t, config())
	r := request("POST", "Authorization", "Bearer "+mint(nil), "X-Api-Key", "x", "Accept", "*/*")
	body := io.NopCloser(strings.NewReader("{}"))
	r.Body, r.ContentLength = body, -1
	before, header := *r, maps.Clone(r.Header)
	p, err := g.Check(r)
	if err != nil || p.Subject != "alice" {
		t.Fatalf("Check = %v, %v", p, err)
	}
	if !reflect.DeepEqual(r.Header, header) || r.Body != body || r.ContentLength != -1 || r.Context() != before.Context() {
		t.Error("the request has changed")
	}
	if rest, err := io.ReadAll(r.Body); err != nil || string(rest) != "{}" {
		t.Errorf("the body was read: %q is left, %v", rest, err)
	}
	if middleware.PrincipalFrom(r.Context()) != nil {
		t.Error("Check put somebody into the context")
	}
}

// The error of Check is all that a caller needs who answers in another way.
func TestCheckRefuses(t *testing.T) {
	p, err := newGuard(t, config()).Check(request("POST"))
	if p != nil {
		t.Errorf("there is a principal: %v", p)
	}
	if d := middleware.DenialOf(err); d.Reason != "no_credential" || d.Status != 401 || d.Code != "" || d.Err == nil {
		t.Errorf("denial %+v", d)
	}
}

// A writer is what a server might give: it has methods beyond those of http.ResponseWriter.
type writer struct {
	*httptest.ResponseRecorder
	flushed int
}

func (w *writer) Flush() { w.flushed++ }

// mcp-go streams only to an http.Flusher, and looks for no Unwrap.
func TestHandlerDoesNotWrapTheResponseWriter(t *testing.T) {
	for _, origin := range []string{"", "https://mcp.example.com"} {
		w := &writer{ResponseRecorder: httptest.NewRecorder()}
		h := newGuard(t, config()).Handler(http.HandlerFunc(func(got http.ResponseWriter, _ *http.Request) {
			if got != http.ResponseWriter(w) {
				t.Errorf("the handler got a %T", got)
			}
			got.(http.Flusher).Flush()
		}))
		r := bearer(mint(nil))
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		h.ServeHTTP(w, r)
		if w.flushed != 1 {
			t.Error("nothing was flushed")
		}
	}
}

// What caches know of the answer from elsewhere is no less true for us.
func TestHandlerAddsToVary(t *testing.T) {
	h := newGuard(t, config()).Handler(ok)
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		h.ServeHTTP(w, r)
	})
	for _, r := range []*http.Request{bearer(mint(nil)), bearer("x")} {
		if got := serve(outer, r).Header()["Vary"]; !slices.Equal(got, []string{"Accept", "Origin"}) {
			t.Errorf("Vary is %q", got)
		}
	}
}

func TestHandlerLetsAbortsThrough(t *testing.T) {
	h := newGuard(t, config()).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	w := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v", p)
		}
		if w.Body.Len() > 0 {
			t.Errorf("something was written: %s", w.Body)
		}
	}()
	h.ServeHTTP(w, bearer(mint(nil)))
}

// A panic is no answer of ours, even if its cause is an error that we have answers for.
// On a connection of net/http, that is broken as well; elsewhere nobody could catch it.
func TestPanicIsNeverADecision(t *testing.T) {
	for i, cause := range []any{"bug", errors.New("bug"), jwks.ErrExpired, apikey.ErrUnknown, 7} {
		r := bearer(mint(nil))
		var want any
		if i%2 == 0 {
			r, want = r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, new(http.Server))), http.ErrAbortHandler
		}
		h := newGuard(t, config()).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			w.Header().Set("Content-Length", "5")
			w.Header().Set("Etag", "x")
			w.Header().Set("Cache-Control", "public")
			panic(cause)
		}))
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if p := recover(); p != want {
					t.Errorf("panic(%v): %v, want %v", cause, p, want)
				}
			}()
			h.ServeHTTP(w, r)
		}()
		if w.Code != 500 || w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("panic(%v): %d %v", cause, w.Code, w.Header())
		}
		for _, name := range []string{"Content-Encoding", "Etag"} {
			if w.Header().Get(name) != "" {
				t.Errorf("%s of the answer that was never given is still there", name)
			}
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control is %q", got)
		}
	}
}

// What breaks off must look so: an answer that ends as if it were complete is taken for one.
func TestPanicInTheMiddleOfAnAnswer(t *testing.T) {
	h := newGuard(t, config()).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half of it")
		_ = http.NewResponseController(w).Flush()
		panic("bug")
	}))
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = discard
	server.Start()
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+mint(nil))
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil {
		t.Errorf("the answer seems to be complete: %q", body)
	}
}

// A panic before the answer is answered for. Over HTTP/2 the stream breaks off behind
// the answer, and clients have it by then.
func TestPanicIsAnsweredOverTheNetwork(t *testing.T) {
	h := newGuard(t, config()).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") }))
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(h)
		server.EnableHTTP2 = http2
		server.Config.ErrorLog = discard
		server.StartTLS()
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+mint(nil))
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil && !http2 || response.StatusCode != 500 || !bytes.Contains(body, []byte("server_error")) {
			t.Errorf("%s: %d %q %v", response.Proto, response.StatusCode, body, err)
		}
		response.Body.Close()
		server.Close()
	}
}

// APIKeyBearer without keys must not take tokens for keys that nobody has.
func TestKeyBearerWithoutKeys(t *testing.T) {
	c := config()
	c.APIKeyBearer = true
	if got := reasonOf(newGuard(t, c), bearer(mint(nil))); got != "" {
		t.Errorf("a good token is refused: %s", got)
	}
}

// The scopes of a key are its own: a handler that changes them changes nothing for others.
func TestPrincipalsDoNotShareScopes(t *testing.T) {
	c := config()
	c.APIKeys = store(t, "mcp:tools")
	g := newGuard(t, c)
	for range 2 {
		p, err := g.Check(request("POST", "X-API-Key", goodKey))
		if err != nil {
			t.Fatal(err)
		}
		p.Scopes[0] = "changed"
	}
}

// Many callers at once: each handler sees its own caller, and nobody who is refused.
func TestConcurrentCallers(t *testing.T) {
	c := config()
	c.Aliases, c.APIKeys = []string{alias}, store(t, "mcp:tools")
	var mu sync.Mutex
	events := 0
	c.Observe = func(context.Context, middleware.Event) { mu.Lock(); events++; mu.Unlock() }
	g := newGuard(t, c)
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, middleware.PrincipalFrom(r.Context()).Subject)
	})
	handlers := []http.Handler{g.Handler(who), g.For(alias).Handler(who)}
	var wg sync.WaitGroup
	const callers, calls = 8, 25
	for i := range callers {
		name := fmt.Sprintf("user-%d", i)
		token := mint(map[string]any{"sub": name})
		wg.Go(func() {
			for n := range calls {
				h := handlers[n%2]
				if w := serve(h, bearer(token)); w.Code != 200 || w.Body.String() != name {
					t.Errorf("%s got %d %s", name, w.Code, w.Body)
				}
				if w := serve(h, request("POST", "X-API-Key", goodKey)); w.Body.String() != "key-1" {
					t.Errorf("the key got %d %s", w.Code, w.Body)
				}
				if w := serve(h, bearer(token+"x")); w.Code != 401 {
					t.Errorf("a spoilt token got %d", w.Code)
				}
			}
		})
	}
	wg.Wait()
	if want := callers * calls * 3; events != want {
		t.Errorf("%d events, want %d", events, want)
	}
}
