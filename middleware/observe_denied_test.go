package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// An operator has to learn who was refused what; of a credential that did not hold,
// there is nobody to name.
func TestRefusalsNameTheCaller(t *testing.T) {
	keys, err := apikey.New(apikey.Config{Keys: []string{"the-key"}})
	if err != nil {
		t.Fatal(err)
	}
	var seen []middleware.Event
	g, err := middleware.New(middleware.Config{
		Resource: "https://mcp.example.com/mcp",
		APIKeys:  keys,
		Policy:   &middleware.Policy{Tools: map[string]middleware.Rule{"wipe": {Scopes: []string{"admin"}}}},
		Observe:  func(_ context.Context, e middleware.Event) { seen = append(seen, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("let through") }))
	for _, key := range []string{"the-key", "another"} {
		r := httptest.NewRequest(http.MethodPost, "https://mcp.example.com/mcp",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe"}}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-API-Key", key)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if len(seen) != 2 {
		t.Fatalf("%d events", len(seen))
	}
	if p := seen[0].Principal; p == nil || p.Subject != "key-1" || seen[0].Operation != "tools/call wipe" || seen[0].Denial.Reason != "insufficient_scope" {
		t.Errorf("of a known caller: %+v", seen[0])
	}
	if seen[1].Principal != nil || seen[1].Operation != "" || seen[1].Denial.Reason != "unknown_api_key" {
		t.Errorf("of an unknown one: %+v", seen[1])
	}
}
