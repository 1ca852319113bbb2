package jwks

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
)

// thumbprint is the name of a public key that everybody computes alike: SHA-256 of its
// JWK, with the required members only, in order of their names and without a space
// (RFC 7638 §3, RFC 8037 §2). It is made of the key as it was understood, not of the
// text that it came in, so that one key has one thumbprint.
func thumbprint(public any) (string, error) {
	var text string
	switch public := public.(type) {
	case *rsa.PublicKey:
		text = fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, base64url(big.NewInt(int64(public.E)).Bytes()), base64url(public.N.Bytes()))
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4, X, Y; the length of X is the curve's (RFC 7518 §6.2.1.2, SEC 1 §2.3.3)
		if err != nil {
			return "", err
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		text = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, public.Params().Name, base64url(x), base64url(y))
	case ed25519.PublicKey:
		text = fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":%q}`, base64url(public))
	default:
		return "", fmt.Errorf("no thumbprint for a %T", public)
	}
	sum := sha256.Sum256([]byte(text))
	return base64url(sum[:]), nil
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
