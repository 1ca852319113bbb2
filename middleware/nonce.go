package middleware

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"time"
)

const (
	// nonceLife is how long a nonce is accepted; after half of it clients get the next.
	nonceLife = 5 * time.Minute

	// nonceSkew is how far the clock of the replica that made it may be ahead.
	nonceSkew = 30 * time.Second

	minNonceKey = sha256.Size
	nonceMAC    = 16 // bytes: 128 bits, which nobody can try offline
)

// ProofNonces makes the nonces of DPoP proofs (RFC 9449 §9): a client can't prepare
// proofs, or have them prepared, for a time to come. A nonce is a time and a MAC over
// it, so nothing is stored, and every replica with the same keys accepts it. It is safe
// for concurrent use, and prints nothing of its keys.
type ProofNonces struct{ keys func() [][]byte } // a func, because fmt can print what it points to

// NewProofNonces takes the keys, each of at least 32 random bytes. The first makes
// nonces, all check them: to rotate, put the new one in front and drop the old one five
// minutes later. Without keys a random one is made, which is right for a single replica.
func NewProofNonces(keys ...[]byte) (*ProofNonces, error) {
	ring := make([][]byte, 0, max(1, len(keys)))
	for i, key := range keys {
		if len(key) < minNonceKey {
			return nil, &ConfigError{Field: fmt.Sprintf("keys[%d]", i), Problem: fmt.Sprintf("has %d bytes; at least %d random ones are needed", len(key), minNonceKey)}
		}
		ring = append(ring, append([]byte(nil), key...))
	}
	if len(ring) == 0 {
		key := make([]byte, minNonceKey)
		rand.Read(key) // never fails: crypto/rand
		ring = append(ring, key)
	}
	return &ProofNonces{func() [][]byte { return ring }}, nil
}

// Format implements fmt.Formatter.
func (n *ProofNonces) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// LogValue implements slog.LogValuer.
func (n *ProofNonces) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText implements encoding.TextMarshaler.
func (n *ProofNonces) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// issue returns a nonce of now.
func (n *ProofNonces) issue(now time.Time) string {
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(now.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(at[:], macOf(n.keys()[0], at[:])...))
}

// check reports whether a nonce is ours and not too old, and whether it is still fresh,
// so that the client needs no other yet.
func (n *ProofNonces) check(nonce string, now time.Time) (fresh, ok bool) {
	encoding := base64.RawURLEncoding.Strict()
	b, err := encoding.DecodeString(nonce)
	if err != nil || len(b) != 8+nonceMAC || len(nonce) != encoding.EncodedLen(len(b)) { // it skips line ends
		return false, false
	}
	for _, key := range n.keys() {
		ok = ok || hmac.Equal(b[8:], macOf(key, b[:8]))
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(b)), 0))
	ok = ok && -nonceSkew <= age && age <= nonceLife
	return ok && age <= nonceLife/2, ok
}

// macOf says what the MAC is for, in case the key is also another's.
func macOf(key, at []byte) []byte {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "DPoP-Nonce %x", at)
	return mac.Sum(nil)[:nonceMAC]
}
