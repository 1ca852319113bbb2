package middleware

import (
	"context"
	"slices"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// A Method says how a caller was recognised.
type Method string

// The methods.
const (
	MethodJWT       Method = "jwt"
	MethodOpaque    Method = "introspection" // the provider was asked about the token
	MethodAPIKey    Method = "api_key"
	MethodAnonymous Method = "anonymous" // no credential, and the configuration lets such requests pass
	MethodDisabled  Method = "disabled"  // authentication is switched off
)

// A Principal is who is calling. Holding one means that the credential was
// verified, or that the configuration asked by name for not verifying
// (MethodAnonymous, MethodDisabled). It is immutable and safe for concurrent use:
// requests with the same token share one.
type Principal struct {
	Method  Method
	Issuer  string       // of the token; empty without one
	Subject string       // the user of the token, or the name of the API key; unique only together with Issuer
	Client  string       // the OAuth client
	Scopes  []string     // what the credential grants
	Expiry  time.Time    // when the credential ends; zero if it does not
	Claims  *jwks.Claims // every claim, verified or as the provider answered; nil without a token
}

// HasScopes reports whether the credential itself grants every one of scopes.
// [RequireScopes] knows what a [Policy] adds by implication.
func (p *Principal) HasScopes(scopes ...string) bool {
	for _, s := range scopes {
		if !slices.Contains(p.Scopes, s) {
			return false
		}
	}
	return true
}

// A call is one request: what a handler finds in its context, if it is admitted.
type call struct {
	principal  *Principal
	operations []Operation
	policy     *policy // that decided; nil when a test made the context
	late       late    // what the handler asks for by RequireScopes

	dpop       bool // the credential came under the DPoP scheme
	bound      bool // the token is bound to a DPoP key
	renewNonce bool // the nonce of the proof is good, and will soon not be

	dropSession bool // the session id means nothing
}

type callKey struct{}

// An admission is the context of an admitted request: the one it came with, and the
// call. It is one value for both, and for what goes with them into the answer, because
// for a token that was seen before each allocation is a good part of the whole cost.
type admission struct {
	context.Context
	call
	vary [1]string // where the answer's Vary header lives
}

// Value implements context.Context.
func (a *admission) Value(key any) any {
	if _, ours := key.(callKey); ours {
		return &a.call
	}
	return a.Context.Value(key)
}

// String keeps what a caller asked for out of the logs of who prints contexts.
func (a *admission) String() string { return "middleware.Guard" }

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// PrincipalFrom returns who is calling. It is nil only when no [Guard] handled
// the request.
func PrincipalFrom(ctx context.Context) *Principal {
	if c := callFrom(ctx); c != nil {
		return c.principal
	}
	return nil
}

// WithPrincipal returns a context that carries p, for tests of handlers that call
// [PrincipalFrom].
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, callKey{}, &call{principal: p})
}

// Principals of requests that no credential vouches for. They hold no scopes.
var (
	anonymous = &Principal{Method: MethodAnonymous}
	disabled  = &Principal{Method: MethodDisabled}
)

// principalOf is who a token speaks for. Under which names that was found is the
// business of its issuer.
func principalOf(m Method, c *jwks.Claims, pol *policy) Principal {
	return Principal{
		Method:  m,
		Issuer:  c.Issuer,
		Subject: c.User,
		Client:  c.Client,
		Scopes:  slices.Clip(pol.scopesOf(c)), // many handlers may append to it, and must not meet there
		Expiry:  c.Expiry,
		Claims:  c,
	}
}
