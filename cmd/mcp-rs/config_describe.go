package main

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/mcp-rs/mcp-rs/jwks"
)

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
		from = c.entry(b.at.path)
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
	add("audience", b.Audiences, "derived from "+from)
	for _, server := range b.config.AuthorizationServers {
		add("authorization server", []string{server}, c.loginFrom(b, server))
	}
}

// entry is where an entry of the file stands.
func (c *config) entry(path string) string {
	return path + " of config file " + filepath.Base(c.ConfigFile)
}

// loginFrom is what says that clients of a place log in at a server.
func (c *config) loginFrom(b *built, server string) string {
	if pub := c.published(); pub.patch != nil && pub.patch.As == server {
		return pub.why
	}
	trusts, _ := c.trustsAt(b.url, new(problems))
	at := slices.IndexFunc(trusts, func(t trust) bool { return slices.Contains(t.servers, server) })
	switch {
	case at >= 0 && trusts[at].at.path != "":
		return "derived from " + c.entry(trusts[at].at.path)
	case slices.Contains(c.JWTIssuer, server):
		return "derived from MCP_JWT_ISSUER"
	case c.OAuthProvider != "":
		return "derived from MCP_OAUTH_PROVIDER"
	}
	return "derived from MCP_OAUTH_SERVER_URL"
}

// describeTrust says whose tokens are believed, and how they are checked.
func (c *config) describeTrust(t *trust, add func(string, []string, string)) {
	_, from := c.issuerURLs()
	switch {
	case t.at.path != "":
		from = c.entry(t.at.path)
	case c.OAuthProvider != "" && len(c.JWTIssuer) == 0:
		from = "MCP_OAUTH_PROVIDER"
	}
	given := func(name string, values, written []string, variable string) {
		for _, value := range values {
			if t.at.path == "" && slices.Contains(written, value) {
				add(name, []string{value}, "derived from "+variable)
			} else {
				add(name, []string{value}, "derived from "+from)
			}
		}
	}
	for _, is := range t.verified() {
		add("issuer", append([]string{is.URL}, is.Aliases...), "derived from "+from)
		given("audience", is.Audiences, c.JWTAudience, "MCP_JWT_AUDIENCE")
		given("client", is.Clients, c.OAuthClientID, "MCP_OAUTH_CLIENT_ID")
		c.describeKeys(&is, t, from, add)
	}
	for i := range t.opaque {
		o := &t.opaque[i]
		asked := o.Issuer + " at " + cmp.Or(o.Ask.URL, "what discovery says")
		given("asked about tokens", []string{asked}, []string{o.Issuer + " at " + c.IntrospectionURL}, "MCP_INTROSPECTION_URL")
		if o.Ask.ClientID != "" {
			given("asked as", []string{o.Ask.ClientID}, []string{o.Ask.ClientID}, cmp.Or(c.clientSet(), "MCP_OAUTH_CLIENT_ID"))
		}
		given("audience", o.Audiences, c.JWTAudience, "MCP_JWT_AUDIENCE")
		given("client", o.Clients, c.OAuthClientID, "MCP_OAUTH_CLIENT_ID")
	}
}

// clientSet is the variable with the id of our own at the introspection endpoint, or ""
// where it is that of the preset.
func (c *config) clientSet() string {
	if c.IntrospectionClientID == "" {
		return ""
	}
	return "MCP_INTROSPECTION_CLIENT_ID"
}

// describeKeys says where the keys of an issuer come from.
func (c *config) describeKeys(is *jwks.Issuer, t *trust, from string, add func(string, []string, string)) {
	own := t.at.path == "" && c.ownKeys() != ""
	switch {
	case own:
		add("keys", []string{cmp.Or(is.JWKSURL, "given")}, "derived from "+c.ownKeys())
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
