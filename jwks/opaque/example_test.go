package opaque_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// Token introspection, with the address out of the issuer's own documents.
func ExampleNew() {
	_, err := opaque.New(opaque.Config{Providers: []opaque.Provider{{
		Issuer:    "https://login.example.com",
		Ask:       opaque.Ask{Auth: opaque.AuthBasic, ClientID: "mcp", Secret: jwks.NewSecret([]byte("secret"))},
		Audiences: []string{"https://mcp.example.com/mcp"},
	}}})
	fmt.Println(err)
	// Output: <nil>
}

// A provider that is asked whether a token is good, and not whom it was made for, admits
// the tokens of all of its applications.
func ExampleNew_incorrect() {
	_, err := opaque.New(opaque.Config{Providers: []opaque.Provider{{
		Issuer: "https://login.example.com",
		Ask:    opaque.Ask{URL: "https://login.example.com/introspect"},
	}}})
	fmt.Println(err)
	// Output: Opaque[0].Audiences: is empty, and so is Clients: a token made for anybody else would pass; write what the answer must name
}

func ExampleVerifier_Verify() {
	v, err := opaque.New(opaque.Config{Providers: []opaque.Provider{{
		Issuer:    "https://login.example.com",
		Audiences: []string{"https://mcp.example.com/mcp"},
		Lookup: func(_ context.Context, token string) ([]byte, error) { // in place of a request
			if token != "secret-of-alice" {
				return nil, opaque.ErrInactive
			}
			return []byte(`{"active": true, "sub": "alice", "scope": "mcp:tools", "exp": 4102444800, "aud": "https://mcp.example.com/mcp"}`), nil
		},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	for _, token := range []string{"secret-of-alice", "guess"} {
		claims, err := v.Verify(context.Background(), token)
		switch {
		case errors.Is(err, opaque.ErrUnavailable):
			fmt.Println("come again later") // 503, and not 401: the token may be good
		case err != nil:
			fmt.Println("refused:", err)
		default:
			fmt.Println(claims.Subject, claims.Scopes, claims.Until.UTC().Format(time.DateOnly))
		}
	}
	// Output:
	// alice [mcp:tools] 2100-01-01
	// refused: the provider says that the token is not active
}
