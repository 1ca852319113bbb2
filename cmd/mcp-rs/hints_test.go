package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

func TestEveryReasonHasAHint(t *testing.T) {
	left := map[middleware.Reason]bool{}
	for reason := range hints {
		left[reason] = true
	}
	for _, reason := range middleware.Reasons() {
		if hints[reason] == "" {
			t.Errorf("%s: nothing to do about it", reason)
		}
		delete(left, reason)
	}
	for reason := range left {
		t.Errorf("%s is no reason", reason)
	}
}

// A hint is right whatever brought one here: the switch may be on already.
func TestHintsFitEveryCause(t *testing.T) {
	for reason, want := range map[middleware.Reason]string{
		"jwt_disabled": "or nothing says whose tokens", "api_key_disabled": "or there are none", "wrong_algorithm": "algorithms of the issuer's entry in MCP_CONFIG_FILE",
	} {
		if hint := hints[reason]; !strings.Contains(hint, want) || strings.Contains(hint, "_ENABLED=true") {
			t.Errorf("%s: %q, want …%s…", reason, hint, want)
		}
	}
}

func TestHintsNameRealVariables(t *testing.T) {
	known := map[string]bool{}
	for _, v := range new(config).variables() {
		known[v.name] = true
	}
	for reason, hint := range hints {
		for _, name := range regexp.MustCompile(`MCP_[A-Z_]+`).FindAllString(hint, -1) {
			if !known[name] {
				t.Errorf("%s: %s is no variable", reason, name)
			}
		}
	}
}
