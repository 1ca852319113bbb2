package middleware

import "context"

// authenticateJWT checks a signed token against its issuer's keys. Where that issuer
// can be asked as well, it has the last word: it knows what it took back since.
func (g *Guard) authenticateJWT(ctx context.Context, c credential, pol *policy) (*Principal, error) {
	if g.tokens == nil {
		return nil, errJWTDisabled
	}
	claims, err := g.tokens.Verify(ctx, c.value)
	if err != nil {
		return nil, err
	}
	if g.opaque != nil {
		if err := g.opaque.Confirm(ctx, c.value, claims); err != nil {
			return nil, err
		}
	}
	return principalOf(MethodJWT, claims, pol), nil
}
