package jwks

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math"
	"slices"
)

// minRSA is the least size of an RSA key in bits (RFC 7518 §3.3); maxRSA keeps one
// published key from making every signature check slow.
const (
	minRSA = 2048
	maxRSA = 8192
)

// minExponent is what everybody uses, and the least that FIPS 186-5 §5.1 takes:
// small ones turn slips in padding checks into forgeries.
const minExponent = 1<<16 + 1

// A key can verify. It is immutable.
type key struct {
	id     string // "kid", empty when the key has none
	alg    string // "alg", empty when the key does not say
	issuer string // whose tokens alone it verifies, empty when the key does not say
	kind   kind
	public any // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or, for a shared secret, []byte

	// What claims remember, of a token that named the key and of one that named none.
	named, lone *keyRef
}

// A keyRef is what claims remember of the key that verified them. Some verbs of fmt
// follow a pointer out of a struct, but not two, and a key may be a secret.
type keyRef struct {
	*key
	lone bool // their token named none, which is enough only while there is no other
}

// newKey checks that public is a key worth verifying with.
func newKey(id, alg string, public any) (*key, error) {
	k := &key{id: id, alg: alg, public: public}
	k.named, k.lone = &keyRef{key: k}, &keyRef{key: k, lone: true}
	switch public := public.(type) {
	case *rsa.PublicKey:
		if err := checkRSA(public); err != nil {
			return nil, err
		}
		k.kind = kindRSA
	case *ecdsa.PublicKey:
		switch public.Curve {
		case elliptic.P256():
			k.kind = kindP256
		case elliptic.P384():
			k.kind = kindP384
		case elliptic.P521():
			k.kind = kindP521
		default:
			return nil, fmt.Errorf("curve %s is not supported", public.Params().Name)
		}
		// “the validity of the key MUST be checked”: a point off the curve gives
		// signatures away — RFC 8725 §3.4.
		if _, err := public.ECDH(); err != nil {
			return nil, errors.New("EC point is not on its curve")
		}
	case ed25519.PublicKey:
		if len(public) != ed25519.PublicKeySize { // on which crypto/ed25519 panics
			return nil, fmt.Errorf("Ed25519 key of %d bytes, %d are needed", len(public), ed25519.PublicKeySize)
		}
		k.kind = kindEd25519
	case []byte:
		k.kind = kindSecret
	}
	if k.kind == "" {
		return nil, fmt.Errorf("unsupported key type %T", public)
	}
	if a, err := newAlgorithm(alg); alg != "" && (err != nil || a.kind != k.kind) {
		return nil, fmt.Errorf("%s key for algorithm %.20q", k.kind, alg)
	}
	return k, nil
}

func checkRSA(public *rsa.PublicKey) error {
	switch bits := public.N.BitLen(); {
	case bits < minRSA:
		return fmt.Errorf("RSA key of %d bits, at least %d are needed", bits, minRSA)
	case bits > maxRSA:
		return fmt.Errorf("RSA key of %d bits, at most %d are taken", bits, maxRSA)
	case public.E < minExponent || public.E%2 == 0 || public.E > math.MaxInt32:
		return errors.New("RSA exponent is not an odd number between 2^16 and 2^31")
	case public.N.Bit(0) == 0:
		return errors.New("RSA modulus is even")
	}
	return nil
}

// fits reports whether the key may verify with a. A key that names its algorithm
// serves that one only (RFC 7517 §4.4).
func (k *key) fits(a *algorithm) bool {
	return k.kind == a.kind && (k.alg == "" || k.alg == a.name)
}

// of reports whether the key may be that of one of owners: its "issuer", if it has
// one, is the only issuer that it speaks for. Providers that sign for many tenants
// publish the keys of all of them together.
func (k *key) of(owners []string) bool {
	return k.issuer == "" || slices.Contains(owners, k.issuer)
}

// verify checks a signature over the text as it was received.
func (k *key) verify(a *algorithm, signed, signature []byte) error {
	if !k.fits(a) {
		return ErrKey
	}
	if a.verifier.Verify(signed, signature, k.public) != nil {
		return ErrSignature
	}
	return nil
}
