package middleware_test

import (
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// What one request needs is worked out beside others', and handed out: neither changes
// what the next one needs.
func TestNeededScopesAreOfOneRequest(t *testing.T) {
	c := config()
	c.Scopes = []string{"a", "b", "c"} // behind which append leaves room
	c.Policy = &middleware.Policy{Tools: map[string]middleware.Rule{"x": {Scopes: []string{"x"}}, "y": {Scopes: []string{"y"}}, "z": {}}}
	g := newGuard(t, c)
	token := mint(map[string]any{"scope": "none"})
	var wg sync.WaitGroup
	for tool, want := range map[string][]string{"x": {"a", "b", "c", "x"}, "y": {"a", "b", "c", "y"}, "z": {"a", "b", "c"}} {
		wg.Go(func() {
			for range 50 {
				r := request("POST", "Authorization", "Bearer "+token, "Content-Type", "application/json")
				body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `"}}`
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
				_, err := g.Check(r)
				d := middleware.DenialOf(err)
				if err == nil || !slices.Equal(d.Scopes, want) {
					t.Errorf("%s needs %q, want %q", tool, d.Scopes, want)
					return
				}
				clear(d.Scopes)
			}
		})
	}
	wg.Wait()
}
