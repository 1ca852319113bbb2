package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// example is .env.mcp.example in two parts: the blocks, and the reference.
func example(t *testing.T) (blocks, reference string) {
	t.Helper()
	text, err := os.ReadFile("../../.env.mcp.example")
	if err != nil {
		t.Fatal(err)
	}
	blocks, reference, ok := strings.Cut(string(text), "# === reference")
	if !ok {
		t.Fatal("the example has no reference")
	}
	return blocks, reference
}

var block = regexp.MustCompile(`(?ms)^# --- block: ([a-z0-9-]+) -+\n(.*?)^# --- end -+\n`)

// exampleBlocks cuts the blocks out, each switched on.
func exampleBlocks(t *testing.T) map[string]string {
	t.Helper()
	text, _ := example(t)
	blocks := map[string]string{}
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		blocks[m[1]] = strings.ReplaceAll("\n"+m[2], "\n#MCP_", "\nMCP_")
	}
	return blocks
}

// Every variable is in the reference once, with its default, in the order of the
// struct; and nothing else is.
func TestReferenceAndStructAreIdentical(t *testing.T) {
	t.Parallel()
	_, reference := example(t)
	var want []string
	for _, v := range new(config).variables() {
		want = append(want, "#"+v.name+"="+v.standard)
	}
	got := regexp.MustCompile(`(?m)^#?MCP_.*$`).FindAllString(reference, -1)
	if !slices.Equal(got, want) {
		t.Errorf("reference\n%s\nstruct\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBlocksNameOnlyOurVariables(t *testing.T) {
	t.Parallel()
	text, _ := example(t)
	var known []string
	for _, v := range new(config).variables() {
		known = append(known, v.name)
	}
	for _, name := range regexp.MustCompile(`\bMCP_[A-Z_]*[A-Z]\b`).FindAllString(text, -1) {
		if !slices.Contains(known, name) {
			t.Errorf("%s is not a variable", name)
		}
	}
	if rest := block.ReplaceAllString(text, ""); regexp.MustCompile(`(?m)^#?MCP_`).MatchString(rest) {
		t.Errorf("settings outside of a block:\n%s", rest)
	}
}

// The file as it is, and each block in its place, starts: it loads without a mistake
// or warning, and a guard and the provider's document can be made of it.
func TestExampleStarts(t *testing.T) {
	t.Parallel()
	asIs, err := os.ReadFile("../../.env.mcp.example")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ address, resource, issuers, servers string }{
		"as it is":       {"127.0.0.1:8000", "http://localhost:8000/mcp", "", ""},
		"development":    {"127.0.0.1:8000", "http://localhost:8000/mcp", "", ""},
		"auth0":          {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://your-tenant.eu.auth0.com/", "https://your-tenant.eu.auth0.com/"},
		"google":         {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://accounts.google.com", "https://accounts.google.com"},
		"github":         {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://github.com/login/oauth", "https://github.com/login/oauth"},
		"github-actions": {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://token.actions.githubusercontent.com", ""},
		"entra": {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/v2.0",
			"https://mcp.example.com"},
		"keycloak": {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://keycloak.example.com/realms/my-realm", "https://keycloak.example.com/realms/my-realm"},
		"cognito": {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
			"https://mcp.example.com"},
		"okta":          {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://your-org.okta.com/oauth2/default", "https://your-org.okta.com/oauth2/default"},
		"introspection": {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://login.example.com", "https://login.example.com"},
		"custom":        {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://login.example.com", "https://login.example.com"},
		"custom-jwks":   {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://login.example.com", "https://login.example.com"},
		"custom-pem":    {"0.0.0.0:8000", "https://mcp.example.com/mcp", "https://login.example.com", "https://login.example.com"},
		"custom-hs256":  {"127.0.0.1:8000", "http://localhost:8000/mcp", "my-token-maker", ""},
		"hybrid":        {"127.0.0.1:8000", "http://localhost:8000/mcp", "https://your-tenant.eu.auth0.com/", "https://your-tenant.eu.auth0.com/"},
	}
	files := exampleBlocks(t)
	files["as it is"] = string(asIs)
	if len(files) != len(want) {
		t.Errorf("%d blocks, want %d", len(files), len(want))
	}
	for name, text := range files {
		c, err := load(nil, writeFile(t, text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if warnings := c.warnings(); len(warnings) > 0 {
			t.Errorf("%s: warns: %q", name, warnings)
		}
		starts(t, name, c)
		got := want[name]
		got.address, got.resource = c.address(), c.resource()
		got.issuers, got.servers = strings.Join(believed(c), " "), strings.Join(serversOf(t, c), " ")
		if got != want[name] {
			t.Errorf("%s: got\n%q, want\n%q", name, got, want[name])
		}
	}
}

// believed is whose tokens a config believes.
func believed(c *config) []string {
	var names []string
	trusts, _ := c.trusts(new(problems))
	for i := range trusts {
		names = union(names, trusts[i].names())
	}
	return names
}

// serversOf is where the clients of the first resource are sent.
func serversOf(t *testing.T, c *config) []string {
	t.Helper()
	g, err := c.guard()
	if err != nil {
		t.Error(err)
	}
	return g.AuthorizationServers
}

// starts makes what the server makes of a config.
func starts(t *testing.T, name string, c *config) {
	t.Helper()
	g, err := c.guard()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if _, err := middleware.New(g); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if g.DangerouslyAllowAnonymous || g.DangerouslyDisableAuthentication || g.DangerouslyForwardCredential {
		t.Errorf("%s: lets requests pass without a credential, or forwards it", name)
	}
	pub := c.published()
	published := pub.mirror != nil || pub.patch != nil
	if hasServer := len(g.AuthorizationServers) > 0; published != hasServer {
		t.Errorf("%s: provider's document %v, authorization servers %v", name, published, hasServer)
	}
	if _, _, err := pub.handlers(c, nil, nil); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// Two blocks at once would be a mixture that nobody wants.
func TestTwoBlocksAreRefused(t *testing.T) {
	t.Parallel()
	blocks := exampleBlocks(t)
	_, err := load(nil, writeFile(t, blocks["development"]+blocks["auth0"]))
	if got := fields(err); !slices.Equal(got, []string{"MCP_AUTH_REQUIRED"}) {
		t.Errorf("got %v", err)
	}
}

// examplePEM is the public key of .env.mcp.example.
func examplePEM(t *testing.T) string {
	t.Helper()
	value, err := parseEnv(exampleBlocks(t)["custom-pem"])
	if err != nil {
		t.Fatal(err)
	}
	return value["MCP_JWT_PUBLIC_KEY"]
}
