package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const callWhoami = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`

// However a new file is bad, the old one stays in force, and the log says what is
// wrong with which file. The next good one is in force again.
func TestBadFilesAreNotReloaded(t *testing.T) {
	folder := t.TempDir()
	policy, list := filepath.Join(folder, "policy"), filepath.Join(folder, "list")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write(policy, "tools: {whoami: {scopes: [read]}}")
	write(list, "- subject: mallory")
	d := deploy(t, "MCP_POLICY_FILE="+policy, "MCP_DENYLIST_FILE="+list)
	await := func(what string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		d.log.await(ctx, t, what)
	}
	alice, mallory := d.as("alice"), d.as("mallory")
	status := func(who credential) int {
		t.Helper()
		status, _ := drained(t, raw(t, http.MethodPost, d.mcp, who, nil, callWhoami))
		return status
	}
	const kept = `"msg":"policy not reloaded, the old one stays in force","error":"`
	for _, row := range []struct{ policy, path, text, logged string }{
		{"not YAML", policy, "tools: [", "MCP_POLICY_FILE: cannot be used: line 1: did not find"},
		{"half of it", policy, "tools: {whoami: {scopes", "MCP_POLICY_FILE: cannot be used: line 1: did not find expected ',' or '}'"},
		{"a name that does not exist", policy, "tools: {whoami: {scops: []}}", "MCP_POLICY_FILE: cannot be used: line 1: field scops not found"},
		{"a tool that is not there", policy, "tools: {who: {}}", `MCP_POLICY_FILE: has a rule about the tool \"who\", which is not there`},
		{"no condition", policy, "tools: {whoami: {when: 'principal.name'}}", `MCP_POLICY_FILE: tools[\"whoami\"] not a usable condition`},
		{"a rule that cannot hold", policy, "tools: {whoami: {deny: true, scopes: [a]}}", `MCP_POLICY_FILE: tools[\"whoami\"] denies`},
		{"nothing", policy, "", "MCP_POLICY_FILE: is empty"},
		{"good again", policy, "tools: {whoami: {scopes: [write]}}", ""},
		{"an unknown name", list, "- subjct: mallory", "MCP_DENYLIST_FILE: cannot be used: line 1: field subjct not found"},
		{"everybody", list, "- subject: ''", "MCP_DENYLIST_FILE: entry 1 is empty, and would be about everybody"},
		{"nothing", list, "", "MCP_DENYLIST_FILE: is empty"},
	} {
		write(row.path, row.text)
		if row.logged == "" {
			await(`"msg":"policy reloaded"`)
		} else {
			await(kept + row.logged)
		}
		if a, m := status(alice), status(mallory); a != http.StatusOK || m != http.StatusForbidden {
			t.Errorf("%s: alice %d, mallory %d", row.policy, a, m)
		}
	}
	write(list, "- subject: alice")
	for begin := time.Now(); status(mallory) != http.StatusOK || status(alice) != http.StatusForbidden; time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatal("a good list is not in force")
		}
	}
}
