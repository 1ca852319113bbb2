package preset_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// problems are "Field: Problem" of each mistake that Load found.
func problems(t *testing.T, name string, in preset.Inputs) []string {
	t.Helper()
	p, err := preset.Load(name, in)
	if err == nil {
		return nil
	}
	if p != nil {
		t.Error("there is a provider beside the error")
	}
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	var texts []string
	for _, err := range list {
		mistake, ok := errors.AsType[*jwks.ConfigError](err)
		if !ok {
			t.Fatalf("%v is no ConfigError", err)
		}
		texts = append(texts, mistake.Error())
	}
	return texts
}

// The folder of the data and that of the fixtures hold the same providers.
func TestNames(t *testing.T) {
	names := preset.Names()
	if !slices.IsSorted(names) || len(names) != 22 {
		t.Errorf("got %d: %q", len(names), names)
	}
	entries, err := os.ReadDir(fixtures)
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, entry := range entries {
		folders = append(folders, entry.Name())
	}
	if !slices.Equal(folders, names) {
		t.Errorf("there are fixtures for %q", folders)
	}
}

func TestUnknownPreset(t *testing.T) {
	for name, meant := range map[string]string{
		"auht0": "auth0", "Okta": "okta", "githubactions": "github-actions", "key-cloak": "keycloak",
		"azure-entra-id": "entra", "amazon-cognito": "cognito", "": "", "nothing-like-it": "", "../oidc": "oidc",
	} {
		t.Run(name, func(t *testing.T) {
			got := problems(t, name, preset.Inputs{})
			if len(got) != 1 || !strings.HasPrefix(got[0], "Name: ") || !strings.Contains(got[0], "auth0, clerk, cognito, ") {
				t.Fatalf("got %q", got)
			}
			if suggested := strings.Contains(got[0], "did you mean "+meant+"?"); suggested != (meant != "") {
				t.Errorf("got %q", got[0])
			}
		})
	}
}

