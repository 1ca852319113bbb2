package middleware_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

const (
	resource = "https://mcp.example.com/mcp"
	alias    = "https://mcp.example.com/mcp/messages"

	resourceDocument = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"

	goodKey = "dev-key-123"
)

// started is what every clock shows: tests do not depend on the time of day.
var started = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

func now() time.Time { return started }

// issuer is the provider of all tests that need no one of their own. It publishes
// one ES256 key.
var issuer = sync.OnceValue(func() *jwkstest.Issuer {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		panic(err)
	}
	is.RemoveKey(is.KeyIDs()[0]) // RSA keys take long to make
	is.SetAudience(resource)
	is.SetNow(now)
	return is
})

// mint returns a good token with these claims laid over the usual ones.
func mint(claims map[string]any) string {
	all := map[string]any{"scope": "mcp:tools", "client_id": "cli"}
	for name, value := range claims {
		all[name] = value
	}
	return issuer().Mint(jwkstest.Token{Claims: all})
}

// config is a guard in ordinary use: one issuer, one scope.
func config() middleware.Config {
	return middleware.Config{
		Resource:  resource,
		Issuers:   []jwks.Issuer{{URL: issuer().URL, Algorithms: []string{"ES256"}}},
		Scopes:    []string{"mcp:tools"},
		Transport: issuer().RoundTripper(),
		Now:       now,
	}
}

func newGuard(t testing.TB, c middleware.Config) *middleware.Guard {
	t.Helper()
	g, err := middleware.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// store holds one key, which grants scopes.
func store(t testing.TB, scopes ...string) *apikey.Store {
	t.Helper()
	s, err := apikey.New(apikey.Config{Keys: []string{goodKey}, Scopes: scopes, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request asks the resource for something, with headers given as name, value, ….
func request(method string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, resource, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func bearer(token string) *http.Request { return request("POST", "Authorization", "Bearer "+token) }

// serve runs one request through h.
func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// reasonOf is the reason for which g refuses r, or "".
func reasonOf(g *middleware.Guard, r *http.Request) middleware.Reason {
	if _, err := g.Check(r); err != nil {
		return middleware.DenialOf(err).Reason
	}
	return ""
}

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })

// runBriefly runs g until it has begun, ends it, and returns what Run said.
func runBriefly(t *testing.T, g *middleware.Guard) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	time.Sleep(time.Millisecond)
	cancel()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		return errors.New("has not ended")
	}
}

// discard is for servers whose handlers panic on purpose.
var discard = log.New(io.Discard, "", 0)

// servers is a request as a server makes it.
func servers(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, new(http.Server)))
}
