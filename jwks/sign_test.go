package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// Every algorithm there is, and those whose keys have a public half.
var (
	pairAlgorithms   = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	secretAlgorithms = []string{"HS256", "HS384", "HS512"}
)

// sharedSecret is long enough for HS512.
var sharedSecret = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

// Keys of the whole test binary, each made once: RSA takes its time.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return made(rsa.GenerateKey(rand.Reader, 2048)) })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { return made(rsa.GenerateKey(rand.Reader, 2048)) })
	weakRSA  = sync.OnceValue(func() *rsa.PrivateKey { return made(rsa.GenerateKey(rand.Reader, 1024)) })
	p256     = sync.OnceValue(func() *ecdsa.PrivateKey { return made(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	p384     = sync.OnceValue(func() *ecdsa.PrivateKey { return made(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	p521     = sync.OnceValue(func() *ecdsa.PrivateKey { return made(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) })
	edKey    = sync.OnceValue(func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(sharedSecret[:ed25519.SeedSize]) })
)

func made[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// privateFor is the key that signs with alg.
func privateFor(alg string) any {
	switch alg {
	case "ES256":
		return p256()
	case "ES384":
		return p384()
	case "ES512":
		return p521()
	case "EdDSA":
		return edKey()
	}
	if strings.HasPrefix(alg, "HS") {
		return sharedSecret
	}
	return rsaKey()
}

func publicOf(private any) crypto.PublicKey { return private.(crypto.Signer).Public() }

// sign makes a JWS signature (RFC 7518 §3, RFC 8037 §3.1) with the standard library
// alone, so that nothing is verified by the code that signed it. The key need not be
// the one that alg is for.
func sign(t testing.TB, alg string, private any, input string) []byte {
	t.Helper()
	var sig []byte
	var err error
	switch key := private.(type) {
	case []byte:
		mac := hmac.New(hashOf(alg).New, key)
		mac.Write([]byte(input))
		sig = mac.Sum(nil)
	case *rsa.PrivateKey:
		if strings.HasPrefix(alg, "PS") {
			sig, err = rsa.SignPSS(rand.Reader, key, hashOf(alg), digest(alg, input), &rsa.PSSOptions{SaltLength: hashOf(alg).Size()})
		} else {
			sig, err = rsa.SignPKCS1v15(nil, key, hashOf(alg), digest(alg, input))
		}
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, key, digest(alg, input))
		sig = joinRS(key.Curve, r, s)
	case ed25519.PrivateKey:
		sig = ed25519.Sign(key, []byte(input))
	default:
		t.Fatalf("cannot sign with a %T", private)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// joinRS is a signature as RFC 7518 §3.4 writes it.
func joinRS(curve elliptic.Curve, r, s *big.Int) []byte {
	if r == nil || s == nil {
		return nil
	}
	size := (curve.Params().BitSize + 7) / 8
	sig := make([]byte, 2*size)
	r.FillBytes(sig[:size])
	s.FillBytes(sig[size:])
	return sig
}

// hashOf is the hash whose size an algorithm's name ends in; SHA-256 where it ends
// in nothing of the sort.
func hashOf(alg string) crypto.Hash {
	switch {
	case strings.HasSuffix(alg, "384"):
		return crypto.SHA384
	case strings.HasSuffix(alg, "512"):
		return crypto.SHA512
	}
	return crypto.SHA256
}

func digest(alg, input string) []byte {
	h := hashOf(alg).New()
	h.Write([]byte(input))
	return h.Sum(nil)
}

func encode[T ~string | ~[]byte](part T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(part))
}

// compact returns a token of exactly these texts. How it is signed need not be what
// its header says.
func compact(t testing.TB, alg string, private any, header, claims string) string {
	t.Helper()
	input := encode(header) + "." + encode(claims)
	return input + "." + encode(sign(t, alg, private, input))
}

// mint returns a good token, signed by the key that privateFor has for alg. kid ""
// means that the header names no key.
func mint(t testing.TB, alg, kid string) string {
	t.Helper()
	header := fmt.Sprintf(`{"alg":%q,"typ":"at+jwt"}`, alg)
	if kid != "" {
		header = fmt.Sprintf(`{"alg":%q,"typ":"at+jwt","kid":%q}`, alg, kid)
	}
	return compact(t, alg, privateFor(alg), header, goodClaims())
}

func pkixPEM(public any) []byte {
	return block("PUBLIC KEY", made(x509.MarshalPKIXPublicKey(public)))
}

func pkcs1PEM(public any) []byte {
	return block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(public.(*rsa.PublicKey)))
}

// certificatePEM boxes the key in a certificate that ended long ago: whoever
// configures it vouches for it, not its issuer and not its dates.
func certificatePEM(public any) []byte {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1, 0)}
	return block("CERTIFICATE", made(x509.CreateCertificate(rand.Reader, template, template, public, p256())))
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
