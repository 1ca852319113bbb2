package jwks

import (
	"fmt"

	"github.com/mcp-rs/mcp-rs/jwks/internal/confirmation"
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
	key, certificate, err := confirmation.Parse(value)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBound, err)
	}
	c.Confirmation = &Confirmation{Key: key, Certificate: certificate}
	return nil
}
