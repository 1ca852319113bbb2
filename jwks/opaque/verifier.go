// Package opaque checks tokens that only their issuer can read, by asking it: token
// introspection (RFC 7662), and what providers have in its place. Who is asked, and how,
// is data; no provider is known here by name.
//
// “The provider does not vouch for it” and “nobody could tell” are kept apart. Only an
// answer that was understood is a judgement; whatever else happens matches
// [ErrUnavailable], is not kept, and admits nobody.
//
// Whoever sends a token that was not seen before causes a question. There are at most 32
// at once for each provider, and what is beyond that is unavailable at once; a limit on
// failures of one address, in front of this, keeps strangers from using them up.
package opaque

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// A Config is everything [New] needs.
type Config struct {
	_ [0]func()

	// Providers is whom to ask. At least one.
	Providers []Provider

	// Transport carries the requests, and must honour their contexts. Nil means one of
	// our own with bounded timeouts.
	Transport http.RoundTripper

	// Now is the clock of answers and of how long they are kept. Nil means time.Now.
	Now func() time.Time

	// OnEvent hears when a provider stops to answer, and when it answers again. It must
	// not block. Nil means nobody listens.
	OnEvent func(Event)
}

// An Event is a change in whether a provider answers.
type Event struct {
	Issuer string
	Err    error // nil: it answers again
}

// A Verifier asks providers about tokens. It is safe for concurrent use.
type Verifier struct{ providers []*provider }

// maxToken bounds a token: what is larger does not come through most servers anyway.
const maxToken = 16 << 10

// Takes reports whether a token is asked about, rather than verified here. The form of
// the token alone decides: it begins with a prefix of a provider; or it has neither the
// three parts of a JWS nor the five of a JWE (RFC 7516 §9), and one provider takes what
// no prefix names; or one has JWTAsked, which takes everything.
func (v *Verifier) Takes(token string) bool { return v.route(token) != nil }

func (v *Verifier) route(token string) *provider {
	var rest *provider
	for _, p := range v.providers {
		for _, prefix := range p.prefixes {
			if strings.HasPrefix(token, prefix) {
				return p
			}
		}
		if len(p.prefixes) == 0 {
			rest = p
		}
	}
	if dots := strings.Count(token, "."); rest != nil && rest.jwt != JWTAsked && (dots == 2 || dots == 4) {
		return nil
	}
	return rest
}

// Verify returns what the one provider that takes the token says of it, or an error: one
// of the refusals of this package and of package jwks, or an [*UnavailableError]. ctx
// bounds the wait and not the question, for which others may be waiting too.
//
// A token that is bound to a key comes with [jwks.Claims.Confirmation], to which the
// caller has to hold the request.
func (v *Verifier) Verify(ctx context.Context, token string) (*jwks.Claims, error) {
	if err := wellFormed(token); err != nil {
		return nil, err
	}
	p := v.route(token)
	if p == nil {
		return nil, ErrUnrouted
	}
	return p.claims(ctx, token, whole)
}

// Confirm asks about a token that was verified with keys, where the provider of its
// issuer has JWTBoth: that comes first, so that nobody is asked about what a stranger made
// up. Nil means that it is good still, or that nobody is to be asked. What the answer
// repeats of the token, its issuer, subject, client and confirmation, must be equal.
func (v *Verifier) Confirm(ctx context.Context, token string, claims *jwks.Claims) error {
	for _, p := range v.providers {
		if p.jwt != JWTBoth || p.issuer != claims.Issuer {
			continue
		}
		if err := wellFormed(token); err != nil {
			return err
		}
		said, err := p.claims(ctx, token, repeated)
		if err != nil {
			return err
		}
		return agree(said, claims)
	}
	return nil
}

// agree compares what two sources say. What one of them leaves out is no contradiction.
func agree(said, verified *jwks.Claims) error {
	for _, pair := range [...]struct{ name, said, verified string }{
		{"subject", said.Subject, verified.Subject},
		{"client", said.Client, verified.Client},
	} {
		if pair.said != "" && pair.verified != "" && pair.said != pair.verified {
			return fmt.Errorf("%w: the answer is about another %s than the token", jwks.ErrClaim, pair.name)
		}
	}
	// Whoever binds a token to a key means it, and only what is verified is held to.
	if said.Confirmation != nil && (verified.Confirmation == nil || *said.Confirmation != *verified.Confirmation) {
		return fmt.Errorf("%w: the answer binds it to another key than the token does", jwks.ErrBound)
	}
	return nil
}

// wellFormed lets through what RFC 6750 §2.1 calls a b64token: whatever is not one
// would mean something in a URL, a header or a body.
func wellFormed(token string) error {
	body := strings.TrimRight(token, "=")
	if body == "" || len(token) > maxToken || strings.ContainsFunc(body, notToken) {
		return jwks.ErrMalformed
	}
	return nil
}

func notToken(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("-._~+/", r)
}
