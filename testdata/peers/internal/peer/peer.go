// Package peer puts each library to the same work: let requests with a good token reach
// a handler, with what the token says in their context, and answer all others.
//
// Each is configured as its documentation says, for one issuer, one audience and one
// algorithm, and to demand "exp" where that is a choice.
package peer

import (
	"context"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
)

// A Peer is one library, or one way to use it.
type Peer struct {
	Name      string
	Modules   []string // whose versions are reported; none for the standard library and for us
	Only      []string // the algorithms that it knows; empty means all
	Remembers bool     // keeps verified tokens, so it must be made anew to see one for the first time
	Baseline  bool     // no library: what others are compared with

	// New makes the middleware. What it starts ends with ctx.
	New func(context.Context, Setup) (Middleware, error)
}

// A Middleware wraps a handler.
type Middleware = func(http.Handler) http.Handler

// A Setup is what a library is told about the issuer.
type Setup struct {
	Issuer, JWKSURL string
	Algorithm       string
	Key             any    // what verifies, for those that know only one key
	KeySet          []byte // as it is published at the start, for those that never ask again
	Secret          []byte // of HS256
}

// For is the setup for tokens of a provider under one key.
func For(p *fixture.Provider, k *fixture.Key) Setup {
	return Setup{Issuer: p.Issuer, JWKSURL: p.JWKSURL, Algorithm: k.Algorithm, Key: k.Verifying(), KeySet: p.KeySet(), Secret: k.Secret}
}

// Knows reports whether the peer verifies tokens of an algorithm.
func (p Peer) Knows(algorithm string) bool {
	return len(p.Only) == 0 || slices.Contains(p.Only, algorithm)
}

// Versions are those of all peers' modules, and of the MCP server behind them, that this
// program is built of.
func Versions() map[string]string {
	modules := []string{"github.com/mark3labs/mcp-go"}
	for _, p := range All() {
		modules = append(modules, p.Modules...)
	}
	found := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return found
	}
	for _, dep := range info.Deps {
		if !slices.Contains(modules, dep.Path) {
			continue
		}
		found[dep.Path] = dep.Version
		if dep.Replace != nil {
			found[dep.Path] = dep.Replace.Version
		}
	}
	return found
}

// All is everybody, in the order of the tables.
func All() []Peer {
	list := []Peer{Floor, NoAuth}
	list = append(list, ours()...)
	return append(list, golangJWT, goSDK, jws2, goOIDC, jwx2, jwx2Cache, jwx3, tuannvm, jwtauthPeer, auth0)
}

// Libraries is All without what is there only to compare with.
func Libraries() []Peer {
	return slices.DeleteFunc(All(), func(p Peer) bool { return p.Baseline })
}

type claimsKey struct{}

// Attach puts a value into the context of a request, as whoever delivers claims must.
func Attach(r *http.Request, claims any) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), claimsKey{}, claims))
}

// verifying is the middleware of a library that has none: as little as will do.
func verifying(verify func(ctx context.Context, token string) (any, error)) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			claims, err := verify(r.Context(), token)
			if err != nil {
				w.Header().Set("Www-Authenticate", `Bearer error="invalid_token"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, Attach(r, claims))
		})
	}
}
