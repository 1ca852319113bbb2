package jwkstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"fmt"
)

// An algorithm is what an "alg" stands for: RFC 7518 §3.1, RFC 8037 §3.1.
type algorithm struct {
	kind  string // how to sign: RS, PS, ES, EdDSA, HS, none
	hash  crypto.Hash
	curve elliptic.Curve // of a new ES key
	pair  bool           // whether its keys have a public half
}

var algorithms = map[string]algorithm{
	"RS256": {"RS", crypto.SHA256, nil, true},
	"RS384": {"RS", crypto.SHA384, nil, true},
	"RS512": {"RS", crypto.SHA512, nil, true},
	"PS256": {"PS", crypto.SHA256, nil, true},
	"PS384": {"PS", crypto.SHA384, nil, true},
	"PS512": {"PS", crypto.SHA512, nil, true},
	"ES256": {"ES", crypto.SHA256, elliptic.P256(), true},
	"ES384": {"ES", crypto.SHA384, elliptic.P384(), true},
	"ES512": {"ES", crypto.SHA512, elliptic.P521(), true},
	"EdDSA": {"EdDSA", 0, nil, true},
	"HS256": {"HS", crypto.SHA256, nil, false},
	"HS384": {"HS", crypto.SHA384, nil, false},
	"HS512": {"HS", crypto.SHA512, nil, false},
	"none":  {"none", 0, nil, false},
}

// generate makes a private key for alg; bits is the size of an RSA key.
func generate(alg string, bits int) (any, error) {
	a := algorithms[alg]
	switch a.kind {
	case "RS", "PS":
		return rsa.GenerateKey(rand.Reader, bits)
	case "ES":
		return ecdsa.GenerateKey(a.curve, rand.Reader)
	case "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("%q has no key pair", alg)
}

// sign makes the signature of input. The key must be of the kind that alg needs; it
// need not be of the size or curve, for that is one of the things to get wrong.
func sign(alg string, key any, input []byte) ([]byte, error) {
	a := algorithms[alg]
	switch key := key.(type) {
	case nil:
		if a.kind == "none" {
			return nil, nil
		}
	case *rsa.PrivateKey:
		if a.kind == "RS" {
			return rsa.SignPKCS1v15(rand.Reader, key, a.hash, digest(a.hash, input))
		}
		if a.kind == "PS" { // the salt is as long as the hash: RFC 7518 §3.5
			return rsa.SignPSS(rand.Reader, key, a.hash, digest(a.hash, input),
				&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	case *ecdsa.PrivateKey:
		if a.kind == "ES" {
			return signECDSA(key, digest(a.hash, input))
		}
	case ed25519.PrivateKey:
		if a.kind == "EdDSA" {
			return ed25519.Sign(key, input), nil
		}
	case []byte:
		if a.kind == "HS" {
			mac := hmac.New(a.hash.New, key)
			mac.Write(input)
			return mac.Sum(nil), nil
		}
	}
	return nil, fmt.Errorf("no %s signature with a %T", alg, key)
}

// signECDSA returns R and S, each as long as the curve's order: RFC 7518 §3.4.
func signECDSA(key *ecdsa.PrivateKey, sum []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, key, sum)
	if err != nil {
		return nil, err
	}
	size := (key.Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	r.FillBytes(out[:size])
	s.FillBytes(out[size:])
	return out, nil
}

func digest(hash crypto.Hash, input []byte) []byte {
	h := hash.New()
	h.Write(input)
	return h.Sum(nil)
}
