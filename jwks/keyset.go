package jwks

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// maxKeys bounds a key set. Providers publish two to ten.
const maxKeys = 100

// errUnknownKid means that the set has nothing under the token's kid: the one case
// in which fetching again can help.
var errUnknownKid = errors.New("no key with this kid")

var errNoKey = fmt.Errorf("%w: %w", ErrKey, errUnknownKid)

// A keySet is the usable keys of an issuer. It is immutable.
type keySet struct {
	keys    []*key
	anyKid  bool    // configured keys, which have no names: the token's kid says nothing
	skipped []error // why each of the others is not usable
}

// find picks the one key that is wanted. Nothing is ever tried: two keys that fit are
// as bad as none (RFC 8725 §3.1, RFC 7515 §4.1.4).
func (s *keySet) find(w wanted) (*key, error) {
	byName := w.kid != "" && !s.anyKid
	if w.kid == "" && !s.anyKid && len(s.keys) > 1 {
		return nil, fmt.Errorf("%w: the token names none and the set has %d", ErrKey, len(s.keys))
	}
	var found *key
	named := false
	for _, k := range s.keys {
		if byName && k.id != w.kid {
			continue
		}
		named = true
		if !k.of(w.owners) || !k.fits(w.algorithm) {
			continue
		}
		if found != nil && !found.equal(k) { // one key may be published for two issuers
			return nil, fmt.Errorf("%w: more than one key fits", ErrKey)
		}
		found = k
	}
	switch {
	case found != nil:
		return found, nil
	case named:
		return nil, fmt.Errorf("%w: the key named is not for %s, or of another issuer", ErrKey, w.algorithm.name)
	}
	return nil, errNoKey
}

// one makes sure that each algorithm has one key at the most, and that one of them
// has a key.
func (s *keySet) one(list []algorithm) error {
	served := false
	for i := range list {
		n := 0
		for _, k := range s.keys {
			if k.fits(&list[i]) {
				n++
			}
		}
		if n > 1 {
			return fmt.Errorf("holds %d keys for %s, and PEM has no names to choose by; keep one", n, list[i].name)
		}
		served = served || n == 1
	}
	if !served {
		return errors.New("holds no key that works with the Algorithms of the issuer")
	}
	return nil
}

// keep puts the keys of before in place of equal ones, before anybody sees s: a key is
// the same object for as long as it is published, see [Verifier.Holds].
func (s *keySet) keep(before *keySet) {
	for i, k := range s.keys {
		if at := slices.IndexFunc(before.keys, k.same); at >= 0 {
			s.keys[i] = before.keys[at]
		}
	}
}

// parseKeySet reads a JWK Set (RFC 7517 §5). A key that cannot be used is skipped
// and counted: “implementations SHOULD ignore JWKs within a JWK Set that use "kty"
// values that are not understood by them, that are missing required members, or
// for which values are out of the supported ranges.” A set without a usable key is
// an error.
func parseKeySet(text []byte) (*keySet, error) {
	elements, err := splitKeySet(text)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	if len(elements) > maxKeys {
		return nil, fmt.Errorf("key set: %d keys, at most %d are taken", len(elements), maxKeys)
	}
	s := new(keySet)
	for i, element := range elements {
		k, err := parseKey(element)
		if err != nil {
			// Not %w: what is wrong with a key must not read as wrong with a token.
			s.skipped = append(s.skipped, fmt.Errorf("key %d: %v", i+1, err))
			continue
		}
		if !slices.ContainsFunc(s.keys, k.same) {
			s.keys = append(s.keys, k)
		}
	}
	if len(s.keys) == 0 {
		shown := s.skipped[:min(len(s.skipped), 5)]
		return nil, errors.Join(append([]error{errors.New("key set: no usable key")}, shown...)...)
	}
	return s, nil
}

// splitKeySet returns the texts of the keys. Only what is around them is looked at,
// so that what is wrong inside one of them is that one's fault alone.
func splitKeySet(text []byte) ([]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var keys []json.RawMessage
	found := false
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, strictjson.ErrSyntax
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, strictjson.ErrSyntax
		}
		if text, _ := name.(string); strictjson.Fold(text) != "keys" {
			continue
		}
		if found || name != "keys" {
			return nil, strictjson.ErrDuplicate
		}
		found = true
		if strictjson.Kind(value) != '[' || json.Unmarshal(value, &keys) != nil {
			return nil, errors.New(`"keys" is not an array`)
		}
	}
	if _, err := decoder.Token(); err != nil || !found {
		return nil, errors.New(`"keys" is not there`)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, strictjson.ErrSyntax
	}
	return keys, nil
}

