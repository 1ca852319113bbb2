package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/demo"
	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// Each row is one mistake in what callers may do, and is reported as exactly one
// variable, with what to write.
func TestPolicyMistakes(t *testing.T) {
	t.Parallel()
	file := func(lines ...string) string { return writeFile(t, strings.Join(lines, "\n")+"\n") }
	policyOf := func(lines ...string) string { return withKey + "; MCP_POLICY_FILE=" + file(lines...) }
	denied := func(lines ...string) string { return withKey + "; MCP_DENYLIST_FILE=" + file(lines...) }
	good := file("tools:", "  whoami: {}")
	none := "/nonexistent/canary"
	type row struct{ policy, settings, variable, want string }
	tables := map[string][]row{
		"variables": {
			{"a tool without scopes", withKey + "; MCP_TOOL_SCOPES=notes_add", "MCP_TOOL_SCOPES", "write tool=scope, or tool= for none"},
			{"scopes without a tool", withKey + "; MCP_TOOL_SCOPES==read", "MCP_TOOL_SCOPES", "write tool=scope"},
			{"a tool twice", withKey + "; MCP_TOOL_SCOPES=notes_add=a,notes_add=b", "MCP_TOOL_SCOPES", "one entry, separated by spaces"},
			{"a tool that is not there", withKey + "; MCP_TOOL_SCOPES=note_add=a", "MCP_TOOL_SCOPES", "write one of ask_name, countdown, notes_add"},
			{"scopes have no quotes", withKey + `; MCP_TOOL_SCOPES=notes_add="a"`, "MCP_TOOL_SCOPES", "no scope"},
			{"nothing to imply", withKey + "; MCP_SCOPE_HIERARCHY=admin", "MCP_SCOPE_HIERARCHY", "such as admin>write>read"},
			{"nothing between", withKey + "; MCP_SCOPE_HIERARCHY=admin>>read", "MCP_SCOPE_HIERARCHY", "no scope"},
			{"a wider scope with *", withKey + "; MCP_SCOPE_HIERARCHY=notes:*>read", "MCP_SCOPE_HIERARCHY", "name the scope"},
			{"a claim that begins with a dot", withKey + "; MCP_SCOPE_CLAIMS=scope,.roles", "MCP_SCOPE_CLAIMS", "write the name of a claim"},
			{"unknown listing", withKey + "; MCP_TOOL_LISTING=all", "MCP_TOOL_LISTING", "write hide or show"},
			{"negative calls", withKey + "; MCP_CALL_LIMIT=-1", "MCP_CALL_LIMIT", "write how many in a minute"},
			{"no number of calls", withKey + "; MCP_CALL_LIMIT=10/s", "MCP_CALL_LIMIT", "write digits"},
			{"negative failures", withKey + "; MCP_FAILURE_LIMIT=-1", "MCP_FAILURE_LIMIT", "or 0 for no limit"},
			{"no API key could pass, with what its scopes imply", withKey + "; MCP_REQUIRED_SCOPES=admin; MCP_API_KEY_SCOPES=write", "MCP_API_KEY_SCOPES", `lacks "admin"`},
			{"nor by a file that implies nothing", withKey + "; MCP_REQUIRED_SCOPES=read; MCP_API_KEY_SCOPES=admin; MCP_POLICY_FILE=" + good, "MCP_API_KEY_SCOPES", `lacks "read"`},
		},
		"session keys": {
			{"32 bytes are needed", withKey + "; MCP_SESSION_KEYS=canary", "MCP_SESSION_KEYS", "entry 1 has 6 bytes; at least 32 random ones are needed; make one with: openssl"},
			{"of each", withKey + "; MCP_SESSION_KEYS=" + secret32 + ",canary", "MCP_SESSION_KEYS", "entry 2 has 6 bytes"},
			{"in a file too", withKey + "; MCP_SESSION_KEYS_FILE=" + file(secret32, "canary"), "MCP_SESSION_KEYS_FILE", "line 2 has 6 bytes; at least 32 random ones are needed; make one with: openssl"},
			{"an empty line is no key", withKey + "; MCP_SESSION_KEYS_FILE=" + file(secret32, "", secret32), "MCP_SESSION_KEYS_FILE", "line 2 has 0 bytes"},
			{"an empty file", withKey + "; MCP_SESSION_KEYS_FILE=" + file(""), "MCP_SESSION_KEYS_FILE", "it is empty"},
			{"no such file", withKey + "; MCP_SESSION_KEYS_FILE=" + none, "MCP_SESSION_KEYS_FILE", "no such file"},
			{"keys twice", withKey + "; MCP_SESSION_KEYS=" + secret32 + "; MCP_SESSION_KEYS_FILE=" + file(secret32), "MCP_SESSION_KEYS_FILE", "stands beside MCP_SESSION_KEYS"},
		},
		"beside the file": {
			{"scopes of tools", withKey + "; MCP_TOOL_SCOPES=notes_add=a; MCP_POLICY_FILE=" + good, "MCP_TOOL_SCOPES", "stands beside MCP_POLICY_FILE; write it in the file"},
			{"a hierarchy", withKey + "; MCP_SCOPE_HIERARCHY=a>b; MCP_POLICY_FILE=" + good, "MCP_SCOPE_HIERARCHY", "write it in the file"},
			{"claims", withKey + "; MCP_SCOPE_CLAIMS=roles; MCP_POLICY_FILE=" + good, "MCP_SCOPE_CLAIMS", "write it in the file"},
			{"listing", withKey + "; MCP_TOOL_LISTING=hide; MCP_POLICY_FILE=" + good, "MCP_TOOL_LISTING", "write it in the file"},
		},
		"the file": {
			{"no such file", withKey + "; MCP_POLICY_FILE=" + none, "MCP_POLICY_FILE", "no such file"},
			{"a folder", withKey + "; MCP_POLICY_FILE=" + t.TempDir(), "MCP_POLICY_FILE", "cannot be read"},
			{"without end", withKey + "; MCP_POLICY_FILE=" + file(strings.Repeat("#", watch.MaxFile)), "MCP_POLICY_FILE", "larger than 1048576 bytes"},
			{"empty", policyOf(""), "MCP_POLICY_FILE", "is empty; write {}"},
			{"only a comment", policyOf("# tools:"), "MCP_POLICY_FILE", "is empty; write {}"},
			{"not YAML", policyOf("tools: ["), "MCP_POLICY_FILE", "line 1: did not find"},
			{"another file", policyOf("canary"), "MCP_POLICY_FILE", "line 1: cannot unmarshal"},
			{"two documents", policyOf("tools: {}", "---", "tools: {}"), "MCP_POLICY_FILE", "more than one document"},
			{"an unknown part", policyOf("tool: {}"), "MCP_POLICY_FILE", "line 1: field tool not found"},
			{"an unknown part of a rule", policyOf("tools:", "  whoami: {scops: [read]}"), "MCP_POLICY_FILE", "line 2: field scops not found"},
			{"a tool twice", policyOf("tools:", "  whoami: {deny: true}", "  whoami: {}"), "MCP_POLICY_FILE", `line 3: mapping key "whoami" already defined at line 2`},
			{"a part twice", policyOf("tools: {whoami: {deny: true}}", "tools: {}"), "MCP_POLICY_FILE", "line 2: mapping key"},
			{"scopes are a list", policyOf("tools: {whoami: {scopes: canary}}"), "MCP_POLICY_FILE", "line 1: cannot unmarshal !!str into []string"},
			{"a tool that is not there", policyOf("tools: {who: {}}"), "MCP_POLICY_FILE", `"who", which is not there; write one of ask_name`},
			{"a prompt that is not there", policyOf("prompts: {summarize: {}}"), "MCP_POLICY_FILE", "remove them"},
			{"a resource that is not there", policyOf("resources: [{uri: 'notes://*'}]"), "MCP_POLICY_FILE", "remove them"},
			{"a method that nobody calls", policyOf("methods: {tools/cal: {}}"), "MCP_POLICY_FILE", `"tools/cal", which is no method`},
			{"a condition with a mistake", policyOf("tools: {whoami: {when: 'principal.name == 1'}}"), "MCP_POLICY_FILE", `tools["whoami"] not a usable condition`},
			{"a condition of another type", policyOf("tools: {whoami: {when: size(principal.subject)}}"), "MCP_POLICY_FILE", "bool"},
			{"a trial of nothing", policyOf("tools: {whoami: {shadow: true}}"), "MCP_POLICY_FILE", "write a condition, or remove it"},
			{"denied under a condition", policyOf("tools: {whoami: {deny: true, when: 'true'}}"), "MCP_POLICY_FILE", "can never matter"},
			{"no scope", policyOf("tools: {whoami: {scopes: ['a b']}}"), "MCP_POLICY_FILE", `"a b", which is no scope`},
			{"no default", policyOf("default: refuse"), "MCP_POLICY_FILE", "write deny or allow"},
			{"no listing", policyOf("listing: all"), "MCP_POLICY_FILE", "write hide or show"},
			{"no claim", policyOf("scope_claims: ['']"), "MCP_POLICY_FILE", "write the name of a claim"},
			{"implied by *", policyOf("implies: {'a*': [b]}"), "MCP_POLICY_FILE", "name the scope"},
		},
		"the list": {
			{"no such file", withKey + "; MCP_DENYLIST_FILE=" + none, "MCP_DENYLIST_FILE", "no such file"},
			{"empty", denied(""), "MCP_DENYLIST_FILE", "or [] for nobody"},
			{"an unknown name", denied("- subjct: alice"), "MCP_DENYLIST_FILE", "line 1: field subjct not found"},
			{"no list", denied("subject: alice"), "MCP_DENYLIST_FILE", "line 1: cannot unmarshal !!map"},
			{"everybody", denied("- subject: alice", "- subject: ''"), "MCP_DENYLIST_FILE", "entry 2 is empty, and would be about everybody"},
		},
	}
	for name, table := range tables {
		for _, row := range table {
			_, err := read(row.settings)
			if got := fields(err); !slices.Equal(got, []string{row.variable}) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: %s: got\n  %v\nwant\n  %s: …%s…", name, row.policy, err, row.variable, row.want)
			}
			if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "main.")) {
				t.Errorf("%s: %s: the error quotes what may be a secret, or our types: %v", name, row.policy, err)
			}
		}
	}
}

