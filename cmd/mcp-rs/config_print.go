package main

import (
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
		row(table, v.name, v.value, c.source(v))
	}
	fmt.Fprintln(table)
	for _, d := range c.derived() {
		row(table, d[0], d[1], d[2])
	}
	for _, name := range slices.Sorted(maps.Keys(discovered)) {
		row(table, name, discovered[name], "discovered")
	}
	return table.Flush()
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

func (c *config) source(v variable) string {
	switch {
	case c.set(v.name):
		return c.from[v.name]
	case v.standard != "":
		return "default"
	default:
		return "not set"
	}
}

// derived is what follows from the variables: name, value, source. A list has a row
// for each value.
func (c *config) derived() [][3]string {
	_, whyHost := c.host()
	resource, from := c.resourceFrom()
	rows := [][3]string{
		{"listen address", c.address(), "derived from " + whyHost},
		{"resource", resource, "derived from " + from},
		{"resource, alias", c.alias(), "derived from the resource"},
	}
	if !c.jwtOn() {
		return rows
	}
	issuers, fromIssuer := c.issuerURLs()
	add := func(name string, values []string, from string) {
		for _, value := range values {
			rows = append(rows, [3]string{name, value, "derived from " + from})
		}
	}
	add("issuer", issuers, fromIssuer)
	add("audience", c.JWTAudience, "MCP_JWT_AUDIENCE")
	for _, url := range []string{resource, c.alias()} {
		if !slices.Contains(c.JWTAudience, url) {
			add("audience", []string{url}, "the resource")
		}
	}
	add("authorization server", c.authorizationServers(), "the issuers and MCP_OAUTH_SERVER_URL")
	return append(rows, c.keyRows(issuers)...)
}

// keyRows says where the keys of each issuer come from.
func (c *config) keyRows(issuers []string) [][3]string {
	if own := c.ownKeys(); own != "" {
		return [][3]string{{"keys", "given", "derived from " + own}}
	}
	var rows [][3]string
	for _, issuer := range issuers {
		start, from := c.discovery(issuer), "derived from MCP_OAUTH_SERVER_URL"
		if start == "" {
			start, from = issuer, "derived from the issuer"
		}
		rows = append(rows, [3]string{"keys, by discovery", start, from})
	}
	return rows
}
