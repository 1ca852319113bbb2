package peer

import (
	"context"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
)

// A variant is one way to configure us. Whatever is to be compared has a row here: a
// name, whether it remembers tokens, and what it sets in the Config.
type variant struct {
	name      string
	remembers bool
	set       func(*middleware.Config)
}

var variants = []variant{
	{name: "mcp-rs", remembers: true, set: func(*middleware.Config) {}},
	{name: "mcp-rs, credential forwarded", remembers: true, set: func(c *middleware.Config) { c.DangerouslyForwardCredential = true }},
	{name: "mcp-rs, no cache", set: func(c *middleware.Config) { c.NoTokenCache = true }},
}

// ours is a Peer for each variant.
func ours() []Peer {
	var list []Peer
	for _, v := range variants {
		list = append(list, Peer{
			Name: v.name, Remembers: v.remembers,
			New: func(_ context.Context, s Setup) (Middleware, error) {
				guard, err := v.guard(s)
				if err != nil {
					return nil, err
				}
				return guard.Handler, nil
			},
		})
	}
	return list
}

// Guards makes the guard of each variant, for what only we can be asked.
func Guards(s Setup) (names []string, guards []*middleware.Guard, err error) {
	for _, v := range variants {
		guard, err := v.guard(s)
		if err != nil {
			return nil, nil, err
		}
		names, guards = append(names, v.name), append(guards, guard)
	}
	return names, guards, nil
}

func (v variant) guard(s Setup) (*middleware.Guard, error) {
	issuer := jwks.Issuer{
		URL: s.Issuer, Algorithms: []string{s.Algorithm},
		Leeway: time.Nanosecond, // the others forgive nothing either
	}
	if s.Secret != nil {
		issuer.Secret = jwks.NewSecret(s.Secret)
	} else {
		issuer.JWKSURL = s.JWKSURL
	}
	c := middleware.Config{Resource: fixture.Audience, Issuers: []jwks.Issuer{issuer}}
	v.set(&c)
	return middleware.New(c)
}
