package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/mcp-rs/mcp-rs/jwks"
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
	rows := [][3]string{{"listen address", c.address(), "derived from " + whyHost}}
	add := func(name string, values []string, from string) {
		for _, value := range values {
			rows = append(rows, [3]string{name, value, from})
		}
	}
	places := c.build(new(problems))
	for i := range places {
		c.describePlace(&places[i], add)
	}
	if !c.jwtOn() {
		return rows
	}
	trusts, _ := c.trusts(new(problems))
	for i := range trusts {
		c.describeTrust(&trusts[i], add)
	}
	pub := c.published()
	add("provider's document", []string{pub.describe()}, pub.why)
	return rows
}

// describePlace says what a resource is called, and where its clients log in.
func (c *config) describePlace(b *built, add func(string, []string, string)) {
	_, from := c.resourceFrom()
	if b.at.path != "" {
		from = b.at.path
	}
	add("resource", []string{b.url}, "derived from "+from)
	add("resource, alias", b.config.Aliases, "derived from the resource")
	if !c.jwtOn() {
		return
	}
	for _, url := range append([]string{b.url}, b.config.Aliases...) {
		if !slices.Contains(c.JWTAudience, url) {
			add("audience", []string{url}, "derived from the resource")
		}
	}
	add("audience", b.Audiences, "derived from "+b.at.path)
	add("authorization server", b.config.AuthorizationServers, "derived from the issuers and MCP_OAUTH_SERVER_URL")
}

// describeTrust says whose tokens are believed, and how they are checked.
func (c *config) describeTrust(t *trust, add func(string, []string, string)) {
	_, from := c.issuerURLs()
	switch {
	case t.at.path != "":
		from = t.at.path
	case c.OAuthProvider != "" && len(c.JWTIssuer) == 0:
		from = "MCP_OAUTH_PROVIDER"
	}
	for _, is := range t.verified() {
		add("issuer", append([]string{is.URL}, is.Aliases...), "derived from "+from)
		add("audience", is.Audiences, c.audienceFrom(t, from))
		add("client", is.Clients, "derived from "+from)
		c.describeKeys(&is, t, from, add)
	}
	for i := range t.opaque {
		o := &t.opaque[i]
		add("asked about tokens", []string{o.Issuer + " at " + cmp.Or(o.Ask.URL, "what discovery says")}, "derived from "+from)
		add("audience", o.Audiences, c.audienceFrom(t, from))
		add("client", o.Clients, "derived from "+from)
	}
}

func (c *config) audienceFrom(t *trust, from string) string {
	if t.at.path == "" && len(c.JWTAudience) > 0 {
		from = "MCP_JWT_AUDIENCE"
	}
	return "derived from " + from
}

// describeKeys says where the keys of an issuer come from.
func (c *config) describeKeys(is *jwks.Issuer, t *trust, from string, add func(string, []string, string)) {
	own := t.at.path == "" && c.ownKeys() != ""
	switch {
	case own:
		add("keys", []string{"given"}, "derived from "+c.ownKeys())
	case is.JWKSURL != "":
		add("keys", []string{is.JWKSURL}, "derived from "+from)
	case is.Secret != nil || is.PublicKeys != nil:
		add("keys", []string{"given"}, "derived from "+from)
	case is.Discovery != "" && t.at.path == "" && c.OAuthProvider == "":
		add("keys, by discovery", []string{is.Discovery}, "derived from MCP_OAUTH_SERVER_URL")
	case is.Discovery != "":
		add("keys, by discovery", []string{is.Discovery}, "derived from "+from)
	default:
		add("keys, by discovery", []string{is.URL}, "derived from the issuer")
	}
}
