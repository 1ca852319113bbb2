package main

import (
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
MCP_JWT_AUDIENCE                      https://mcp.example.com, my-api              file file
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
MCP_OAUTH_SERVER_URL                  https://login.example.com                    file file
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
authorization server  https://login.example.com/             derived from the issuers and MCP_OAUTH_SERVER_URL
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
