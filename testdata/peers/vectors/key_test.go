package vectors

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	_ "crypto/sha256" // the hashes of hashOf
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// A privateKey is a key of a vector, with which it is stated again.
type privateKey struct {
	Kty, Crv, Kid, Alg string
	N, E, D, X, Y, K   octets

	curve *ecdsa.PrivateKey
}

// octets are bytes in base64url, as JWKs hold them. What is none is nothing: such keys
// sign nothing here and are refused by the verifier.
type octets []byte

func (o *octets) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return nil
	}
	*o, _ = base64.RawURLEncoding.DecodeString(s)
	return nil
}

func (o octets) number() *big.Int { return new(big.Int).SetBytes(o) }

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// prepare makes the key able to sign, if it is one that can.
func (k *privateKey) prepare() {
	curve, ok := curves[k.Crv]
	if k.Kty != "EC" || !ok || len(k.D) == 0 {
		return
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(k.D) <= size {
		k.curve, _ = ecdsa.ParseRawPrivateKey(curve, k.D.number().FillBytes(make([]byte, size)))
	}
}

// hashOf is the hash that an algorithm's name ends in, or 0.
func hashOf(alg string) crypto.Hash {
	switch {
	case strings.HasSuffix(alg, "256"):
		return crypto.SHA256
	case strings.HasSuffix(alg, "384"):
		return crypto.SHA384
	case strings.HasSuffix(alg, "512"):
		return crypto.SHA512
	}
	return 0
}

var hashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

func digest(hash crypto.Hash, parts ...[]byte) []byte {
	h := hash.New()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

func mac(hash crypto.Hash, key []byte, input string) []byte {
	h := hmac.New(hash.New, key)
	h.Write([]byte(input))
	return h.Sum(nil)
}

// sign signs input as alg says, or returns nil where the key cannot.
func (k *privateKey) sign(alg, input string) []byte {
	hash := hashOf(alg)
	switch {
	case hash == 0:
		return nil
	case strings.HasPrefix(alg, "HS") && k.Kty == "oct":
		return mac(hash, k.K, input)
	case strings.HasPrefix(alg, "ES") && k.curve != nil:
		return k.signECDSA(hash, input)
	case strings.HasPrefix(alg, "RS") && k.Kty == "RSA":
		return k.power(encodePKCS1(hash, input, k.size()))
	case strings.HasPrefix(alg, "PS") && k.Kty == "RSA":
		return k.power(encodePSS(hash, input, k.size()))
	}
	return nil
}

func (k *privateKey) signECDSA(hash crypto.Hash, input string) []byte {
	r, s, err := ecdsa.Sign(rand.Reader, k.curve, digest(hash, []byte(input)))
	if err != nil {
		panic(err)
	}
	size := k.size()
	return slices.Concat(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size)))
}

// signed reports whether sig is a right ECDSA signature of input.
func (k *privateKey) signed(hash crypto.Hash, input string, r, s *big.Int) bool {
	return ecdsa.Verify(&k.curve.PublicKey, digest(hash, []byte(input)), r, s)
}

// size is how long the numbers of a signature are.
func (k *privateKey) size() int {
	if k.curve != nil {
		return (k.curve.Params().BitSize + 7) / 8
	}
	return (k.N.number().BitLen() + 7) / 8
}

// power is RSASP1, RFC 8017 §5.2.1: the signature whose encoded message is em.
func (k *privateKey) power(em []byte) []byte {
	return new(big.Int).Exp(octets(em).number(), k.D.number(), k.N.number()).FillBytes(make([]byte, k.size()))
}

// open is RSAVP1, RFC 8017 §5.2.2: the encoded message of a signature.
func (k *privateKey) open(sig *big.Int) []byte {
	return new(big.Int).Exp(sig, k.E.number(), k.N.number()).FillBytes(make([]byte, k.size()))
}

// digestInfo begins the DER of RFC 8017 §9.2, note 1.
var digestInfo = map[crypto.Hash]string{
	crypto.SHA256: "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
	crypto.SHA384: "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
	crypto.SHA512: "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
}

func encodePKCS1(hash crypto.Hash, input string, size int) []byte {
	tail := slices.Concat([]byte{0}, []byte(digestInfo[hash]), digest(hash, []byte(input)))
	em := append([]byte{0, 1}, slices.Repeat([]byte{0xff}, size-2-len(tail))...)
	return append(em, tail...)
}

// encodePSS is RFC 8017 §9.1.1 for keys of whole bytes, with a salt as long as the hash.
func encodePSS(hash crypto.Hash, input string, size int) []byte {
	salt := digest(hash, []byte("salt"))
	db := make([]byte, size-hash.Size()-1)
	copy(db[len(db)-len(salt):], salt)
	db[len(db)-len(salt)-1] = 1
	return joinPSS(hash, db, digest(hash, make([]byte, 8), digest(hash, []byte(input)), salt), 0xbc)
}

// joinPSS masks db by h, as RFC 8017 §9.1.1 does, steps 9 to 12.
func joinPSS(hash crypto.Hash, db, h []byte, trailer byte) []byte {
	masked := xor(db, mask(hash, h, len(db)))
	masked[0] &= 0x7f
	return slices.Concat(masked, h, []byte{trailer})
}

// mask is MGF1, RFC 8017 §B.2.1.
func mask(hash crypto.Hash, seed []byte, length int) []byte {
	var out []byte
	for counter := byte(0); len(out) < length; counter++ {
		out = append(out, digest(hash, seed, []byte{0, 0, 0, counter})...)
	}
	return out[:length]
}

func xor(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range a {
		out[i] = a[i] ^ b[i]
	}
	return out
}
