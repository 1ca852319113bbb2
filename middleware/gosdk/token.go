package gosdk

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// trustTheGuard leaves [auth.RequireBearerToken] nothing to refuse. It runs right after
// the guard, in the same request, and the guard has judged scopes and expiry. To judge
// them again could change a yes into a no only, and a wrong one: with another clock, no
// leeway, and an answer without a challenge.
var trustTheGuard = auth.RequireBearerTokenOptions{
	AllowMissingExpiration: true, // API keys need not end
	ClockSkew:              math.MaxInt64,
}

var errNoGuard = errors.New("gosdk: no guard has admitted this request; serve guard.Handler(gosdk.Handler(…))")

// identify is an [auth.TokenVerifier] that verifies nothing. It admits a request for
// one reason, that there is a Principal in its context: only a guard that admitted it
// puts one there. The text of the token is the placeholder, or whatever a client sent
// if nobody stands in front, and must not count for anything.
func identify(ctx context.Context, _ string, _ *http.Request) (*auth.TokenInfo, error) {
	p := middleware.PrincipalFrom(ctx)
	if p == nil {
		return nil, errNoGuard // not ErrInvalidToken: there is nothing that a client could do about it
	}
	return &auth.TokenInfo{
		Scopes:     slices.Clone(p.Scopes), // a Principal is immutable, and a TokenInfo anybody's
		Expiration: p.Expiry,
		UserID:     userID(p),
		Extra:      map[string]any{admittedExtra: context.WithoutCancel(ctx)},
	}, nil
}

// userID names a user to the SDK, which compares it and nothing else: two users must
// not share one, and a user with a renewed token must keep theirs. So it says all that
// makes a subject unique, each part quoted, because an issuer chooses its subjects and
// could choose one that continues in the next part.
//
// A token without "sub" speaks for its client. Without a client either, all such tokens
// of one issuer count as one user: that keeps every other user out, which no UserID
// would not.
func userID(p *middleware.Principal) string {
	switch p.Method {
	case middleware.MethodAnonymous, middleware.MethodDisabled:
		return "" // nobody
	}
	parts := []string{strconv.Quote(string(p.Method)), strconv.Quote(p.Issuer), strconv.Quote(p.Subject)}
	if p.Subject == "" {
		parts = append(parts, strconv.Quote(p.Client))
	}
	return strings.Join(parts, " ")
}
