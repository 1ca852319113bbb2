package typo_test

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/typo"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"keycloak", "okta", "oidc", "entra"}
	for name, want := range map[string]string{
		"keycloak": "keycloak", "kecloak": "keycloak", "key-cloak": "keycloak", "ketcloack": "keycloak",
		"okat": "okta", "oidx": "oidc", "xtra": "entra", "cognito": "", "": "", "xkeycloakxx": "",
	} {
		if got := typo.Nearest(name, names); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
