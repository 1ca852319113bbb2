// Package typo finds the name that somebody meant to write.
package typo

// Nearest is the first of the names that are closest to name, and at most two letters
// away; or "".
func Nearest(name string, names []string) string {
	found, least := "", 3
	for _, candidate := range names {
		if d := distance(name, candidate); d < least {
			found, least = candidate, d
		}
	}
	return found
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
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
