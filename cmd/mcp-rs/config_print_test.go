package main

import (
	"slices"
	"strings"
	"testing"
)

func TestPrint(t *testing.T) {
	t.Parallel()
	c, err := load([]string{
		"MCP_API_KEYS=canary-key-1,canary-key-2",
		"MCP_JWT_ISSUER=https://login.example.com/",
		"MCP_HOST=127.0.0.1",
		"MCP_LOG_LEVEL=debug",
		"MCP_TOOL_SCOPES=notes_add=notes:write",
		"MCP_SESSION_KEYS=canary-" + secret32,
		"MCP_ALLOWED_ORIGINS=http://localhost:*, https://app.example.com",
	}, writeFile(t, "MCP_JWT_AUDIENCE=https://mcp.example.com,my-api\nMCP_OAUTH_SERVER_URL=https://login.example.com\nMCP_LOG_LEVEL=warn\n"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.print(&b, map[string]string{"jwks_uri": "https://login.example.com/keys", "token_endpoint": "https://login.example.com/\x1b[31m"}); err != nil {
		t.Fatal(err)
	}
	want := `MCP_AUTH_ENABLED                      true                                         default
MCP_AUTH_REQUIRED                     false                                        default
MCP_API_KEY_ENABLED                   true                                         default
MCP_API_KEYS                          2 keys, not shown                            environment
MCP_API_KEYS_FILE                     -                                            not set
MCP_API_KEY_BEARER                    false                                        default
MCP_API_KEY_SCOPES                    read, write, admin                           default
MCP_JWT_ENABLED                       true                                         default
MCP_JWT_ISSUER                        https://login.example.com/                   environment
MCP_JWT_AUDIENCE                      https://mcp.example.com, my-api              env file file
MCP_JWT_ALGORITHM                     RS256                                        default
MCP_JWT_SECRET                        -                                            not set
MCP_JWT_SECRET_FILE                   -                                            not set
MCP_JWT_PUBLIC_KEY                    -                                            not set
MCP_JWT_PUBLIC_KEY_FILE               -                                            not set
MCP_JWT_LEEWAY                        1m0s                                         default
MCP_JWT_REQUIRED_CLAIMS               -                                            not set
MCP_JWT_REQUIRE_AT_JWT                false                                        default
MCP_TOKEN_CACHE                       10000                                        default
MCP_OAUTH_PROVIDER                    -                                            not set
MCP_OAUTH_DOMAIN                      -                                            not set
MCP_OAUTH_TENANT                      -                                            not set
MCP_OAUTH_REGION                      -                                            not set
MCP_OAUTH_SERVER_ID                   -                                            not set
MCP_OAUTH_CLIENT_ID                   -                                            not set
MCP_OAUTH_CLIENT_SECRET               -                                            not set
MCP_OAUTH_CLIENT_SECRET_FILE          -                                            not set
MCP_OAUTH_SERVER_URL                  https://login.example.com                    env file file
MCP_OAUTH_AUTHORIZATION_ENDPOINT      -                                            not set
MCP_OAUTH_TOKEN_ENDPOINT              -                                            not set
MCP_OAUTH_REGISTRATION_ENDPOINT       -                                            not set
MCP_OAUTH_JWKS_URI                    -                                            not set
MCP_INTROSPECTION_URL                 -                                            not set
MCP_INTROSPECTION_TOKENS              opaque                                       default
MCP_INTROSPECTION_AUTH                -                                            not set
MCP_INTROSPECTION_CLIENT_ID           -                                            not set
MCP_INTROSPECTION_CLIENT_SECRET       -                                            not set
MCP_INTROSPECTION_CLIENT_SECRET_FILE  -                                            not set
MCP_INTROSPECTION_CACHE               1m0s                                         default
MCP_METADATA_MODE                     auto                                         default
MCP_REGISTRATION_CLIENT_ID            -                                            not set
MCP_REGISTRATION_REDIRECT_URIS        -                                            not set
MCP_REQUIRE_BOUND                     false                                        default
MCP_DPOP_NONCES                       false                                        default
MCP_CLIENT_CERT_HEADER                -                                            not set
MCP_REQUIRED_SCOPES                   -                                            not set
MCP_CHALLENGE_SCOPES                  -                                            not set
MCP_SCOPES_SUPPORTED                  -                                            not set
MCP_POLICY_FILE                       -                                            not set
MCP_TOOL_SCOPES                       notes_add=notes:write                        environment
MCP_SCOPE_HIERARCHY                   admin>write>read                             default
MCP_SCOPE_CLAIMS                      -                                            not set
MCP_TOOL_LISTING                      auto                                         default
MCP_DENYLIST_FILE                     -                                            not set
MCP_CALL_LIMIT                        0                                            default
MCP_FAILURE_LIMIT                     0                                            default
MCP_SESSION_KEYS                      1 key, not shown                             environment
MCP_SESSION_KEYS_FILE                 -                                            not set
MCP_RESOURCE_URL                      -                                            not set
MCP_HOST                              127.0.0.1                                    environment
MCP_PORT                              8000                                         default
MCP_HTTPS_ENABLED                     false                                        default
MCP_SSL_CERT_FILE                     -                                            not set
MCP_SSL_KEY_FILE                      -                                            not set
MCP_SSL_CLIENT_CERTS                  false                                        default
MCP_ALLOWED_ORIGINS                   http://localhost:*, https://app.example.com  environment
MCP_ALLOWED_HOSTS                     -                                            not set
MCP_TRUSTED_PROXIES                   -                                            not set
MCP_MAX_BODY_BYTES                    4194304                                      default
MCP_SSE_ENABLED                       false                                        default
MCP_LOG_LEVEL                         debug                                        environment
MCP_LOG_FORMAT                        auto                                         default
MCP_SHUTDOWN_TIMEOUT                  10s                                          default
MCP_CONFIG_FILE                       -                                            not set

listen address        127.0.0.1:8000                         derived from MCP_HOST
resource              https://mcp.example.com/mcp            derived from MCP_JWT_AUDIENCE
resource, alias       https://mcp.example.com/mcp/messages   derived from the resource
audience              https://mcp.example.com/mcp            derived from the resource
audience              https://mcp.example.com/mcp/messages   derived from the resource
authorization server  https://login.example.com/             derived from MCP_JWT_ISSUER
issuer                https://login.example.com/             derived from MCP_JWT_ISSUER
audience              https://mcp.example.com                derived from MCP_JWT_AUDIENCE
audience              my-api                                 derived from MCP_JWT_AUDIENCE
keys, by discovery    https://login.example.com              derived from MCP_OAUTH_SERVER_URL
provider's document   mirror, of https://login.example.com/  default
jwks_uri              https://login.example.com/keys         discovered
token_endpoint        "https://login.example.com/\x1b[31m"   discovered
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Where keys are given, nothing is looked up; where nothing is accepted, no issuer
// is shown.
func TestPrintOfOtherKinds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, settings, want, not string }{
		{"a secret", withSecret + "; MCP_JWT_ALGORITHM=HS256", "given                               derived from MCP_JWT_SECRET\n", "discovery"},
		{"a secret is counted", withSecret + "; MCP_JWT_ALGORITHM=HS256", "32 bytes, not shown", secret32},
		{"API keys only", "MCP_API_KEYS=canary; MCP_JWT_ENABLED=false; MCP_JWT_ISSUER=https://login.example.com", "1 key, not shown", "\nissuer"},
		{"the issuer's own documents", withIssuer, "derived from the issuer\n", "canary"},
		{"nobody but this machine", "MCP_API_KEYS=canary", "derived from MCP_AUTH_REQUIRED: while anonymous requests pass, loopback only", "canary"},
	} {
		var b strings.Builder
		if err := mustRead(t, row.settings).print(&b, nil); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); !strings.Contains(got, row.want) || strings.Contains(got, row.not) {
			t.Errorf("%s: want %q and not %q in\n%s", row.policy, row.want, row.not, got)
		}
	}
}

// Each value is said to come from what one has to change to get another.
func TestPrintSaysWhereFrom(t *testing.T) {
	t.Parallel()
	const keycloak = atHome + "MCP_OAUTH_PROVIDER=keycloak; MCP_OAUTH_SERVER_URL=https://kc.example.com; MCP_OAUTH_TENANT=r"
	const realm = "https://kc.example.com/realms/r "
	file := "; MCP_CONFIG_FILE=" + writeFile(t, "variables: {MCP_LOG_LEVEL: debug}\nissuers: [{url: https://b.example.com, audiences: [b], clients: [c]}, {provider: keycloak, url: https://kc.example.com, tenants: [r]}]\n"+
		"resources: [{url: https://mcp.example.com/notes, audiences: [extra]}]\n")
	for _, row := range []struct{ policy, settings, name, value, from string }{
		{"the preset's algorithms", keycloak, "MCP_JWT_ALGORITHM", "RS256, PS256, ES256, EdDSA ", "preset keycloak"},
		{"unless others are written", keycloak + "; MCP_JWT_ALGORITHM=RS256", "MCP_JWT_ALGORITHM", "RS256 ", "environment"},
		{"without a preset", withIssuer, "MCP_JWT_ALGORITHM", "RS256 ", "default"},
		{"a preset that signs nothing", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=a", "MCP_JWT_ALGORITHM", "RS256 ", "default"},
		{"how to authenticate", withIssuer + "; MCP_INTROSPECTION_CLIENT_ID=a; MCP_INTROSPECTION_CLIENT_SECRET=s", "MCP_INTROSPECTION_AUTH", "basic ", "default with MCP_INTROSPECTION_CLIENT_ID"},
		{"nothing to authenticate with", withIssuer, "MCP_INTROSPECTION_AUTH", "- ", "not set"},
		{"the login of a preset", keycloak, "authorization server", realm, "derived from MCP_OAUTH_PROVIDER"},
		{"of issuers", withIssuer, "authorization server", "https://login.example.com ", "derived from MCP_JWT_ISSUER"},
		{"of a server", atHome + "MCP_OAUTH_SERVER_URL=https://login.example.com; MCP_JWT_AUDIENCE=a", "authorization server", "https://login.example.com ", "derived from MCP_OAUTH_SERVER_URL"},
		{"of the file", "MCP_AUTH_REQUIRED=true" + file, "authorization server", "https://b.example.com ", "derived from issuers[0] of config file file"},
		{"of the second there", "MCP_AUTH_REQUIRED=true" + file, "authorization server", realm, "derived from issuers[1] of config file file"},
		{"of a document of ours", withEntra, "authorization server", "https://mcp.example.com ", "derived from the preset"},
		{"of another issuer than the preset's, with keys", keycloak + "; MCP_JWT_ISSUER=https://old.example.com/realms/r; MCP_OAUTH_JWKS_URI=https://kc.example.com/k", "authorization server", "https://old.example.com/realms/r ", "derived from MCP_JWT_ISSUER"},
		{"a client of the variables", keycloak + "; MCP_OAUTH_CLIENT_ID=a", "client", "a ", "derived from MCP_OAUTH_CLIENT_ID"},
		{"without a preset too", withIssuer + "; MCP_OAUTH_CLIENT_ID=a", "client", "a ", "derived from MCP_OAUTH_CLIENT_ID"},
		{"a client of the file", "MCP_AUTH_REQUIRED=true; MCP_OAUTH_CLIENT_ID=c" + file, "client", "c ", "derived from issuers[0] of config file file"},
		{"an audience that a preset makes of the client", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=app; MCP_JWT_AUDIENCE=mine", "audience", "app ", "derived from MCP_OAUTH_PROVIDER"},
		{"and beside it one that is written", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=app; MCP_JWT_AUDIENCE=mine", "audience", "mine ", "derived from MCP_JWT_AUDIENCE"},
		{"an audience of a resource", "MCP_AUTH_REQUIRED=true" + file, "audience", "extra ", "derived from resources[0] of config file file"},
		{"whom to ask", withIssuer + "; MCP_INTROSPECTION_URL=https://ask.example.com/i", "asked about tokens", "https://login.example.com at https://ask.example.com/i ", "derived from MCP_INTROSPECTION_URL"},
		{"whom a preset asks", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=a", "asked about tokens", "https://accounts.google.com at https://oauth2.googleapis.com/tokeninfo ", "derived from MCP_OAUTH_PROVIDER"},
		{"as whom a preset asks", withGitHub, "asked as", "app ", "derived from MCP_OAUTH_CLIENT_ID"},
		{"as whom, over a preset", withGitHub + "; " + asked7662, "asked as", "me ", "derived from MCP_INTROSPECTION_CLIENT_ID"},
		{"the address of keys", withIssuer + "; MCP_OAUTH_JWKS_URI=https://login.example.com/k", "keys", "https://login.example.com/k ", "derived from MCP_OAUTH_JWKS_URI"},
		{"a variable of the file", "MCP_AUTH_REQUIRED=true" + file, "MCP_LOG_LEVEL", "debug ", "config file file"},
	} {
		var b strings.Builder
		if err := mustRead(t, row.settings).print(&b, nil); err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(strings.Split(b.String(), "\n"), func(line string) bool {
			value, is := strings.CutPrefix(line, row.name+" ")
			from, is2 := strings.CutPrefix(strings.TrimLeft(value, " "), row.value)
			return is && is2 && strings.TrimSpace(from) == row.from
		})
		if !found {
			t.Errorf("%s: want %s: %s from %s in\n%s", row.policy, row.name, row.value, row.from, b.String())
		}
	}
}
