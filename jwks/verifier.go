package jwks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Verifier checks tokens. It is safe for concurrent use. It needs no [Verifier.Run]
// to work: requests cause the fetches that they need. Run keeps keys fresh between
// requests as well.
type Verifier struct {
	issuers map[string]*issuer // by exact "iss"
	order   []*issuer
	now     func() time.Time
}

// An issuer is an Issuer that was checked and prepared. It is immutable; what
// changes is inside keys.
type issuer struct {
	url        string
	audiences  []string
	algorithms []algorithm
	keys       keySource
	leeway     time.Duration
	required   []requirement
	onlyATJWT  bool
}

// A keySource has the keys of one issuer: *keySet has them, *remote fetches them.
type keySource interface {
	// key returns the key that h names for a, or an error that wraps ErrKey or
	// ErrUnavailable.
	key(ctx context.Context, h header, a *algorithm) (*key, error)
}

// key implements keySource for keys that are configured.
func (s *keySet) key(_ context.Context, h header, a *algorithm) (*key, error) { return s.find(h, a) }

// Verify returns the claims of a token in compact form, or an error that wraps one
// of the Err… values. ctx bounds waiting for keys, not a fetch once begun.
//
// The lines are the order: what costs nothing comes first, nothing is fetched for
// an issuer we do not know, and no claim decides before the signature holds.
func (v *Verifier) Verify(ctx context.Context, raw string) (*Claims, error) {
	t, err := split(raw)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(t.header)
	if err != nil {
		return nil, err
	}
	claims, err := parseClaims(t.payload)
	if err != nil {
		return nil, err
	}
	// The issuer is read before anything is verified: it is a key to this map,
	// and no URL is made of it (RFC 8725 §3.8, §3.10).
	is, ok := v.issuers[claims.Issuer]
	if !ok {
		return nil, ErrIssuer
	}
	a, err := is.algorithm(h.alg)
	if err != nil {
		return nil, err
	}
	k, err := is.keys.key(ctx, h, a)
	if err != nil {
		return nil, err
	}
	if err := k.verify(a, t.signed, t.signature); err != nil {
		return nil, err
	}
	if err := is.check(claims, h, v.now()); err != nil {
		return nil, err
	}
	claims.Type = h.typ
	return claims, nil
}

// algorithm finds the header's algorithm among those the issuer may use: the
// configuration chooses and the token only says which (RFC 8725 §3.1).
func (is *issuer) algorithm(name string) (*algorithm, error) {
	for i := range is.algorithms {
		if is.algorithms[i].name == name {
			return &is.algorithms[i], nil
		}
	}
	return nil, fmt.Errorf("%w: the list has %s", ErrAlgorithm, is.algorithmNames())
}

func (is *issuer) algorithmNames() string {
	names := make([]string, len(is.algorithms))
	for i := range is.algorithms {
		names[i] = is.algorithms[i].name
	}
	return strings.Join(names, ", ")
}

// check judges the claims of a token whose signature holds.
func (is *issuer) check(c *Claims, h header, now time.Time) error {
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
	// “Each principal intended to process the JWT MUST identify itself with a
	// value in the audience claim.” — RFC 7519 §4.1.3
	if !slices.ContainsFunc(c.Audience, func(aud string) bool { return slices.Contains(is.audiences, aud) }) {
		// The signature holds, so this is the issuer speaking and not a stranger.
		return fmt.Errorf("%w: the token is for %.200q, accepted is %q", ErrAudience, strings.Join(c.Audience, " "), is.audiences)
	}
	if err := h.checkType(is.onlyATJWT); err != nil {
		return err
	}
	for _, r := range is.required {
		if !r.holds(c) {
			return fmt.Errorf("%w: %s", ErrClaim, r.claim)
		}
	}
	// A token with a confirmation was stolen unless its bearer proves the key, and
	// nothing here can see such a proof (RFC 9449 §7.2, RFC 8705 §3, RFC 7800 §3.1).
	if c.Has("cnf") {
		return ErrBound
	}
	return nil
}

// A requirement is a claim that must be there and, where exact, have a value: to be
// that string, or an array with it.
type requirement struct {
	claim, value string
	exact        bool
}

func (r requirement) holds(c *Claims) bool {
	if r.exact {
		return slices.Contains(c.List(r.claim), r.value)
	}
	return c.Has(r.claim)
}

// Run keeps fetched keys fresh until ctx ends, so that no request has to wait for
// them and [Verifier.Ready] tells the present state. It returns nil.
func (v *Verifier) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, is := range v.order {
		if r, ok := is.keys.(*remote); ok {
			wg.Go(func() { r.run(ctx) })
		}
	}
	wg.Wait()
	return nil
}
