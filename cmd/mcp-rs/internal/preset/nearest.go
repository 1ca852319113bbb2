package preset

import (
	"fmt"
	"strings"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/typo"
)

// unknown says what to write in place of a name that is no preset.
func unknown(name string, all []string) string {
	meant := ""
	if near, ok := nearest(name, all); ok {
		meant = fmt.Sprintf("; did you mean %s?", near)
	}
	return fmt.Sprintf("is %.50q, and there is no such provider%s Write one of %s", name, dot(meant), strings.Join(all, ", "))
}

func dot(meant string) string {
	if meant == "" {
		return "."
	}
	return meant
}

// nearest finds the name that was probably meant: a part of what was written or the
// other way round, or at most two letters away.
func nearest(name string, all []string) (string, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	best := typo.Nearest(name, all)
	for _, candidate := range all {
		if best == "" && len(name) > 2 && (strings.Contains(name, candidate) || strings.Contains(candidate, name)) {
			best = candidate
		}
	}
	return best, best != ""
}
