package strictjson

import "unicode"

// fewMembers is up to where comparing each name with each is cheaper than a map.
const fewMembers = 16

// unique makes sure that no name is there twice.
func unique[T Text](members []MemberOf[T]) error {
	if len(members) <= fewMembers {
		var seen uint64 // one bit for names of a length and first letter; few share one
		for i := range members {
			name := members[i].Name
			bit := uint64(1) << (len(name) % 64)
			if len(name) > 0 {
				bit = 1 << ((uint(len(name))<<3 + uint(name[0])) % 64)
			}
			if seen&bit != 0 {
				if _, twice := Find(members[:i], string(name)); twice {
					return ErrDuplicate
				}
			}
			seen |= bit
		}
		return nil
	}
	seen := make(map[string]struct{}, len(members))
	for i := range members {
		seen[string(members[i].Name)] = struct{}{}
	}
	if len(seen) != len(members) {
		return ErrDuplicate
	}
	return nil
}

// NoVariants makes sure that no two names are equal but for case, as Unicode folds
// it ("ſub" is a "sub"), and that none of them is a variant of one of known: a
// reader that folds case would take the one for the other.
func NoVariants[T Text](members []MemberOf[T], known ...string) error {
	if allPlain(members, known) { // names that are their own folding differ in folding too
		return nil
	}
	seen := make(map[string]string, len(members)+len(known))
	for _, name := range known {
		seen[Fold(name)] = name
	}
	for i := range members {
		name := string(members[i].Name)
		folded := Fold(name)
		if other, ok := seen[folded]; ok && other != name {
			return ErrVariant
		}
		seen[folded] = name
	}
	return nil
}

func allPlain[T Text](members []MemberOf[T], known []string) bool {
	for i := range members {
		if !isPlain(members[i].Name) {
			return false
		}
	}
	for _, name := range known {
		if !isPlain(name) {
			return false
		}
	}
	return true
}

// isPlain reports whether a name is surely its own folding: ASCII without capitals.
func isPlain[T Text](name T) bool {
	for i := range len(name) {
		if c := name[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// Fold maps all names that are equal under Unicode's simple case folding, which is
// what encoding/json and strings.EqualFold compare by, to the same name.
func Fold(name string) string {
	folded := []rune(name)
	for i, r := range folded {
		folded[i] = foldRune(r)
	}
	return string(folded)
}

// foldRune picks one of the runes that fold to each other: the lower-case ASCII
// letter where there is one, else the smallest.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}
