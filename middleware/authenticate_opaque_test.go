package middleware_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

const opaqueIssuer = "https://opaque.example.com"

// said is a provider that says of every token that it is good, with these members laid
// over the usual ones.
func said(members map[string]any) opaque.Provider {
	all := map[string]any{
		"active": true, "sub": "alice", "client_id": "cli", "scope": "mcp:tools", "aud": resource,
		"exp": started.Add(time.Hour).Unix(), "jti": "t-1",
	}
	for name, value := range members {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	return opaque.Provider{Issuer: opaqueIssuer, Lookup: func(context.Context, string) ([]byte, error) { return json.Marshal(all) }}
}

// asking is a guard that knows nobody but these providers.
func asking(providers ...opaque.Provider) middleware.Config {
	c := config()
	c.Issuers, c.Opaque = nil, providers
	return c
}

const opaqueToken = "oat_0123456789abcdef"

func TestPrincipalOfAnOpaqueToken(t *testing.T) {
	p, err := newGuard(t, asking(said(map[string]any{"department": "tools"}))).Check(bearer(opaqueToken))
	if err != nil {
		t.Fatal(err)
	}
	if p.Method != middleware.MethodOpaque || p.Issuer != opaqueIssuer || p.Subject != "alice" || p.Client != "cli" ||
		!slices.Equal(p.Scopes, []string{"mcp:tools"}) || !p.Expiry.Equal(started.Add(time.Hour)) {
		t.Errorf("principal %+v", p)
	}
	if got := p.Claims.Text("department"); got != "tools" {
		t.Errorf("a member of the provider's own is %q", got)
	}
}

// Where the answer holds what is the provider's business, and the principal follows it.
func TestPrincipalIsReadAsConfigured(t *testing.T) {
	provider := said(map[string]any{"user": map[string]any{"id": 42}, "application": "desktop", "permissions": "mcp:tools,notes"})
	provider.Read = opaque.Read{Subject: []string{"user.id"}, Client: []string{"application"}, Scopes: []string{"permissions"}}
	p, err := newGuard(t, asking(provider)).Check(bearer(opaqueToken))
	if err != nil {
		t.Fatal(err)
	}
	if p.Subject != "42" || p.Client != "desktop" || !slices.Equal(p.Scopes, []string{"mcp:tools", "notes"}) {
		t.Errorf("principal %+v", p)
	}
}

// A policy that names claims for scopes means the answer's members as well.
func TestScopeClaimsOfAnAnswer(t *testing.T) {
	c := asking(said(map[string]any{"permissions": []string{"mcp:tools", "notes"}, "scope": "other"}))
	c.Policy = &middleware.Policy{ScopeClaims: []string{"permissions"}}
	p, err := newGuard(t, c).Check(post(opaqueToken, message("ping", nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Scopes, []string{"mcp:tools", "notes"}) {
		t.Errorf("scopes %q", p.Scopes)
	}
}

func TestDeniedOpaqueToken(t *testing.T) {
	for name, denied := range map[string]middleware.Denied{
		"by issuer":  {Issuer: opaqueIssuer},
		"by subject": {Subject: "alice"},
		"by client":  {Client: "cli"},
		"by token":   {TokenID: "t-1"},
	} {
		for _, other := range []bool{false, true} {
			c, want := asking(said(nil)), middleware.Reason("denied_caller")
			if other {
				c.Opaque[0], want = said(map[string]any{"sub": "bob", "client_id": "other", "jti": "t-2"}), ""
				c.Opaque[0].Issuer = "https://other.example.com"
			}
			c.Policy = &middleware.Policy{Denied: []middleware.Denied{denied}}
			if got := reasonOf(newGuard(t, c), post(opaqueToken, message("ping", nil))); got != want {
				t.Errorf("%s, another: %t: %q, want %q", name, other, got, want)
			}
		}
	}
}

// The one who has a token may get more scopes, unless it is a program.
func TestVisibleToOpaqueTokens(t *testing.T) {
	for subject, want := range map[string]string{"alice": "open read admin asked a:read", "cli": "open asked", "": "open asked"} {
		c, p := asking(said(map[string]any{"sub": subject})), listed()
		c.Policy = &p
		if got := shownTo(t, c, post(opaqueToken, message("tools/list", nil))); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}

// A stream is over with its token, and after a while in any case: its token may have been
// revoked, which only the provider knows.
func TestStreamOfAnOpaqueToken(t *testing.T) {
	for name, row := range map[string]struct{ left, want time.Duration }{
		"ends soon":    {5 * time.Minute, 6 * time.Minute},
		"ends later":   {time.Hour, 15 * time.Minute},
		"does not end": {0, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				members := map[string]any{"exp": time.Now().Add(row.left).Unix()}
				if row.left == 0 {
					members["exp"] = nil
				}
				provider := said(members)
				provider.Read.Endless, provider.Leeway = row.left == 0, time.Minute
				c := asking(provider)
				c.Now = time.Now
				ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
				defer cancel()
				began := time.Now()
				h := newGuard(t, c).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
				w := serve(h, request("GET", "Authorization", "Bearer "+opaqueToken).WithContext(ctx))
				if lasted := time.Since(began); w.Code != 200 || lasted != row.want {
					t.Errorf("%d, after %s, want %s", w.Code, lasted, row.want)
				}
			})
		})
	}
}

// A token that nobody vouches for is a guess. An answer that could not be had is none,
// whatever the reason.
func TestFailuresOfOpaqueTokens(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want middleware.Reason // the second time
	}{
		"inactive":    {opaque.ErrInactive, "too_many_requests"},
		"unavailable": {errors.New("down"), "introspection_unavailable"},
		"unavailable for a reason that is a guess of others": {fmt.Errorf("the answer: %w", jwks.ErrMalformed), "introspection_unavailable"},
	} {
		provider := said(nil)
		provider.Lookup = func(context.Context, string) ([]byte, error) { return nil, test.err }
		c := asking(provider)
		c.FailureLimit = middleware.NewLimiter(1)
		g := newGuard(t, c)
		reasonOf(g, bearer(opaqueToken))
		if got := reasonOf(g, bearer(opaqueToken)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	c := asking(said(nil))
	c.Opaque[0].Prefixes, c.FailureLimit = []string{"oau_"}, middleware.NewLimiter(1)
	g := newGuard(t, c)
	reasonOf(g, bearer(opaqueToken))
	if got := reasonOf(g, bearer(opaqueToken)); got != "too_many_requests" {
		t.Errorf("unrouted: %q", got)
	}
}

// A provider to ask needs nothing fetched, and is not asked whether it is there.
func TestReadyDoesNotAsk(t *testing.T) {
	provider := said(nil)
	provider.Lookup = func(context.Context, string) ([]byte, error) {
		t.Error("the provider was asked")
		return nil, opaque.ErrInactive
	}
	c := asking(provider)
	c.Transport = outage{}
	g := newGuard(t, c)
	if err := g.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := runBriefly(t, g); err != nil {
		t.Error(err)
	}
}

// Who stops answering is worth a warning, and who answers again a line.
func TestLookupsAreLogged(t *testing.T) {
	var b syncBuffer
	down := true
	provider := said(nil)
	good := provider.Lookup
	provider.Lookup = func(ctx context.Context, token string) ([]byte, error) {
		if down {
			return nil, errors.New("no route to host")
		}
		return good(ctx, token)
	}
	c := asking(provider)
	c.Logger = slog.New(slog.NewTextHandler(&b, nil))
	clock := started
	c.Now = func() time.Time { return clock }
	g := newGuard(t, c)
	if got := reasonOf(g, bearer(opaqueToken)); got != "introspection_unavailable" {
		t.Fatalf("%q", got)
	}
	down, clock = false, clock.Add(2*time.Minute)
	if got := reasonOf(g, bearer(opaqueToken)); got != "" {
		t.Fatalf("%q", got)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=WARN") || !strings.Contains(lines[0], "does not answer") || !strings.Contains(lines[0], opaqueIssuer) ||
		!strings.Contains(lines[0], "no route to host") || !strings.Contains(lines[1], "level=INFO") || !strings.Contains(lines[1], "again") || !strings.Contains(lines[1], opaqueIssuer) {
		t.Errorf("logged:\n%s", &b)
	}
	if strings.Contains(b.String(), opaqueToken) {
		t.Error("and with the token")
	}
	c.Logger = nil
	down = true
	reasonOf(newGuard(t, c), bearer(opaqueToken))
}

// Asked for a signed token is its own provider, and no one else's tokens are asked about.
func TestConfirmIsForOneIssuer(t *testing.T) {
	other := said(nil)
	other.Issuer, other.JWT = "https://other.example.com", opaque.JWTBoth
	other.Lookup = func(context.Context, string) ([]byte, error) { return nil, opaque.ErrInactive }
	c := config()
	c.Issuers = append(c.Issuers, jwks.Issuer{URL: other.Issuer})
	c.Opaque = []opaque.Provider{other}
	if got := reasonOf(newGuard(t, c), bearer(mint(nil))); got != "" {
		t.Errorf("%q", got)
	}
}
