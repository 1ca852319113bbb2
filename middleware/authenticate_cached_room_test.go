package middleware_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// hs is a guard for tokens that are cheap to make, and what makes them.
func hs(t testing.TB, size int) (*middleware.Guard, func(sub string) string) {
	t.Helper()
	secret := []byte(strings.Repeat("s", 32))
	c := config()
	c.Issuers = []jwks.Issuer{{URL: issuer().URL, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(secret)}}
	c.TokenCache = size
	return newGuard(t, c), func(sub string) string {
		return issuer().Mint(jwkstest.Token{Secret: secret, Claims: map[string]any{"sub": sub, "scope": "mcp:tools"}})
	}
}

// A flood of good tokens that come once leaves those alone that come back, even if they
// don't come back meanwhile; and the bound holds.
func TestFloodOfOneTimeTokens(t *testing.T) {
	const size, users = 1000, 100
	g, mint := hs(t, size)
	var tokens []string
	var known []*middleware.Principal
	for i := range users {
		tokens = append(tokens, mint(fmt.Sprintf("user-%d", i)))
		admitted(t, g, bearer(tokens[i]))
		known = append(known, admitted(t, g, bearer(tokens[i])))
	}
	for range 10 * size {
		admitted(t, g, bearer(mint("nobody")))
	}
	if got := g.Remembered(); got > size || got < size*9/10 {
		t.Errorf("%d are remembered, of %d", got, size)
	}
	hits := 0
	for i := range users {
		if admitted(t, g, bearer(tokens[i])) == known[i] {
			hits++
		}
	}
	if hits < users*95/100 {
		t.Errorf("%d of %d users are still known", hits, users)
	}
}

// Whoever came back does not keep a place for ever: new users get in, though all places
// are taken by old ones that were seen twice.
func TestOldUsersMakeRoom(t *testing.T) {
	const size = 64
	g, mint := hs(t, size)
	for range 20 * size {
		token := mint("old")
		admitted(t, g, bearer(token))
		admitted(t, g, bearer(token))
	}
	missed := 0
	for range size {
		if !remembers(t, g, mint("new")) {
			missed++
		}
	}
	if missed > 0 || g.Remembered() > size {
		t.Errorf("%d of %d new tokens were not remembered; %d are in all", missed, size, g.Remembered())
	}
}

// A token that has ended makes room before one that has not.
func TestEndedTokensMakeRoom(t *testing.T) {
	var clock clock
	c := config()
	c.Now, c.TokenCache = clock.now, 8
	g := newGuard(t, c)
	stays := mint(map[string]any{"exp": started.Add(10 * time.Hour)})
	known := admitted(t, g, bearer(stays))
	for range 7 {
		short := mint(map[string]any{"jti": "x", "exp": started.Add(time.Minute)})
		admitted(t, g, bearer(short))
		admitted(t, g, bearer(short))
	}
	clock.set(started.Add(10 * time.Minute))
	for range 7 {
		admitted(t, g, bearer(mint(map[string]any{"exp": started.Add(time.Hour)})))
	}
	if admitted(t, g, bearer(stays)) != known {
		t.Error("it was forgotten while ended ones were kept")
	}
}

// Many callers, more tokens than there is room for, and policies that come and go: each
// token speaks for its own user, with the scopes that some policy of the time gives it.
func TestRememberingUnderLoad(t *testing.T) {
	c := config()
	c.TokenCache, c.Policy, c.Scopes = 16, &middleware.Policy{}, nil
	g := newGuard(t, c)
	var tokens []string
	for i := range 48 {
		tokens = append(tokens, mint(map[string]any{"sub": fmt.Sprintf("user-%d", i), "scope": "s", "permissions": "p"}))
	}
	stop := make(chan struct{})
	var wg, policies sync.WaitGroup
	policies.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := g.SetPolicy(middleware.Policy{ScopeClaims: [][]string{nil, {"permissions"}}[i%2]}); err != nil {
				t.Error(err)
			}
		}
	})
	for worker := range 4 {
		wg.Go(func() {
			for i := range 300 {
				n := (i*(worker+1) + i/7) % len(tokens)
				p, err := g.Check(request("GET", "Authorization", "Bearer "+tokens[n]))
				if err != nil || p.Subject != fmt.Sprintf("user-%d", n) || len(p.Scopes) != 1 || p.Scopes[0] != "s" && p.Scopes[0] != "p" {
					t.Errorf("token %d: %+v, %v", n, p, err)
				}
				if _, err := g.Check(bearer(tokens[n] + "A")); err == nil {
					t.Error("a spoilt token passes")
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	policies.Wait()
	if got := g.Remembered(); got > 16 {
		t.Errorf("%d are remembered", got)
	}
}

// Where all have come back, those who keep coming stay for longer than those who do not.
func TestWhoKeepsComingStays(t *testing.T) {
	g, mint := hs(t, 8) // one bucket
	var tokens []string
	for range 4 {
		tokens = append(tokens, mint("regular"))
	}
	verified, known := 0, map[string]*middleware.Principal{}
	const guests = 400
	for range guests {
		guest := mint("guest") // who comes twice, and never again
		admitted(t, g, bearer(guest))
		admitted(t, g, bearer(guest))
		for _, token := range tokens {
			p := admitted(t, g, bearer(token))
			if p != known[token] {
				verified++
			}
			known[token] = admitted(t, g, bearer(token))
		}
	}
	t.Logf("%d regulars were forgotten, by %d guests", verified, guests)
	if verified > guests/4 {
		t.Errorf("%d regulars were forgotten, by %d guests", verified, guests)
	}
}

// A token makes room for others once it is over, by the second, as far as 32 bits go; and
// then no longer, so that those who come back are still spared.
func TestWhenTokensMakeRoom(t *testing.T) {
	last := time.Unix(math.MaxUint32-2, 0)
	for _, until := range []time.Time{time.Unix(0, 0), time.Unix(1, 0), started, started.Add(999_999_999), last} {
		if middleware.MakesRoom(until, until.Add(-1)) {
			t.Errorf("%v: too early", until)
		}
		if !middleware.MakesRoom(until, until.Add(time.Second)) {
			t.Errorf("%v: not a second later", until)
		}
	}
	for _, until := range []time.Time{last.Add(time.Second), time.Unix(253402300799, 0)} {
		for _, now := range []time.Time{started, until.Add(-1), until.Add(time.Hour)} {
			if middleware.MakesRoom(until, now) {
				t.Errorf("%v: at %v", until, now)
			}
		}
	}
}
