package middleware_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// Whoever is denied, and whatever scopes are, is decided for each request.
func TestThePolicyDecidesAboutRememberedTokens(t *testing.T) {
	c := config()
	c.Scopes, c.Policy = []string{"mcp:tools"}, &middleware.Policy{}
	g := newGuard(t, c)
	token := mint(map[string]any{"scope": "write", "permissions": []string{"mcp:tools"}, "jti": "t-1"})
	for _, step := range []struct {
		name   string
		policy middleware.Policy
		want   middleware.Reason
	}{
		{"the scope is missing", middleware.Policy{}, "insufficient_scope"},
		{"it is implied", middleware.Policy{Implies: map[string][]string{"write": {"mcp:tools"}}}, ""},
		{"it is implied no more", middleware.Policy{}, "insufficient_scope"},
		{"scopes are elsewhere", middleware.Policy{ScopeClaims: []string{"permissions"}}, ""},
		{"scopes are in two places", middleware.Policy{ScopeClaims: []string{"scope", "permissions"}}, ""},
		{"the token is denied", middleware.Policy{ScopeClaims: []string{"permissions"}, Denied: []middleware.Denied{{TokenID: "t-1"}}}, "denied_caller"},
		{"the user is denied", middleware.Policy{ScopeClaims: []string{"permissions"}, Denied: []middleware.Denied{{Subject: "alice"}}}, "denied_caller"},
		{"nobody is denied", middleware.Policy{ScopeClaims: []string{"permissions"}}, ""},
		{"scopes are where they were", middleware.Policy{}, "insufficient_scope"},
	} {
		if err := g.SetPolicy(step.policy); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := reasonOf(g, request("GET", "Authorization", "Bearer "+token)); got != step.want {
				t.Errorf("%s: %q, want %q", step.name, got, step.want)
			}
		}
	}
	if got := g.Remembered(); got != 1 {
		t.Errorf("%d are remembered", got)
	}
}

// Another policy needs no other signature.
func TestSetPolicyVerifiesNothingAgain(t *testing.T) {
	c := config()
	c.Policy = &middleware.Policy{}
	g := newGuard(t, c)
	r := request("GET", "Authorization", "Bearer "+mint(map[string]any{"permissions": "mcp:tools other"}))
	before := admitted(t, g, r)
	if err := g.SetPolicy(middleware.Policy{Denied: []middleware.Denied{{Subject: "bob"}}}); err != nil {
		t.Fatal(err)
	}
	if admitted(t, g, r) != before {
		t.Error("a policy that reads scopes from the same claims makes another principal")
	}
	if err := g.SetPolicy(middleware.Policy{ScopeClaims: []string{"permissions"}}); err != nil {
		t.Fatal(err)
	}
	after := admitted(t, g, r)
	if after.Claims != before.Claims || !slices.Equal(after.Scopes, []string{"mcp:tools", "other"}) || admitted(t, g, r) != after {
		t.Errorf("%+v, and then %+v", before, after)
	}
}

// A token that was admitted with its key is refused without.
func TestBindingOfARememberedToken(t *testing.T) {
	g := newGuard(t, config())
	token := bound()
	admitted(t, g, dpop(token, proofOf(token, clientKey(), nil)))
	for _, row := range []struct {
		policy string
		r      *http.Request
		want   middleware.Reason
	}{
		{"as a Bearer token", bearer(token), "sender_bound"},
		{"without a proof", request("POST", "Authorization", "DPoP "+token), "invalid_proof"},
		{"with a proof for another token", dpop(token, proofOf(bound(), clientKey(), nil)), "invalid_proof"},
		{"with a proof of its own", dpop(token, proofOf(token, clientKey(), nil)), ""},
	} {
		if got := reasonOf(g, row.r); got != row.want {
			t.Errorf("%s: %q, want %q", row.policy, got, row.want)
		}
	}
	plain := mint(nil)
	admitted(t, g, bearer(plain))
	if got := reasonOf(g, dpop(plain, "x")); got != "unbound_token" {
		t.Errorf("a remembered token without a key, as if it had one: %q", got)
	}
}

// A provider that is asked about signed tokens as well is asked still.
func TestConfirmationOfARememberedToken(t *testing.T) {
	var clock clock
	active := true
	p := opaque.Provider{Issuer: issuer().URL, JWT: opaque.JWTBoth, Lookup: func(context.Context, string) ([]byte, error) {
		return json.Marshal(map[string]any{"active": active, "sub": "alice", "aud": resource, "exp": started.Add(time.Hour).Unix()})
	}}
	c := config()
	c.Now, c.Opaque = clock.now, []opaque.Provider{p}
	g := newGuard(t, c)
	token := mint(nil)
	if !remembers(t, g, token) {
		t.Fatal("the token is not remembered")
	}
	active = false
	clock.set(started.Add(2 * time.Minute)) // by when the last answer is too old, and no key is
	if got := reasonOf(g, bearer(token)); got != "inactive_token" {
		t.Errorf("%q", got)
	}
}

// Handlers that append to what they all share must not meet.
func TestPrincipalsOfOneTokenDoNotMeet(t *testing.T) {
	c := config()
	c.Policy = &middleware.Policy{ScopeClaims: []string{"scope", "permissions"}}
	g := newGuard(t, c)
	permissions := ""
	for n := range 9 { // with some of which there is room behind the last
		permissions += fmt.Sprint(" p", n)
		r := request("GET", "Authorization", "Bearer "+mint(map[string]any{"permissions": permissions}))
		one := append(admitted(t, g, r).Scopes, "one")
		two := append(admitted(t, g, r).Scopes, "two")
		if one[n+2] != "one" || two[n+2] != "two" {
			t.Errorf("%q and %q", one, two)
		}
	}
}
