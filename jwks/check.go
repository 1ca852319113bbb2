package jwks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// check judges the claims of a token whose signature holds.
func (id *identity) check(c *Claims, h header, now time.Time) error {
	if err := id.checkTime(c, now); err != nil {
		return err
	}
	if err := id.checkTenant(c); err != nil {
		return err
	}
	if err := id.checkAudience(c); err != nil {
		return err
	}
	if err := id.checkClient(c); err != nil {
		return err
	}
	if err := h.checkType(id.onlyATJWT); err != nil {
		return err
	}
	if err := id.checkRequirements(c); err != nil {
		return err
	}
	return id.checkConfirmation(c)
}

func (is *issuer) checkTime(c *Claims, now time.Time) error {
	// “The "exp" (expiration time) claim identifies the expiration time on or
	// after which the JWT MUST NOT be accepted” — RFC 7519 §4.1.4. RFC 9068 §2.2
	// requires it to be there.
	if c.Expiry.IsZero() {
		return fmt.Errorf("%w: exp", ErrClaim)
	}
	c.Until = c.Expiry.Add(is.leeway)
	if !now.Before(c.Until) {
		return ErrExpired
	}
	if soon := now.Add(is.leeway); c.NotBefore.After(soon) || c.IssuedAt.After(soon) {
		return ErrNotYet
	}
	return nil
}

// “Each principal intended to process the JWT MUST identify itself with a value in
// the audience claim.” — RFC 7519 §4.1.3
func (is *issuer) checkAudience(c *Claims) error {
	if slices.ContainsFunc(c.Audience, func(aud string) bool { return slices.Contains(is.audiences, aud) }) {
		return nil
	}
	// Without "aud" the client list, which New makes sure of, tells whose token it
	// is. An empty array is an audience, of nobody.
	if _, there := strictjson.Find(c.members, "aud"); !there && is.audienceOptional {
		return nil
	}
	// The signature holds, so this is the issuer speaking and not a stranger.
	return fmt.Errorf("%w: the token is for %.200q, accepted is %q", ErrAudience, strings.Join(c.Audience, " "), is.audiences)
}

// checkClient reads the client and holds it to the list, if there is one.
func (is *issuer) checkClient(c *Claims) error {
	c.Client = c.client(is.names.Client)
	if len(is.clients) > 0 && !slices.Contains(is.clients, c.Client) {
		return fmt.Errorf("%w: the token was given to %.200q, accepted is %q", ErrClient, c.Client, is.clients)
	}
	return nil
}

func (is *issuer) checkRequirements(c *Claims) error {
	for i := range is.required {
		if r := &is.required[i]; !r.holds(c) {
			return fmt.Errorf("%w: %s", ErrClaim, r.text)
		}
	}
	for i := range is.refused {
		if r := &is.refused[i]; r.refuses(c) {
			return fmt.Errorf("%w: %s, which marks a token of another sort", ErrClaim, r.text)
		}
	}
	return nil
}