// What would be a mistake somewhere else, and is none.
func TestNoPolicyMistake(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, settings string }{
		{"a key may hold a wider scope than is needed", withKey + "; MCP_REQUIRED_SCOPES=read,write; MCP_API_KEY_SCOPES=admin"},
		{"also by another hierarchy", withKey + "; MCP_REQUIRED_SCOPES=mcp:tools; MCP_API_KEY_SCOPES=all; MCP_SCOPE_HIERARCHY=all>mcp:*"},
		{"also by that of a file", withKey + "; MCP_REQUIRED_SCOPES=read; MCP_API_KEY_SCOPES=all; MCP_POLICY_FILE=" + writeFile(t, "implies: {all: [read]}")},
		{"nobody looks at rules while authentication is off", "MCP_AUTH_ENABLED=false; MCP_POLICY_FILE=/nonexistent; MCP_DENYLIST_FILE=/nonexistent; MCP_SESSION_KEYS=k"},
		{"no rules", withKey + "; MCP_POLICY_FILE=" + writeFile(t, "{}")},
		{"nobody on the list", withKey + "; MCP_DENYLIST_FILE=" + writeFile(t, "[]")},
		{"JSON", withKey + "; MCP_POLICY_FILE=" + writeFile(t, "{\n\t\"tools\": {\"whoami\": {\"scopes\": [\"read\"]}}\n}\n")},
		{"a tool for everybody", withKey + "; MCP_TOOL_SCOPES=notes_add="},
		{"two session keys", withKey + "; MCP_SESSION_KEYS=" + secret32 + ", x" + secret32},
		{"two session keys in a file", withKey + "; MCP_SESSION_KEYS_FILE=" + writeFile(t, secret32+"\r\nx"+secret32+"\r\n")},
	} {
		if _, err := read(row.settings); err != nil {
			t.Errorf("%s: %v", row.policy, err)
		}
	}
}

