package preset

import (
	"fmt"
	"strings"
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
	best, least := "", 3
	for _, candidate := range all {
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	for _, candidate := range all {
		if best == "" && len(name) > 2 && (strings.Contains(name, candidate) || strings.Contains(candidate, name)) {
			best = candidate
		}
	}
	return best, best != ""
}

// distance is how many letters must be changed, added or left out (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
