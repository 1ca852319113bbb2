package middleware_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// principal returns who a token with just these claims, beside iss, sub, aud, iat, exp
// and jti, speaks for.
func principal(t *testing.T, claims map[string]any) *middleware.Principal {
	t.Helper()
	c := config()
	c.Scopes = nil
	p, err := newGuard(t, c).Check(bearer(issuer().Mint(jwkstest.Token{Claims: claims})))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPrincipalScopes(t *testing.T) {
	tests := []struct {
		name   string
		claims map[string]any
		want   []string
	}{
		{"scope is one string, separated by spaces", map[string]any{"scope": "read write"}, []string{"read", "write"}},
		{"scope may be a list", map[string]any{"scope": []string{"read", "write"}}, []string{"read", "write"}},
		{"scp is a list", map[string]any{"scp": []string{"read", "write"}}, []string{"read", "write"}},
		{"scp may be a string", map[string]any{"scp": "read write"}, []string{"read", "write"}},
		{"scope decides beside scp", map[string]any{"scope": "read", "scp": []string{"admin"}}, []string{"read"}},
		{"an empty scope decides beside scp", map[string]any{"scope": "", "scp": []string{"admin"}}, nil},
		{"a scope of another type decides beside scp", map[string]any{"scope": 7, "scp": []string{"admin"}}, nil},
		{"a null scope is as good as none", map[string]any{"scope": nil, "scp": []string{"read"}}, []string{"read"}},
		{"a list with something else in it grants nothing", map[string]any{"scope": []any{"read", 7}}, nil},
		{"an object grants nothing", map[string]any{"scope": map[string]any{"read": true}}, nil},
		{"no scope", nil, nil},
		{"permissions and roles are no scopes", map[string]any{"permissions": []string{"read"}, "roles": []string{"admin"}}, nil},
		{"two spaces make no empty scope", map[string]any{"scope": " read  write "}, []string{"read", "write"}},
		{"a comma is part of a scope", map[string]any{"scope": "read,write"}, []string{"read,write"}},
		{"names have a case", map[string]any{"scope": "READ"}, []string{"READ"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := principal(t, tt.claims).Scopes; !slices.Equal(got, tt.want) {
				t.Errorf("scopes %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPrincipalClient(t *testing.T) {
	tests := []struct {
		name   string
		claims map[string]any
		want   string
	}{
		{"client_id, RFC 9068", map[string]any{"client_id": "a", "azp": "b", "cid": "c", "appid": "d"}, "a"},
		{"azp, OpenID Connect", map[string]any{"azp": "b", "cid": "c", "appid": "d"}, "b"},
		{"cid", map[string]any{"cid": "c", "appid": "d"}, "c"},
		{"appid", map[string]any{"appid": "d"}, "d"},
		{"none", nil, ""},
		{"the first that is there counts, even if empty", map[string]any{"client_id": "", "azp": "b"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := principal(t, tt.claims).Client; got != tt.want {
				t.Errorf("client %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPrincipalOfAToken(t *testing.T) {
	p := principal(t, map[string]any{"tenant": map[string]any{"name": "acme"}})
	if p.Method != middleware.MethodJWT || p.Issuer != issuer().URL || p.Subject != "alice" || !p.Expiry.Equal(started.Add(time.Hour)) {
		t.Errorf("principal %+v", p)
	}
	if got := p.Claims.Text("tenant", "name"); got != "acme" {
		t.Errorf("a claim of the provider's own is %q", got)
	}
	if p := principal(t, map[string]any{"sub": nil}); p.Subject != "" {
		t.Errorf("a token without subject speaks for %q", p.Subject)
	}
}

// Where an issuer writes what is its own business, and the principal follows it.
func TestPrincipalIsReadAsTheIssuerWrites(t *testing.T) {
	c := config()
	c.Issuers[0].Names = jwks.Names{User: []string{"uid"}, Client: []string{"app"}, Scopes: []string{"permissions"}, ScopePrefixes: []string{"api/"}}
	claims := map[string]any{"sub": "x", "uid": "alice", "client_id": "y", "app": "desktop", "scope": "z", "permissions": "api/mcp:tools"}
	p, err := newGuard(t, c).Check(bearer(mint(claims)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Subject != "alice" || p.Client != "desktop" || !slices.Equal(p.Scopes, []string{"mcp:tools"}) {
		t.Errorf("principal %+v", p)
	}
}

func TestPrincipalOfAKey(t *testing.T) {
	c := config()
	c.APIKeys = store(t, "mcp:tools", "mcp:notes")
	p, err := newGuard(t, c).Check(request("POST", "X-API-Key", goodKey))
	want := &middleware.Principal{Method: middleware.MethodAPIKey, Subject: "key-1", Scopes: []string{"mcp:tools", "mcp:notes"}}
	if err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("principal %+v, want %+v, %v", p, want, err)
	}
}

// Who was let in without proof holds nothing that a policy could grant something for.
func TestPrincipalOfNobody(t *testing.T) {
	for method, change := range map[middleware.Method]func(*middleware.Config){
		middleware.MethodAnonymous: func(c *middleware.Config) { c.DangerouslyAllowAnonymous = true },
		middleware.MethodDisabled:  func(c *middleware.Config) { c.DangerouslyDisableAuthentication = true },
	} {
		c := config()
		c.Scopes = nil
		change(&c)
		p, err := newGuard(t, c).Check(request("POST"))
		if err != nil || !reflect.DeepEqual(p, &middleware.Principal{Method: method}) {
			t.Errorf("%s: principal %+v, %v", method, p, err)
		}
	}
}

func TestHasScopes(t *testing.T) {
	p := &middleware.Principal{Scopes: []string{"read", "write"}}
	for _, tt := range []struct {
		name   string
		scopes []string
		want   bool
	}{
		{"nothing is always there", nil, true},
		{"one", []string{"read"}, true},
		{"all, in any order", []string{"write", "read"}, true},
		{"one of two is not all", []string{"read", "admin"}, false},
		{"no part of a name", []string{"rea"}, false},
		{"no other case", []string{"Read"}, false},
		{"not the empty one", []string{""}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.HasScopes(tt.scopes...); got != tt.want {
				t.Errorf("HasScopes(%q) = %t", tt.scopes, got)
			}
		})
	}
}

func TestPrincipalFrom(t *testing.T) {
	if p := middleware.PrincipalFrom(context.Background()); p != nil {
		t.Errorf("without a guard: %v", p)
	}
	want := &middleware.Principal{Subject: "alice"}
	ctx := middleware.WithPrincipal(context.Background(), want)
	if p := middleware.PrincipalFrom(ctx); p != want {
		t.Errorf("got %v", p)
	}
	if p := middleware.PrincipalFrom(context.WithValue(ctx, stranger("principal"), "mallory")); p != want {
		t.Errorf("got %v", p)
	}
}

// stranger is the type of somebody else's context keys.
type stranger string
