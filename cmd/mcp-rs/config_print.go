package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
)

// print writes the configuration as a table: every variable with its value and where
// that was set, then what follows from them. discovered is what was learned from the
// provider, by name, such as "jwks_uri". Secrets are counted and never shown.
func (c *config) print(w io.Writer, discovered map[string]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range c.variables() {
		value, from := c.effective(v)
		row(table, v.name, value, from)
	}
	fmt.Fprintln(table)
	for _, d := range c.derived() {
		row(table, d[0], d[1], d[2])
	}
	for _, name := range slices.Sorted(maps.Keys(discovered)) {
		if name != notReached {
			row(table, name, discovered[name], "discovered")
		}
	}
	err := table.Flush()
	if why := discovered[notReached]; why != "" { // which would make the column as wide
		_, failed := fmt.Fprintf(w, "note: the provider's document was not reached: %s\n", why)
		err = errors.Join(err, failed)
	}
	return errors.Join(err, c.printNotes(w))
}

// printNotes writes what presets say of how to set up the provider.
func (c *config) printNotes(w io.Writer) error {
	var err error
	for _, note := range c.notes() {
		_, failed := fmt.Fprintf(w, "note: %s\n", note)
		err = errors.Join(err, failed)
	}
	return err
}

// row writes a line. Values come from files, the environment and the network: what
// could disturb a terminal or the table is quoted.
func row(w io.Writer, name, value, source string) {
	switch {
	case value == "":
		value = "-"
	case strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
		value = strconv.Quote(value)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\n", name, value, source)
}

// effective is the value of a variable, and where it came from. A default gives way to what
// follows from other variables.
func (c *config) effective(v variable) (value, from string) {
	switch {
	case c.set(v.name):
		return v.value, c.from[v.name]
	case v.name == "MCP_JWT_ALGORITHM" && len(c.presetAlgorithms()) > 0:
		return c.presetAlgorithms().String(), "preset " + c.OAuthProvider
	case v.name == "MCP_INTROSPECTION_AUTH" && c.IntrospectionClientID != "":
		return c.introspection().Ask.Auth, "default with MCP_INTROSPECTION_CLIENT_ID"
	case v.standard != "":
		return v.value, "default"
	}
	return v.value, "not set"
}

// presetAlgorithms is what a preset has in the place of the default of MCP_JWT_ALGORITHM.
func (c *config) presetAlgorithms() list {
	if c.OAuthProvider == "" {
		return nil
	}
	var algorithms list
	trusts, _ := c.trusts(new(problems))
	for i := range trusts {
		if trusts[i].at.path != "" {
			continue
		}
		for _, is := range trusts[i].issuers {
			algorithms = union(algorithms, is.Algorithms)
		}
	}
	return algorithms
}
