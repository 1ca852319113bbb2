package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// rehearse lets the packages that will be used check what they will get, so that
// their rules are not written twice, and says it in variables, or in what the file of
// MCP_CONFIG_FILE calls it.
func (c *config) rehearse(p *problems) {
	all := c.build(p)
	if pol := all[0].config.Policy; pol != nil {
		c.checkKeyScopes(pol.Implies, p)
	}
	var more problems
	_, _, err := c.published().handlers(c, nil, nil)
	each(err, func(field, problem string) { c.translatePublished(field, problem, p, &more) })
	for i := range all {
		_, err := middleware.New(all[i].config)
		each(err, func(field, problem string) { c.translate(&all[i], field, problem, p, &more) })
	}
	for _, e := range more.found {
		p.add(e.Field, "%s", e.Problem)
	}
}

// fromList takes "Issuers[1].Audiences[0]" apart.
var fromList = regexp.MustCompile(`^(Issuers|Opaque)\[(\d+)\]\.?(.*)$`)

// translate notes a mistake in what middleware got for one place, where it was written.
func (c *config) translate(b *built, field, problem string, p, more *problems) {
	if strings.HasPrefix(field, "Policy.") {
		if at, text := c.translatePolicy(b.place, field, problem); !p.has(at) || at == configVariable {
			more.add(at, "%s", text)
		}
		return
	}
	w := c.wordsOf(b, field)
	if m := fromList.FindStringSubmatch(field); m != nil && w.path != "" {
		more.addInFile(w.path, inFileAs(w.prefix, m[3]), w.say(problem), p)
		return
	}
	if path, name := c.loginInFile(b, field); path != "" {
		more.addInFile(path, name, w.say(problem), p)
		return
	}
	if name := b.inFile(field); name != "" {
		more.addInFile(b.at.path, name, w.say(problem), p)
		return
	}
	c.translateGuard(w, field, problem, p, more)
}

// addInFile notes a mistake in what an entry of the file calls name, unless p has it.
func (more *problems) addInFile(path, name, problem string, p *problems) {
	if !p.said(path, name) {
		more.add(configVariable, "%s.%s %s", path, name, problem)
	}
}

// said reports whether a mistake was found already in what an entry of the file calls
// name, or one that this follows from: without a key, keys are looked for at the URL.
func (p *problems) said(path, name string) bool {
	causes := []string{name}
	if name == "url" {
		causes = append(causes, "public_key_file", "secret_file")
	}
	return slices.ContainsFunc(p.found, func(e *middleware.ConfigError) bool {
		return e.Field == configVariable && slices.ContainsFunc(causes, func(cause string) bool {
			return strings.HasPrefix(e.Problem, path+"."+cause+" ")
		})
	})
}

// translateGuard notes a mistake in a field as one in its variable, unless it was said
// already, in better words, or follows from what was said.
func (c *config) translateGuard(w words, field, problem string, p, more *problems) {
	name, cause := lastName(field), causes[lastName(field)]
	if p.has(w.names[name]) || p.has(cause...) || more.has(cause...) || name == "Issuers" && len(p.found) > 0 {
		return
	}
	if w.names[name] == "" {
		more.add(w.instead, "%s, which only MCP_CONFIG_FILE can say, %s", w.inFile(field), w.say(problem))
		return
	}
	more.translate(w.names, field, w.say(problem))
}

// inFile is what an entry of "resources" calls a field of middleware.Config, or "" where it
// does not give it. The first of Aliases is made of its URL.
func (b *built) inFile(field string) string {
	m := fieldPath.FindStringSubmatch(field)
	if b.at.path == "" || m == nil {
		return ""
	}
	switch m[1] {
	case "Resource", "ScopePrefix":
		return "url"
	case "Aliases":
		if i, _ := strconv.Atoi(m[2]); i > 0 {
			return element("aliases", i-1)
		}
		return "url"
	case "Scopes", "ChallengeScopes", "ScopesSupported":
		return snake(field)
	}
	return ""
}

// fileNames is what an entry of "issuers" calls a field, where that is not its name in
// small letters.
var fileNames = map[string]string{
	"URL": "url", "ID": "id", "JWT": "jwt", "JWKSURL": "jwks_url", "JWKSURI": "jwks_url", "PublicKeys": "public_key_file", "Secret": "secret_file",
	"RequireATJWT": "at_jwt", "Names": "claims", "ClientID": "client_id", "Issuer": "url", "Header": "headers",
}

// sharedWithIssuer are fields of an opaque.Provider that the file has in the entry itself.
var sharedWithIssuer = []string{"Issuer", "Audiences", "Clients", "AudienceOptional", "RequiredClaims", "RefusedClaims", "Leeway"}

// inFileAs is a field of jwks.Issuer, or after prefix of opaque.Provider, in the file.
func inFileAs(prefix, field string) string {
	for _, shared := range sharedWithIssuer {
		if strings.HasPrefix(field, shared) {
			prefix = ""
		}
	}
	if field == "" {
		return strings.TrimSuffix(prefix, ".")
	}
	return prefix + snake(field)
}

var component = regexp.MustCompile(`[A-Za-z]+`)

// snake writes "Ask.ClientID[0]" as "ask.client_id[0]".
func snake(field string) string {
	return component.ReplaceAllStringFunc(field, func(name string) string {
		if written := fileNames[name]; written != "" {
			return written
		}
		var b strings.Builder
		for i, r := range name {
			if i > 0 && r >= 'A' && r <= 'Z' {
				b.WriteByte('_')
			}
			b.WriteRune(r)
		}
		return strings.ToLower(b.String())
	})
}

// fieldPath takes "Issuers[0].Audiences" or "AllowedOrigins[2]" apart: the last name,
// and the index behind it if there is one.
var fieldPath = regexp.MustCompile(`^(?:.*\.)?([A-Za-z]+)(?:\[(\d+)\])?$`)

func lastName(field string) string {
	if m := fieldPath.FindStringSubmatch(field); m != nil {
		return m[1]
	}
	return field
}

// plainKey is how package apikey names one of its Config.Keys.
var plainKey = regexp.MustCompile(`Keys\[(\d+)\]`)

// translate notes a mistake in a field as one in its variable.
func (p *problems) translate(names map[string]string, field, problem string) {
	variable, ok := names[lastName(field)]
	if !ok {
		variable = field
	}
	if m := fieldPath.FindStringSubmatch(field); m != nil && m[2] != "" && lastName(field) != "Aliases" {
		i, _ := strconv.Atoi(m[2]) // digits only
		problem = fmt.Sprintf("entry %d: %s", i+1, problem)
	}
	problem = plainKey.ReplaceAllStringFunc(problem, func(key string) string {
		i, _ := strconv.Atoi(plainKey.FindStringSubmatch(key)[1])
		return fmt.Sprintf("entry %d of MCP_API_KEYS", i+1)
	})
	p.add(variable, "%s", problem)
}

// each calls f for every mistake in a joined error.
func each(err error, f func(field, problem string)) {
	switch e := err.(type) {
	case nil:
	case *middleware.ConfigError: // which is that of jwks and metadata too
		f(e.Field, e.Problem)
	case *apikey.ConfigError:
		f(e.Field, e.Problem)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			each(one, f)
		}
	default:
		f("configuration", err.Error())
	}
}
