package jwks

import (
	"fmt"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// A header is what a JOSE header says that we act on. Nothing in it is verified.
type header struct {
	alg    string
	kid    string // empty where the token names no key
	typ    string
	hasTyp bool
}

// refusedHeaders are members that would change how the token is read or where its
// key comes from. We support none of what they ask for, and a caller must never
// name the key (RFC 7515 §4.1.11, RFC 7797 §6, RFC 8725 §3.10).
var refusedHeaders = [...]string{"crit", "b64", "cty", "zip", "enc", "jku", "x5u", "jwk", "x5c"}

// parseHeader reads a JOSE header strictly (RFC 7515 §4). Unknown members are
// ignored, as §4 demands.
func parseHeader(text string) (header, error) {
	var room [8]strictjson.MemberOf[string]
	members, err := strictjson.Object(text, room[:0])
	if err == nil {
		err = strictjson.NoVariants(members, "alg", "kid", "typ", "crit", "b64", "cty", "zip", "enc", "jku", "x5u", "jwk", "x5c")
	}
	if err != nil {
		return header{}, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	for _, name := range refusedHeaders {
		if _, ok := strictjson.Find(members, name); ok {
			return header{}, fmt.Errorf("%w: header member %q is not supported", ErrMalformed, name)
		}
	}
	var h header
	if h.alg, _, err = optionalString(members, "alg"); err != nil {
		return header{}, err
	}
	if h.kid, _, err = optionalString(members, "kid"); err != nil {
		return header{}, err
	}
	if h.typ, h.hasTyp, err = optionalString(members, "typ"); err != nil {
		return header{}, err
	}
	return h, nil
}

// optionalString is the value of a member that must be a string where it is there at all.
func optionalString[T strictjson.Text](members []strictjson.MemberOf[T], name string) (text string, found bool, err error) {
	value, found := strictjson.Find(members, name)
	if !found {
		return "", false, nil
	}
	if text, err = strictjson.String(value); err != nil {
		return "", true, fmt.Errorf("%w: %q is not a string", ErrMalformed, name)
	}
	return text, true, nil
}

// checkType keeps other kinds of JWT out, such as DPoP proofs and logout tokens,
// that the same issuer signs for other readers (RFC 8725 §3.11, RFC 9068 §4).
// Media types are compared without regard to case, and "application/" may be left
// out (RFC 7515 §4.1.9).
func (h header) checkType(onlyATJWT bool) error {
	switch {
	case h.isType("at+jwt"):
		return nil
	case onlyATJWT:
		return fmt.Errorf("%w: at+jwt is required", ErrType)
	case !h.hasTyp || h.isType("jwt"):
		return nil
	}
	return fmt.Errorf("%w: neither JWT nor at+jwt", ErrType)
}

func (h header) isType(name string) bool {
	return strings.EqualFold(h.typ, name) || strings.EqualFold(h.typ, "application/"+name)
}
