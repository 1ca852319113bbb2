package middleware_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// While others come with all tokens at once, whoever set a policy, or the clock, finds it
// obeyed for each of them from then on: nothing that is remembered is of another user, has
// the scopes of the policy before, or outlives its time.
func TestRememberingObeysAtOnce(t *testing.T) {
	var clock clock
	c := config()
	c.Now, c.TokenCache, c.Policy, c.Scopes, c.Aliases = clock.now, 16, &middleware.Policy{}, nil, []string{alias}
	g := newGuard(t, c)
	other := g.For(alias)
	const tokens, minutes = 40, 8 // and one of leeway
	texts := make([]string, tokens)
	ends := func(n int) time.Time { return started.Add(time.Duration(n%minutes+1) * time.Minute) }
	for n := range texts {
		texts[n] = mint(map[string]any{"sub": fmt.Sprintf("user-%d", n), "scope": fmt.Sprintf("s%d", n), "permissions": fmt.Sprintf("p%d", n), "exp": ends(n)})
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := worker; ; i += 7 {
				select {
				case <-stop:
					return
				default:
				}
				n := i % tokens
				before := clock.now()
				p, err := g.Check(request("GET", "Authorization", "Bearer "+texts[n]))
				switch {
				case err == nil && p.Subject != fmt.Sprintf("user-%d", n):
					t.Errorf("%d is %s", n, p.Subject)
				case err == nil && !before.Before(ends(n).Add(time.Minute)):
					t.Errorf("%d is admitted at %s, and ended at %s", n, before, ends(n))
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	for step := range 20 * minutes {
		at := []*middleware.Guard{g, other}[step%2]
		prefix := []string{"s", "p"}[step%2]
		if err := at.SetPolicy(middleware.Policy{ScopeClaims: [][]string{nil, {"permissions"}}[step%2]}); err != nil {
			t.Fatal(err)
		}
		clock.set(started.Add(time.Duration(step) * time.Minute / 20))
		for n := range tokens {
			p, err := []*middleware.Guard{g, other}[n%2].Check(request("GET", "Authorization", "Bearer "+texts[n]))
			good := clock.now().Before(ends(n).Add(time.Minute))
			if (err == nil) != good || good && (p.Subject != fmt.Sprintf("user-%d", n) || !slices.Equal(p.Scopes, []string{fmt.Sprint(prefix, n)})) {
				t.Errorf("step %d, token %d: %+v, %v", step, n, p, err)
			}
		}
	}
}
