package jwks

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// Claims are the verified claims of a token (RFC 7519 §4). Holding one means that
// every check of [Verifier.Verify] held. Claims are immutable and safe for
// concurrent use; slices they return are the caller's own, but for Audience, which
// must not be changed.
type Claims struct {
	Issuer    string    // "iss"
	Subject   string    // "sub", empty when absent
	Audience  []string  // "aud"
	Expiry    time.Time // "exp"
	Until     time.Time // when the token stops being accepted: Expiry and the issuer's leeway
	NotBefore time.Time // "nbf", zero when absent
	IssuedAt  time.Time // "iat", zero when absent
	ID        string    // "jti", empty when absent
	Type      string    // "typ" of the header, empty when absent

	// What the issuer's Names find.
	Client string   // the OAuth client, empty when absent
	User   string   // who it is; Subject unless Names.User says otherwise
	Scopes []string // what is granted; must not be changed

	// Confirmation is the key that the bearer must prove to hold. Nil when the token is
	// not bound to one.
	Confirmation *Confirmation

	prefixes []string // of scopes, as Names.ScopePrefixes
	members  []strictjson.MemberOf[string]

	// Who vouches: nil for claims that nobody signed, see ClaimsOf.
	by  *issuer
	key *key
}

// A Confirmation is the "cnf" of a token (RFC 7800 §3.1). Where both are set, both must
// be proved.
type Confirmation struct {
	Key         string // "jkt": the thumbprint of a DPoP key (RFC 9449 §6.1)
	Certificate string // "x5t#S256": that of a TLS client certificate (RFC 8705 §3.1)
}

// Has reports whether the claim is there and not null.
func (c *Claims) Has(name string) bool {
	value, ok := strictjson.Find(c.members, name)
	return ok && !strictjson.IsNull(value)
}

// Text returns a claim that is a string; each further name descends into an object.
// It returns "" for whatever is absent or no string. Names are exact.
func (c *Claims) Text(path ...string) string {
	text, err := strictjson.String(c.lookup(path))
	if err != nil {
		return ""
	}
	return text
}

// List returns a claim that is an array of strings, or the one string that it is;
// each further name descends into an object. It returns nil for anything else.
func (c *Claims) List(path ...string) []string {
	list, err := stringOrArray(c.lookup(path))
	if err != nil {
		return nil
	}
	return list
}

// lookup returns the text of a value, or "", which no value has.
func (c *Claims) lookup(path []string) string {
	members := c.members
	var value string
	for i, name := range path {
		if i > 0 {
			var err error
			if members, err = strictjson.Object(value, nil); err != nil {
				return ""
			}
		}
		var ok bool
		if value, ok = strictjson.Find(members, name); !ok {
			return ""
		}
	}
	return value
}

// knownClaims are the names of the standards that decide something. A variant of
// one, in case or in Unicode folding, makes a token ambiguous. Names that providers
// made up are not here: to some, "Roles" is a claim of its own.
var knownClaims = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "scope", "client_id",
}

// parseClaims reads a claims set strictly (RFC 7519 §4, §7.2). It checks types,
// not values, and what it returns is not verified yet.
func parseClaims(text string) (*Claims, error) {
	var room [16]strictjson.MemberOf[string]
	members, err := strictjson.Object(text, room[:0])
	if err == nil {
		err = strictjson.NoVariants(members, knownClaims...)
	}
	if err != nil {
		return nil, malformedClaims(err)
	}
	c := &Claims{members: slices.Clone(members)}
	if c.Issuer, _, err = optionalString(members, "iss"); err != nil {
		return nil, err
	}
	if c.Subject, _, err = optionalString(members, "sub"); err != nil {
		return nil, err
	}
	if c.ID, _, err = optionalString(members, "jti"); err != nil {
		return nil, err
	}
	if c.Expiry, err = date(members, "exp"); err != nil {
		return nil, err
	}
	if c.NotBefore, err = date(members, "nbf"); err != nil {
		return nil, err
	}
	if c.IssuedAt, err = date(members, "iat"); err != nil {
		return nil, err
	}
	if value, ok := strictjson.Find(members, "aud"); ok {
		if c.Audience, err = stringOrArray(value); err != nil {
			return nil, fmt.Errorf("%w: %q is neither a string nor an array of strings", ErrMalformed, "aud")
		}
	}
	return c, nil
}

// malformedClaims is nil where err is.
func malformedClaims(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: claims: %w", ErrMalformed, err)
}

func stringOrArray(value string) ([]string, error) {
	if strictjson.Kind(value) == '"' {
		text, err := strictjson.String(value)
		return []string{text}, err
	}
	list, err := strictjson.Array(value, make([]string, 0, 4))
	for i := range list {
		if list[i], err = strictjson.String(list[i]); err != nil {
			return nil, err
		}
	}
	return list, err
}

// lastSecond is the end of the year 9999. Later dates overflow somebody's clock.
const lastSecond = 253402300799

// date reads a NumericDate: a JSON number of seconds, fractions allowed (RFC 7519
// §2). Absent is the zero time; a string, or a number out of range, is an error.
func date[T strictjson.Text](members []strictjson.MemberOf[T], name string) (time.Time, error) {
	value, ok := strictjson.Find(members, name)
	if !ok {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseFloat(string(value), 64)
	if strictjson.Kind(value) != 0 || err != nil || seconds < 0 || seconds > lastSecond {
		return time.Time{}, fmt.Errorf("%w: %q is not a date in seconds", ErrMalformed, name)
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), nil
}
