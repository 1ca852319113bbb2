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
	header    []byte
	payload   []byte
	signature []byte
	signed    string // what the signature covers: the text up to the second dot, as received
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

	var t token
	var err error
	if t.header, err = decode(raw[:first]); err != nil {
		return token{}, err
	}
	if t.payload, err = decode(raw[first+1 : second]); err != nil {
		return token{}, err
	}
	if t.signature, err = decode(raw[second+1:]); err != nil {
		return token{}, err
	}
	t.signed = raw[:second]
	return t, nil
}

// canonical is base64url in which every text has one meaning and every meaning one
// text: no padding, and unused bits are zero (RFC 7515 §2, RFC 4648 §3.5). Tokens are
// still not to be remembered by their text: an ECDSA signature (r, s) has a twin
// (r, n-s) that verifies as well. Who revokes tokens names their "jti".
var canonical = base64.RawURLEncoding.Strict()

func decode(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") { // which encoding/base64 skips
		return nil, fmt.Errorf("%w: not base64url", ErrMalformed)
	}
	b, err := canonical.DecodeString(part)
	if err != nil || len(b) == 0 {
		return nil, fmt.Errorf("%w: not base64url", ErrMalformed)
	}
	return b, nil
}
