package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// A provider that signs for many tenants, of which one is ours. Its documents are the
// same for all, and name the issuer with a placeholder.
func ExampleIssuer_tenants() {
	login, _ := jwkstest.New("https://login.example.com/common") // stands for the provider
	login.SetMetadata(map[string]any{"issuer": "https://login.example.com/{tenantid}"})
	v, err := jwks.New(jwks.Config{
		Issuers: []jwks.Issuer{{
			URL:         "https://login.example.com/{tenantid}",
			Tenants:     []string{"our-company"},
			TenantClaim: "tid",
			Discovery:   login.URL,
			Audiences:   []string{"https://mcp.example.com/mcp"},
		}},
		Transport: login.RoundTripper(),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, tenant := range []string{"our-company", "another"} {
		_, err := v.Verify(context.Background(), login.Mint(jwkstest.Token{Claims: map[string]any{
			"iss": "https://login.example.com/" + tenant,
			"tid": tenant,
			"aud": "https://mcp.example.com/mcp",
		}}))
		fmt.Println(tenant, "→", err)
	}
	// Output:
	// our-company → <nil>
	// another → wrong issuer
}

// This issuer writes no audience. Any of its tokens would do, so New wants to know
// for whom they are: which clients are ours.
func ExampleIssuer_incorrect() {
	_, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{{
		URL:              "https://login.example.com",
		Audiences:        []string{"https://mcp.example.com/mcp"},
		AudienceOptional: true,
	}}})
	var mistake *jwks.ConfigError
	fmt.Println(errors.As(err, &mistake))
	fmt.Println(err)
	// Output:
	// true
	// Issuers[0].AudienceOptional: needs Clients, or a token without aud would be for anybody; list the clients whose tokens to accept
}

// Scopes stand in other claims at other issuers, and may have a name before them.
func ExampleClaims_ReadScopes() {
	login, _ := jwkstest.New("https://login.example.com")
	login.SetAudience("https://mcp.example.com/mcp")
	v, err := jwks.New(jwks.Config{
		Issuers: []jwks.Issuer{{
			URL:       login.URL,
			Audiences: []string{"https://mcp.example.com/mcp"},
			Names:     jwks.Names{Scopes: []string{"scp", "roles"}, ScopePrefixes: []string{"notes:"}},
		}},
		Transport: login.RoundTripper(),
	})
	if err != nil {
		log.Fatal(err)
	}
	claims, err := v.Verify(context.Background(), login.Mint(jwkstest.Token{Claims: map[string]any{
		"scp":          "notes:read profile",
		"roles":        []string{"notes:editor"},
		"realm_access": map[string]any{"roles": []string{"notes:owner"}},
	}}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(claims.Scopes)
	fmt.Println(claims.ReadScopes([]string{"realm_access.roles"}))
	// Output:
	// [read profile editor]
	// [owner]
}
