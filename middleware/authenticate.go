package middleware

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
)

var (
	errNoCredential   = errors.New("no credential")
	errJWTDisabled    = errors.New("JWT authentication is not enabled")
	errAPIKeyDisabled = errors.New("API key authentication is not enabled")
	errOpaque         = errors.New("the token is opaque, and nothing here can look it up")
)

// authenticate hands the credential to the one authenticator for its kind. No
// other gets to see it, whatever the first one says.
func (g *Guard) authenticate(ctx context.Context, c credential, pol *policy) (*Principal, error) {
	if c.kind != kindNone && c.kind != kindAPIKey && g.apiKeyBearer {
		// Being in the store is what makes a Bearer value an API key, so this
		// decides the route and the outcome at once.
		if p, err := g.authenticateAPIKey(c); !errors.Is(err, apikey.ErrUnknown) {
			return p, err
		}
	}
	switch c.kind {
	case kindNone:
		if g.anonymous {
			return anonymous, nil
		}
		return nil, errNoCredential
	case kindAPIKey:
		return g.authenticateAPIKey(c)
	case kindJWT:
		return g.authenticateJWT(ctx, c, pol)
	case kindEncrypted:
		return nil, fmt.Errorf("%w; providers send these when a client names no audience or resource, Auth0 for one", jwks.ErrEncrypted)
	}
	return nil, errOpaque
}

// authenticateJWT checks a signed token against its issuer's keys.
func (g *Guard) authenticateJWT(ctx context.Context, c credential, pol *policy) (*Principal, error) {
	if g.tokens == nil {
		return nil, errJWTDisabled
	}
	claims, err := g.tokens.Verify(ctx, c.value)
	if err != nil {
		return nil, err
	}
	return principalOf(claims, pol.scopesOf(claims)), nil
}

// authenticateAPIKey looks a key up.
func (g *Guard) authenticateAPIKey(c credential) (*Principal, error) {
	if g.apiKeys == nil {
		return nil, errAPIKeyDisabled
	}
	k, err := g.apiKeys.Match(c.value)
	if err != nil {
		return nil, err
	}
	return &Principal{Method: MethodAPIKey, Subject: k.Name, Scopes: k.Scopes, Expiry: k.Expires}, nil
}
