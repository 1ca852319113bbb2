package preset

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// values are what stands for placeholders, by their names: {domain}, {tenant}, {region},
// {server}, {url}, {client_id}, {audience} and {resource}, and {base}, which is {url}
// without its last slash. They were checked before they came here.
type values map[string][]string

// placeholder matches every name, known or not. "{tenantid}" is none: package jwks knows
// what it stands for.
var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// text is a text with the first value of each input in its place, "" where there is none.
func (v values) text(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(name string) string {
		if name == "{tenantid}" {
			return name
		}
		if list := v[strings.Trim(name, "{}")]; len(list) > 0 {
			return list[0]
		}
		return ""
	})
}

// list is a list in which an entry stands once for each value of its input, and not at
// all where the input was not given.
func (v values) list(entries []string) []string {
	var out []string
	for _, entry := range entries {
		found := placeholder.FindStringSubmatch(entry)
		if found == nil || found[1] == "tenantid" {
			out = append(out, entry)
			continue
		}
		one := maps.Clone(v) // what was put in is never looked at again
		for _, value := range v[found[1]] {
			one[found[1]] = []string{value}
			out = append(out, one.text(entry))
		}
	}
	return out
}

// audiences are those of a file. What the operator configured stands in their place,
// unless the file has a place for it among its own.
func (v values) audiences(entries []string) []string {
	if given := v["audience"]; len(given) > 0 && !slices.Contains(entries, "{audience}") {
		return slices.Clone(given)
	}
	return v.list(entries)
}

// conditions must all hold. One is the name of an input and "given", "missing", "single",
// "several"; "is" or "differs" and a value, which may have placeholders; or "matches" and a
// regular expression.
type conditions []string

func (c conditions) hold(v values) bool { return c.with(v) != nil }

// with is v, and what the named groups of expressions stand for; nil where not all hold.
func (c conditions) with(v values) values {
	v = maps.Clone(v)
	if v == nil {
		v = values{}
	}
	for _, condition := range c {
		name, rest, _ := strings.Cut(condition, " ")
		given := v[name]
		var holds bool
		switch word, value, _ := strings.Cut(rest, " "); word {
		case "given":
			holds = len(given) > 0
		case "missing":
			holds = len(given) == 0
		case "single":
			holds = len(given) == 1
		case "several":
			holds = len(given) > 1
		case "is":
			holds = len(given) == 1 && given[0] == v.text(value)
		case "differs":
			holds = len(given) == 1 && given[0] != v.text(value)
		case "matches":
			holds = len(given) == 1 && v.capture(regexp.MustCompile(value), given[0])
		}
		if !holds {
			return nil
		}
	}
	return v
}

// capture adds what the named groups of an expression stand for in text, if it matches.
func (v values) capture(expression *regexp.Regexp, text string) bool {
	found := expression.FindStringSubmatch(text)
	for i, name := range expression.SubexpNames() {
		if found != nil && name != "" {
			v[name] = one(found[i])
		}
	}
	return found != nil
}

// about is the inputs that conditions are about.
func (c conditions) about() []string {
	var names []string
	for _, condition := range c {
		name, _, _ := strings.Cut(condition, " ")
		names = append(names, name)
	}
	return names
}
