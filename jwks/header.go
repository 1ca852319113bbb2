package jwks

import (
	"fmt"
	"slices"
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

// knownHeaders is every member that we look at.
var knownHeaders = append([]string{"alg", "kid", "typ"}, refusedHeaders[:]...)

var malformedHeader = malformed("header")

// parseHeader reads a JOSE header strictly (RFC 7515 §4). Unknown members are
// ignored, as §4 demands.
func parseHeader(encoded string, r *room) (header, error) {
	text, err := r.decode(encoded)
	if err != nil {
		return header{}, err
	}
	var room [8]strictjson.MemberOf[string]
	members, err := strictjson.Object(text, room[:0])
	if err == nil {
		err = strictjson.NoVariants(members, knownHeaders...)
	}
	if err != nil {
		return header{}, malformedHeader(err)
	}
	var h header
	for _, m := range members {
		switch m.Name {
		case "alg":
			h.alg, err = memberString(m)
		case "kid":
			h.kid, err = memberString(m)
		case "typ":
			h.hasTyp = true
			h.typ, err = memberString(m)
		default:
			if slices.Contains(refusedHeaders[:], m.Name) {
				err = fmt.Errorf("%w: header member %q is not supported", ErrMalformed, m.Name)
			}
		}
		if err != nil {
			return header{}, err
		}
	}
	return h, nil
}

// optionalString is the value of a member that must be a string where it is there at all.
func optionalString[T strictjson.Text](members []strictjson.MemberOf[T], name string) (text string, found bool, err error) {
	value, found := strictjson.Find(members, name)
	if !found {
		return "", false, nil
	}
	text, err = memberString(strictjson.MemberOf[T]{Name: T(name), Value: value})
	return text, true, err
}

func memberString[T strictjson.Text](m strictjson.MemberOf[T]) (string, error) {
	text, err := strictjson.Unquote(m.Value)
	if err != nil {
		return "", fmt.Errorf("%w: %q is not a string", ErrMalformed, string(m.Name))
	}
	return text, nil
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
	const media = "application/"
	typ := h.typ
	if len(typ) > len(media) && strings.EqualFold(typ[:len(media)], media) {
		typ = typ[len(media):]
	}
	return strings.EqualFold(typ, name)
}
