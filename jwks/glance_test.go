package jwks_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// forger signs with a secret that nobody believes.
var forger = []byte("the secret of somebody else, as long as it has to be for HS512, that is")

// What is public anyway refuses a token whatever its signature is; all else says
// nothing to a stranger, who would learn what we would accept.
func TestWhatIsLookedAtBeforeTheSignature(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{RequireATJWT: true, RequiredClaims: []string{"owner=my-org"}, Clients: []string{"c1"}, RefusedClaims: []string{"nonce"}})
	const at = `{"alg":"HS256","typ":"at+jwt"}`
	for _, row := range []struct {
		policy, header, claims string
		want                   error
	}{
		{"expired", at, claimsWith(`"exp":1`), jwks.ErrExpired},
		{"without exp", at, claimsWithout("exp"), jwks.ErrClaim},
		{"not yet", at, claimsWith(`"nbf":99999999999`), jwks.ErrNotYet},
		{"from the future", at, claimsWith(`"iat":99999999999`), jwks.ErrNotYet},
		{"for somebody else", at, claimsWith(`"aud":"other"`), jwks.ErrAudience},
		{"for nobody", at, claimsWithout("aud"), jwks.ErrAudience},
		{"of another type", `{"alg":"HS256","typ":"dpop+jwt"}`, goodClaims(), jwks.ErrType},
		{"another algorithm, expired", `{"alg":"none","typ":"at+jwt"}`, claimsWith(`"exp":1`), jwks.ErrAlgorithm},
		{"to another client", at, claimsWith(`"client_id":"c2"`), jwks.ErrSignature},
		{"without a required claim", at, claimsWith(`"client_id":"c1"`), jwks.ErrSignature},
		{"with a refused claim", at, claimsWith(`"client_id":"c1","owner":"my-org","nonce":"x"`), jwks.ErrSignature},
		{"bound", at, claimsWith(`"client_id":"c1","owner":"my-org","cnf":{}`), jwks.ErrSignature},
		{"in order", at, claimsWith(`"client_id":"c1","owner":"my-org"`), jwks.ErrSignature},
	} {
		t.Run(row.policy, func(t *testing.T) {
			judge(t, v, compact(t, "HS256", forger, row.header, row.claims), row.want)
		})
	}
}

// A signature is not even read where it cannot help; no token passes with a bad one.
func TestSignatureIsReadLast(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	text := func(claims string) string { return encode(`{"alg":"HS256"}`) + "." + encode(claims) + "." }
	judge(t, v, text(claimsWith(`"exp":1`))+"no base64!", jwks.ErrExpired)
	judge(t, v, text(goodClaims())+"no base64!", jwks.ErrMalformed)
	judge(t, v, text(goodClaims())+"A", jwks.ErrMalformed)
	judge(t, v, text(claimsWith(`"exp":1`)), jwks.ErrMalformed)
}

// A header that was read before says what it said, and no other does in its place.
func TestKnownHeadersAreExact(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	for range 2 {
		for typ, want := range map[string]error{"at+jwt": nil, "JWT": nil, "jwt": nil, "dpop+jwt": jwks.ErrType} {
			c := judge(t, v, compact(t, "HS256", sharedSecret, fmt.Sprintf(`{"alg":"HS256","typ":%q}`, typ), goodClaims()), want)
			if want == nil && c.Type != typ {
				t.Errorf("type %q, want %q", c.Type, typ)
			}
		}
		// More headers than there are places for, and all accepted again.
		for n := range 200 {
			c := judge(t, v, compact(t, "HS256", sharedSecret, fmt.Sprintf(`{"alg":"HS256","n":%d}`, n), goodClaims()), nil)
			if c.Type != "" {
				t.Errorf("type %q of another header", c.Type)
			}
		}
	}
}

// An error quotes a token only when its issuer is known to be speaking, and looks into
// that once a second.
func TestOnlyTheIssuerIsQuoted(t *testing.T) {
	now := noon
	v, err := jwks.New(jwks.Config{
		Issuers: []jwks.Issuer{{URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(sharedSecret)}},
		Now:     func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := claimsWith(`"aud":["https://elsewhere.example.com","b"]`)
	const quoted = `wrong audience: the token is for "https://elsewhere.example.com b", accepted is ["` + here + `"]`
	const header = `{"alg":"HS256"}`
	for _, row := range []struct {
		policy string
		later  time.Duration
		key    []byte
		want   string
	}{
		{"the first of all", 0, sharedSecret, quoted},
		{"another in the same moment", 0, sharedSecret, "wrong audience"},
		{"another in the same second", time.Second - 1, sharedSecret, "wrong audience"},
		{"a second later", 1, sharedSecret, quoted},
		{"a forged one, a second later", time.Second, forger, "wrong audience"},
		{"behind a forged one", time.Second - 1, sharedSecret, "wrong audience"},
		{"a second behind a forged one", 1, sharedSecret, quoted},
		{"with the clock set back", -2 * time.Second, sharedSecret, quoted},
	} {
		now = now.Add(row.later)
		_, err := v.Verify(t.Context(), compact(t, "HS256", row.key, header, elsewhere))
		if !errors.Is(err, jwks.ErrAudience) || err.Error() != row.want {
			t.Errorf("%s: %v, want %s", row.policy, err, row.want)
		}
	}
}

// Nothing is fetched for a token that is refused at a glance, and it needs no keys.
func TestGlanceFetchesNothing(t *testing.T) {
	p := publish(keySet(jwk(p256(), "k1", nil)))
	v := believe(t, jwks.Issuer{JWKSURL: keySetURL, Algorithms: []string{"ES256"}}, p)
	token := func(kid, claims string) string {
		return compact(t, "ES256", p256(), fmt.Sprintf(`{"alg":"ES256","kid":%q}`, kid), claims)
	}
	expired, elsewhere := claimsWith(`"exp":1`), claimsWith(`"aud":"https://elsewhere.example.com"`)
	judge(t, v, token("k1", expired), jwks.ErrExpired)
	judge(t, v, token("k1", elsewhere), jwks.ErrAudience)
	if asked := p.requests(); len(asked) != 0 {
		t.Errorf("fetched %q for tokens that no key could help", asked)
	}
	judge(t, v, token("k1", goodClaims()), nil)
	judge(t, v, token("k2", elsewhere), jwks.ErrAudience)
	if _, err := v.Verify(t.Context(), token("k1", elsewhere)); !strings.Contains(err.Error(), "https://elsewhere.example.com") {
		t.Errorf("%v: what nobody could check has used up the second", err)
	}
	if asked := p.requests(); len(asked) != 1 {
		t.Errorf("fetched %q, want the key set once", asked)
	}
}

// Keys too old to verify with are too old to quote by.
func TestStaleKeysQuoteNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		r.down()
		time.Sleep(rigStale)
		err := r.verify(r.elsewhere())
		if !errors.Is(err, jwks.ErrAudience) || strings.Contains(err.Error(), "elsewhere") {
			t.Errorf("%v, want a wrong audience and no word of it", err)
		}
		r.wantFetches("for a token refused at a glance", 1, 1)
	})
}
