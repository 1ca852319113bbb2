package main

import (
	"regexp"
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
