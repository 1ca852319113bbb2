package middleware

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// A Method says how a caller was recognised.
type Method string

// The methods.
const (
	MethodJWT       Method = "jwt"
	MethodAPIKey    Method = "api_key"
	MethodAnonymous Method = "anonymous" // no credential, and the configuration lets such requests pass
	MethodDisabled  Method = "disabled"  // authentication is switched off
)

// A Principal is who is calling. Holding one means that the credential was
// verified, or that the configuration asked by name for not verifying
// (MethodAnonymous, MethodDisabled). It is immutable and safe for concurrent use.
type Principal struct {
	Method  Method
	Issuer  string       // "iss" of the token; empty without one
	Subject string       // "sub" of the token, or the name of the API key; unique only together with Issuer
	Client  string       // the OAuth client: client_id, else azp, else cid, else appid
	Scopes  []string     // what the credential grants
	Expiry  time.Time    // when the credential ends; zero if it does not
	Claims  *jwks.Claims // every verified claim; nil unless Method is MethodJWT
}

// HasScopes reports whether the principal holds every one of scopes.
func (p *Principal) HasScopes(scopes ...string) bool {
	for _, s := range scopes {
		if !slices.Contains(p.Scopes, s) {
			return false
		}
	}
	return true
}

type principalKey struct{}

// PrincipalFrom returns who is calling. It is nil only when no [Guard] handled
// the request.
func PrincipalFrom(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}

// WithPrincipal returns a context that carries p, for tests of handlers that call
// [PrincipalFrom].
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// Principals of requests that no credential vouches for. They hold no scopes.
var (
	anonymous = &Principal{Method: MethodAnonymous}
	disabled  = &Principal{Method: MethodDisabled}
)

// principalOf reads who a token speaks for. Where providers differ in the name of
// a claim, the first that is there wins.
func principalOf(c *jwks.Claims) *Principal {
	p := &Principal{
		Method:  MethodJWT,
		Issuer:  c.Issuer,
		Subject: c.Subject,
		Scopes:  scopesOf(c),
		Expiry:  c.Expiry,
		Claims:  c,
	}
	// RFC 9068 §2.2; OpenID Connect Core §2; then what Okta and Entra v1 call it.
	for _, name := range [...]string{"client_id", "azp", "cid", "appid"} {
		if p.Client = c.Text(name); p.Client != "" {
			break
		}
	}
	return p
}

// scopesOf reads "scope" (RFC 8693 §4.2: one string, separated by spaces; some
// send an array) or, where there is none, "scp".
func scopesOf(c *jwks.Claims) []string {
	for _, name := range [...]string{"scope", "scp"} {
		if !c.Has(name) {
			continue
		}
		var scopes []string
		for _, s := range c.List(name) {
			scopes = append(scopes, strings.Fields(s)...)
		}
		return scopes
	}
	return nil
}
