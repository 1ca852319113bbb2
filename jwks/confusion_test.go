package jwks_test

import (
	"crypto/x509"
	"fmt"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// A public key is known to everybody: whoever takes it for an HMAC secret lets
// everybody sign (RFC 8725 §2.1, §3.1).
func TestPublicKeyIsNoSecret(t *testing.T) {
	rs, es := publicOf(rsaKey()), publicOf(p256())
	set := keySet(jwk(rsaKey(), "k1", nil), jwk(p256(), "k2", nil))
	texts := map[string][]byte{
		"PKIX PEM":                 pkixPEM(rs),
		"PKIX PEM without newline": pkixPEM(rs)[:len(pkixPEM(rs))-1],
		"PKIX DER":                 made(x509.MarshalPKIXPublicKey(rs)),
		"PKCS #1 PEM":              pkcs1PEM(rs),
		"PKCS #1 DER":              x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey),
		"EC PEM":                   pkixPEM(es),
		"EC DER":                   made(x509.MarshalPKIXPublicKey(es)),
		"JWK":                      []byte(jwk(rsaKey(), "k1", nil)),
		"JWK Set":                  []byte(set),
		"modulus":                  rsaKey().N.Bytes(),
		"modulus as text":          []byte(encode(rsaKey().N.Bytes())),
		"kid":                      []byte("k1"),
		"nothing":                  {},
	}
	verifiers := map[string]*jwks.Verifier{
		"one PEM key": believe(t, jwks.Issuer{PublicKeys: pkixPEM(rs)}, nil),
		"PEM keys":    believe(t, jwks.Issuer{PublicKeys: append(pkixPEM(rs), pkixPEM(es)...), Algorithms: []string{"RS256", "ES256"}}, nil),
		"key set":     believeSet(t, set),
	}
	for source, v := range verifiers {
		judge(t, v, mint(t, "RS256", "k1"), nil) // the keys do work
		for name, secret := range texts {
			for _, alg := range secretAlgorithms {
				t.Run(alg+" with "+name+" of "+source+" refused", func(t *testing.T) {
					for _, header := range []string{`{"alg":%q}`, `{"alg":%q,"kid":"k1"}`, `{"alg":%q,"kid":"k2"}`} {
						judge(t, v, compact(t, alg, secret, fmt.Sprintf(header, alg), goodClaims()), jwks.ErrAlgorithm)
					}
				})
			}
		}
	}
}

