package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// strangers send everything but good callers' requests until the end, in turn.
func (r *runner) strangers(ctx context.Context, end time.Time) {
	kinds := []func(i int) *request{
		r.unknownKey, r.withdrawnKey, r.badSignature, r.freshKey, r.unknownKey, r.foreignClaims,
		r.garbage, r.expired, r.nothing, r.unknownAPIKey, func(int) *request { return r.withAPIKey() },
	}
	var wg sync.WaitGroup
	for n := range strange {
		wg.Go(func() {
			c := newClient(r.server.url)
			defer c.close()
			paced(ctx, end, frenzy*time.Duration(n)/strange, frenzy, func(i int, _ time.Time) {
				i = n + i*strange
				if req := kinds[i%len(kinds)](i); req != nil {
					r.send(ctx, c, req)
				}
			})
		})
	}
	wg.Wait()
}

// bad is a request with a token that is refused at all times.
func bad(kind, token string) *request {
	return &request{kind: kind, header: "Authorization", value: "Bearer " + token, allowed: exactly(http.StatusUnauthorized)}
}

// unknownKey is a good token but for its key id, which is never seen again. Only while
// the provider is down may it not be called bad.
func (r *runner) unknownKey(i int) *request {
	kid := rand.Text()
	header := fmt.Sprintf(`{"alg":"RS256","kid":%q,"typ":"at+jwt"}`, kid)
	_, rest, _ := strings.Cut(r.keys.signing().tokens[i%users], ".")
	req := bad("unknown key", base64.RawURLEncoding.EncodeToString([]byte(header))+"."+rest)
	req.allowed = func(from, to time.Time) []int { return r.provider.history.allowed(kid, from, to) }
	return req
}

// withdrawnKey is a token that was good, and that the server has seen, until the key
// set without its key is fetched.
func (r *runner) withdrawnKey(i int) *request {
	if s := r.keys.old(); s != nil {
		return r.of("withdrawn key", s, i)
	}
	return nil
}

// freshKey is a token of a key that was just published, perhaps not yet fetched.
func (r *runner) freshKey(i int) *request {
	if s := r.keys.fresh(); s != nil {
		return r.of("fresh key", s, i)
	}
	return nil
}

// badSignature is one user's token with the signature of another user's.
func (r *runner) badSignature(i int) *request {
	token, other := r.twoTokens(i)
	return bad("bad signature", token[:strings.LastIndexByte(token, '.')]+other[strings.LastIndexByte(other, '.'):])
}

// foreignClaims is one user's token with the claims of another user, who is known too.
func (r *runner) foreignClaims(i int) *request {
	token, other := r.twoTokens(i)
	parts, others := strings.Split(token, "."), strings.Split(other, ".")
	return bad("foreign claims", strings.Join([]string{parts[0], others[1], parts[2]}, "."))
}

// twoTokens are good, and remembered if any are.
func (r *runner) twoTokens(i int) (token, other string) {
	tokens := r.keys.signing().tokens
	return tokens[i%users], tokens[(i+1)%users]
}

func (r *runner) garbage(i int) *request {
	return bad("garbage", [...]string{rand.Text(), "e30.e30.e30", "a.b.c.d.e", strings.Repeat("A", 1+i%4000)}[i%4])
}

func (r *runner) expired(i int) *request {
	return bad("expired", r.keys.signing().expired[i%expiredTokens])
}

func (r *runner) nothing(int) *request {
	return &request{kind: "no credential", allowed: exactly(http.StatusUnauthorized)}
}

func (r *runner) unknownAPIKey(int) *request {
	return &request{kind: "unknown API key", header: "X-API-Key", value: rand.Text(), allowed: exactly(http.StatusUnauthorized)}
}

// expiring sends tokens over and over while they expire, which they must do on time
// however often they were good before. There is a new one every second, for three.
func (r *runner) expiring(ctx context.Context, end time.Time) {
	const second = int(time.Second / pace)
	c := newClient(r.server.url)
	defer c.close()
	var live [3]*request
	paced(ctx, end, 0, pace, func(i int, _ time.Time) {
		if i%second == 0 {
			live[i/second%len(live)] = r.shortLived(i)
		}
		if req := live[i%len(live)]; req != nil {
			r.send(ctx, c, req)
		}
	})
}

// shortLived is a token whose leeway ends soon, by the clock of this machine, which is
// the server's too. Times in tokens are whole seconds.
func (r *runner) shortLived(i int) *request {
	kid, subject := r.keys.signing().key.ID(), user(i%users)
	exp := time.Now().Add(2 * time.Second).Truncate(time.Second)
	token := r.provider.Mint(jwkstest.Token{KeyID: kid, Claims: map[string]any{"sub": subject, "exp": exp.Add(-leeway)}})
	req := &request{kind: "expiring", header: "Authorization", value: "Bearer " + token, subject: subject}
	req.allowed = func(from, to time.Time) []int {
		switch {
		case !to.After(exp):
			return r.provider.history.allowed(kid, from, to)
		case !from.Before(exp):
			return []int{http.StatusUnauthorized}
		}
		return append(r.provider.history.allowed(kid, from, to), http.StatusUnauthorized)
	}
	return req
}
