package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// YAML reads a name without a value as null, and Go as nothing: a rule that lets
// everybody in.
func TestBlankValuesAreMistakes(t *testing.T) {
	for _, text := range []string{
		"tools:\n  notes_clear:\n    scopes:\n      # - admin\n",
		"tools:\n  notes_clear: {deny: }\n",
		"tools:\n  notes_clear:\n",
		"tools:\n  notes_clear: {scopes: [admin], when: }\n",
		"tools: null\n",
		"tools: ~\n",
	} {
		path := filepath.Join(t.TempDir(), "policy.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var f policyFile
		if err := readYAML(path, &f); err == nil || !strings.Contains(err.Error(), "without a value") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
