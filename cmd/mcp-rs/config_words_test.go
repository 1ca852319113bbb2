package main

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// everyday are names of fields that are words of a sentence too.
var everyday = []string{"URL", "Log", "Now"}

// fieldNames finds the names of fields of what other packages are configured with, but
// for what is quoted, and what is a URL.
func fieldNames() func(text string) []string {
	var names []string
	for _, of := range []any{
		middleware.Config{}, middleware.Policy{}, middleware.Rule{}, jwks.Issuer{}, jwks.Names{}, opaque.Provider{}, opaque.Ask{}, opaque.Read{},
		metadata.Mirror{}, metadata.Patch{}, metadata.Registration{}, apikey.Config{}, preset.Inputs{},
	} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(of)) {
			if f.IsExported() && !slices.Contains(everyday, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	quoted := regexp.MustCompile(`"(?:[^"\\]|\\.)*"|https?://\S*|Authorization header|/\S*|"iss"`)
	field := regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
	return func(text string) []string { return field.FindAllString(quoted.ReplaceAllString(text, ""), -1) }
}

// Operators set variables and write a file: what is wrong is said in those words, however
// the package calls it that found it.
func TestMistakesNameNoFields(t *testing.T) {
	t.Parallel()
	const (
		asks    = "; MCP_INTROSPECTION_URL=https://login.example.com/i"
		oidc    = atHome + "MCP_OAUTH_PROVIDER=oidc; MCP_OAUTH_SERVER_URL=https://login.example.com; MCP_JWT_AUDIENCE=a; "
		inFile  = "issuers: [{url: https://b.example.com, audiences: [b]}]"
		another = "issuers: [{url: https://b.example.com, audiences: [b], opaque: {ask: {url: https://b.example.com/i, auth: none}}}]"
		lookups = "issuers: [{url: https://b.example.com, audiences: [b], opaque: {ask: {url: https://b.example.com/i, %s}}}]"
	)
	presets := "issuers: [{provider: github, clients: [a], client_secret_file: " + writeFile(t, "canary") + ", opaque: {%s}}]"
	found := fieldNames()
	for _, row := range []struct{ policy, settings, file, want string }{
		{"a secret without a way to send it", withIssuer + asks + "; MCP_INTROSPECTION_CLIENT_SECRET=canary; MCP_INTROSPECTION_AUTH=none", "",
			`MCP_INTROSPECTION_AUTH: is "none", so that MCP_INTROSPECTION_CLIENT_ID and MCP_INTROSPECTION_CLIENT_SECRET are of no use; write basic, post or bearer`},
		{"a client without one", withIssuer + asks + "; MCP_INTROSPECTION_CLIENT_ID=a; MCP_INTROSPECTION_AUTH=none", "", `MCP_INTROSPECTION_AUTH: is "none"`},
		{"a secret alone", withIssuer + asks + "; MCP_INTROSPECTION_CLIENT_SECRET=canary", "", "MCP_INTROSPECTION_CLIENT_ID: is missing beside MCP_INTROSPECTION_CLIENT_SECRET; write the client id that the secret belongs to, or MCP_INTROSPECTION_AUTH=bearer"},
		{"a client alone", withIssuer + asks + "; MCP_INTROSPECTION_CLIENT_ID=a", "", "MCP_INTROSPECTION_CLIENT_SECRET: is missing, and basic needs it beside MCP_INTROSPECTION_CLIENT_ID; write the secret of that client, or its file into MCP_INTROSPECTION_CLIENT_SECRET_FILE"},
		{"neither of them", withIssuer + asks + "; MCP_INTROSPECTION_AUTH=post", "", "MCP_INTROSPECTION_CLIENT_ID: is missing, and post needs it; write the client id"},
		{"a client id beside a bearer token", withIssuer + asks + "; MCP_INTROSPECTION_CLIENT_ID=a; MCP_INTROSPECTION_AUTH=bearer; MCP_INTROSPECTION_CLIENT_SECRET=s", "", "MCP_INTROSPECTION_CLIENT_ID: is of no use with bearer"},
		{"no client id", withIssuer + asks + "; MCP_INTROSPECTION_AUTH=post; MCP_INTROSPECTION_CLIENT_SECRET=s", "", "MCP_INTROSPECTION_CLIENT_ID: is missing, and post needs it beside MCP_INTROSPECTION_CLIENT_SECRET; write the client id that the secret belongs to"},
		{"no secret", withIssuer + asks + "; MCP_INTROSPECTION_AUTH=bearer", "", "MCP_INTROSPECTION_CLIENT_SECRET: is missing, and bearer needs it; write the token that the provider is asked with, or its file into MCP_INTROSPECTION_CLIENT_SECRET_FILE"},
		{"a secret that is no token", withIssuer + asks + "; MCP_INTROSPECTION_AUTH=bearer; MCP_INTROSPECTION_CLIENT_SECRET=ca nary", "", "MCP_INTROSPECTION_CLIENT_SECRET: is no token"},
		{"a preset's secret that is no token", atHome + "MCP_OAUTH_PROVIDER=ory; MCP_OAUTH_SERVER_URL=https://a.projects.oryapis.com; MCP_JWT_AUDIENCE=a; MCP_OAUTH_CLIENT_SECRET=ca nary", "", "MCP_OAUTH_CLIENT_SECRET: is no token"},
		{"a preset's secret of no use", oidc + "MCP_OAUTH_CLIENT_ID=a; MCP_OAUTH_CLIENT_SECRET=canary; MCP_INTROSPECTION_AUTH=none", "", `MCP_INTROSPECTION_AUTH: is "none" beside a preset that asks with MCP_OAUTH_CLIENT_ID and MCP_OAUTH_CLIENT_SECRET; remove it`},
		{"a preset's client with bearer", withGitHub + "; MCP_INTROSPECTION_AUTH=bearer", "", `MCP_INTROSPECTION_AUTH: is "bearer" beside a preset that asks with MCP_OAUTH_CLIENT_ID and MCP_OAUTH_CLIENT_SECRET; remove it, or write basic`},
		{"a preset's token that is not sent", atHome + "MCP_OAUTH_PROVIDER=ory; MCP_OAUTH_SERVER_URL=https://a.projects.oryapis.com; MCP_JWT_AUDIENCE=a; MCP_OAUTH_CLIENT_SECRET=canary; MCP_INTROSPECTION_AUTH=none", "", `MCP_INTROSPECTION_AUTH: is "none" beside a preset that asks with MCP_OAUTH_CLIENT_SECRET; remove it`},
		{"another client with a preset's secret", withGitHub + "; MCP_INTROSPECTION_CLIENT_ID=x", "", "MCP_INTROSPECTION_CLIENT_SECRET: is missing, and basic needs it beside MCP_INTROSPECTION_CLIENT_ID; write the secret of that client, or its file into MCP_INTROSPECTION_CLIENT_SECRET_FILE, or remove MCP_INTROSPECTION_CLIENT_ID"},
		{"a preset's client with another secret", withGitHub + "; MCP_INTROSPECTION_CLIENT_SECRET_FILE=" + writeFile(t, "canary"), "", "MCP_INTROSPECTION_CLIENT_ID: is missing, and basic needs it beside MCP_INTROSPECTION_CLIENT_SECRET_FILE; write the client id that the secret belongs to, or remove MCP_INTROSPECTION_CLIENT_SECRET_FILE"},
		{"the first of these in the file", withKey, fmt.Sprintf(presets, "ask: {client_id: x}"), "issuers[0].opaque.ask.secret_file is missing, and basic needs it beside opaque.ask.client_id; write the secret of that client, or remove opaque.ask.client_id"},
		{"verified and asked about, where nothing is signed", withGitHub + "; MCP_INTROSPECTION_TOKENS=also", "", `MCP_INTROSPECTION_TOKENS: is "also", and this provider signs no tokens that are believed here; write opaque, or leave it unset`},
		{"the same of a preset in the file", withKey, fmt.Sprintf(presets, "jwt: also"), `issuers[0].opaque.jwt is "also", and this provider signs no tokens that are believed here; leave it out`},
		{"where what is signed is not believed", withKey, "issuers: [{url: https://b.example.com, audiences: [b], signed: false, opaque: {jwt: also, ask: {url: https://b.example.com/i}}}]", `issuers[0].opaque.jwt is "also", and this provider signs no`},
		{"a document for a preset's issuer", atHome + "MCP_OAUTH_PROVIDER=oidc; MCP_OAUTH_SERVER_URL=https://a.example.com/.well-known/openid-configuration; MCP_JWT_AUDIENCE=a", "", "MCP_OAUTH_SERVER_URL: is the address of a document"},
		{"a document for a preset's server", atHome + "MCP_OAUTH_PROVIDER=gitlab; MCP_OAUTH_CLIENT_ID=a; MCP_OAUTH_SERVER_URL=https://a.example.com/.well-known/openid-configuration", "", "MCP_OAUTH_SERVER_URL: is the address of a document"},
		{"a preset's secret without a client", oidc + "MCP_OAUTH_CLIENT_SECRET=canary", "", "MCP_OAUTH_CLIENT_ID: is missing beside MCP_OAUTH_CLIENT_SECRET"},
		{"the same in the file", withKey, "issuers: [{provider: oidc, url: https://login.example.com, audiences: [a], client_secret_file: " + writeFile(t, "canary") + "}]",
			"issuers[0].clients is missing beside client_secret_file"},
		{"a realm twice", atHome + "MCP_OAUTH_PROVIDER=keycloak; MCP_OAUTH_SERVER_URL=https://kc.example.com/realms/team; MCP_OAUTH_TENANT=team", "",
			"MCP_OAUTH_SERVER_URL: names the realm, which is what MCP_OAUTH_TENANT is for; write https://kc.example.com here and team there"},
		{"a realm twice in the file", withKey, "issuers: [{provider: keycloak, url: https://kc.example.com/realms/team, tenants: [team]}]",
			"issuers[0].url names the realm, which is what tenants is for; write https://kc.example.com here"},
		{"a pool elsewhere", atHome + "MCP_OAUTH_PROVIDER=cognito; MCP_OAUTH_REGION=us-east-1; MCP_OAUTH_TENANT=eu-west-1_Abc; MCP_OAUTH_CLIENT_ID=a", "",
			"MCP_OAUTH_REGION: is us-east-1, and the user pool eu-west-1_Abc of MCP_OAUTH_TENANT is in eu-west-1; write eu-west-1"},
		{"an admin console", atHome + "MCP_OAUTH_PROVIDER=okta; MCP_OAUTH_DOMAIN=your-org-admin.okta.com; MCP_JWT_AUDIENCE=a", "",
			"MCP_OAUTH_DOMAIN: is the domain of the admin console, which issues no tokens; write your-org.okta.com"},
		{"a body where the preset asks otherwise", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=a; MCP_INTROSPECTION_AUTH=post; MCP_INTROSPECTION_CLIENT_ID=c; MCP_INTROSPECTION_CLIENT_SECRET=s", "",
			"MCP_INTROSPECTION_AUTH: is \"post\", which goes into a form; write form:NAME into opaque.ask.put in MCP_CONFIG_FILE"},
		{"no audience and no client", withIssuer + asks + "; MCP_JWT_AUDIENCE=; MCP_RESOURCE_URL=", "", "MCP_JWT_AUDIENCE: is not set"},
		{"two that take all opaque tokens", withIssuer + asks, another, "issuers[0].opaque.prefixes is empty"},
		{"all asked about, beside keys in the file", withIssuer + asks + "; MCP_INTROSPECTION_TOKENS=instead", inFile,
			"MCP_INTROSPECTION_TOKENS: is \"instead\", so that nothing would ever be verified with the keys of issuers[0] of MCP_CONFIG_FILE"},
		{"the other way round", withIssuer, fmt.Sprintf(lookups, "auth: none}, jwt: instead, prefixes: [b"+"]"+", read: {active: active"), "issuers[0].opaque.jwt is \"instead\", so that nothing would ever be verified with the keys of MCP_JWT_ISSUER"},
		{"a claim of no form", withIssuer + asks + "; MCP_JWT_REQUIRED_CLAIMS=a=", "", "MCP_JWT_REQUIRED_CLAIMS: has the entry \"a=\""},
		{"keys of the file of API keys, where tokens are bound", withAuth0 + "; MCP_REQUIRE_BOUND=true; MCP_API_KEYS_FILE=" + writeFile(t, ""), "", "MCP_REQUIRE_BOUND: is set beside MCP_API_KEYS_FILE"},
		{"a certificate of nobody", withAuth0 + "; MCP_CLIENT_CERT_HEADER=Client-Cert", "", "is set while MCP_TRUSTED_PROXIES is empty"},
		{"a secret in the file without auth", withKey, fmt.Sprintf(lookups, "client_id: a"), "issuers[0].opaque.ask.auth is empty, so that opaque.ask.client_id and opaque.ask.secret_file are of no use"},
		{"put and auth in the file", withKey, fmt.Sprintf(lookups, "auth: bearer, secret_file: "+writeFile(t, "s")+", put: bearer"), "issuers[0].opaque.ask.auth is \"bearer\", and the token is to be in the Authorization header too; write another opaque.ask.put"},
		{"a header that is decided", withKey, fmt.Sprintf(lookups, "headers: {Authorization: x}"), "issuers[0].opaque.ask.headers has Authorization, which opaque.ask.put and opaque.ask.auth decide about"},
		{"a method that is none", withKey, fmt.Sprintf(lookups, "method: PUT"), "issuers[0].opaque.ask.method is"},
		{"a status that tells nothing", withKey, fmt.Sprintf(lookups, "bad: [500]"), "issuers[0].opaque.ask.bad has 500"},
		{"a name in the answer", withKey, fmt.Sprintf(lookups, "auth: none}, read: {subject: ['header:']"), "issuers[0].opaque.read.subject has the entry"},
		{"a claim name in the file", withKey, "issuers: [{url: https://b.example.com, audiences: [b], claims: {scopes: ['']}}]", "issuers[0].claims.scopes has an empty entry"},
		{"tenants without their claim", withKey, "issuers: [{url: 'https://b.example.com/{tenantid}', discovery: https://b.example.com, audiences: [b], tenants: [a]}]", "issuers[0].tenant_claim is empty"},
		{"tenants that stand nowhere", withKey, "issuers: [{url: https://b.example.com, audiences: [b], tenants: [a], tenant_claim: t}]", "has no {tenantid} in \"https://b.example.com\", and tenants would mean nothing"},
		{"a place for tenants, and no document", withKey, "issuers: [{url: 'https://b.example.com/{tenantid}', audiences: [b], tenants: [a], tenant_claim: t}]", "issuers[0].discovery is empty, and {tenantid} in url leads nowhere; write where the documents for all tenants are, or jwks_url"},
		{"discovery beside keys", withKey, "issuers: [{url: https://b.example.com, audiences: [b], discovery: 'http://plain.example.com'}]", "issuers[0].discovery "},
		{"an audience that is optional", withKey, "issuers: [{url: https://b.example.com, audience_optional: true, audiences: [b]}]", "issuers[0].audience_optional needs clients"},
		{"a refused claim", withKey, "issuers: [{url: https://b.example.com, audiences: [b], refused_claims: ['a=']}]", "issuers[0].refused_claims has the entry"},
		{"two sorts of algorithms", withKey, "issuers: [{url: https://b.example.com, audiences: [b], algorithms: [HS256, RS256], secret_file: " + writeFile(t, secret32) + "}]", "issuers[0].algorithms mixes"},
		{"a secret that no algorithm uses", withKey, "issuers: [{url: https://b.example.com, audiences: [b], algorithms: [RS256], secret_file: " + writeFile(t, secret32) + "}]", "issuers[0].secret_file is of no use with public-key algorithms; list HS256, HS384 or HS512 in algorithms"},
		{"a login that is no URL", withKey, "issuers: [{url: https://b.example.com, audiences: [b], authorization_servers: [login]}]", "issuers[0].authorization_servers[0] "},
		{"a login of the second", withKey, "issuers: [{url: https://b.example.com, audiences: [b]}, {url: https://c.example.com, audiences: [b], authorization_servers: [https://c.example.com, 'http://d.example.com']}]", "issuers[1].authorization_servers[1] "},
		{"a tool's scope that is none", withKey + "; MCP_TOOL_SCOPES=notes_add=\"", "", `MCP_TOOL_SCOPES: tools["notes_add"] has`},
		{"a rule in the file", withKey + "; MCP_POLICY_FILE=" + writeFile(t, "tools: {notes_add: {deny: true, scopes: [a]}}\nscope_claims: ['.']\n"), "", `MCP_POLICY_FILE: scope_claims has`},
		{"a default that is none", withKey + "; MCP_POLICY_FILE=" + writeFile(t, "default: maybe\n"), "", `MCP_POLICY_FILE: default is "maybe"`},
		{"a condition that is none, of a name in capitals", withKey + "; MCP_POLICY_FILE=" + writeFile(t, "prompts: {Tools: {when: '1 +'}}\n"), "", `MCP_POLICY_FILE: prompts["Tools"] `},
		{"everybody denied", withKey + "; MCP_DENYLIST_FILE=" + writeFile(t, "[{subject: a}, {}]"), "", "MCP_DENYLIST_FILE: entry 2 is empty"},
	} {
		settings := row.settings
		if row.file != "" {
			settings += "; MCP_CONFIG_FILE=" + writeFile(t, row.file)
		}
		_, err := read(settings)
		if err == nil {
			t.Errorf("%s: there is no mistake, want …%s…", row.policy, row.want)
			continue
		}
		if !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got\n%v\nwant …%s…", row.policy, err, row.want)
		}
		for _, problem := range problemsOf(err) {
			if names := found(problem.Error()); len(names) > 0 || !strings.HasPrefix(problem.Error(), "MCP_") {
				t.Errorf("%s: %q in\n%v", row.policy, names, problem)
			}
			if strings.Contains(problem.Error(), "canary") || strings.Contains(problem.Error(), "ca nary") {
				t.Errorf("%s: a secret is quoted: %v", row.policy, problem)
			}
		}
	}
}
