package jwks

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // linked for crypto.SHA256
	_ "crypto/sha512" // linked for crypto.SHA384 and crypto.SHA512
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// A kind is a sort of key. An algorithm works with one kind only, so that a key
// can't be used in a way it was not made for (RFC 8725 §3.1, RFC 7518 §3.4).
type kind string

const (
	kindRSA     kind = "RSA"
	kindP256    kind = "P-256"
	kindP384    kind = "P-384"
	kindP521    kind = "P-521"
	kindEd25519 kind = "Ed25519"
	kindSecret  kind = "secret"
)

// An algorithm is one way to sign.
type algorithm struct {
	name     string // "alg"
	kind     kind
	hash     crypto.Hash
	pss      bool
	verifier jws.Verifier
}

// algorithms is everything we know; what is accepted is each issuer's list.
var algorithms = []algorithm{
	{name: "RS256", kind: kindRSA, hash: crypto.SHA256},
	{name: "RS384", kind: kindRSA, hash: crypto.SHA384},
	{name: "RS512", kind: kindRSA, hash: crypto.SHA512},
	{name: "PS256", kind: kindRSA, hash: crypto.SHA256, pss: true},
	{name: "PS384", kind: kindRSA, hash: crypto.SHA384, pss: true},
	{name: "PS512", kind: kindRSA, hash: crypto.SHA512, pss: true},
	{name: "ES256", kind: kindP256, hash: crypto.SHA256},
	{name: "ES384", kind: kindP384, hash: crypto.SHA384},
	{name: "ES512", kind: kindP521, hash: crypto.SHA512},
	{name: "EdDSA", kind: kindEd25519},
	{name: "HS256", kind: kindSecret, hash: crypto.SHA256},
	{name: "HS384", kind: kindSecret, hash: crypto.SHA384},
	{name: "HS512", kind: kindSecret, hash: crypto.SHA512},
}

// newAlgorithm finds an algorithm by its exact name.
func newAlgorithm(name string) (algorithm, error) {
	for _, a := range algorithms {
		if a.name != name {
			continue
		}
		if a.pss {
			a.verifier = pssVerifier{a.hash}
			return a, nil
		}
		v, err := jws.NewVerifier(jwa.SignatureAlgorithm(name))
		a.verifier = v
		return a, err
	}
	return algorithm{}, fmt.Errorf("unknown algorithm %q", name)
}

// pssVerifier demands a salt as long as the hash (RFC 7518 §3.5); the jwx verifier
// takes any.
type pssVerifier struct{ hash crypto.Hash }

// Verify implements jws.Verifier.
func (v pssVerifier) Verify(signed, signature []byte, key any) error {
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return ErrKey
	}
	h := v.hash.New()
	h.Write(signed)
	return rsa.VerifyPSS(public, v.hash, h.Sum(nil), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
}
