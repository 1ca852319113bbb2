package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Key is what is known of a key, and never the key. [Store.Match] gives each caller
// a copy of its own.
type Key struct {
	Name    string    // for logs and policy; keys of one rotation share it
	Scopes  []string  // what the key grants; nil means nothing
	Expires time.Time // the first moment at which it is refused; zero means never
}

// expired reports whether the key has ended. The end itself is already outside, as it
// is for "exp" (RFC 7519 §4.1.4).
func (k *Key) expired(now time.Time) bool {
	return !k.Expires.IsZero() && !now.Before(k.Expires)
}

// generatedPrefix lets people and secret scanners tell our keys from others.
const generatedPrefix = "mcp_"

// Generate returns a new key: "mcp_" and 26 characters of A–Z and 2–7, which hold 130
// bits of the system's randomness. It is safe for concurrent use.
func Generate() string { return generatedPrefix + rand.Text() }

// maxKey bounds a key in bytes, before anything looks at it.
const maxKey = 1 << 10

// checkKey says what is wrong with a plain key, or "" if nothing is. A key that could
// not arrive in a header as it stands here would never match (RFC 9110 §5.5).
func checkKey(key string) string {
	switch {
	case key == "":
		return "is empty or blank: write a key, or remove the entry (no keys at all is an empty list, not a list of one empty key)"
	case len(key) > maxKey:
		return fmt.Sprintf("is longer than %d bytes: write a shorter key", maxKey)
	case strings.Trim(key, " ") != key:
		return "begins or ends with a space, which is lost in a header: remove it"
	case strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }):
		return "has a control character or one outside ASCII, which cannot travel in a header: write printable ASCII only"
	}
	if _, ok := decodeDigest(key); ok {
		// Accepting it would make the hash a key, and hashes are not kept secret.
		return "is the hash of a key: hashes belong in File; write the key itself here"
	}
	return ""
}

// plainKeys hashes the keys of a Config and names them by position.
func plainKeys(keys, scopes []string) ([]*entry, []error) {
	var entries []*entry
	var errs []error
	for i, key := range keys {
		at := place{field: fmt.Sprintf("Keys[%d]", i)}
		// Not strings.TrimSpace: a no-break space is a mistake to be told of.
		key = strings.Trim(key, " \t\r\n")
		if problem := checkKey(key); problem != "" {
			errs = append(errs, at.mistake(problem))
			continue
		}
		entries = append(entries, &entry{
			digest: sha256.Sum256([]byte(key)),
			key:    Key{Name: fmt.Sprintf("key-%d", i+1), Scopes: slices.Clone(scopes)},
			at:     at,
		})
	}
	return entries, errs
}

// checkName says what is wrong with a name, or "" if nothing is.
func checkName(name string) string {
	for i, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && (i == 0 || !strings.ContainsRune("._@+/-", r)) {
			return "the name must begin with a letter or digit and hold only letters, digits and . _ @ + / -"
		}
	}
	if name == "" || len(name) > 64 {
		return "the name must have 1 to 64 characters"
	}
	return ""
}

// checkScope says what is wrong with a scope, or "" if nothing is:
// “scope-token = 1*( %x21 / %x23-5B / %x5D-7E )” — RFC 6749 §3.3. A comma is refused
// too: it separates scopes in a file, and in a list it is two scopes in one string.
func checkScope(scope string) string {
	if scope == "" {
		return "a scope is empty: write one, or leave it out"
	}
	if strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\,`, r) }) {
		return `a scope has a character that scopes cannot have: write printable ASCII without space, comma, " and \, one scope at a time`
	}
	return ""
}
