package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// FuzzProof signs whatever texts as header and claims, and garbles one byte of it. What
// is accepted is a proof to encoding/json as well, and its signature holds under its
// own key by the standard library alone.
func FuzzProof(f *testing.F) {
	f.Add([]byte(proofHeader("ES256", p256(), nil)), []byte(goodProof), 0, byte(0))
	f.Add([]byte(proofHeader("EdDSA", edKey(), nil)), []byte(proofWith("", `"ath":"a","nonce":"b"`)), 0, byte(0))
	f.Add([]byte(proofHeader("PS256", rsaKey(), nil)), []byte(proofWith("1767355200", "1e3")), 0, byte(0))
	f.Add([]byte(proofHeader("ES256", p256(), map[string]any{"crit": []string{"b64"}})), []byte(goodProof), 0, byte(0))
	f.Add([]byte(proofHeader("HS256", p256(), nil)), []byte(proofWith("", `"JTI":"2"`)), 0, byte(0))
	f.Add([]byte(proofHeader("ES256", p256(), map[string]any{"typ": "JWT"})), []byte(goodProof), 7, byte(1))
	for name, value := range map[string]any{ // what a proof must not have, and what it must have otherwise
		"alg": "none", "jku": "https://evil.example.net/", "x5u": "https://evil.example.net/", "x5c": []string{"AA=="}, "b64": false, "cty": "JWT", "zip": "DEF", "enc": "A256GCM",
		"typ": "DPOP+JWT", "kid": "../../etc/passwd", "jwk": map[string]string{"kty": "oct", "k": "AAAA"}, "JWK": map[string]string{"kty": "oct", "k": "AAAA"},
	} {
		f.Add([]byte(proofHeader("ES256", p256(), map[string]any{name: value})), []byte(goodProof), 0, byte(0))
	}
	for _, add := range []string{`"jti":"2"`, `"\u006ati":"2"`, `"htm":"GET"`, `"HTU":"https://evil.example.net/"`, `"ath":null`, `"nonce":1`, `"iat":1e400`} {
		f.Add([]byte(proofHeader("ES256", p256(), nil)), []byte(proofWith("", add)), 0, byte(0))
	}
	f.Fuzz(func(t *testing.T, header, claims []byte, at int, garble byte) {
		var said struct{ Alg string }
		_ = json.Unmarshal(header, &said)
		alg := said.Alg
		if !slices.Contains(pairAlgorithms, alg) {
			alg = "ES256"
		}
		raw := []byte(compact(t, alg, privateFor(alg), string(header), string(claims)))
		raw[max(at, 0)%len(raw)] ^= garble
		p, err := jwks.ParseProof(string(raw))
		if err != nil {
			if !errors.Is(err, jwks.ErrProof) {
				t.Fatal(err)
			}
			return
		}
		checkProof(t, string(raw), p)
	})
}

func checkProof(t *testing.T, raw string, p *jwks.Proof) {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || len(raw) > 8<<10 {
		t.Fatalf("accepted %d parts, %d bytes", len(parts), len(raw))
	}
	header, claims := map[string]any{}, map[string]any{}
	if json.Unmarshal(decoded(t, parts[0]), &header) != nil || json.Unmarshal(decoded(t, parts[1]), &claims) != nil {
		t.Fatal("accepted what encoding/json refuses")
	}
	alg, _ := header["alg"].(string)
	key, _ := header["jwk"].(map[string]any)
	if header["typ"] != "dpop+jwt" || !slices.Contains(pairAlgorithms, alg) || key["kty"] == "oct" {
		t.Fatalf("accepted header %v", header)
	}
	for _, name := range []string{"crit", "b64", "jku", "x5u", "x5c", "zip", "enc", "cty"} {
		if _, ok := header[name]; ok {
			t.Fatalf("accepted %q in the header", name)
		}
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
		if _, ok := key[name]; ok {
			t.Fatalf("accepted %q in the key", name)
		}
	}
	text := func(name string) string { s, _ := claims[name].(string); return s }
	said := jwks.Proof{ID: text("jti"), Method: text("htm"), URL: text("htu"), AccessTokenHash: text("ath"), Nonce: text("nonce"), Key: p.Key, IssuedAt: p.IssuedAt}
	iat, _ := claims["iat"].(float64)
	if said != *p || p.ID == "" || p.Method == "" || p.URL == "" || p.IssuedAt.Unix() != int64(iat) {
		t.Fatalf("read %v as %+v", claims, p)
	}
	private := privateFor(alg)
	if p.Key != thumbprintOf(private) {
		t.Fatalf("thumbprint %s of another key than the one that signed", p.Key)
	}
	if !verifies(alg, publicOf(private), parts[0]+"."+parts[1], decoded(t, parts[2])) {
		t.Fatalf("the signature does not hold: %s", raw)
	}
}

func decoded(t *testing.T, part string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatalf("accepted %q: %v", part, err)
	}
	return b
}

// verifies is RFC 7518 §3 and RFC 8037 §3.1 with the standard library alone.
func verifies(alg string, public crypto.PublicKey, input string, sig []byte) bool {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if strings.HasPrefix(alg, "PS") {
			return rsa.VerifyPSS(public, hashOf(alg), digest(alg, input), sig, nil) == nil
		}
		return rsa.VerifyPKCS1v15(public, hashOf(alg), digest(alg, input), sig) == nil
	case *ecdsa.PublicKey:
		half := len(sig) / 2
		return ecdsa.Verify(public, digest(alg, input), new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:]))
	case ed25519.PublicKey:
		return ed25519.Verify(public, []byte(input), sig)
	}
	return false
}
