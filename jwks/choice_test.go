package jwks_test

import (
	"slices"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// The token names the one key that is asked; keys are never tried in turn (RFC 7515
// §4.1.4, RFC 8725 §3.1).
func TestChoiceOfTheKey(t *testing.T) {
	first, second := jwk(rsaKey(), "a", nil), jwk(otherRSA(), "b", nil)
	kidless, kidlessEC := jwk(rsaKey(), "", nil), jwk(p256(), "", nil)
	const broken = `{"kty":"RSA","kid":"broken"}`
	for _, row := range []struct {
		policy string
		keys   []string
		alg    string
		kid    string // "" for none
		want   error
	}{
		{"kid of the only key accepted", []string{first}, "RS256", "a", nil},
		{"kid of one of two accepted", []string{second, first}, "RS256", "a", nil},
		{"kid of the other key refused", []string{second, first}, "RS256", "b", jwks.ErrSignature},
		{"unknown kid refused", []string{first}, "RS256", "c", jwks.ErrKey},

		{"no kid and one key accepted", []string{first}, "RS256", "", nil},
		{"no kid and one key without kid accepted", []string{kidless}, "RS256", "", nil},
		{"no kid and one key of another type refused", []string{jwk(p256(), "a", nil)}, "RS256", "", jwks.ErrKey},
		{"no kid and one key for another algorithm refused", []string{jwk(rsaKey(), "a", map[string]any{"alg": "RS512"})}, "RS256", "", jwks.ErrKey},
		{"no kid and two keys refused", []string{first, second}, "RS256", "", jwks.ErrKey},
		{"no kid and two keys, of which one would suit, refused", []string{first, jwk(p256(), "b", nil)}, "RS256", "", jwks.ErrKey},
		{"no kid and two keys without kid refused", []string{kidless, kidlessEC}, "RS256", "", jwks.ErrKey},
		{"no kid and one usable key of two accepted", []string{broken, first}, "RS256", "", nil},
		{"kid and one key without kid refused", []string{kidless}, "RS256", "a", jwks.ErrKey},
		{"kid beside a key without kid accepted", []string{kidlessEC, first}, "RS256", "a", nil},

		// RFC 7517 §4.5: keys of different types may share a kid.
		{"kid of two keys of different types: the one that suits, RSA", []string{jwk(p256(), "a", nil), first}, "RS256", "a", nil},
		{"kid of two keys of different types: the one that suits, EC", []string{first, jwk(p256(), "a", nil)}, "ES256", "a", nil},
		{"kid of two curves: the one that suits", []string{jwk(p384(), "a", nil), jwk(p256(), "a", nil)}, "ES256", "a", nil},
		{"kid of two keys of one type refused", []string{first, jwk(otherRSA(), "a", nil)}, "RS256", "a", jwks.ErrKey},
		{"kid of two keys of one type refused, the other way round", []string{jwk(otherRSA(), "a", nil), first}, "RS256", "a", jwks.ErrKey},
		{"kid of two keys that say for which algorithm they are accepted", []string{
			jwk(otherRSA(), "a", map[string]any{"alg": "PS256"}), jwk(rsaKey(), "a", map[string]any{"alg": "RS256"}),
		}, "RS256", "a", nil},
		{"key published twice accepted", []string{first, first}, "RS256", "a", nil},
		{"key published twice with other members accepted", []string{first, jwk(rsaKey(), "a", map[string]any{"x5t": "x", "use": nil})}, "RS256", "a", nil},
		{"key published twice is one key", []string{first, first}, "RS256", "", nil},
		{"EC key published twice accepted", []string{jwk(p256(), "a", nil), jwk(p256(), "a", nil)}, "ES256", "a", nil},
		{"Ed25519 key published twice accepted", []string{jwk(edKey(), "a", nil), jwk(edKey(), "a", nil)}, "EdDSA", "a", nil},
		{"key under two kids accepted", []string{first, jwk(rsaKey(), "b", nil)}, "RS256", "b", nil},
		{"key for two algorithms accepted", []string{
			jwk(rsaKey(), "a", map[string]any{"alg": "RS256"}), jwk(rsaKey(), "a", map[string]any{"alg": "RS512"}),
		}, "RS512", "a", nil},
	} {
		t.Run(row.policy, func(t *testing.T) {
			judge(t, believeSet(t, keySet(row.keys...)), mint(t, row.alg, row.kid), row.want)
		})
	}
}

// An empty kid names no key: it is as if the token had none.
func TestEmptyKid(t *testing.T) {
	kidless, kidlessEC := jwk(rsaKey(), "", nil), jwk(p256(), "", nil)
	empty := edit(kidless, map[string]any{"kid": ""})
	token := compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":""}`, goodClaims())
	for _, row := range []struct {
		policy string
		keys   []string
		want   error
	}{
		{"one key accepted", []string{kidless}, nil},
		{"one key with an empty kid accepted", []string{empty}, nil},
		{"one key with a kid accepted", []string{jwk(rsaKey(), "a", nil)}, nil},
		{"two keys without kid refused", []string{kidless, kidlessEC}, jwks.ErrKey},
		{"one of two with an empty kid refused", []string{empty, jwk(p256(), "a", nil)}, jwks.ErrKey},
	} {
		t.Run(row.policy, func(t *testing.T) {
			p := publish(keySet(row.keys...))
			v := believe(t, jwks.Issuer{JWKSURL: keySetURL}, p)
			judge(t, v, token, row.want)
			judge(t, v, token, row.want)
			if n := len(p.requests()); n != 1 {
				t.Errorf("%d requests: who names no key cannot ask for a newer set", n)
			}
		})
	}
}

// Configured keys have no names, so that a kid says nothing; type and algorithm do.
func TestConfiguredKeysIgnoreTheKid(t *testing.T) {
	pem := slices.Concat(pkixPEM(publicOf(p256())), pkixPEM(publicOf(rsaKey())), certificatePEM(publicOf(edKey())))
	v := believe(t, jwks.Issuer{PublicKeys: pem, Algorithms: []string{"RS256", "RS512", "ES256", "EdDSA", "ES384"}}, nil)
	for _, kid := range []string{"", "a", "../../key"} {
		for _, alg := range []string{"RS256", "RS512", "ES256", "EdDSA"} {
			judge(t, v, mint(t, alg, kid), nil)
		}
		judge(t, v, mint(t, "ES384", kid), jwks.ErrKey)
		judge(t, v, mint(t, "PS256", kid), jwks.ErrAlgorithm)
	}
}
