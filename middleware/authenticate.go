package middleware

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

var (
	errNoCredential   = errors.New("no credential")
	errJWTDisabled    = errors.New("JWT authentication is not enabled")
	errAPIKeyDisabled = errors.New("API key authentication is not enabled")
)

// authenticate hands the credential to the one authenticator for its kind. No
// other gets to see it, whatever the first one says.
func (g *Guard) authenticate(ctx context.Context, c credential, pol *policy, now time.Time) (*Principal, error) {
	switch c.kind {
	case kindNone:
		if g.anonymous {
			return anonymous, nil
		}
		return nil, errNoCredential
	case kindAPIKey:
		return g.authenticateAPIKey(c)
	}
	// The very text that authenticateJWT took: its shape is known, and no other way open to
	// it. To look all the same would take a third of the time of all this.
	if p := g.recall(c.value, pol, now); p != nil {
		return g.confirm(ctx, c, p)
	}
	return g.authenticateToken(ctx, c, pol, now)
}

// authenticateToken is authenticate for what came in the Authorization header.
func (g *Guard) authenticateToken(ctx context.Context, c credential, pol *policy, now time.Time) (*Principal, error) {
	kind, err := shape(c.value)
	if err != nil {
		return nil, err
	}
	if g.apiKeyBearer {
		// Being in the store is what makes a Bearer value an API key, so this
		// decides the route and the outcome at once.
		if p, err := g.authenticateAPIKey(c); !errors.Is(err, apikey.ErrUnknown) {
			if c.dpop {
				return nil, errUnbound // a key is never bound
			}
			return p, err
		}
	}
	if g.opaque != nil && g.opaque.Takes(c.value) {
		return g.authenticateOpaque(ctx, c, pol)
	}
	switch kind {
	case kindJWT:
		return g.authenticateJWT(ctx, c, pol, now)
	case kindEncrypted:
		return nil, fmt.Errorf("%w; some providers send these when a client names no audience or resource", jwks.ErrEncrypted)
	}
	return nil, opaque.ErrUnrouted
}
