package jwks_test

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// Each threat of RFC 8725 §2 and each practice of its §3, by one case or more. Elsewhere
// each has a table of its own; this one shows that none is forgotten.
func TestRFC8725(t *testing.T) {
	rs, es := jwk(rsaKey(), "k1", nil), jwk(p256(), "k2", nil)
	set := believeSet(t, keySet(rs, es))
	secret := believeSecret(t, jwks.Issuer{})
	typed := believeSecret(t, jwks.Issuer{RequireATJWT: true})
	none := encode(`{"alg":"none"}`) + "." + encode(goodClaims()) + "."
	der := made(x509.MarshalPKIXPublicKey(publicOf(rsaKey())))
	with := func(alg, header string, private any, claims string) string {
		return compact(t, alg, private, fmt.Sprintf(header, alg), claims)
	}
	const k1, plain = `{"alg":%q,"kid":"k1"}`, `{"alg":%q}`
	for _, row := range []struct {
		section, policy string
		v               *jwks.Verifier
		token           string
		want            error
	}{
		{"2.1", "unsecured token refused", set, none, jwks.ErrMalformed},
		{"2.1", "unsecured token with a signature refused", set, none + encode("x"), jwks.ErrAlgorithm},
		{"2.1", "RS256 changed to HS256 with the public key as secret refused", set, with("HS256", k1, der, goodClaims()), jwks.ErrAlgorithm},
		{"2.3", "nested token refused", secret, with("HS256", `{"alg":%q,"cty":"JWT"}`, sharedSecret, mintClaims(t, goodClaims())), jwks.ErrMalformed},
		{"2.3", "encrypted token refused", set, "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..MTIz.MTIz.MTIz", jwks.ErrEncrypted},
		{"2.4", "compressed token refused", secret, with("HS256", `{"alg":%q,"zip":"DEF"}`, sharedSecret, goodClaims()), jwks.ErrMalformed},
		{"2.6", "UTF-16 refused", secret, mintClaims(t, utf16LE(goodClaims())), jwks.ErrMalformed},
		{"2.6", "member twice refused", secret, mintClaims(t, claimsWith(`,"sub":"admin"`)), jwks.ErrMalformed},
		{"2.7", "token for another recipient refused", secret, mintClaims(t, claimsWith(`"aud":"https://other.example.com"`)), jwks.ErrAudience},
		{"2.8", "token of another kind refused", secret, with("HS256", `{"alg":%q,"typ":"secevent+jwt"}`, sharedSecret, goodClaims()), jwks.ErrType},
		{"2.9", "kid that is a path refused", set, with("RS256", `{"alg":%q,"kid":"../../etc/passwd"}`, rsaKey(), goodClaims()), jwks.ErrKey},
		{"2.9", "jku refused", set, with("RS256", `{"alg":%q,"kid":"k1","jku":"http://169.254.169.254/"}`, rsaKey(), goodClaims()), jwks.ErrMalformed},

		{"3.1", "algorithm that is listed, with its key, accepted", set, with("RS256", k1, rsaKey(), goodClaims()), nil},
		{"3.1", "algorithm of another key refused", set, with("ES256", k1, p256(), goodClaims()), jwks.ErrKey},
		{"3.2", "none refused", set, none, jwks.ErrMalformed},
		{"3.2", "unknown algorithm refused", set, with("RS1", k1, rsaKey(), goodClaims()), jwks.ErrAlgorithm},
		{"3.3", "another secret refused", secret, with("HS256", plain, []byte(strings.Repeat("x", 64)), goodClaims()), jwks.ErrSignature},
		{"3.7", "invalid UTF-8 refused", secret, mintClaims(t, claimsWith("\"x\":\"\xff\"")), jwks.ErrMalformed},
		{"3.8", "issuer that is only alike refused", secret, mintClaims(t, claimsWith(`"iss":"`+login+`/"`)), jwks.ErrIssuer},
		{"3.8", "key of another issuer refused", set, with("RS256", k1, otherRSA(), goodClaims()), jwks.ErrSignature},
		{"3.8", "subject that is no string refused", secret, mintClaims(t, claimsWith(`"sub":1`)), jwks.ErrMalformed},
		{"3.9", "no audience refused", secret, mintClaims(t, claimsWithout("aud")), jwks.ErrAudience},
		{"3.10", "kid with SQL refused", set, with("RS256", `{"alg":%q,"kid":"' OR 1=1 --"}`, rsaKey(), goodClaims()), jwks.ErrKey},
		{"3.10", "x5u refused", set, with("RS256", `{"alg":%q,"kid":"k1","x5u":"https://attacker.example"}`, rsaKey(), goodClaims()), jwks.ErrMalformed},
		{"3.11", "explicit type accepted", typed, with("HS256", `{"alg":%q,"typ":"at+jwt"}`, sharedSecret, goodClaims()), nil},
		{"3.11", "no type refused where one is required", typed, with("HS256", plain, sharedSecret, goodClaims()), jwks.ErrType},
		{"3.12", "DPoP proof is no token", secret, with("HS256", `{"alg":%q,"typ":"dpop+jwt"}`, sharedSecret, goodClaims()), jwks.ErrType},
		{"3.12", "logout token is none", secret, with("HS256", `{"alg":%q,"typ":"logout+jwt"}`, sharedSecret, goodClaims()), jwks.ErrType},
	} {
		t.Run("§"+row.section+" "+row.policy, func(t *testing.T) { judge(t, row.v, row.token, row.want) })
	}
}

// What RFC 8725 says of keys is a matter of configuration, or of what a provider
// publishes. §2.5 and §3.6 are about encryption, and nothing encrypted is read: §2.3.
func TestKeysOfRFC8725(t *testing.T) {
	t.Run("§2.2 and §3.5 weak secret refused", func(t *testing.T) {
		_, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{{
			URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret([]byte("correct horse battery staple")),
		}}})
		if err == nil {
			t.Error("accepted")
		}
	})
	for policy, key := range map[string]string{
		"§3.4 point off the curve refused": edit(jwk(p256(), "k1", nil), map[string]any{"y": encode(make([]byte, 31)) + "B"}),
		"§3.4 point of zeros refused":      edit(jwk(p256(), "k1", nil), map[string]any{"x": encode(make([]byte, 32)), "y": encode(make([]byte, 32))}),
		"§3.5 RSA of 1024 bits refused":    jwk(weakRSA(), "k1", nil),
		"§3.5 published secret refused":    jwk(sharedSecret, "k1", nil),
	} {
		t.Run(policy, func(t *testing.T) {
			if _, event := fetched(t, keySet(key)); event.Keys != 0 || event.Err == nil {
				t.Errorf("%d keys, error %v", event.Keys, event.Err)
			}
		})
	}
}
