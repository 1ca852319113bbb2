package jwkstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"math/big"
	"strings"
	"sync"
)

// rsaBits is the least that RFC 7518 §3.3 allows.
const rsaBits = 2048

// A Key is a member of a key set and what signs with it. It never changes and is
// safe for concurrent use. It prints as its ID.
type Key struct {
	id      string
	alg     string
	private func() any     // nil if there is only raw
	members map[string]any // laid over the JWK
	raw     string         // published in place of a JWK, and then nothing is signed
}

// NewKey returns a new key for one of RS256 RS384 RS512 PS256 PS384 PS512 ES256
// ES384 ES512 EdDSA. An RSA key has 2048 bits and is generated when it is first
// needed. The JWK has kid, use and alg.
func NewKey(alg string) *Key { return newKey(alg, rsaBits) }

func newKey(alg string, bits int) *Key {
	if !algorithms[alg].pair {
		panic(fmt.Sprintf("jwkstest: NewKey: no key pair for algorithm %q", alg))
	}
	return &Key{
		id:  strings.ToLower(alg) + "-" + randomText(),
		alg: alg,
		private: sync.OnceValue(func() any {
			key, err := generate(alg, bits)
			if err != nil {
				panic(fmt.Sprintf("jwkstest: cannot generate a key: %v", err))
			}
			return key
		}),
	}
}

// ID is how the issuer knows the key: its "kid", unless [Key.With] changed that.
func (k *Key) ID() string { return k.id }

// With returns the same key, under the same ID, with members laid over its JWK. A
// nil value removes a member: {"alg": nil} publishes a key without its algorithm.
func (k *Key) With(members map[string]any) *Key {
	out := *k
	out.members = maps.Clone(k.members)
	if out.members == nil {
		out.members = map[string]any{}
	}
	maps.Copy(out.members, members)
	return &out
}

// MarshalJSON returns the key as it is published: a JWK (RFC 7517 §4).
func (k *Key) MarshalJSON() ([]byte, error) { return []byte(k.jwk()), nil }

// Format implements fmt.Formatter.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.id) }

func (k *Key) jwk() string {
	if k.private == nil {
		return k.raw
	}
	base := map[string]any{"kid": k.id, "use": "sig", "alg": k.alg}
	maps.Copy(base, publicMembers(k.private()))
	return string(marshal(overlay(base, k.members)))
}

// header is what a token signed with the key says of it: the "kid", as published.
func (k *Key) header() map[string]any {
	kid, edited := k.members["kid"]
	if !edited {
		kid = k.id
	}
	return overlay(map[string]any{}, map[string]any{"kid": kid})
}

// publicMembers are the members of RFC 7518 §6.2.1 and §6.3.1 and RFC 8037 §2, and
// for a secret that of RFC 7518 §6.4: all there is of it.
func publicMembers(private any) map[string]any {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		return map[string]any{"kty": "RSA", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PrivateKey:
		x, y := coordinates(key)
		return map[string]any{"kty": "EC", "crv": key.Curve.Params().Name, "x": encode(x), "y": encode(y)}
	case ed25519.PrivateKey:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(key.Public().(ed25519.PublicKey))}
	case []byte:
		return map[string]any{"kty": "oct", "k": encode(key)}
	}
	panic(fmt.Sprintf("jwkstest: no JWK for a %T", private))
}

// coordinates splits the uncompressed point: 4, X, Y (SEC 1 §2.3.3).
func coordinates(key *ecdsa.PrivateKey) (x, y []byte) {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(fmt.Sprintf("jwkstest: public key: %v", err))
	}
	size := len(point) / 2
	return point[1 : 1+size], point[1+size:]
}

// public returns the public half, or nil where there is none. Not for a raw key.
func (k *Key) public() crypto.PublicKey {
	if pair, ok := k.private().(crypto.Signer); ok {
		return pair.Public()
	}
	return nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// randomText is 72 bits, as 12 characters that need no escaping anywhere.
func randomText() string {
	b := make([]byte, 9)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return encode(b)
}
