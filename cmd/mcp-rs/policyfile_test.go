package main

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

func examplePolicy(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "policy", "example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withEverything is the example with all of it switched on: "# " begins an
// explanation, "#" alone what is switched off.
func withEverything(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`(?m)^#([^ ]|  )`).ReplaceAllString(examplePolicy(t), "$1")
}

// The example is a policy as it is, and decides what its comments say.
func TestExamplePolicy(t *testing.T) {
	t.Parallel()
	is := jwkstest.Start()
	t.Cleanup(is.Close)
	const resource = "http://127.0.0.1:8000/mcp"
	is.SetAudience(resource)
	c := mustRead(t, "MCP_AUTH_REQUIRED=true; MCP_HOST=127.0.0.1; MCP_RESOURCE_URL="+resource+"; MCP_OAUTH_SERVER_URL="+is.URL+
		"; MCP_POLICY_FILE="+writeFile(t, examplePolicy(t)))
	var trials []string
	c.shadow = func(where string, p *middleware.Principal, op middleware.Operation, allowed bool, err error) {
		if !allowed {
			trials = append(trials, where+" for "+p.Subject+" of "+op.Name)
		}
	}
	g, err := c.guard()
	if err != nil {
		t.Fatal(err)
	}
	guard, err := middleware.New(g)
	if err != nil {
		t.Fatal(err)
	}
	call := func(tool, arguments string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{` + arguments + `}}}`
	}
	for _, row := range []struct {
		policy string
		claims map[string]any
		body   string
		want   middleware.Reason
	}{
		{"a scope of the method", map[string]any{"scope": "tools"}, call("whoami", ""), ""},
		{"is needed", map[string]any{"scope": "read"}, call("whoami", ""), "insufficient_scope"},
		{"the tool's too", map[string]any{"scope": "tools"}, call("notes_list", ""), "insufficient_scope"},
		{"of several claims together", map[string]any{"scope": "tools", "permissions": []string{"read"}}, call("notes_list", ""), ""},
		{"one within another", map[string]any{"scope": "tools", "realm_access": map[string]any{"roles": []string{"read"}}}, call("notes_list", ""), ""},
		{"admin holds read by way of write", map[string]any{"scope": "tools admin"}, call("notes_list", ""), ""},
		{"write does not hold admin", map[string]any{"scope": "tools write"}, call("notes_clear", ""), "insufficient_scope"},
		{"a short note", map[string]any{"scope": "tools write"}, call("notes_add", `"text":"milk"`), ""},
		{"a long note", map[string]any{"scope": "tools write"}, call("notes_add", `"text":"`+strings.Repeat("milk ", 100)+`"`), "forbidden_operation"},
		{"no note at all: nobody can tell", map[string]any{"scope": "tools write"}, call("notes_add", ""), "forbidden_operation"},
		{"the condition before the scope, which would not help", map[string]any{"scope": "tools"}, call("notes_add", ""), "forbidden_operation"},
		{"nobody", map[string]any{"scope": "tools admin"}, call("ask_name", ""), "forbidden_operation"},
		{"no rule about it", map[string]any{"scope": "tools admin"}, call("other", ""), "forbidden_operation"},
		{"on trial", map[string]any{"scope": "tools"}, call("countdown", `"from":11`), ""},
		{"a method that nobody may call", map[string]any{"scope": "tools admin"}, `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a"},"argument":{"name":"a","value":"b"}}}`, "forbidden_operation"},
		{"lists are free", map[string]any{"scope": ""}, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, resource, strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+is.Mint(jwkstest.Token{Claims: row.claims}))
		var got middleware.Reason
		if _, err := guard.Check(r); err != nil {
			got = middleware.DenialOf(err).Reason
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.policy, got, row.want)
		}
	}
	if got := strings.Join(trials, ", "); got != `Tools["countdown"] for alice of countdown` {
		t.Errorf("on trial: %s", got)
	}
}

// All of the example can be used where there are such prompts and resources, and
// nothing that can be written is left out.
func TestExamplePolicyHasEverything(t *testing.T) {
	t.Parallel()
	var f policyFile
	if err := readYAML(writeFile(t, withEverything(t)), &f); err != nil {
		t.Fatal(err)
	}
	pol, errs := f.policy(nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := middleware.New(middleware.Config{
		Resource: "https://mcp.example.com/mcp", DangerouslyDisableAuthentication: true, Policy: &pol,
	}); err != nil {
		t.Error(err)
	}
	if len(pol.Prompts) == 0 || len(pol.Resources) == 0 || pol.Resources[0].Rule.Condition == nil {
		t.Errorf("prompts %v, resources %v", pol.Prompts, pol.Resources)
	}
	for _, part := range []reflect.Type{reflect.TypeFor[policyFile](), reflect.TypeFor[ruleFile](), reflect.TypeFor[resourceFile]()} {
		for field := range part.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if name != "" && !regexp.MustCompile(`(?m)(^|[ {-])`+name+`: ?`).MatchString(withEverything(t)) {
				t.Errorf("the example does not have %s", name)
			}
		}
	}
}

// README shows the beginning of the example, before a configuration file.
func TestReadmeShowsTheExamplePolicy(t *testing.T) {
	t.Parallel()
	blocks := fenced(readme(t), "yaml")
	if len(blocks) != 2 || blocks[0] == "" || !strings.HasPrefix(examplePolicy(t), blocks[0]) {
		t.Errorf("README has %d blocks of YAML; the first of two must be the beginning of testdata/policy/example.yaml", len(blocks))
	}
}
