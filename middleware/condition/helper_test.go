package condition_test

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

func compile(t testing.TB, expression string) *condition.Condition {
	t.Helper()
	c, err := condition.Compile(expression)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// call is a call of the tool "transfer".
func call(arguments string) middleware.Operation {
	return middleware.Operation{Method: "tools/call", Name: "transfer", Arguments: []byte(arguments)}
}

// alice has a token, but none of its claims at hand.
var alice = &middleware.Principal{
	Method:  middleware.MethodJWT,
	Issuer:  "https://login.example.com",
	Subject: "alice",
	Client:  "desktop",
	Scopes:  []string{"read", "write"},
}

var deploy = &middleware.Principal{Method: middleware.MethodAPIKey, Subject: "deploy"}

// withClaims is alice with a token that was verified.
func withClaims(t testing.TB, claims map[string]any) *middleware.Principal {
	t.Helper()
	is, err := jwkstest.New(alice.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	is.SetAudience("https://mcp.example.com/mcp")
	v, err := jwks.New(jwks.Config{
		Issuers:   []jwks.Issuer{{URL: is.URL, Audiences: []string{"https://mcp.example.com/mcp"}}},
		Transport: is.RoundTripper(),
	})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := v.Verify(t.Context(), is.Mint(jwkstest.Token{Claims: claims}))
	if err != nil {
		t.Fatal(err)
	}
	p := *alice
	p.Claims = verified
	return &p
}
