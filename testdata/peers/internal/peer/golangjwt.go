package peer

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
)

type scopedClaims struct {
	Scope       string   `json:"scope"`
	Permissions []string `json:"permissions"`
	jwt.RegisteredClaims
}

var golangJWT = Peer{
	Name: "golang-jwt + keyfunc", Modules: []string{"github.com/golang-jwt/jwt/v5", "github.com/MicahParks/keyfunc/v3", "github.com/MicahParks/jwkset"},
	New: func(ctx context.Context, s Setup) (Middleware, error) {
		parse, err := golangParser(ctx, s)
		if err != nil {
			return nil, err
		}
		return verifying(func(_ context.Context, token string) (any, error) { return parse(token) }), nil
	},
}

// goSDK is the middleware of the official MCP SDK. It leaves the token to its user.
var goSDK = Peer{
	Name: "go-sdk auth + golang-jwt", Modules: []string{"github.com/modelcontextprotocol/go-sdk"},
	New: func(ctx context.Context, s Setup) (Middleware, error) {
		parse, err := golangParser(ctx, s)
		if err != nil {
			return nil, err
		}
		verify := func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
			claims, err := parse(token)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", auth.ErrInvalidToken, err)
			}
			return &auth.TokenInfo{
				Scopes: strings.Fields(claims.Scope), Expiration: claims.ExpiresAt.Time, UserID: claims.Subject,
				Extra: map[string]any{"permissions": claims.Permissions},
			}, nil
		}
		return auth.RequireBearerToken(verify, nil), nil
	},
}

func golangParser(ctx context.Context, s Setup) (func(token string) (*scopedClaims, error), error) {
	keys := func(*jwt.Token) (any, error) { return s.Secret, nil }
	if s.Secret == nil {
		remote, err := keyfunc.NewDefaultCtx(ctx, []string{s.JWKSURL})
		if err != nil {
			return nil, err
		}
		keys = remote.Keyfunc
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{s.Algorithm}), jwt.WithIssuer(s.Issuer),
		jwt.WithAudience(fixture.Audience), jwt.WithExpirationRequired())
	return func(token string) (*scopedClaims, error) {
		claims := new(scopedClaims)
		_, err := parser.ParseWithClaims(token, claims, keys)
		return claims, err
	}, nil
}
