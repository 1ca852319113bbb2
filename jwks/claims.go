package jwks

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// Claims are the verified claims of a token (RFC 7519 §4). Holding one means that
// every check of [Verifier.Verify] held, or that the provider vouched for the token when it
// was asked (package opaque). Claims are immutable and safe for
// concurrent use; slices they return are the caller's own, but for Audience, which
// must not be changed.
type Claims struct {
	Issuer    string    // "iss"
	Subject   string    // "sub", empty when absent
	Audience  []string  // "aud"
	Expiry    time.Time // "exp"; zero where an opaque token does not end
	Until     time.Time // when the token stops being accepted: Expiry and the issuer's leeway; zero as Expiry is
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

	// All of them, as they came: their text was read once and is an object. Until the
	// verification ends, its members are in a room.
	text string
	room *room

	// Who vouches: nil for claims that nobody signed, see ClaimsOf.
	by  *issuer
	key *keyRef
}

// A Confirmation is the "cnf" of a token (RFC 7800 §3.1). Where both are set, both must
// be proved.
type Confirmation struct {
	Key         string // "jkt": the thumbprint of a DPoP key (RFC 9449 §6.1)
	Certificate string // "x5t#S256": that of a TLS client certificate (RFC 8705 §3.1)
}

// Has reports whether the claim is there and not null.
func (c *Claims) Has(name string) bool {
	value, ok := c.find(name)
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
	if len(path) == 0 {
		return ""
	}
	value, ok := c.find(path[0])
	for _, name := range path[1:] {
		if !ok {
			return ""
		}
		value, ok = strictjson.Lookup(value, name)
	}
	return value
}

// find returns the text of one claim. To keep where each of them is would take as much
// memory as all else here.
func (c *Claims) find(name string) (string, bool) {
	if c.room != nil {
		return strictjson.Find(c.room.members, name)
	}
	return strictjson.Lookup(c.text, name)
}

// knownClaims are the names of the standards that decide something. A variant of
// one, in case or in Unicode folding, makes a token ambiguous. Names that providers
// made up are not here: to some, "Roles" is a claim of its own.
var knownClaims = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "scope", "client_id",
}

// parseClaims reads a claims set strictly (RFC 7519 §4, §7.2). It checks types,
// not values, and what it returns is not verified yet, and part of r until it is kept.
func parseClaims(encoded string, r *room) (*Claims, error) {
	text, err := r.decode(encoded)
	if err != nil {
		return nil, err
	}
	c := &r.claims
	c.text, c.room = text, r
	r.members, err = strictjson.Object(text, r.few[:0])
	if err == nil {
		err = strictjson.NoVariants(r.members, knownClaims...)
	}
	if err != nil {
		return nil, malformedClaims(err)
	}
	for _, m := range r.members {
		if err := c.parse(m); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// parse reads a claim that has a field.
func (c *Claims) parse(m strictjson.MemberOf[string]) (err error) {
	switch m.Name {
	case "iss":
		c.Issuer, err = memberString(m)
	case "sub":
		c.Subject, err = memberString(m)
	case "jti":
		c.ID, err = memberString(m)
	case "exp":
		c.Expiry, err = parseDate(m)
	case "nbf":
		c.NotBefore, err = parseDate(m)
	case "iat":
		c.IssuedAt, err = parseDate(m)
	case "aud":
		if c.Audience, err = appendStrings(c.room.words[:0:roomWords/2], m.Value); err != nil {
			return fmt.Errorf("%w: %q is neither a string nor an array of strings", ErrMalformed, "aud")
		}
	}
	return err
}

// Kept claims have room for a token's usual number of audiences and scopes: six are as many
// as the memory holds that is handed out for the claims anyway, or nearly. More take memory
// of their own.
type kept struct {
	Claims
	words [6]string
}

// keep returns the claims as they are after the verification, with memory of their own.
func (r *room) keep() *Claims {
	k := &kept{Claims: r.claims}
	k.room = nil
	n, list := len(k.Audience), k.words[:0]
	list = append(append(slices.Grow(list, n+len(k.Scopes)), k.Audience...), k.Scopes...)
	if k.Audience != nil { // “[]” is not the same as no claim
		k.Audience = list[:n:n]
	}
	if k.Scopes = list[n:len(list):len(list)]; len(k.Scopes) == 0 {
		k.Scopes = nil
	}
	return &k.Claims
}

var malformedClaims = malformed("claims")

// stringOrArray reads a value that is a string or an array of strings.
func stringOrArray(value string) ([]string, error) { return appendStrings(nil, value) }

// appendStrings appends them to a list. Without an error, what it returns is not nil.
func appendStrings(to []string, value string) ([]string, error) {
	if strictjson.Kind(value) == '"' {
		text, err := strictjson.Unquote(value)
		return append(to, text), err
	}
	var room [8]string
	elements, err := strictjson.Array(value, room[:0])
	if err != nil {
		return nil, err
	}
	if to == nil {
		to = make([]string, 0, len(elements))
	}
	for _, element := range elements {
		text, err := strictjson.Unquote(element)
		if err != nil {
			return nil, err
		}
		to = append(to, text)
	}
	return to, nil
}

// lastSecond is the end of the year 9999. Later dates overflow somebody's clock.
const lastSecond = 253402300799

// date is parseDate of a member that may be absent, which is the zero time.
func date(members []strictjson.Member, name string) (time.Time, error) {
	value, ok := strictjson.Find(members, name)
	if !ok {
		return time.Time{}, nil
	}
	return parseDate(strictjson.MemberOf[string]{Name: name, Value: string(value)})
}

// parseDate reads a NumericDate: a JSON number of seconds, fractions allowed (RFC 7519
// §2). A string, or a number out of range, is an error.
func parseDate(m strictjson.MemberOf[string]) (time.Time, error) {
	if whole, err := strconv.ParseInt(m.Value, 10, 64); err == nil && 0 <= whole && whole <= lastSecond {
		return time.Unix(whole, 0), nil
	}
	seconds, err := strconv.ParseFloat(m.Value, 64)
	if strictjson.Kind(m.Value) != 0 || err != nil || seconds < 0 || seconds > lastSecond {
		return time.Time{}, fmt.Errorf("%w: %q is not a date in seconds", ErrMalformed, m.Name)
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), nil
}