// Every mistake is said at once, each with what to write.
func TestInputErrors(t *testing.T) {
	for _, test := range []struct {
		name, provider string
		in             preset.Inputs
		want           []string // beginnings and, after "…", what follows somewhere
	}{
		{"all that is missing", "cognito", preset.Inputs{}, []string{
			"Tenants: is missing; write …, such as eu-west-1_AbCdEfGhI",
			"Region: is missing; write …, such as eu-west-1",
			"Clients: is missing; write …, such as 1example23456789",
		}},
		{"a URL for a host", "auth0", preset.Inputs{Domain: "https://tenant.eu.auth0.com/"}, []string{"Domain: has \"https://tenant.eu.auth0.com/\", which is not a host name…such as your-tenant.eu.auth0.com"}},
		{"a host that breaks out", "auth0", preset.Inputs{Domain: "evil.example.com/.auth0.com"}, []string{"Domain: has…host name"}},
		{"a host with credentials", "auth0", preset.Inputs{Domain: "user@auth0.com"}, []string{"Domain: has…host name"}},
		{"a host with a port", "auth0", preset.Inputs{Domain: "auth0.com:444"}, []string{"Domain: has…host name"}},
		{"a host in capitals", "auth0", preset.Inputs{Domain: "Tenant.auth0.com"}, []string{"Domain: has…lower case"}},
		{"a line behind a host", "auth0", preset.Inputs{Domain: "tenant.auth0.com\n"}, []string{"Domain: has…host name"}},
		{"a placeholder for a host", "auth0", preset.Inputs{Domain: "{resource}"}, []string{"Domain: has…host name"}},
		{"a realm that breaks out", "keycloak", preset.Inputs{URL: "https://kc.example.com", Tenants: []string{"../admin"}}, []string{"Tenants: has…one word"}},
		{"a realm in two", "keycloak", preset.Inputs{URL: "https://kc.example.com", Tenants: []string{"a", "b"}}, []string{"Tenants: has 2 values and can have one"}},
		{"plain http", "keycloak", preset.Inputs{URL: "http://kc.example.com", Tenants: []string{"a"}}, []string{"URL: has…an https URL"}},
		{"a query", "oidc", preset.Inputs{URL: "https://login.example.com/?x=1", Audiences: []string{"a"}}, []string{"URL: has…without query"}},
		{"a template", "oidc", preset.Inputs{URL: "https://login.example.com/{tenantid}", Audiences: []string{"a"}}, []string{"URL: has…an https URL"}},
		{"a region there is not", "pingone", preset.Inputs{Tenants: []string{"1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"}, Region: "evil.example.com", Audiences: []string{"a"}}, []string{"Region: has \"evil.example.com\", which is not one of com, eu, asia, ca"}},
		{"what is of no use", "auth0", preset.Inputs{Domain: "a.example.com", Region: "eu", Server: "x", ClientSecret: jwks.NewSecret([]byte("canary"))}, []string{
			"Region: is of no use with Auth0; remove it", "Server: is of no use", "ClientSecret: is of no use",
		}},
		{"everybody's tenant", "entra", preset.Inputs{Tenants: []string{"common"}, Clients: []string{"535fb089-9ff3-47b6-9bfb-4f1264799865"}}, []string{"Tenants: has \"common\", which is not a GUID"}},
		{"a tenant by domain", "entra", preset.Inputs{Tenants: []string{"example.com"}, Clients: []string{"535fb089-9ff3-47b6-9bfb-4f1264799865"}}, []string{"Tenants: has…a GUID"}},
		{"version 1 of several tenants", "entra", preset.Inputs{Server: "v1", Tenants: []string{"6babcaad-604b-40ac-a9d7-9fd97c0b779f", "72f988bf-86f1-41af-91ab-2d7cd011db47"}, Clients: []string{"535fb089-9ff3-47b6-9bfb-4f1264799865"}}, []string{"Tenants: can be one only"}},
		{"the org authorization server", "okta", preset.Inputs{Domain: "org.okta.com", Server: "org", Audiences: []string{"a"}}, []string{"Server: must name a custom authorization server"}},
		{"no audience where the default would be wrong", "okta", preset.Inputs{Domain: "org.okta.com"}, []string{"Audiences: is missing; write…such as api://default"}},
		{"anybody's workflows", "github-actions", preset.Inputs{Audiences: []string{"a"}}, []string{"Required: is missing a claim…repository_owner=my-org"}},
		{"a claim without its value", "github-actions", preset.Inputs{Audiences: []string{"a"}, Required: []string{"repository_owner", "repository="}}, []string{"Required: is missing a claim"}},
		{"a claim that everybody can have", "github-actions", preset.Inputs{Audiences: []string{"a"}, Required: []string{"event_name=push"}}, []string{"Required: is missing a claim"}},
		{"a workflow that everybody can call", "github-actions", preset.Inputs{Audiences: []string{"a"}, Required: []string{"job_workflow_ref=my-org/my-repo/.github/workflows/deploy.yml@refs/heads/main"}}, []string{"Required: is missing a claim"}},
		{"a way around the claim", "github-actions", preset.Inputs{Audiences: []string{"a"}, Required: []string{"repository_owner=a|event_name=push"}}, []string{"Required: is missing a claim"}},
		{"a realm in the URL too", "keycloak", preset.Inputs{URL: "https://kc.example.com/auth/realms/team/", Tenants: []string{"team"}}, []string{
			"URL: names the realm, which is what Inputs.Tenants is for; write https://kc.example.com/auth here and team there",
		}},
		{"a realm in the URL alone", "keycloak", preset.Inputs{URL: "https://kc.example.com/realms/team/.well-known/openid-configuration"}, []string{
			"Tenants: is missing", "URL: names the realm…write https://kc.example.com here and team there",
		}},
		{"a password in the URL", "keycloak", preset.Inputs{URL: "https://me:canary@kc.example.com/realms/team", Tenants: []string{"team"}}, []string{"URL: has a value with an @, which is not an https URL"}},
		{"a pool of another region", "cognito", preset.Inputs{Region: "eu-central-1", Tenants: []string{"eu-west-1_AbCdEfGhI"}, Clients: []string{"a"}}, []string{
			"Region: is eu-central-1, and the user pool eu-west-1_AbCdEfGhI of Inputs.Tenants is in eu-west-1; write eu-west-1",
		}},
		{"a pool and a region that is none", "cognito", preset.Inputs{Region: "eu/central", Tenants: []string{"eu-west-1_AbCdEfGhI"}, Clients: []string{"a"}}, []string{"Region: has \"eu/central\", which is not one word"}},
		{"the admin console", "okta", preset.Inputs{Domain: "your-org-admin.okta.com", Audiences: []string{"a"}}, []string{"Domain: is the domain of the admin console…write your-org.okta.com"}},
		{"the admin console of a trial", "okta", preset.Inputs{Domain: "dev-1-admin.oktapreview.com", Audiences: []string{"a"}}, []string{"Domain: is the domain of the admin console…write dev-1.oktapreview.com"}},
		{"the admin console of a server", "keycloak", preset.Inputs{URL: "https://kc.example.com/auth/admin/master/console/", Tenants: []string{"team"}}, []string{"URL: is the address of the admin console…write https://kc.example.com/auth"}},
		{"a pool without its region", "cognito", preset.Inputs{Region: "eu-west-1", Tenants: []string{"AbCdEfGhI"}, Clients: []string{"a"}}, []string{"Tenants: is no id of a user pool…such as eu-west-1_AbCdEfGhI"}},
		{"a pool by its name", "cognito", preset.Inputs{Region: "eu-west-1", Tenants: []string{"my-pool"}, Clients: []string{"a"}}, []string{"Tenants: is no id of a user pool"}},
		{"a pool of a region that is none", "cognito", preset.Inputs{Region: "us-east-1", Tenants: []string{"us_x"}, Clients: []string{"a"}}, []string{"Tenants: is no id of a user pool"}},
		{"the issuer for the endpoint", "logto", preset.Inputs{URL: "https://t.logto.app/oidc"}, []string{"URL: has /oidc…write https://t.logto.app"}},
		{"its document too", "logto", preset.Inputs{URL: "https://t.logto.app/oidc/.well-known/openid-configuration"}, []string{"URL: has /oidc…write https://t.logto.app"}},
		{"the host of a project", "supabase", preset.Inputs{Tenants: []string{"abcdefghijklmnopqrst.supabase.co"}}, []string{"Tenants: is the host of the project; write abcdefghijklmnopqrst"}},
		{"the dashboard", "auth0", preset.Inputs{Domain: "manage.auth0.com"}, []string{"Domain: is the dashboard…such as your-tenant.eu.auth0.com"}},
		{"a secret without a client", "oidc", preset.Inputs{URL: "https://login.example.com", Audiences: []string{"a"}, ClientSecret: jwks.NewSecret([]byte("canary"))}, []string{"Clients: is missing beside Inputs.ClientSecret"}},
		{"an empty secret", "github", preset.Inputs{Clients: []string{"Iv1.8a61f9b3a7aba766"}, ClientSecret: jwks.NewSecret(nil)}, []string{"ClientSecret: is missing"}},
		{"a client that breaks out", "github", preset.Inputs{Clients: []string{"../../user"}, ClientSecret: jwks.NewSecret([]byte("canary"))}, []string{"Clients: has…one word"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.in.Resource = resource
			got := problems(t, test.provider, test.in)
			if len(got) != len(test.want) {
				t.Fatalf("got %q, want %d", got, len(test.want))
			}
			for i := range got {
				begin, rest, _ := strings.Cut(test.want[i], "…")
				if !strings.HasPrefix(got[i], begin) || !strings.Contains(got[i], rest) {
					t.Errorf("got %q, want %q", got[i], test.want[i])
				}
			}
			if strings.Contains(fmt.Sprint(got), "canary") {
				t.Error("the secret is in the error")
			}
		})
	}
}

