package jwks

import (
	"crypto/sha256"
	"fmt"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// checkConfirmation reads "cnf". A token with one was stolen unless its bearer proves
// the key, and nothing here can see such a proof: only a caller that will ask for it
// may have the claims (RFC 9449 §7.2, RFC 8705 §3, RFC 7800 §3.1).
func (is *issuer) checkConfirmation(c *Claims) error {
	value, bound := c.find("cnf")
	if !bound {
		return nil
	}
	if !is.senderBound {
		return ErrBound
	}
	var err error
	c.Confirmation, err = parseConfirmation(value)
	return err
}

// parseConfirmation reads thumbprints in the two ways that a request can be held to.
// “in the absence of such requirements, all confirmation members that are not
// understood by implementations MUST be ignored” — RFC 7800 §3.1. Here is such a
// requirement: what we do not understand is a proof that nobody would ask for.
func parseConfirmation(value string) (*Confirmation, error) {
	members, err := strictjson.Object(value, nil)
	if err != nil || len(members) == 0 {
		return nil, fmt.Errorf("%w: its cnf names no key", ErrBound)
	}
	c := new(Confirmation)
	for _, m := range members {
		text, err := strictjson.String(m.Value)
		if err == nil {
			err = checkThumbprint(text)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: its cnf holds what is no SHA-256 thumbprint", ErrBound)
		}
		switch m.Name {
		case "jkt":
			c.Key = text
		case "x5t#S256":
			c.Certificate = text
		default:
			return nil, fmt.Errorf("%w: its cnf asks for a proof by %.40q", ErrBound, m.Name)
		}
	}
	return c, nil
}

// checkThumbprint makes sure that text is the base64url of a SHA-256 (RFC 9449 §6.1,
// RFC 8705 §3.1): of no other could a key ever be proved, and comparing with an empty
// one would be a proof for nothing.
func checkThumbprint(text string) error {
	b, err := appendDecoded(nil, text)
	if err == nil && len(b) != sha256.Size {
		err = fmt.Errorf("%w: a thumbprint of %d bytes", ErrBound, len(b))
	}
	return err
}
