package jwks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// glance judges what needs no signature to be refused for: most bad tokens are old, or
// somebody else's, and those cost no arithmetic. It holds to nothing that is not public
// anyway, because a stranger who signs nothing learns the outcome.
func (is *issuer) glance(c *Claims, h header, now time.Time) error {
	if err := is.checkTime(c, now); err != nil {
		return err
	}
	if err := is.checkAudience(c); err != nil {
		return err
	}
	return h.checkType(is.onlyATJWT)
}

// attributed returns the error of a token that was refused at a glance: err, or err with
// what the token says, if that is known to be the issuer speaking. A stranger's words
// get into no log, and yet operators must read for whom an issuer makes its tokens. So
// one such token a second has its signature checked all the same, with keys that are at
// hand: nothing is fetched for it, and a flood of them costs one check a second.
func (v *Verifier) attributed(err error, is *issuer, w wanted, t token, r *room, c *Claims, now time.Time) error {
	if !errors.Is(err, ErrAudience) { // the others have nothing to add
		return err
	}
	keys := is.keys.atHand(now)
	if keys == nil {
		return err
	}
	k, missing := keys.find(w)
	if missing != nil || !v.mayQuote(now) || r.verify(t, w.algorithm, k) != nil {
		return err
	}
	return fmt.Errorf("%w: the token is for %.200q, accepted is %q", err, strings.Join(c.Audience, " "), is.audiences)
}

// mayQuote says yes once a second.
func (v *Verifier) mayQuote(now time.Time) bool {
	last := v.quoted.Load()
	since := time.Duration(now.UnixNano() - last)
	return (since < 0 || since >= time.Second) && v.quoted.CompareAndSwap(last, now.UnixNano())
}

// check judges the other claims, of a token whose signature holds, and its time once
// more: it may have passed while keys were fetched.
func (id *identity) check(c *Claims, now time.Time) error {
	if err := id.checkTime(c, now); err != nil {
		return err
	}
	if err := id.checkTenant(c); err != nil {
		return err
	}
	if err := id.checkClient(c); err != nil {
		return err
	}
	if err := id.checkRequirements(c); err != nil {
		return err
	}
	return id.checkConfirmation(c)
}

var errNoExpiry = fmt.Errorf("%w: exp", ErrClaim)

func (is *issuer) checkTime(c *Claims, now time.Time) error {
	// “The "exp" (expiration time) claim identifies the expiration time on or
	// after which the JWT MUST NOT be accepted” — RFC 7519 §4.1.4. RFC 9068 §2.2
	// requires it to be there.
	if c.Expiry.IsZero() {
		return errNoExpiry
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
	if _, there := c.find("aud"); !there && is.audienceOptional {
		return nil
	}
	return ErrAudience // attributed says more
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
