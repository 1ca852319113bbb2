package jwks

import (
	"errors"
	"fmt"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// ErrProof is what every error of [ParseProof] wraps, and it wraps no other: what is
// wrong with a proof must not read as wrong with the token beside it.
var ErrProof = errors.New("not a valid DPoP proof")

const (
	maxProof   = 8 << 10 // bytes of a proof; one with an RSA key of 8192 bits has four thousand
	maxProofID = 256     // bytes of its "jti", which has to be remembered
)

// proofAlgorithms is how a proof may be signed: “MUST NOT be none or an identifier for
// a symmetric algorithm” — RFC 9449 §4.2. The client chooses, because the key is its
// own; the token says which key that has to be.
var proofAlgorithms = [...]string{"ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}

// ProofAlgorithms lists the "alg" values that [ParseProof] accepts, for challenges and
// metadata (RFC 9449 §5.1, §7.1).
func ProofAlgorithms() []string { return append([]string(nil), proofAlgorithms[:]...) }

// A Proof is what a DPoP proof says of the request that it came with (RFC 9449 §4.2).
// Holding one means that its key signed it, and no more: whether it is about this
// request and this token, and new, is for the caller to see.
type Proof struct {
	Key             string    // thumbprint of the key that signed it: what "jkt" of a token must be
	ID              string    // "jti", never empty
	Method          string    // "htm", never empty
	URL             string    // "htu", never empty
	IssuedAt        time.Time // "iat", never zero
	AccessTokenHash string    // "ath", empty when absent
	Nonce           string    // "nonce", empty when absent
}

// ParseProof reads a proof and checks what can be checked without the request: its
// form, its type, that its key is public and strong enough, and its signature (RFC 9449
// §4.3, numbers 2 to 7).
func ParseProof(raw string) (*Proof, error) {
	if len(raw) > maxProof {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrProof, maxProof)
	}
	t, err := split(raw)
	if err != nil {
		return nil, proofError(err)
	}
	r := new(room)
	header, err := r.decode(t.header)
	if err != nil {
		return nil, proofError(err)
	}
	a, k, err := parseProofHeader([]byte(header))
	if err != nil {
		return nil, proofError(err)
	}
	if err := r.verify(t, a, k); err != nil {
		return nil, proofError(err)
	}
	payload, err := r.decode(t.payload)
	if err != nil {
		return nil, proofError(err)
	}
	p, err := parseProofClaims([]byte(payload))
	if err != nil {
		return nil, proofError(err)
	}
	if p.Key, err = thumbprint(k.public); err != nil {
		return nil, proofError(err)
	}
	return p, nil
}

// proofError does not wrap err, which speaks of tokens.
func proofError(err error) error { return fmt.Errorf("%w: %v", ErrProof, err) }

// parseProofHeader finds how the proof is signed, and the key: the one place where a
// key comes from what it signed. That is no proof of who it belongs to; "jkt" of the
// token is.
func parseProofHeader(text []byte) (*algorithm, *key, error) {
	var room [8]strictjson.Member
	members, err := strictjson.Object(text, room[:0])
	if err == nil {
		err = strictjson.NoVariants(members, append([]string{"alg", "typ"}, refusedHeaders[:]...)...)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	for _, name := range refusedHeaders {
		if _, ok := strictjson.Find(members, name); ok && name != "jwk" {
			return nil, nil, fmt.Errorf("header member %q is not supported", name)
		}
	}
	// Nothing but this tells a proof from any other token that the key signed.
	if typ, _, err := optionalString(members, "typ"); err != nil || typ != "dpop+jwt" {
		return nil, nil, errors.New(`the "typ" of its header is not "dpop+jwt"`)
	}
	name, _, err := optionalString(members, "alg")
	if err != nil {
		return nil, nil, err
	}
	a, err := proofAlgorithm(name)
	if err != nil {
		return nil, nil, err
	}
	text, ok := strictjson.Find(members, "jwk")
	if !ok {
		return nil, nil, errors.New("its header has no key")
	}
	k, err := parseKey(text)
	if err != nil {
		return nil, nil, fmt.Errorf("key: %w", err)
	}
	return a, k, nil
}

func proofAlgorithm(name string) (*algorithm, error) {
	for _, known := range proofAlgorithms {
		if name == known {
			a, err := newAlgorithm(name)
			return &a, err
		}
	}
	return nil, fmt.Errorf("%w: the list has %s", ErrAlgorithm, fmt.Sprint(proofAlgorithms))
}

// parseProofClaims reads the claims of RFC 9449 §4.2. Others say nothing: "exp" and
// "nbf" of a proof would be its signer's own word on how long to remember it.
func parseProofClaims(text []byte) (*Proof, error) {
	var room [8]strictjson.Member
	members, err := strictjson.Object(text, room[:0])
	if err == nil {
		err = strictjson.NoVariants(members, "jti", "htm", "htu", "iat", "ath", "nonce")
	}
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	p := new(Proof)
	for _, claim := range []struct {
		name     string
		to       *string
		required bool
	}{
		{"jti", &p.ID, true},
		{"htm", &p.Method, true},
		{"htu", &p.URL, true},
		{"ath", &p.AccessTokenHash, false},
		{"nonce", &p.Nonce, false},
	} {
		if *claim.to, _, err = optionalString(members, claim.name); err != nil {
			return nil, err
		}
		if claim.required && *claim.to == "" {
			return nil, fmt.Errorf("claim %q is missing or empty", claim.name)
		}
	}
	if len(p.ID) > maxProofID {
		return nil, fmt.Errorf("claim %q is longer than %d bytes", "jti", maxProofID)
	}
	p.IssuedAt, err = date(members, "iat")
	if err == nil && p.IssuedAt.IsZero() {
		err = fmt.Errorf("claim %q is missing", "iat")
	}
	return p, err
}
