package preset

// Parse reads a file as those of the program are read.
func Parse(text []byte) error {
	_, err := parse(text)
	return err
}

// Holds reports whether all conditions hold for these inputs.
func Holds(c []string, given map[string][]string) bool { return conditions(c).hold(given) }
