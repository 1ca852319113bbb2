package jwks

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"testing"
)

// The key of RFC 7638 §3.1. Nobody here can sign with it, so this asks the function
// itself; the other kinds of key are compared by way of the proofs that they sign.
func TestThumbprintOfRFC7638(t *testing.T) {
	const (
		n    = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
		want = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
	)
	modulus, err := base64.RawURLEncoding.DecodeString(n)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := thumbprint(&rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}); err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if _, err := thumbprint([]byte("secret")); err == nil {
		t.Error("a shared secret has a thumbprint, by which it can be guessed")
	}
}
