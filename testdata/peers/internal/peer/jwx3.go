package peer

import (
	"context"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
)

var jwx3 = Peer{
	Name: "jwx/v3 jwt.Parse, static set", Modules: []string{"github.com/lestrrat-go/jwx/v3"},
	New: func(_ context.Context, s Setup) (Middleware, error) {
		keys := jwt.ParseOption(jwt.WithKey(jwa.HS256(), s.Secret))
		if s.Secret == nil {
			set, err := jwk.Parse(s.KeySet)
			if err != nil {
				return nil, err
			}
			keys = jwt.WithKeySet(set)
		}
		options := []jwt.ParseOption{keys, jwt.WithIssuer(s.Issuer), jwt.WithAudience(fixture.Audience), jwt.WithRequiredClaim("exp")}
		return verifying(func(_ context.Context, token string) (any, error) {
			return jwt.Parse([]byte(token), options...)
		}), nil
	},
}
