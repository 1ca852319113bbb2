package jwks_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// FuzzVerify cuts a piece out of a good token and puts another one in. What is
// accepted is, byte for byte, a token that was minted.
func FuzzVerify(f *testing.F) {
	algs := []string{"HS256", "EdDSA", "ES256", "RS256", "PS256"}
	verifiers, tokens := make([]*jwks.Verifier, len(algs)), make([]string, len(algs))
	minted := map[string]bool{}
	for i, alg := range algs {
		verifiers[i], tokens[i] = verifierOf(f, alg), mint(f, alg, "k1")
		minted[tokens[i]] = true
		f.Add(uint8(i), uint16(0), uint16(0), "")
		f.Add(uint8(i), uint16(0), uint16(1<<15), "eyJhbGciOiJub25lIn0.e30.")
		f.Add(uint8(i), uint16(1), uint16(1), "\n")
		f.Add(uint8(i), uint16(len(tokens[i])-1), uint16(1), "A")
		f.Add(uint8(i), uint16(len(tokens[i])), uint16(0), "=")
		f.Add(uint8(i), uint16(strings.IndexByte(tokens[i], '.')), uint16(1), "..")
		f.Add(uint8(i), uint16(0), uint16(strings.IndexByte(tokens[i], '.')), encode(`{"alg":"HS256","alg":"none"}`))
	}
	minted[mirrored(tokens[2])] = true // see TestECDSASignatureMustBeOnePairOfNumbers
	f.Fuzz(func(t *testing.T, which uint8, at, length uint16, piece string) {
		good := tokens[int(which)%len(tokens)]
		from := min(int(at), len(good))
		token := good[:from] + piece + good[min(from+int(length), len(good)):]
		for i, v := range verifiers {
			c, err := v.Verify(t.Context(), token)
			if (c == nil) != (err != nil) {
				t.Fatalf("claims %v, error %v", c, err)
			}
			if accepted := err == nil; accepted && !minted[token] || !accepted && token == tokens[i] {
				t.Fatalf("%s: accepted %t: %q", algs[i], accepted, token)
			}
		}
	})
}

// mirrored is the other text that an ES256 token has.
func mirrored(token string) string {
	cut := strings.LastIndexByte(token, '.') + 1
	sig := made(base64.RawURLEncoding.DecodeString(token[cut:]))
	s := new(big.Int).SetBytes(sig[32:])
	s.Sub(p256().Params().N, s).FillBytes(sig[32:])
	return token[:cut] + encode(sig)
}

// FuzzHeader signs whatever text as a header. What is accepted says HS256, asks for
// nothing that we do not do and is of a kind that we read; encoding/json agrees.
func FuzzHeader(f *testing.F) {
	for _, row := range headerRows {
		f.Add([]byte(`{"alg":"HS256",` + row.text + `,"kid":"k1"}`))
	}
	for _, text := range []string{
		`{"alg":"HS256"}`, ` {"alg":"HS256","typ":"JWT"} `, `{"typ":"application/at+jwt","alg":"HS256"}`, `{"alg":"none"}`, `{"ALG":"HS256"}`, `{"alg":"HS256"}{}`,
		`{"alg":"HS256","typ":"dpop+jwt"}`, `{"\u0061lg":"\u0048S256"}`,
	} {
		f.Add([]byte(text))
	}
	v := believeSecret(f, jwks.Issuer{})
	refused := []string{"crit", "b64", "cty", "zip", "enc", "jku", "x5u", "jwk", "x5c"}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := v.Verify(t.Context(), compact(t, "HS256", sharedSecret, string(text), goodClaims()))
		if err != nil {
			return
		}
		var exact map[string]any // names as they are
		var folded struct {      // names as encoding/json folds them
			Alg, Kid, Typ *string
		}
		if json.Unmarshal(text, &exact) != nil || json.Unmarshal(text, &folded) != nil {
			t.Fatalf("accepted %q, which encoding/json refuses", text)
		}
		typ, hasTyp := exact["typ"].(string)
		if exact["alg"] != "HS256" || folded.Alg == nil || *folded.Alg != "HS256" || c.Type != typ {
			t.Fatalf("accepted %q, type %q", text, c.Type)
		}
		bare := strings.TrimPrefix(strings.ToLower(typ), "application/")
		if hasTyp && bare != "jwt" && bare != "at+jwt" {
			t.Fatalf("accepted typ %q", typ)
		}
		for name := range exact {
			if slices.ContainsFunc(refused, func(r string) bool { return strings.EqualFold(r, name) }) {
				t.Fatalf("accepted %q in %q", name, text)
			}
		}
	})
}

