package preset_test

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
)

// A member that is misspelt in a file would be a check left out.
func TestFilesAreReadStrictly(t *testing.T) {
	for name, text := range map[string]string{
		"an unknown member":           "titel: X",
		"an unknown member of issuer": "issuers: [{url: a, requiredclaims: [x]}]",
		"a member twice":              "title: X\ntitle: Y",
		"another type":                "issuers: {url: a}",
		"two documents":               "title: X\n---\ntitle: Y",
		"nothing":                     "",
	} {
		t.Run(name, func(t *testing.T) {
			if err := preset.Parse([]byte(text)); err == nil {
				t.Error("it is taken")
			}
		})
	}
	if err := preset.Parse([]byte("title: X\nissuers: [{url: a, required_claims: [x]}]")); err != nil {
		t.Error(err)
	}
}

// A condition that is not understood must not be taken for one that holds.
func TestConditions(t *testing.T) {
	given := map[string][]string{"server": {"v1"}, "tenant": {"a", "b"}}
	for condition, want := range map[string]bool{
		"server given": true, "server missing": false, "server single": true, "server several": false,
		"server is v1": true, "server is v2": false, "tenant several": true, "tenant single": false, "tenant is a": false,
		"server differs v2": true, "server differs v1": false, "tenant differs c": false, "domain differs a": false,
		"server matches ^v": true, "server matches ^1": false, "tenant matches a": false, "domain matches a": false,
		"domain given": false, "domain missing": true, "server givn": false, "server": false, "": false,
	} {
		if got := preset.Holds([]string{condition}, given); got != want {
			t.Errorf("%q: got %t", condition, got)
		}
	}
	for value, want := range map[string]bool{"1": true, "2": false} {
		if got := preset.Holds([]string{"server matches ^v(?<number>.)$", "number is " + value, "server is v{number}"}, given); got != want {
			t.Errorf("a group that is %s: got %t", value, got)
		}
	}
	if given["number"] != nil {
		t.Error("a group stays behind")
	}
	if preset.Holds([]string{"server given", "tenant single"}, given) {
		t.Error("one of two is enough")
	}
}
