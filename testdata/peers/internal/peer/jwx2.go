package peer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/jwtauth/v5"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
)

const jwx2Module = "github.com/lestrrat-go/jwx/v2"

var jwx2 = Peer{
	Name: "jwx/v2 jwt.Parse, static set", Modules: []string{jwx2Module},
	New: func(_ context.Context, s Setup) (Middleware, error) {
		if s.Secret != nil {
			return jwx2Parse(s, jwt.WithKey(jwa.HS256, s.Secret)), nil
		}
		set, err := jwk.Parse(s.KeySet)
		if err != nil {
			return nil, err
		}
		return jwx2Parse(s, jwt.WithKeySet(set)), nil
	},
}

var jwx2Cache = Peer{
	Name: "jwx/v2 jwt.Parse, jwk.Cache", Modules: []string{jwx2Module}, Only: []string{"RS256", "ES256"},
	New: func(ctx context.Context, s Setup) (Middleware, error) {
		cache := jwk.NewCache(ctx)
		if err := cache.Register(s.JWKSURL); err != nil {
			return nil, err
		}
		if _, err := cache.Refresh(ctx, s.JWKSURL); err != nil {
			return nil, err
		}
		return jwx2Parse(s, jwt.WithKeySet(jwk.NewCachedSet(cache, s.JWKSURL))), nil
	},
}

func jwx2Parse(s Setup, keys jwt.ParseOption) Middleware {
	options := append(jwx2Options(s), keys)
	return verifying(func(_ context.Context, token string) (any, error) {
		return jwt.Parse([]byte(token), options...)
	})
}

func jwx2Options(s Setup) []jwt.ParseOption {
	return []jwt.ParseOption{jwt.WithIssuer(s.Issuer), jwt.WithAudience(fixture.Audience), jwt.WithRequiredClaim("exp")}
}

// jws2 checks the signature under the one key that it knows, and decodes the claims
// with encoding/json.
var jws2 = Peer{
	Name: "jwx/v2 jws.Verify + encoding/json", Modules: []string{jwx2Module},
	New: func(_ context.Context, s Setup) (Middleware, error) {
		key := jws.WithKey(jwa.SignatureAlgorithm(s.Algorithm), s.Key)
		return verifying(func(_ context.Context, token string) (any, error) {
			payload, err := jws.Verify([]byte(token), key)
			if err != nil {
				return nil, err
			}
			c := new(plainClaims)
			if err := json.Unmarshal(payload, c); err != nil {
				return nil, err
			}
			return c, c.check(s)
		}), nil
	},
}

type plainClaims struct {
	Issuer      string   `json:"iss"`
	Subject     string   `json:"sub"`
	Audience    []string `json:"aud"`
	Expires     int64    `json:"exp"`
	NotBefore   int64    `json:"nbf"`
	Scope       string   `json:"scope"`
	Permissions []string `json:"permissions"`
}

var errClaims = errors.New("claims are not for us, or not for now")

func (c *plainClaims) check(s Setup) error {
	now := time.Now().Unix()
	if c.Issuer != s.Issuer || !slices.Contains(c.Audience, fixture.Audience) || now >= c.Expires || now < c.NotBefore {
		return errClaims
	}
	return nil
}

// jwtauthPeer has no key sets: it knows one key.
var jwtauthPeer = Peer{
	Name: "go-chi/jwtauth", Modules: []string{"github.com/go-chi/jwtauth/v5"},
	New: func(_ context.Context, s Setup) (Middleware, error) {
		ja := jwtauth.New(s.Algorithm, s.Key, s.Key, jwt.WithIssuer(s.Issuer), jwt.WithAudience(fixture.Audience), jwt.WithRequiredClaim("exp"))
		return func(next http.Handler) http.Handler {
			return jwtauth.Verifier(ja)(jwtauth.Authenticator(ja)(next))
		}, nil
	},
}
