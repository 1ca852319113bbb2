package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// BenchmarkPolicy is what reading the body and deciding about it adds to a request.
// The credential is an API key, which costs next to nothing.
func BenchmarkPolicy(b *testing.B) {
	keys, err := apikey.New(apikey.Config{Keys: []string{"bench-key"}, Scopes: []string{"admin"}})
	if err != nil {
		b.Fatal(err)
	}
	policy := &middleware.Policy{
		Implies: map[string][]string{"admin": {"write"}, "write": {"read"}},
		Tools:   map[string]middleware.Rule{"notes_add": {Scopes: []string{"write"}}},
	}
	for _, size := range []int{64, 4 << 10} {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"notes_add","arguments":{"text":"` + strings.Repeat("x", size) + `"}}}`
		for name, p := range map[string]*middleware.Policy{"none": nil, "by tool": policy} {
			guard, err := middleware.New(middleware.Config{Resource: "https://mcp.example.com/mcp", APIKeys: keys, Policy: p})
			if err != nil {
				b.Fatal(err)
			}
			h := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
			b.Run(name+"/"+byteCount(size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r := httptest.NewRequest(http.MethodPost, "https://mcp.example.com/mcp", strings.NewReader(body))
					r.Header.Set("X-API-Key", "bench-key")
					r.Header.Set("Content-Type", "application/json")
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code != http.StatusNoContent {
						b.Fatal(w.Code, w.Body)
					}
				}
			})
		}
	}
}

func byteCount(n int) string {
	if n < 1<<10 {
		return "small"
	}
	return "4KiB"
}
