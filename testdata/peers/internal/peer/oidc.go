package peer

import (
	"context"

	"github.com/coreos/go-oidc/v3/oidc"
	oauth "github.com/tuannvm/oauth-mcp-proxy"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
)

// goOIDC is made for ID tokens, and often put to work on access tokens.
var goOIDC = Peer{
	Name: "go-oidc", Modules: []string{"github.com/coreos/go-oidc/v3"}, Only: []string{"RS256", "ES256"},
	New: func(ctx context.Context, s Setup) (Middleware, error) {
		provider, err := oidc.NewProvider(ctx, s.Issuer)
		if err != nil {
			return nil, err
		}
		verifier := provider.Verifier(&oidc.Config{ClientID: fixture.Audience, SupportedSigningAlgs: []string{s.Algorithm}})
		return verifying(func(ctx context.Context, token string) (any, error) {
			verified, err := verifier.Verify(ctx, token)
			if err != nil {
				return nil, err
			}
			claims := new(plainClaims)
			return claims, verified.Claims(claims)
		}), nil
	},
}

// tuannvm remembers tokens for five minutes. Its log, a line for each request by
// default, is silent here.
var tuannvm = Peer{
	Name: "tuannvm/oauth-mcp-proxy", Modules: []string{"github.com/tuannvm/oauth-mcp-proxy"}, Remembers: true,
	New: func(_ context.Context, s Setup) (Middleware, error) {
		c := &oauth.Config{Mode: "native", Provider: "okta", Issuer: s.Issuer, Audience: fixture.Audience, ServerURL: "https://mcp.example.com", Logger: silent{}}
		if s.Secret != nil {
			c.Provider, c.JWTSecret = "hmac", s.Secret
		}
		server, err := oauth.NewServer(c)
		if err != nil {
			return nil, err
		}
		return server.WrapHandler, nil
	},
}

type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
