package middleware

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// authenticateOpaque asks the one provider that takes the token. Never about a key of
// ours that came in the wrong header: a provider has no business to learn it.
func (g *Guard) authenticateOpaque(ctx context.Context, c credential, pol *policy) (*Principal, error) {
	if g.apiKeys != nil {
		if _, err := g.apiKeys.Match(c.value); !errors.Is(err, apikey.ErrUnknown) {
			return nil, fmt.Errorf("%w as a Bearer token", errAPIKeyDisabled)
		}
	}
	claims, err := g.opaque.Verify(ctx, c.value)
	if err != nil {
		return nil, err
	}
	p := principalOf(MethodOpaque, claims, pol)
	return &p, nil
}

// lookups makes what asks providers.
func (b *builder) lookups(g *Guard) {
	providers := slices.Clone(b.Opaque)
	for i := range providers {
		b.jwtOf(i)
		providers[i].Audiences = b.audiences(providers[i].Audiences)
	}
	var err error
	g.opaque, err = opaque.New(opaque.Config{Providers: providers, Transport: b.Transport, Now: b.Now, OnEvent: b.onLookup})
	if err != nil {
		b.errs = append(b.errs, err)
	}
}

// jwtOf checks that what a provider is to do with signed tokens goes with Issuers.
func (b *builder) jwtOf(i int) {
	field, issuer := fmt.Sprintf("Opaque[%d].JWT", i), b.Opaque[i].Issuer
	switch b.Opaque[i].JWT {
	case opaque.JWTAsked:
		if len(b.Issuers) > 0 {
			b.add(field, "is %q, so that nothing would ever be verified with the keys of Issuers; leave Issuers empty, or write %q", opaque.JWTAsked, opaque.JWTBoth)
		}
	case opaque.JWTBoth:
		at := slices.IndexFunc(b.Issuers, func(is jwks.Issuer) bool { return is.URL == issuer })
		switch {
		case at < 0:
			b.add(field, "is %q, and no entry of Issuers has the URL %q to verify its tokens; add one, or write %q", opaque.JWTBoth, issuer, opaque.JWTAsked)
		case len(b.Issuers[at].Aliases)+len(b.Issuers[at].Tenants) > 0:
			b.add(field, "is %q, but Issuers[%d] has Aliases or Tenants, whose tokens nobody would ask about; give each URL entries of its own", opaque.JWTBoth, at)
		}
	}
}
