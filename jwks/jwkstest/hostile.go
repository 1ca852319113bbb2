package jwkstest

import "crypto/ecdsa"

// Members of a key set that a verifier must not use. Each can be given to
// [Issuer.Publish], and all but [RawKey] and [UnknownKey] sign tokens too, which
// must then be refused although the signature is right. [Key.With] makes others.

// RawKey publishes text as it is, JSON or not, and signs nothing: null, a key
// without its modulus, a number. The id is for [Issuer.RemoveKey] alone, and
// [Key.With] has nothing to change.
func RawKey(id, text string) *Key { return &Key{id: id, raw: text} }

// UnknownKey is of a type that no verifier knows. “Implementations SHOULD ignore
// JWKs within a JWK Set that use "kty" values that are not understood by them”
// — RFC 7517 §5. Its "kid" is id.
func UnknownKey(id string) *Key {
	return RawKey(id, string(marshal(map[string]any{"kty": "LATTICE", "kid": id, "use": "sig", "alg": "LATTICE-7", "pub": "AQAB"})))
}

// SecretKey is an HS256 secret in a public place (RFC 8725 §3.5): everybody can
// sign with it.
func SecretKey(secret []byte) *Key {
	secret = append([]byte{}, secret...)
	return &Key{id: "hs256-" + randomText(), alg: "HS256", private: func() any { return secret }}
}

// WeakRSAKey is an RS256 key of 1024 bits; RFC 7518 §3.3 asks for 2048.
func WeakRSAKey() *Key { return newKey("RS256", 1024) }

// PrivateKey is an ES256 key published with its private part.
func PrivateKey() *Key {
	k := NewKey("ES256")
	d, err := k.private().(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		panic("jwkstest: private key: " + err.Error())
	}
	return k.With(map[string]any{"d": encode(d)})
}

// OffCurveKey is an ES256 key whose published point is not on its curve
// (RFC 8725 §3.4).
func OffCurveKey() *Key {
	k := NewKey("ES256")
	x, _ := coordinates(k.private().(*ecdsa.PrivateKey))
	return k.With(map[string]any{"y": encode(x)})
}

// EncryptionKey is an RS256 key published for encryption (RFC 7517 §4.2).
func EncryptionKey() *Key { return NewKey("RS256").With(map[string]any{"use": "enc"}) }

// OperationsKey is an RS256 key whose "key_ops" do not allow to verify with it
// (RFC 7517 §4.3).
func OperationsKey() *Key {
	return NewKey("RS256").With(map[string]any{"use": nil, "key_ops": []string{"encrypt", "wrapKey"}})
}

// MislabelledKey is a P-256 key that claims ES384, which is bound to P-384
// (RFC 7518 §3.4). It signs ES384 all the same.
func MislabelledKey() *Key {
	k := NewKey("ES256")
	k.alg = "ES384" // nobody else has k yet
	return k
}
