package middleware

import (
	"context"
	"time"
)

// authenticateJWT checks a signed token against its issuer's keys, and remembers it.
func (g *Guard) authenticateJWT(ctx context.Context, c credential, pol *policy, now time.Time) (*Principal, error) {
	if g.tokens == nil {
		return nil, errJWTDisabled
	}
	claims, err := g.tokens.Verify(ctx, c.value)
	if err != nil {
		return nil, err
	}
	return g.confirm(ctx, c, g.remember(c.value, claims, pol, now))
}

// confirm gives the issuer of a signed token the last word, where it can be asked as
// well: it knows what it took back since.
func (g *Guard) confirm(ctx context.Context, c credential, p *Principal) (*Principal, error) {
	if g.opaque != nil {
		if err := g.opaque.Confirm(ctx, c.value, p.Claims); err != nil {
			return nil, err
		}
	}
	return p, nil
}
