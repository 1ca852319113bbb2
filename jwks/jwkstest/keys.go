package jwkstest

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
)

// AddKey publishes a new key, as [NewKey] makes it, after the others. It returns
// its "kid".
func (is *Issuer) AddKey(alg string) string {
	k := NewKey(alg)
	is.Publish(k)
	return k.id
}

// Publish adds keys to the set, after the others. A key that is already there, by
// its ID, is replaced where it stands.
func (is *Issuer) Publish(keys ...*Key) {
	is.mu.Lock()
	defer is.mu.Unlock()
	for _, k := range keys {
		is.withdrawn = slices.DeleteFunc(is.withdrawn, k.same)
		if i := slices.IndexFunc(is.keys, k.same); i >= 0 {
			is.keys[i] = k
		} else {
			is.keys = append(is.keys, k)
		}
	}
}

func (k *Key) same(other *Key) bool { return k.id == other.id }

// RemoveKey takes a key out of the set. It can still sign tokens, which should then
// be refused.
func (is *Issuer) RemoveKey(kid string) {
	is.mu.Lock()
	defer is.mu.Unlock()
	k := is.published(kid)
	is.keys = slices.DeleteFunc(is.keys, k.same)
	is.withdrawn = append(is.withdrawn, k)
}

// EditKey lays members over the JWK of a published key: see [Key.With].
func (is *Issuer) EditKey(kid string, members map[string]any) {
	is.mu.Lock()
	defer is.mu.Unlock()
	k := is.published(kid)
	is.keys[slices.Index(is.keys, k)] = k.With(members)
}

// Rotate replaces each key by a new one of its algorithm, as [NewKey] makes it; a
// [RawKey] or [SecretKey] stays. The old ones leave the set, and can still sign.
func (is *Issuer) Rotate() {
	is.mu.Lock()
	defer is.mu.Unlock()
	for i, k := range is.keys {
		if algorithms[k.alg].pair {
			is.withdrawn = append(is.withdrawn, k)
			is.keys[i] = NewKey(k.alg)
		}
	}
}

// KeyIDs lists the published keys by their ID, in order. The first that signs is
// the one that [Issuer.Mint] uses by default.
func (is *Issuer) KeyIDs() []string {
	is.mu.Lock()
	defer is.mu.Unlock()
	ids := make([]string, len(is.keys))
	for i, k := range is.keys {
		ids[i] = k.id
	}
	return ids
}

// PublicKeyPEM returns the public half of a key as a PKIX PEM block.
func (is *Issuer) PublicKeyPEM(kid string) []byte {
	der, err := x509.MarshalPKIXPublicKey(is.signer(kid, "").public())
	if err != nil {
		panic(fmt.Sprintf("jwkstest: PublicKeyPEM(%q): %v", kid, err))
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// published finds a key of the set. The lock must be held.
func (is *Issuer) published(kid string) *Key {
	i := slices.IndexFunc(is.keys, func(k *Key) bool { return k.id == kid })
	if i < 0 {
		panic(fmt.Sprintf("jwkstest: no key %q is published", kid))
	}
	return is.keys[i]
}

// signer finds the key to sign with: that of the ID, published or withdrawn, or else
// the first published one of the algorithm; an empty algorithm means any.
func (is *Issuer) signer(kid, alg string) *Key {
	is.mu.Lock()
	defer is.mu.Unlock()
	fits := func(k *Key) bool {
		return k.private != nil && (k.id == kid || kid == "" && (alg == "" || k.alg == alg))
	}
	if i := slices.IndexFunc(is.keys, fits); i >= 0 {
		return is.keys[i]
	}
	if i := slices.IndexFunc(is.withdrawn, fits); i >= 0 && kid != "" {
		return is.withdrawn[i]
	}
	panic(fmt.Sprintf("jwkstest: no key to sign with: id %q, algorithm %q (see AddKey)", kid, alg))
}
