package jwks_test

import (
	"context"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// elsewhere is a token of the first key for another audience.
func (r *keyRig) elsewhere() string {
	return r.Mint(jwkstest.Token{Claims: map[string]any{"aud": "https://elsewhere.example.com"}})
}

// claims are those of a fresh token by that key, the first one if it is "".
func (r *keyRig) claims(kid string) *jwks.Claims {
	r.t.Helper()
	c, err := r.v.Verify(context.Background(), r.signedBy(kid))
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *keyRig) wantHeld(policy string, c *jwks.Claims, want bool) {
	r.t.Helper()
	if r.v.Holds(c, time.Now()) != want {
		r.t.Errorf("%s: holds = %t", policy, !want)
	}
}

// refresh lets the set become due, and has it fetched.
func (r *keyRig) refresh() {
	r.t.Helper()
	time.Sleep(14 * time.Minute) // 90% of 15
	r.accepts("refreshed behind its back", r.good())
	time.Sleep(time.Second)
}

func TestHoldsWhileTheKeyIsPublished(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		first := r.KeyIDs()[0]
		c := r.claims(first)
		r.wantHeld("at once", c, true)
		r.refresh()
		r.wantHeld("after a refresh that changed nothing", c, true)
		second := r.AddKey("ES256")
		other := r.claims(second) // which has the set fetched
		r.wantHeld("beside a new key", c, true)
		r.wantHeld("of the new key", other, true)
		r.RemoveKey(first)
		r.wantHeld("withdrawn, and nobody knows", c, true)
		r.refresh()
		r.wantHeld("withdrawn", c, false)
		r.wantHeld("of the key that stayed", other, true)
	})
}

// The rule is that of a verification: no age but what would make that wait or fail.
func TestHoldsByTheAgeOfTheKeys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		c := r.claims("")
		time.Sleep(14 * time.Minute)
		r.wantHeld("due for a refresh, which takes a verification to begin", c, false)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: time.Second, Drop: true})
		r.acceptsAtOnce("begins it", r.good())
		r.wantHeld("while somebody sees to it", c, true)
		r.down()
		time.Sleep(time.Second / 2)
		r.wantHeld("in an outage", c, true)
		time.Sleep(time.Hour)
		r.wantHeld("due again, which takes a verification", c, false)
		r.acceptsAtOnce("tries again", r.good())
		time.Sleep(time.Millisecond)
		r.wantHeld("in a long outage", c, true)
		time.Sleep(rigStale)
		r.refuses("too long an outage", r.good(), jwks.ErrUnavailable)
		time.Sleep(time.Millisecond)
		r.wantHeld("too long an outage", c, false)
		r.up()
		time.Sleep(rigInterval)
		r.accepts("over", r.good())
		r.wantHeld("over", c, true)
	})
}

// A key that changed is another one, even under its name.
func TestHoldsByTheKeyItself(t *testing.T) {
	for policy, edit := range map[string]func(*keyRig, string){
		"another algorithm": func(r *keyRig, kid string) { r.EditKey(kid, map[string]any{"alg": nil}) },
		"of another issuer": func(r *keyRig, kid string) { r.EditKey(kid, map[string]any{"issuer": "https://other.example.com"}) },
		"another key under its kid": func(r *keyRig, kid string) {
			r.RemoveKey(kid)
			r.EditKey(r.AddKey("ES256"), map[string]any{"kid": kid})
		},
	} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.warm()
			c := r.claims("")
			edit(r, r.KeyIDs()[0])
			time.Sleep(14 * time.Minute)
			r.verify(r.good())
			time.Sleep(time.Second)
			r.wantHeld(policy, c, false)
		})
	}
}

// A key that came beside it makes a token ambiguous that names none, or that names both:
// what would be refused now is not held for having been accepted before.
func TestHoldsWhileNoOtherKeyIsMeant(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		first := r.KeyIDs()[0]
		named := r.claims(first)
		nameless, err := r.v.Verify(t.Context(), r.Mint(jwkstest.Token{Header: map[string]any{"kid": nil}}))
		if err != nil {
			t.Fatal(err)
		}
		r.wantHeld("names none, and there is but one", nameless, true)
		second := r.AddKey("ES256")
		r.refresh()
		r.wantHeld("names none, and there are two", nameless, false)
		r.wantHeld("names its own", named, true)
		r.EditKey(second, map[string]any{"kid": first})
		r.refresh()
		r.wantHeld("names both", named, false)
		r.RemoveKey(r.KeyIDs()[1])
		r.EditKey(r.AddKey("RS256"), map[string]any{"kid": first})
		time.Sleep(14 * time.Minute)
		r.verify(r.good()) // is refused still, and has the set fetched
		time.Sleep(time.Second)
		r.wantHeld("names both, of which one is for another algorithm", named, true)
	})
}

func TestHoldsForConfiguredKeysAndOneVerifier(t *testing.T) {
	far := noon.AddDate(100, 0, 0)
	v := believeSecret(t, jwks.Issuer{})
	c := judge(t, v, mint(t, "HS256", ""), nil)
	if !v.Holds(c, far) {
		t.Error("a secret does not hold")
	}
	if believeSecret(t, jwks.Issuer{}).Holds(c, noon) {
		t.Error("another verifier vouches for claims that it did not see")
	}
	if v.Holds(&jwks.Claims{Issuer: login}, noon) {
		t.Error("claims that nobody signed are held")
	}
	pem := believe(t, jwks.Issuer{PublicKeys: pkixPEM(publicOf(p256())), Algorithms: []string{"ES256"}}, nil)
	if !pem.Holds(judge(t, pem, mint(t, "ES256", "k1"), nil), far) {
		t.Error("a configured key does not hold")
	}
}

func BenchmarkHolds(b *testing.B) {
	s := strangers[0]
	v, now := s.verifier(b), time.Now()
	c := judge(b, v, s.tokens(b)[0], nil)
	b.ReportAllocs()
	for b.Loop() {
		if !v.Holds(c, now) {
			b.Fatal("does not hold")
		}
	}
}