// A key is the same one wherever it is written: what one seals the other opens, and
// what an older one sealed is still opened.
func TestSessionKeysOfAFile(t *testing.T) {
	t.Parallel()
	sealOf := func(settings string) *middleware.SessionSeal {
		g, err := mustRead(t, withKey+"; "+settings).guard()
		if err != nil {
			t.Fatal(err)
		}
		return g.Sessions
	}
	inline := sealOf("MCP_SESSION_KEYS=" + secret32)
	file := sealOf("MCP_SESSION_KEYS_FILE=" + writeFile(t, "new-"+secret32+"\n"+secret32+"\n"))
	alice := &middleware.Principal{Method: middleware.MethodJWT, Subject: "alice"}
	if id, ok := file.Open(alice, inline.Seal(alice, "id")); !ok || id != "id" {
		t.Errorf("the second key of the file does not open what it sealed: %q", id)
	}
	if _, ok := inline.Open(alice, file.Seal(alice, "id")); ok {
		t.Error("the first key of the file does not seal")
	}
}

// What a caller may do by variables: these say another thing than the tools.
func TestPolicyOfVariables(t *testing.T) {
	t.Parallel()
	var p problems
	pol := policyOf(mustRead(t, withKey+"; MCP_TOOL_SCOPES=notes_add=a b,notes_clear=; MCP_SCOPE_HIERARCHY=x>y>z, x > a; MCP_SCOPE_CLAIMS=roles; MCP_TOOL_LISTING=auto"), &p)
	if err := p.err(); err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct {
		policy    string
		got, want []string
	}{
		{"two scopes", pol.Tools["notes_add"].Scopes, []string{"a", "b"}},
		{"none", pol.Tools["notes_clear"].Scopes, nil},
		{"what the tool says", pol.Tools["notes_list"].Scopes, []string{"read"}},
		{"two chains", pol.Implies["x"], []string{"y", "a"}},
		{"a link", pol.Implies["y"], []string{"z"}},
		{"the end", pol.Implies["z"], nil},
		{"claims", pol.ScopeClaims, []string{"roles"}},
		{"the word for what is left out", []string{string(pol.Listing)}, []string{string(middleware.ListingAuto)}},
	} {
		if !slices.Equal(is.got, is.want) {
			t.Errorf("%s: %q, want %q", is.policy, is.got, is.want)
		}
	}
}

