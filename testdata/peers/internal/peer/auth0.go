package peer

import (
	"context"
	"net/url"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/jwks"
	"github.com/auth0/go-jwt-middleware/v3/validator"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
)

var auth0 = Peer{
	Name: "auth0/go-jwt-middleware", Modules: []string{"github.com/auth0/go-jwt-middleware/v3"},
	New: func(_ context.Context, s Setup) (Middleware, error) {
		keys := func(context.Context) (any, error) { return s.Secret, nil }
		if s.Secret == nil {
			issuer, err := url.Parse(s.Issuer)
			if err != nil {
				return nil, err
			}
			provider, err := jwks.NewCachingProvider(jwks.WithIssuerURL(issuer))
			if err != nil {
				return nil, err
			}
			keys = provider.KeyFunc
		}
		v, err := validator.New(validator.WithKeyFunc(keys), validator.WithAlgorithm(validator.SignatureAlgorithm(s.Algorithm)),
			validator.WithIssuer(s.Issuer), validator.WithAudience(fixture.Audience),
			validator.WithCustomClaims(func() *auth0Claims { return new(auth0Claims) }))
		if err != nil {
			return nil, err
		}
		m, err := jwtmiddleware.New(jwtmiddleware.WithValidator(v))
		if err != nil {
			return nil, err
		}
		return m.CheckJWT, nil
	},
}

type auth0Claims struct {
	Scope       string   `json:"scope"`
	Permissions []string `json:"permissions"`
}

// Validate implements validator.CustomClaims.
func (*auth0Claims) Validate(context.Context) error { return nil }