// What only looks like one of those mistakes is none.
func TestInputsThatAreGood(t *testing.T) {
	for _, test := range []struct {
		name, provider string
		in             preset.Inputs
	}{
		{"a domain of one's own", "okta", preset.Inputs{Domain: "shop-admin.example.com", Audiences: []string{"a"}}},
		{"an org of that name", "okta", preset.Inputs{Domain: "admin.okta.com", Audiences: []string{"a"}}},
		{"a path before the realms", "keycloak", preset.Inputs{URL: "https://kc.example.com/realmsandmore", Tenants: []string{"a"}}},
		{"a realm of that name", "keycloak", preset.Inputs{URL: "https://kc.example.com/admin/console", Tenants: []string{"a"}}},
		{"a path that begins with it", "logto", preset.Inputs{URL: "https://login.example.com/oidc-server"}},
		{"a region with more parts", "cognito", preset.Inputs{Region: "us-gov-west-1", Tenants: []string{"us-gov-west-1_A_b"}, Clients: []string{"a"}}},
	} {
		if got := problems(t, test.provider, test.in); got != nil {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// What the operator writes stands in the place of what the file says, and no value is
// taken for a placeholder.
func TestOperatorWins(t *testing.T) {
	p, err := preset.Load("auth0", preset.Inputs{
		Domain: "tenant.eu.auth0.com", Resource: resource, Clients: []string{"{resource}", "b"},
		Audiences: []string{"urn:{domain}"}, Required: []string{"org_id={tenant}"},
	})
	if err != nil {
		t.Fatal(err)
	}
	is := p.Issuers[0]
	if !slices.Equal(is.Audiences, []string{"urn:{domain}"}) || !slices.Equal(is.Clients, []string{"{resource}", "b"}) || !slices.Equal(is.RequiredClaims, []string{"org_id={tenant}"}) {
		t.Errorf("got %q, %q, %q", is.Audiences, is.Clients, is.RequiredClaims)
	}
	if p.Name != "auth0" || p.Title != "Auth0" || !slices.Equal(p.AuthorizationServers, []string{"https://tenant.eu.auth0.com/"}) {
		t.Errorf("got %+v", p)
	}
}

// Where the file has a place for them, audiences stand beside its own; and required
// claims hold for answers as for tokens.
func TestOperatorAdds(t *testing.T) {
	p, err := preset.Load("google", preset.Inputs{
		Clients: []string{"a", "b"}, Resource: resource, Audiences: []string{"c"}, Required: []string{"email_verified=true"},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := p.Opaque[0]
	if !slices.Equal(o.Audiences, []string{"a", "b", "c"}) || !slices.Equal(o.RequiredClaims, []string{"sub", "email_verified=true"}) {
		t.Errorf("got %q, %q", o.Audiences, o.RequiredClaims)
	}
}

// What clients must be told to ask for.
func TestScopesForClients(t *testing.T) {
	for name, want := range map[string]struct {
		prefix string
		scopes []string
	}{
		"entra":   {resource + "/", nil},
		"cognito": {resource + "/", nil},
		"google":  {"", []string{"openid", "https://www.googleapis.com/auth/userinfo.email"}},
		"zitadel": {"", []string{"openid", "urn:zitadel:iam:org:project:id:69234237810729019:aud"}},
		"discord": {"", []string{"identify"}},
		"auth0":   {"", nil},
	} {
		groups := append(load(t, name, "tokens.yaml"), load(t, name, "opaque.yaml")...)
		p := groups[0].provider(t, name)
		if p.ScopePrefix != want.prefix || !slices.Equal(p.DefaultScopes, want.scopes) {
			t.Errorf("%s: got %q, %q", name, p.ScopePrefix, p.DefaultScopes)
		}
	}
}

// The secret goes to the provider and into nothing that is printed.
func TestSecretIsNotPrinted(t *testing.T) {
	p, err := preset.Load("github", preset.Inputs{
		Clients: []string{"Iv1.8a61f9b3a7aba766"}, ClientSecret: jwks.NewSecret([]byte("canary")), Resource: resource,
	})
	if err != nil {
		t.Fatal(err)
	}
	if ask := p.Opaque[0].Ask; ask.Auth != opaque.AuthBasic || ask.Secret == nil || ask.ClientID != "Iv1.8a61f9b3a7aba766" {
		t.Errorf("got %+v", ask)
	}
	for _, format := range []string{"%v", "%+v", "%#v"} {
		if strings.Contains(fmt.Sprintf(format, p), "canary") {
			t.Errorf("%s prints the secret", format)
		}
	}
}
