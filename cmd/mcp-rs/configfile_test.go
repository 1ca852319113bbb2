package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// readConfig loads a configuration of a file of MCP_CONFIG_FILE and of settings beside it.
func readConfig(t *testing.T, file, settings string) (*config, error) {
	t.Helper()
	return read(strings.TrimSuffix("MCP_CONFIG_FILE="+writeFile(t, file)+"; "+settings, "; "))
}

// twoPlaces is a file with two issuers and two resources that differ in all they can.
const twoPlaces = `
issuers:
  - url: https://one.example.com
    audiences: [one]
    algorithms: [ES256]
    leeway: 5s
    at_jwt: true
    required_claims: [sub]
    claims: {scopes: [roles], user: [email]}
  - url: https://two.example.com
    clients: [app]
resources:
  - url: https://mcp.example.com/notes
    scopes: [read]
    policy:
      tools: {whoami: {scopes: [read]}}
  - url: https://mcp.example.com/tools
    aliases: [https://mcp.example.com/old]
    issuers: [https://two.example.com]
    audiences: [extra]
    challenge_scopes: [ask]
    scopes_supported: [ask, more]
    policy:
      tools: {countdown: {deny: true}}
`

// What stands in the file reaches the guard of each resource, and only that one.
func TestTwoPlaces(t *testing.T) {
	t.Parallel()
	c, err := readConfig(t, twoPlaces, "MCP_AUTH_REQUIRED=true")
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.guards()
	if err != nil || len(all) != 2 {
		t.Fatalf("%d guards, %v", len(all), err)
	}
	notes, tools := all[0].config, all[1].config
	one, two := notes.Issuers[0], notes.Issuers[1]
	for _, is := range []struct {
		what      string
		got, want []string
	}{
		{"URLs of the first", append([]string{notes.Resource}, notes.Aliases...), []string{"https://mcp.example.com/notes", "https://mcp.example.com/notes/messages"}},
		{"URLs of the second", append([]string{tools.Resource}, tools.Aliases...), []string{"https://mcp.example.com/tools", "https://mcp.example.com/tools/messages", "https://mcp.example.com/old"}},
		{"issuers of the first", []string{one.URL, two.URL}, []string{"https://one.example.com", "https://two.example.com"}},
		{"audiences there", slices.Concat(one.Audiences, two.Audiences), []string{"one"}},
		{"settings of an issuer", slices.Concat(one.Algorithms, one.RequiredClaims, one.Names.Scopes, one.Names.User, two.Clients), []string{"ES256", "sub", "roles", "email", "app"}},
		{"issuers of the second", []string{tools.Issuers[0].URL}, []string{"https://two.example.com"}},
		{"audiences there, its own", tools.Issuers[0].Audiences, []string{"extra"}},
		{"scopes", slices.Concat(notes.Scopes, tools.Scopes), []string{"read"}},
		{"what is asked for", slices.Concat(notes.ChallengeScopes, tools.ChallengeScopes), []string{"ask"}},
		{"what is listed", slices.Concat(notes.ScopesSupported, tools.ScopesSupported), []string{"ask", "more"}},
		{"where to log in, first", notes.AuthorizationServers, []string{"https://one.example.com", "https://two.example.com"}},
		{"where to log in, second", tools.AuthorizationServers, []string{"https://two.example.com"}},
	} {
		if !slices.Equal(is.got, is.want) {
			t.Errorf("%s: got %q, want %q", is.what, is.got, is.want)
		}
	}
	if !one.RequireATJWT || one.Leeway.String() != "5s" || two.RequireATJWT || len(tools.Issuers) != 1 {
		t.Errorf("at+jwt %v, leeway %s; the other %v; %d issuers", one.RequireATJWT, one.Leeway, two.RequireATJWT, len(tools.Issuers))
	}
	if !tools.Policy.Tools["countdown"].Deny || notes.Policy.Tools["countdown"].Deny || notes.Sessions != tools.Sessions {
		t.Error("the policies are mixed up, or the sessions are not shared")
	}
}

// A preset makes audiences of the URL of the resource. At one resource, a token for
// another one must not pass.
func TestPresetsKeepResourcesApart(t *testing.T) {
	t.Parallel()
	c, err := readConfig(t, `
issuers:
  - {provider: auth0, domain: your-tenant.eu.auth0.com}
resources:
  - url: https://mcp.example.com/a
  - url: https://mcp.example.com/b
`, "MCP_AUTH_REQUIRED=true")
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.guards()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"https://mcp.example.com/a", "https://mcp.example.com/b"} {
		if got := all[i].config.Issuers[0].Audiences; !slices.Equal(got, []string{want}) {
			t.Errorf("audiences %q, want %q alone", got, want)
		}
	}
}

