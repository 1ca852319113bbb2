package jwks

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// maxToken bounds a token in bytes, before anything looks at it.
const maxToken = 16 << 10

// A token is a text taken apart. Nothing in it is verified, and its parts are base64url
// until they are needed: most bad tokens are refused before that.
type token struct {
	header, payload, signature string
	signed                     string // what the signature covers: the text up to the second dot, as received
}

// split takes compact form apart: three parts and nothing else (RFC 7515 §7.1, RFC
// 8725bis "Check JWT Format Type").
func split(raw string) (token, error) {
	if len(raw) > maxToken {
		return token{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxToken)
	}
	switch strings.Count(raw, ".") {
	case 2:
	case 4:
		return token{}, ErrEncrypted
	default:
		return token{}, errNotThree
	}
	first := strings.IndexByte(raw, '.')
	second := first + 1 + strings.IndexByte(raw[first+1:], '.')
	if first == 0 || second == first+1 || second == len(raw)-1 {
		return token{}, errNotThree
	}
	return token{header: raw[:first], payload: raw[first+1 : second], signature: raw[second+1:], signed: raw[:second]}, nil
}

// A room is memory for what is needed of one token at a time and ends with its
// verification. It is used again: this is more than all that stays.
type room struct {
	bytes   []byte
	claims  Claims
	members []strictjson.MemberOf[string] // of the claims
	few     [16]strictjson.MemberOf[string]
	words   [roomWords]string // half for audiences, half for scopes
}

const roomWords = 32

var rooms = sync.Pool{New: func() any { return new(room) }}

// free gives a room back, with nothing in it that keeps a token's claims.
func (r *room) free() {
	if r.claims.text != "" {
		r.claims, r.members = Claims{}, nil
		clear(r.few[:])
		clear(r.words[:])
	}
	rooms.Put(r)
}

// decode returns what a part says.
func (r *room) decode(part string) (string, error) {
	b, err := appendDecoded(r.bytes[:0], part)
	r.bytes = b
	return string(b), err
}

// verify checks the signature by k, which fits a.
func (r *room) verify(t token, a *algorithm, k *key) error {
	signed := append(r.bytes[:0], t.signed...)
	all, err := appendDecoded(signed, t.signature)
	r.bytes = all
	if err != nil {
		return err
	}
	return k.verify(a, all[:len(signed)], all[len(signed):])
}

// malformed returns what wraps what is wrong with the JSON of a part; nil it leaves.
// These are made beforehand: to make one takes longer than to find the reason for it.
func malformed(part string) func(error) error {
	wrap := func(err error) error { return fmt.Errorf("%w: %s: %w", ErrMalformed, part, err) }
	made := map[error]error{nil: nil}
	for _, err := range []error{
		strictjson.ErrSyntax, strictjson.ErrDuplicate, strictjson.ErrVariant,
		strictjson.ErrDepth, strictjson.ErrNumber, strictjson.ErrType,
	} {
		made[err] = wrap(err)
	}
	return func(err error) error {
		if wrapped, ok := made[err]; ok {
			return wrapped
		}
		return wrap(err)
	}
}

var errNotThree = fmt.Errorf("%w: not three parts", ErrMalformed)

// canonical is base64url in which every text has one meaning and every meaning one
// text: no padding, and unused bits are zero (RFC 7515 §2, RFC 4648 §3.5). Still no
// list of what was used or revoked may go by the text of tokens: an ECDSA signature (r, s)
// has a twin (r, n-s) that verifies as well, so who revokes tokens names their "jti". What
// was verified may be remembered by its text: the twin is verified for itself.
var canonical = base64.RawURLEncoding.Strict()

// appendDecoded decodes a part that is not empty.
func appendDecoded(dst []byte, part string) ([]byte, error) {
	if strings.IndexByte(part, '\r') >= 0 || strings.IndexByte(part, '\n') >= 0 { // which encoding/base64 skips
		return dst, errNotBase64
	}
	b, err := canonical.AppendDecode(dst, []byte(part))
	if err != nil || len(b) == len(dst) { // one letter is no byte
		return dst, errNotBase64
	}
	return b, nil
}

var errNotBase64 = fmt.Errorf("%w: not base64url", ErrMalformed)
