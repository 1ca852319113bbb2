package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// words are what the operator calls the fields of one thing, where that was written: the
// names of an entry of the file, or variables.
type words struct {
	path    string            // "issuers[1]"; "" for variables
	prefix  string            // before a name in the entry: "opaque." or ""
	names   map[string]string // the variable for the last name of a field
	instead string            // the variable to blame for a field that none sets
	places  []string          // where each of Config.Issuers was written
}

// wordsOf is for a mistake in a field of what middleware got for one place.
func (c *config) wordsOf(b *built, field string) words {
	w := words{names: c.guardVariables(), instead: "MCP_OAUTH_PROVIDER"}
	if c.OAuthProvider == "" {
		w.instead = w.names["URL"]
	}
	for _, at := range b.issuers {
		place := w.names["URL"]
		if at.path != "" {
			place = at.path + " of " + configVariable
		}
		w.places = append(w.places, place)
	}
	m := fromList.FindStringSubmatch(field)
	if m == nil {
		return w
	}
	switch i, _ := strconv.Atoi(m[2]); {
	case m[1] == "Issuers" && i < len(b.issuers):
		w.path = b.issuers[i].path
	case m[1] == "Opaque" && i < len(b.lookup):
		w.path, w.prefix, w.names = b.lookup[i].path, "opaque.", c.lookupVariables(&b.config.Opaque[i])
		if c.introspects() {
			w.instead = "MCP_INTROSPECTION_URL"
		}
	}
	return w
}

// mentioned is a field in a sentence about another one, "stands beside JWKSURL", and not
// in what is quoted there. A sentence that comes to mention another field needs it here,
// and a row in TestMistakesNameNoFields. URL is an everyday word, but for the one that follows "in".
var mentioned = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|in URL\b|\b(?:Issuers\[\d+\]|Issuers?|Opaque|APIKeys|TrustedProxies|AuthorizationServers|` +
	`JWKSURL|PublicKeys|Secret|Discovery|Algorithms|Audiences|AudienceOptional|Clients|Tenants|Aliases|ClientID|Put|Auth|Method|JWT|Prefixes)\b`)

// say is a problem without names that only programmers know.
func (w words) say(problem string) string {
	return mentioned.ReplaceAllStringFunc(problem, func(field string) string {
		switch {
		case strings.HasPrefix(field, `"`):
			return field
		case field == "in URL":
			return "in " + w.word("URL")
		}
		return w.word(field)
	})
}

// word is what is written in the place of a field.
func (w words) word(field string) string {
	m := fieldPath.FindStringSubmatch(field)
	switch i, _ := strconv.Atoi(m[2]); {
	case m[1] == "Issuers" && m[2] != "" && i < len(w.places):
		return w.places[i]
	case m[1] == "Issuers":
		return strings.Join(slices.Compact(slices.Clone(w.places)), ", ")
	case w.path == "" && w.names[field] != "":
		return w.names[field]
	case w.path == "":
		return w.inFile(field) + " in " + configVariable
	}
	return w.inFile(field)
}

// inAsk are the fields of an opaque.Ask as sentences about it mention them.
var inAsk = []string{"ClientID", "Secret", "Put", "Auth", "Method"}

// inFile is what an entry of "issuers" calls a field, in full or by its last name.
func (w words) inFile(field string) string {
	if m := fromList.FindStringSubmatch(field); m != nil {
		field = m[3]
	}
	if w.prefix != "" && slices.Contains(inAsk, field) {
		field = "Ask." + field
	}
	return inFileAs(w.prefix, field)
}

// lookupVariables is where the fields of an opaque.Provider come from, if elsewhere. What
// a preset has put there is of its own variables.
func (c *config) lookupVariables(o *opaque.Provider) map[string]string {
	names, entry := c.guardVariables(), c.entryVariables()
	names["URL"] = "MCP_INTROSPECTION_URL"
	names["Auth"] = "MCP_INTROSPECTION_AUTH"
	names["ClientID"] = "MCP_INTROSPECTION_CLIENT_ID"
	if o.Ask.ClientID != "" && c.IntrospectionClientID == "" {
		names["ClientID"] = "MCP_OAUTH_CLIENT_ID"
	}
	names["Secret"] = entry["opaque.ask.secret_file"]
	if o.Ask.Secret != nil && !c.set("MCP_INTROSPECTION_CLIENT_SECRET") && !c.set("MCP_INTROSPECTION_CLIENT_SECRET_FILE") {
		names["Secret"] = entry["client_secret_file"]
	}
	names["JWT"] = "MCP_INTROSPECTION_TOKENS"
	names["KeepFor"] = "MCP_INTROSPECTION_CACHE"
	names["Opaque"] = "MCP_INTROSPECTION_URL"
	return names
}

// loginInFile is the entry of "issuers" that says where clients log in, and what it calls
// that; none where variables do.
func (c *config) loginInFile(b *built, field string) (path, name string) {
	m := fieldPath.FindStringSubmatch(field)
	if m == nil || m[1] != "AuthorizationServers" {
		return "", ""
	}
	i, _ := strconv.Atoi(m[2])
	if i >= len(b.config.AuthorizationServers) {
		return "", ""
	}
	trusts, _ := c.trustsAt(b.url, new(problems))
	for _, t := range b.chosen(trusts) {
		at := slices.Index(t.servers, b.config.AuthorizationServers[i])
		if at < 0 {
			continue
		}
		if t.at.path == "" {
			return "", ""
		}
		return t.at.path, c.login(t.at.path, at)
	}
	return "", ""
}

// login is what an entry of "issuers" calls the server where clients log in.
func (c *config) login(path string, at int) string {
	for i := range c.file.Issuers {
		f := &c.file.Issuers[i]
		switch {
		case element("issuers", i) != path:
		case f.AuthorizationServers != nil:
			return element("authorization_servers", at)
		case f.Provider != "":
			return "provider"
		}
	}
	return "url"
}

// translatePublished notes a mistake in what is published of a provider, where that was
// written.
func (c *config) translatePublished(field, problem string, p, more *problems) {
	w := c.wordsOf(new(built), "")
	if t := c.published().trust; t != nil && t.at.path != "" {
		switch lastName(field) {
		case "Issuer":
			more.addInFile(t.at.path, c.login(t.at.path, 0), w.say(problem), p)
			return
		case "Discovery", "JWKSURI":
			more.addInFile(t.at.path, snake(lastName(field)), w.say(problem), p)
			return
		}
	}
	c.translateGuard(w, field, problem, p, more)
}
