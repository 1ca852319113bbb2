package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// BenchmarkFloor is the arithmetic that a signature cannot do without, in the standard
// library and with everything around it left out. What [BenchmarkVerify] needs is to
// be read as a multiple of it, in one run.
func BenchmarkFloor(b *testing.B) {
	for _, alg := range []string{"RS256", "ES256", "HS256"} {
		b.Run(alg, func(b *testing.B) {
			run := floor(b, alg)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

// BenchmarkVerify meets tokens in turn that it has never seen, good ones and others.
func BenchmarkVerify(b *testing.B) {
	for _, of := range strangers {
		b.Run(of.name, func(b *testing.B) {
			run := of.verify(b)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

// distinct is how many tokens of a sort take turns: no processor learns them by heart.
const distinct = 64

// A stranger is a sort of token that its verifier meets for the first time.
type stranger struct {
	name, alg string
	claims    func(n int) string
	header    string // instead of the one for alg
	spoil     func(token string) string
	want      error
}

var strangers = []stranger{
	{name: "RS256", alg: "RS256"},
	{name: "ES256", alg: "ES256"},
	{name: "HS256", alg: "HS256"},
	{name: "expired", alg: "RS256", want: jwks.ErrExpired, claims: func(n int) string { return plentiful(n, login, here, -time.Hour) }},
	{name: "wrong issuer", alg: "RS256", want: jwks.ErrIssuer, claims: func(n int) string { return plentiful(n, "https://other.example.com", here, time.Hour) }},
	{name: "wrong audience", alg: "RS256", want: jwks.ErrAudience, claims: func(n int) string { return plentiful(n, login, "https://other.example.com", time.Hour) }},
	{name: "bad signature", alg: "RS256", want: jwks.ErrSignature, spoil: func(token string) string {
		cut := strings.LastIndexByte(token, '.') + 1
		return token[:cut] + "AAAA" + token[cut+4:]
	}},
	{name: "garbage", alg: "RS256", want: jwks.ErrMalformed, spoil: func(token string) string { return strings.ReplaceAll(token, ".", "~") }},
	{name: "alg none", alg: "RS256", want: jwks.ErrAlgorithm, header: `{"alg":"none","typ":"JWT","kid":"k1"}`},
	{name: "unknown kid", alg: "RS256", want: jwks.ErrKey, header: `{"alg":"RS256","typ":"JWT","kid":"k2"}`},
}

// tokens makes those that take turns.
func (s stranger) tokens(tb testing.TB) []string {
	header, claims := s.header, s.claims
	if header == "" {
		header = fmt.Sprintf(`{"alg":%q,"typ":"JWT","kid":"k1"}`, s.alg)
	}
	if claims == nil {
		claims = func(n int) string { return plentiful(n, login, here, time.Hour) }
	}
	list := make([]string, distinct)
	for n := range list {
		list[n] = compact(tb, s.alg, privateFor(s.alg), header, claims(n))
		if s.spoil != nil {
			list[n] = s.spoil(list[n])
		}
	}
	return list
}

// verifier has fetched its keys already.
func (s stranger) verifier(tb testing.TB) *jwks.Verifier {
	is := jwks.Issuer{URL: login, Audiences: []string{here}, Algorithms: []string{s.alg}, JWKSURL: keySetURL}
	if s.alg == "HS256" {
		is.JWKSURL, is.Secret = "", jwks.NewSecret(sharedSecret)
	}
	set := keySet(jwk(otherRSA(), "k0", nil), jwk(privateFor(s.alg), "k1", nil))
	v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{is}, Transport: publish(set)})
	if err == nil {
		err = v.Ready(tb.Context())
	}
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// verify returns what meets the next token. The first ones are not for the clock: the
// verifier has seen a good one of the issuer before, one refusal a second is looked at
// more closely, and one unknown kid asks for keys.
func (s stranger) verify(tb testing.TB) func() {
	v, tokens := s.verifier(tb), s.tokens(tb)
	judge(tb, v, stranger{alg: s.alg}.tokens(tb)[0], nil)
	judge(tb, v, tokens[0], s.want)
	n := 0
	return func() {
		n++
		if _, err := v.Verify(tb.Context(), tokens[n%distinct]); (err != nil) != (s.want != nil) {
			tb.Fatal(err)
		}
	}
}

// plentiful is a claims set as Auth0 writes them, 400 bytes of it.
func plentiful(n int, issuer, audience string, validFor time.Duration) string {
	now := time.Now()
	return fmt.Sprintf(`{"iss":%q,"sub":"auth0|65f2a0c1e4b0d9a7c3%06d","aud":[%q,"https://example.us.auth0.com/userinfo"],`+
		`"iat":%d,"exp":%d,"scope":"openid profile email offline_access","jti":"jti-%020d","azp":"aBcDeFgHiJkLmNoPqRsTuVwXyZ012345",`+
		`"permissions":["read:tools","call:tools","read:resources","read:prompts"]}`,
		issuer, n, audience, now.Add(-time.Minute).Unix(), now.Add(validFor).Unix(), n)
}

// floor returns what checks the signature of the next token, taken apart beforehand.
func floor(tb testing.TB, alg string) func() {
	var signed, signatures [distinct][]byte
	for n, token := range (stranger{alg: alg}).tokens(tb) {
		cut := strings.LastIndexByte(token, '.')
		signed[n], signatures[n] = []byte(token[:cut]), made(base64.RawURLEncoding.DecodeString(token[cut+1:]))
	}
	n := 0
	return func() {
		n++
		if !holds(privateFor(alg), signed[n%distinct], signatures[n%distinct]) {
			tb.Fatal("the floor gives way")
		}
	}
}

func holds(private any, signed, signature []byte) bool {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		digest := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PrivateKey:
		digest := sha256.Sum256(signed)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(&key.PublicKey, digest[:], r, s)
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write(signed)
		return hmac.Equal(mac.Sum(nil), signature)
	}
	return false
}