func TestVariablesOfTheFile(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "variables:\n  MCP_SCOPES_SUPPORTED: 010\n  MCP_LOG_LEVEL: debug\n  MCP_AUTH_REQUIRED: true\n  MCP_LOG_FORMAT: json\n  MCP_API_KEY_SCOPES: [read, write]\n")
	env := writeFile(t, "MCP_LOG_LEVEL=warn\nMCP_LOG_FORMAT=text\nMCP_API_KEYS=k\nMCP_CONFIG_FILE="+file+"\n")
	c, err := load([]string{"MCP_LOG_FORMAT=auto"}, env)
	if err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct{ policy, got, want string }{
		{"the environment wins", c.LogFormat, "auto"},
		{"then the file of --env-file", c.LogLevel, "warn"},
		{"then the file", fmt.Sprint(c.AuthRequired), "true"},
		{"as it is written", c.ScopesSupported.String(), "010"},
		{"a list", c.APIKeyScopes.String(), "read, write"},
		{"its source", c.from["MCP_SCOPES_SUPPORTED"], "config file file"},
	} {
		if is.got != is.want {
			t.Errorf("%s: got %q, want %q", is.policy, is.got, is.want)
		}
	}
}

// Every variable that is masked is one that the file must not hold, with a file for it
// that is a variable.
func TestSecretsDoNotStandInTheFile(t *testing.T) {
	t.Parallel()
	fields := reflect.TypeFor[config]()
	known := map[string]bool{}
	for _, v := range new(config).variables() {
		known[v.name] = true
	}
	for i := range fields.NumField() {
		f := fields.Field(i)
		isSecret := f.Type == reflect.TypeFor[*masked]() || f.Type == reflect.TypeFor[*keys]()
		name := f.Tag.Get("envconfig")
		if isSecret != (secretVariables[name] != "") || isSecret && !known[secretVariables[name]] {
			t.Errorf("%s: secret %v, in place of it %q", f.Name, isSecret, secretVariables[name])
		}
	}
}

