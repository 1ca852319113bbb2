package apikey

// Recode parses a file and writes what it found, one line a key, as Line would. It is
// the inverse that the fuzz test of the parser needs. The second value are the keys.
func Recode(text []byte) ([]string, []Key, error) {
	entries, errs := parse(text)
	if len(errs) > 0 {
		return nil, nil, errs[0]
	}
	lines, keys := []string{}, []Key{}
	for _, e := range entries {
		lines, keys = append(lines, e.line()), append(keys, e.key)
	}
	return lines, keys, nil
}

// BeginReload does the first half of Reload, and finish the other.
func (s *Store) BeginReload() (finish func(), err error) {
	fresh, err := s.next()
	return func() { s.replace(fresh) }, err
}
