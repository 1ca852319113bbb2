package jwkstest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// This file reads tokens and key sets without the code under test, with nothing but
// the standard library.

var b64 = base64.RawURLEncoding.Strict()

var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

// A decoded token, not verified.
type decoded struct {
	header, claims map[string]any
	input          string
	signature      []byte
}

func decode(token string) (decoded, error) {
	var d decoded
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return d, fmt.Errorf("%d parts", len(parts))
	}
	d.input = parts[0] + "." + parts[1]
	header, err1 := b64.DecodeString(parts[0])
	claims, err2 := b64.DecodeString(parts[1])
	signature, err3 := b64.DecodeString(parts[2])
	d.signature = signature
	if err := errors.Join(err1, err2, err3); err != nil {
		return d, err
	}
	return d, errors.Join(json.Unmarshal(header, &d.header), json.Unmarshal(claims, &d.claims))
}

// keysOf reads the members of a key set.
func keysOf(jwks []byte) ([]map[string]any, error) {
	var set struct{ Keys []map[string]any }
	err := json.Unmarshal(jwks, &set)
	return set.Keys, err
}

// verify checks token against the one key of the set that has its kid.
func verify(jwks []byte, token string) (decoded, error) {
	d, err := decode(token)
	if err != nil {
		return d, err
	}
	keys, err := keysOf(jwks)
	if err != nil {
		return d, err
	}
	for _, k := range keys {
		if k["kid"] != d.header["kid"] {
			continue
		}
		public, err := publicKey(k)
		if err != nil {
			return d, err
		}
		alg, _ := d.header["alg"].(string)
		return d, check(alg, public, d)
	}
	return d, fmt.Errorf("no key %v", d.header["kid"])
}

func publicKey(jwk map[string]any) (any, error) {
	number := func(name string) []byte {
		text, _ := jwk[name].(string)
		b, err := b64.DecodeString(text)
		if err != nil || len(b) == 0 {
			return nil
		}
		return b
	}
	switch jwk["kty"] {
	case "RSA":
		return &rsa.PublicKey{N: new(big.Int).SetBytes(number("n")), E: int(new(big.Int).SetBytes(number("e")).Int64())}, nil
	case "EC":
		curve := map[any]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[jwk["crv"]]
		return ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, number("x")...), number("y")...))
	case "OKP":
		return ed25519.PublicKey(number("x")), nil
	case "oct":
		return number("k"), nil
	}
	return nil, fmt.Errorf("kty %v", jwk["kty"])
}

func check(alg string, public any, d decoded) error {
	sum := func(h crypto.Hash) []byte {
		w := h.New()
		w.Write([]byte(d.input))
		return w.Sum(nil)
	}
	ok := false
	hash := hashes[alg[max(0, len(alg)-3):]]
	switch key := public.(type) {
	case *rsa.PublicKey:
		if strings.HasPrefix(alg, "PS") {
			return rsa.VerifyPSS(key, hash, sum(hash), d.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.VerifyPKCS1v15(key, hash, sum(hash), d.signature)
	case *ecdsa.PublicKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		if len(d.signature) != 2*size {
			return fmt.Errorf("signature of %d bytes", len(d.signature))
		}
		r, s := new(big.Int).SetBytes(d.signature[:size]), new(big.Int).SetBytes(d.signature[size:])
		ok = strings.HasPrefix(alg, "ES") && ecdsa.Verify(key, sum(hash), r, s)
	case ed25519.PublicKey:
		ok = alg == "EdDSA" && ed25519.Verify(key, []byte(d.input), d.signature)
	case []byte:
		mac := hmac.New(hash.New, key)
		mac.Write([]byte(d.input))
		ok = strings.HasPrefix(alg, "HS") && hmac.Equal(mac.Sum(nil), d.signature)
	}
	if !ok {
		return errors.New("signature does not verify")
	}
	return nil
}
