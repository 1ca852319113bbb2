package jwks

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// maxToken bounds a token in bytes, before anything looks at it.
const maxToken = 16 << 10

// A token is a text taken apart and decoded. Nothing in it is verified.
type token struct {
	header    string
	payload   string
	signature []byte
	signed    []byte // what the signature covers: the text up to the second dot, as received
}

// split takes compact form apart: three parts of base64url without padding and
// nothing else (RFC 7515 §7.1, RFC 8725bis "Check JWT Format Type").
func split(raw string) (token, error) {
	if len(raw) > maxToken {
		return token{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxToken)
	}
	switch strings.Count(raw, ".") {
	case 2:
	case 4:
		return token{}, ErrEncrypted
	default:
		return token{}, fmt.Errorf("%w: not three parts", ErrMalformed)
	}
	first := strings.IndexByte(raw, '.')
	second := first + 1 + strings.IndexByte(raw[first+1:], '.')

	// Two buffers for all: one string that claims are cut out of and live in, and one
	// that is garbage once the signature is checked. Most tokens fit into room, which
	// is no garbage at all.
	var room [1 << 10]byte
	text, err := appendDecoded(room[:0], raw[:first])
	if err != nil {
		return token{}, err
	}
	middle := len(text)
	if text, err = appendDecoded(text, raw[first+1:second]); err != nil {
		return token{}, err
	}
	signed := append(make([]byte, 0, len(raw)), raw[:second]...)
	all, err := appendDecoded(signed, raw[second+1:])
	if err != nil {
		return token{}, err
	}
	decoded := string(text)
	return token{header: decoded[:middle], payload: decoded[middle:], signed: signed, signature: all[second:]}, nil
}

// canonical is base64url in which every text has one meaning and every meaning one
// text: no padding, and unused bits are zero (RFC 7515 §2, RFC 4648 §3.5). Tokens are
// still not to be remembered by their text: an ECDSA signature (r, s) has a twin
// (r, n-s) that verifies as well. Who revokes tokens names their "jti".
var canonical = base64.RawURLEncoding.Strict()

// appendDecoded decodes a part that is not empty.
func appendDecoded(dst []byte, part string) ([]byte, error) {
	if strings.IndexByte(part, '\r') >= 0 || strings.IndexByte(part, '\n') >= 0 { // which encoding/base64 skips
		return nil, errNotBase64
	}
	b, err := canonical.AppendDecode(dst, []byte(part))
	if err != nil || len(b) == len(dst) {
		return nil, errNotBase64
	}
	return b, nil
}

var errNotBase64 = fmt.Errorf("%w: not base64url", ErrMalformed)