// same reports whether two keys of a provider are one, for the same issuer.
func (k *key) same(other *key) bool { return k.issuer == other.issuer && k.equal(other) }

// equal finds a key that is published twice, which some providers do.
func (k *key) equal(other *key) bool {
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.id == other.id && k.alg == other.alg && public.Equal(other.public)
}

// publicMembers are the parameters of a public key, by key type (RFC 7518 §6,
// RFC 8037 §2). Only these reach the library.
var publicMembers = map[string][]string{
	"RSA": {"n", "e"},
	"EC":  {"crv", "x", "y"},
	"OKP": {"crv", "x"},
}

// privateMembers are the parameters that give the private key away (RFC 7518 §6.2.2,
// §6.3.2).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi"}

// parseKey reads one JWK of a published set.
func parseKey(text []byte) (*key, error) {
	members, err := strictjson.Object(text, nil)
	if err == nil {
		err = strictjson.NoVariants(members, "kty", "use", "key_ops", "alg", "kid", "issuer", "crv", "d")
	}
	if err != nil {
		return nil, err
	}
	field := map[string]string{}
	for _, name := range []string{"kty", "use", "alg", "kid"} {
		if field[name], _, err = optionalString(members, name); err != nil {
			return nil, err
		}
	}
	if err := checkUse(members, field["use"]); err != nil {
		return nil, err
	}
	names, ok := publicMembers[field["kty"]]
	if !ok {
		// A shared secret in a published set is a secret no more, and would let
		// anybody sign (RFC 8725 §3.5): "oct" is as unknown here as any other.
		return nil, fmt.Errorf("key type %.20q is not supported", field["kty"])
	}
	public, err := parsePublic(members, names)
	if err != nil {
		return nil, err
	}
	k, err := newKey(field["kid"], field["alg"], public)
	if err == nil {
		k.issuer, err = keyIssuer(members)
	}
	return k, err
}

// keyIssuer reads whose tokens alone a key verifies, which some providers write into
// each. One that says nothing is of the issuer that published it.
func keyIssuer(members []strictjson.Member) (string, error) {
	issuer, found, err := optionalString(members, "issuer")
	if err == nil && found && issuer == "" {
		err = errors.New("its issuer is empty")
	}
	return issuer, err
}

// checkUse refuses keys that are not for signatures (RFC 7517 §4.2, §4.3) and keys
// whose private half is published.
func checkUse(members []strictjson.Member, use string) error {
	for _, name := range privateMembers {
		if _, private := strictjson.Find(members, name); private {
			return errors.New("the private key is published with it")
		}
	}
	if use != "" && use != "sig" {
		return fmt.Errorf("it is for use %.20q, not for signatures", use)
	}
	if value, ok := strictjson.Find(members, "key_ops"); ok {
		ops, err := stringOrArray(string(value))
		if err != nil || !slices.Contains(ops, "verify") {
			return errors.New("its key_ops do not allow verifying")
		}
	}
	return nil
}

// parsePublic hands kty and the named members, and nothing else, to the library.
func parsePublic(members []strictjson.Member, names []string) (any, error) {
	minimal := map[string]json.RawMessage{}
	for _, name := range append([]string{"kty"}, names...) {
		value, ok := strictjson.Find(members, name)
		if !ok {
			return nil, fmt.Errorf("member %q is missing", name)
		}
		minimal[name] = value
	}
	text, err := json.Marshal(minimal)
	if err != nil {
		return nil, err
	}
	parsed, err := jwk.ParseKey(text)
	if err != nil {
		return nil, errors.New("its parameters do not make a key")
	}
	if r, ok := parsed.(jwk.RSAPublicKey); ok && new(big.Int).SetBytes(r.E()).BitLen() > 31 {
		return nil, errors.New("RSA exponent has more than 31 bits") // the library would cut it off
	}
	var public any
	if err := parsed.Raw(&public); err != nil {
		return nil, errors.New("its parameters do not make a key")
	}
	return public, nil
}