// What a file does not speak of keeps what the tools ask for, unless it is refused.
func TestPolicyOfAFileLoosensNothingUnsaid(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		policy, file string
		want         map[string]middleware.Rule
	}{
		{"nothing", "{}", demo.Rules()},
		{"something else", "listing: hide", demo.Rules()},
		{"no tool", "tools: {}", demo.Rules()},
		{"no tool, and no other", "default: deny", nil},
		{"one tool, and no other", "tools: {notes_add: {}}", map[string]middleware.Rule{"notes_add": {}}},
		{"one tool, and all others", "{default: allow, tools: {notes_add: {scopes: [notes]}}}", map[string]middleware.Rule{
			"whoami": {}, "countdown": {}, "ask_name": {}, "notes_list": {Scopes: []string{"read"}}, "notes_clear": {Scopes: []string{"admin"}},
			"notes_add": {Scopes: []string{"notes"}},
		}},
	} {
		var p problems
		got := policyOf(mustRead(t, withKey+"; MCP_POLICY_FILE="+writeFile(t, row.file)), &p)
		if err := p.err(); err != nil || !reflect.DeepEqual(got.Tools, row.want) {
			t.Errorf("%s: %v, %v; want %v", row.policy, got.Tools, err, row.want)
		}
	}
}

// policyOf is the policy of the first resource.
func policyOf(c *config, p *problems) middleware.Policy { return c.policyAt(c.places(p)[0], p) }