// FuzzClaims signs whatever text as claims. What is accepted is for us, in time, and
// says to our caller what it says to encoding/json.
func FuzzClaims(f *testing.F) {
	for _, row := range claimsRows {
		f.Add([]byte(claimsWith(row.add)))
	}
	for _, text := range []string{
		goodClaims(), claimsWith(richClaims), claimsWith(`"aud":["a","` + here + `"]`), claimsWith(`"exp":1e10`), claimsWith(`"exp":1767355200.000000001`),
		claimsWith(`"nbf":-1`), claimsWith(`"exp":253402300800`), claimsWith(`"iat":1e-7`),
	} {
		f.Add([]byte(text))
	}
	v := believeSecret(f, jwks.Issuer{})
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := v.Verify(t.Context(), mintClaims(t, string(text)))
		if err != nil {
			return
		}
		var exact map[string]any
		var folded struct {
			Iss, Sub, Jti string
			Aud           any
			Exp, Nbf, Iat float64
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber() // some numbers are beyond float64, and only dates need not be
		if d.Decode(&exact) != nil || json.Unmarshal(text, &folded) != nil {
			t.Fatalf("accepted %q, which encoding/json refuses", text)
		}
		if folded.Iss != login || c.Issuer != login || c.Subject != folded.Sub || c.ID != folded.Jti {
			t.Fatalf("%q: claims %+v", text, c)
		}
		if !slices.Contains(c.Audience, here) || !slices.Equal(c.Audience, c.List("aud")) {
			t.Fatalf("%q: audience %q", text, c.Audience)
		}
		checkDates(t, c, folded.Exp, folded.Nbf, folded.Iat)
		checkAccess(t, c, exact)
	})
}

func checkDates(t *testing.T, c *jwks.Claims, exp, nbf, iat float64) {
	t.Helper()
	const minute = 60
	now := float64(noon.Unix())
	if exp <= now-minute || exp > 253402300799 || nbf < 0 || nbf > now+minute || iat < 0 || iat > now+minute {
		t.Fatalf("accepted exp %v, nbf %v, iat %v at %v", exp, nbf, iat, now)
	}
	if got := c.Expiry.Unix(); got != int64(exp) {
		t.Fatalf("Expiry %d, want %v", got, exp)
	}
	if year := c.Expiry.UTC().Year(); year > 9999 || !c.NotBefore.IsZero() && c.NotBefore.Unix() != int64(nbf) || !c.IssuedAt.IsZero() && c.IssuedAt.Unix() != int64(iat) {
		t.Fatalf("dates %v, %v, %v", c.Expiry, c.NotBefore, c.IssuedAt)
	}
}

// checkAccess compares what the methods of Claims say with want.
func checkAccess(t *testing.T, c *jwks.Claims, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if c.Has(name) != (value != nil) {
			t.Fatalf("Has(%q) = %t", name, c.Has(name))
		}
		text, isText := value.(string)
		if c.Text(name) != text {
			t.Fatalf("Text(%q) = %q, want %q", name, c.Text(name), text)
		}
		if list := c.List(name); isText && !slices.Equal(list, []string{text}) {
			t.Fatalf("List(%q) = %q, want %q alone", name, list, text)
		}
		if object, ok := value.(map[string]any); ok {
			for inner, value := range object {
				text, _ := value.(string)
				if c.Text(name, inner) != text {
					t.Fatalf("Text(%q, %q) = %q, want %q", name, inner, c.Text(name, inner), text)
				}
			}
		}
	}
}

// FuzzPEM configures whatever text. What is accepted holds public keys alone, each of
// them strong enough; the standard library agrees.
func FuzzPEM(f *testing.F) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		public := publicOf(privateFor(alg))
		f.Add(pkixPEM(public))
		f.Add(certificatePEM(public))
		f.Add(slices.Concat(pkixPEM(public), pkixPEM(publicOf(edKey()))))
	}
	f.Add(pkcs1PEM(publicOf(rsaKey())))
	f.Add(pkixPEM(publicOf(weakRSA())))
	f.Add(block("PRIVATE KEY", made(x509.MarshalPKCS8PrivateKey(edKey()))))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		is := jwks.Issuer{URL: login, Audiences: []string{here}, PublicKeys: text, Algorithms: pairAlgorithms}
		_, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{is}})
		if err != nil || len(text) == 0 {
			return
		}
		n := 0
		for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
			checkStrong(t, publicInBlock(t, b))
			n++
		}
		if n == 0 {
			t.Fatalf("accepted %q", text)
		}
	})
}

func publicInBlock(t *testing.T, b *pem.Block) any {
	t.Helper()
	switch b.Type {
	case "PUBLIC KEY":
		return made(x509.ParsePKIXPublicKey(b.Bytes))
	case "RSA PUBLIC KEY":
		return made(x509.ParsePKCS1PublicKey(b.Bytes))
	case "CERTIFICATE":
		return made(x509.ParseCertificate(b.Bytes)).PublicKey
	}
	t.Fatalf("accepted a block of type %q", b.Type)
	return nil
}

func checkStrong(t *testing.T, public any) {
	t.Helper()
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < 2048 || bits > 8192 || key.E < 3 || key.E%2 == 0 {
			t.Fatalf("accepted RSA of %d bits, exponent %d", bits, key.E)
		}
	case *ecdsa.PublicKey:
		if bits := key.Params().BitSize; bits != 256 && bits != 384 && bits != 521 {
			t.Fatalf("accepted curve %s", key.Params().Name)
		}
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			t.Fatalf("accepted Ed25519 of %d bytes", len(key))
		}
	default:
		t.Fatalf("accepted a %T", public)
	}
}