// The secret of one issuer is nothing to another one that stands beside it.
func TestSecretOfAnotherIssuerIsNoKey(t *testing.T) {
	public := pkixPEM(publicOf(rsaKey()))
	v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{
		{URL: login, Audiences: []string{here}, PublicKeys: public},
		{URL: "https://partner.example.com", Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(sharedSecret)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{"the partner's secret": sharedSecret, "the PEM": public} {
		t.Run(name+" refused", func(t *testing.T) {
			judge(t, v, compact(t, "HS256", secret, `{"alg":"HS256"}`, goodClaims()), jwks.ErrAlgorithm)
		})
	}
}

func TestAlgNoneIsRefused(t *testing.T) {
	good := mint(t, "RS256", "k1")
	v := believeSet(t, keySet(jwk(rsaKey(), "k1", nil)))
	hs := believeSecret(t, jwks.Issuer{})
	for bits := range 16 {
		none := []byte("none")
		for i := range none {
			if bits>>i&1 == 1 {
				none[i] -= 'a' - 'A'
			}
		}
		t.Run(string(none)+" refused", func(t *testing.T) {
			for _, kid := range []string{"", `,"kid":"k1"`} {
				input := encode(`{"alg":"`+string(none)+`"`+kid+"}") + "." + encode(goodClaims())
				for _, v := range []*jwks.Verifier{v, hs} {
					judge(t, v, input+".", jwks.ErrMalformed)
					judge(t, v, input, jwks.ErrMalformed)
					judge(t, v, input+"."+encode("none"), jwks.ErrAlgorithm)
					judge(t, v, input+"."+good[len(good)-342:], jwks.ErrAlgorithm)
					judge(t, v, input+"."+encode(sign(t, "RS256", rsaKey(), input)), jwks.ErrAlgorithm)
				}
			}
		})
	}
}

// Each of these headers is honestly signed with RS256, which is accepted: what it
// says of the algorithm decides (RFC 7515 §4.1.1, §5.2).
func TestAlgMustBeExact(t *testing.T) {
	set := believeSet(t, keySet(jwk(rsaKey(), "k1", map[string]any{"alg": "RS256"})))
	static := believe(t, jwks.Issuer{PublicKeys: pkixPEM(publicOf(rsaKey()))}, nil)
	for _, row := range []struct {
		policy string
		member string
		want   error
	}{
		{"RS256 accepted", `"alg":"RS256"`, nil},
		{"RS256 spelled with escapes accepted", `"\u0061lg":"RS\u0032\u0035\u0036"`, nil},
		{"missing refused", `"typ":"JWT"`, jwks.ErrAlgorithm},
		{"empty refused", `"alg":""`, jwks.ErrAlgorithm},
		{"lower case refused", `"alg":"rs256"`, jwks.ErrAlgorithm},
		{"mixed case refused", `"alg":"Rs256"`, jwks.ErrAlgorithm},
		{"full-width letters refused", `"alg":"ＲＳ256"`, jwks.ErrAlgorithm},
		{"trailing blank refused", `"alg":"RS256 "`, jwks.ErrAlgorithm},
		{"leading blank refused", `"alg":" RS256"`, jwks.ErrAlgorithm},
		{"trailing tab refused", `"alg":"RS256\t"`, jwks.ErrAlgorithm},
		{"trailing NUL refused", `"alg":"RS256\u0000"`, jwks.ErrAlgorithm},
		{"list in a string refused", `"alg":"RS256,none"`, jwks.ErrAlgorithm},
		{"unknown refused", `"alg":"RS257"`, jwks.ErrAlgorithm},
		{"encryption refused", `"alg":"RSA-OAEP"`, jwks.ErrAlgorithm},
		{"ES256K refused", `"alg":"ES256K"`, jwks.ErrAlgorithm},
		{"name of the hash refused", `"alg":"SHA256"`, jwks.ErrAlgorithm},
		{"JCA name refused", `"alg":"SHA256withRSA"`, jwks.ErrAlgorithm},
		{"null refused", `"alg":null`, jwks.ErrMalformed},
		{"number refused", `"alg":256`, jwks.ErrMalformed},
		{"true refused", `"alg":true`, jwks.ErrMalformed},
		{"array refused", `"alg":["RS256"]`, jwks.ErrMalformed},
		{"object refused", `"alg":{"RS256":true}`, jwks.ErrMalformed},
		{"twice the same refused", `"alg":"RS256","alg":"RS256"`, jwks.ErrMalformed},
		{"good first, bad last refused", `"alg":"RS256","alg":"none"`, jwks.ErrMalformed},
		{"bad first, good last refused", `"alg":"none","alg":"RS256"`, jwks.ErrMalformed},
		{"twice by escape refused", `"alg":"none","\u0061lg":"RS256"`, jwks.ErrMalformed},
		{"capitals instead refused", `"ALG":"RS256"`, jwks.ErrMalformed},
		{"capitals beside refused", `"alg":"RS256","ALG":"none"`, jwks.ErrMalformed},
		{"capitals first refused", `"Alg":"none","alg":"RS256"`, jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) {
			for _, v := range []*jwks.Verifier{set, static} {
				judge(t, v, compact(t, "RS256", rsaKey(), "{"+row.member+`,"kid":"k1"}`, goodClaims()), row.want)
			}
		})
	}
}