func TestConfigFileMistakes(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	secret := writeFile(t, secret32)
	for _, row := range []struct{ policy, file, want string }{
		{"empty", "", "is empty"},
		{"a name that is not known", "issuer: []\n", "field issuer not found"},
		{"nor further in", "issuers: [{url: https://a.example.com, audience: [x]}]\n", "field audience not found"},
		{"a name without a value", "issuers:\n  - url: https://a.example.com\n    audiences:\n", "line 3"},
		{"a variable that is none", "variables: {MCP_JWT_ISUER: x}\n", "variables.MCP_JWT_ISUER is no variable; did you mean MCP_JWT_ISSUER?"},
		{"somebody else's", "variables: {PATH: x}\n", "variables.PATH is no variable"},
		{"a file in a file", "variables: {MCP_CONFIG_FILE: x}\n", "cannot stand in the file itself"},
		{"tokens for anybody", "issuers: [{url: https://a.example.com}]\n", "issuers[0].audiences is missing"},
		{"a secret", "variables: {MCP_API_KEYS: canary}\n", "variables.MCP_API_KEYS is a secret"},
		{"a variable with a tree", "variables: {MCP_PORT: {a: 1}}\n", "must be a word or a list"},
		{"a list with a comma", "variables: {MCP_JWT_AUDIENCE: ['a,b']}\n", "without a comma"},
		{"neither url nor provider", "issuers: [{audiences: [a]}]\n", "issuers[0].url is missing"},
		{"an unknown preset", "issuers: [{provider: auth1}]\n", "issuers[0].provider"},
		{"a preset without its inputs", "issuers: [{provider: auth0}]\n", "issuers[0].domain is missing"},
		{"an input that is none of the preset's", "issuers: [{provider: auth0, domain: a.eu.auth0.com, region: eu}]\n", "issuers[0].region is of no use"},
		{"an input without a preset", "issuers: [{url: https://a.example.com, domain: b}]\n", "issuers[0].domain is for a preset"},
		{"the second issuer", "issuers: [{url: https://a.example.com}, {url: https://b.example.com, algorithms: [RS256, none]}]\n", "issuers[1].algorithms unknown"},
		{"an issuer twice", "issuers: [{url: https://a.example.com}, {url: https://a.example.com}]\n", "issuers[1].url "},
		{"an issuer that is no URL", "issuers: [{url: login}]\n", "issuers[0].url "},
		{"a key file that is not there", "issuers: [{url: maker, public_key_file: " + none + "}]\n", "issuers[0].public_key_file cannot be read"},
		{"two sources of keys", "issuers: [{url: https://a.example.com, secret_file: " + secret + ", jwks_url: https://a.example.com/k}]\n", "issuers[0].secret_file stands beside jwks_url"},
		{"clients not named", "issuers: [{url: https://a.example.com, audience_optional: true}]\n", "issuers[0].audience_optional "},
		{"nobody to ask", "issuers: [{url: https://a.example.com, signed: false}]\n", "issuers[0].signed is false"},
		{"an address to ask that is plain", "issuers: [{url: https://a.example.com, opaque: {ask: {url: 'http://a.example.com'}}}]\n", "issuers[0].opaque.ask.url "},
		{"two that take every opaque token", "issuers: [{url: https://a.example.com, opaque: {}}, {url: https://b.example.com, opaque: {}}]\n", "issuers[1].opaque.prefixes "},
		{"all tokens asked about, beside keys", "issuers: [{url: https://a.example.com}, {url: https://b.example.com, opaque: {jwt: instead}}]\n", "issuers[1].opaque.jwt "},
		{"an answer kept too long", "issuers: [{url: https://a.example.com, opaque: {keep_for: 2h}}]\n", "issuers[0].opaque.keep_for "},
		{"a way to authenticate that is none", "issuers: [{url: https://a.example.com, opaque: {ask: {auth: mutual}}}]\n", "issuers[0].opaque.ask.auth "},
		{"a resource that is no URL", "issuers: [{url: https://a.example.com}]\nresources: [{url: notes}]\n", "resources[0].url "},
		{"two resources at one path", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a}, {url: https://n.example.com/a}]\n", "resources[1].url has the path /a, which is one of resources[0]"},
		{"an alias at the path of another", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a, aliases: [https://m.example.com/a/messages]}]\n", "resources[0].aliases[0] has the path"},
		{"an alias that is no URL", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a, aliases: [https://m.example.com/b, c]}]\n", "resources[0].aliases[1] "},
		{"a scope of the second of two bad ones", "issuers: [{url: login}]\nresources: [{url: https://m.example.com/a}, {url: https://m.example.com/b, scopes: ['a b']}]\n", "resources[1].scopes[0] "},
		{"a path of ours", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/healthz}]\n", "resources[0].url has the path /healthz"},
		{"an issuer that is not there", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a, issuers: [https://a.example.com/]}]\n", "resources[0].issuers[0] "},
		{"a policy twice", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a, policy: {}, policy_file: " + secret + "}]\n", "resources[0].policy_file stands beside policy"},
		{"a tool that is not there", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a, policy: {tools: {x: {}}}}]\n", `resources[0].policy has a rule about the tool "x"`},
		{"a condition that is none", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a, policy: {tools: {whoami: {when: '1 +'}}}}]\n", `resources[0].policy tools["whoami"]`},
		{"a scope that is none", "issuers: [{url: https://a.example.com}]\nresources: [{url: https://m.example.com/a, scopes: ['a b']}]\n", "resources[0].scopes[0] "},
	} {
		_, err := readConfig(t, row.file, "MCP_API_KEYS=k")
		if got := fields(err); len(got) == 0 || slices.ContainsFunc(got, func(f string) bool { return f != configVariable }) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want …%s…", row.policy, err, row.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the file is quoted: %v", row.policy, err)
		}
	}
}

// The resource of the variables and those of the file would be two answers to one question.
func TestOneSourceOfResources(t *testing.T) {
	t.Parallel()
	_, err := readConfig(t, twoPlaces, "MCP_AUTH_REQUIRED=true; MCP_RESOURCE_URL=https://mcp.example.com")
	if got := fields(err); !slices.Equal(got, []string{"MCP_RESOURCE_URL"}) {
		t.Errorf("got %v", err)
	}
}

// What variables say wins over the file, and says so.
func TestVariablesWinOverTheFile(t *testing.T) {
	t.Parallel()
	c, err := readConfig(t, "issuers: [{url: https://a.example.com, audiences: [file]}, {url: https://b.example.com, audiences: [b]}]\n",
		"MCP_AUTH_REQUIRED=true; MCP_HOST=127.0.0.1; MCP_JWT_ISSUER=https://a.example.com; MCP_JWT_AUDIENCE=variable")
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.guard()
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Issuers) != 2 || !slices.Equal(g.Issuers[0].Audiences, []string{"variable"}) || g.Issuers[1].URL != "https://b.example.com" {
		t.Errorf("%d issuers, the first for %q", len(g.Issuers), g.Issuers[0].Audiences)
	}
	if got := c.warnings(); len(got) != 1 || !strings.Contains(got[0], "issuers[0] is an issuer of the variables too") {
		t.Errorf("warnings %q", got)
	}
}

// The examples are usable as they are, from their own folder, and that of README is too.
func TestConfigExamples(t *testing.T) {
	text := readme(t)
	folder := filepath.Join(sourceFolder, "..", "..", "testdata", "config")
	t.Chdir(folder)
	shown := filepath.Join(t.TempDir(), "readme.yaml")
	if err := os.WriteFile(shown, []byte(fenced(text, "yaml")[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"example.yaml", "example.json", shown} {
		c, err := load([]string{"MCP_CONFIG_FILE=" + name}, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if warnings := c.warnings(); len(warnings) > 0 {
			t.Errorf("%s: warns: %q", name, warnings)
		}
		all, err := c.guards()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i := range all {
			if _, err := middleware.New(all[i].config); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := os.Stat("example.yaml"); err != nil {
		t.Error(err)
	}
}
