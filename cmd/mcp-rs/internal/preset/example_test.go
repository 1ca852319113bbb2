package preset_test

import (
	"fmt"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
)

func ExampleLoad() {
	p, err := preset.Load("keycloak", preset.Inputs{
		URL:      "https://keycloak.example.com",
		Tenants:  []string{"team"},
		Resource: "https://mcp.example.com/mcp",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Issuers[0].URL)
	fmt.Println(p.Issuers[0].Audiences)
	fmt.Println(p.Metadata)
	// Output:
	// https://keycloak.example.com/realms/team
	// [https://mcp.example.com/mcp]
	// mirror
}

func ExampleLoad_incorrect() {
	_, err := preset.Load("keycloak", preset.Inputs{URL: "keycloak.example.com"})
	fmt.Println(err)
	// Output:
	// Tenants: is missing; write the realm, such as my-realm
	// URL: has "keycloak.example.com", which is not an https URL without query and fragment; write the URL of the server, with /auth at the end if it is an old one, such as https://keycloak.example.com
}
