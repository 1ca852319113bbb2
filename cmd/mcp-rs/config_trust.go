package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// A trust is one provider whose tokens are believed, and what follows from that: the one
// of the variables, or an entry of "issuers" in MCP_CONFIG_FILE. Both are written as an
// issuerFile, so that they mean the same.
type trust struct {
	at       spot
	preset   *preset.Provider // never nil; the zero one where there is none
	issuers  []jwks.Issuer
	opaque   []opaque.Provider
	servers  []string         // where clients log in
	document *metadata.Mirror // of the first of servers; nil where there is none
}

// A spot is where something was written, so that mistakes are found there.
type spot struct {
	path      string            // "issuers[1]" of MCP_CONFIG_FILE, or "" for variables
	variables map[string]string // the variable for each name of the file, where path is ""
	p         *problems
}

// add notes a mistake in what the file calls name.
func (s spot) add(name, format string, args ...any) {
	if s.path != "" {
		s.p.add(configVariable, s.path+"."+name+" "+format, args...)
		return
	}
	s.p.add(cmp.Or(s.variables[name], name), format, args...)
}

// about is add for one name.
func (s spot) about(name string) note {
	return func(format string, args ...any) { s.add(name, format, args...) }
}

// input is what a field of preset.Inputs is called in the file.
var input = map[string]string{
	"Domain": "domain", "Tenants": "tenants", "Region": "region", "Server": "server", "URL": "url", "Clients": "clients",
	"ClientSecret": "client_secret_file", "Audiences": "audiences", "Required": "required_claims",
}

// mentionedInput is an input in the problem of another one.
var mentionedInput = regexp.MustCompile(`\bInputs\.([A-Za-z]+)`)

// inputs is a problem of a preset in the words of where its inputs were written.
func (s spot) inputs(problem string) string {
	return mentionedInput.ReplaceAllStringFunc(problem, func(field string) string {
		name := input[strings.TrimPrefix(field, "Inputs.")]
		if s.path == "" {
			return cmp.Or(s.variables[name], name)
		}
		return name
	})
}

// load makes a provider of a preset. One that cannot be had is the zero one: what is
// wrong was said, and what would follow from it needs not be.
func (s spot) load(name string, in preset.Inputs) *preset.Provider {
	made, err := preset.Load(name, in)
	unread := in.ClientSecret != nil && in.ClientSecret.Len() == 0 // of a file, which was said
	each(err, func(field, problem string) {
		if field != "ClientSecret" || !unread {
			s.add(cmp.Or(input[field], "provider"), "%s", s.inputs(problem))
		}
	})
	if err != nil {
		return new(preset.Provider)
	}
	return made
}

// trusts is everybody whose tokens are believed at the first resource.
func (c *config) trusts(p *problems) (all []trust, doubled []string) {
	return c.trustsAt(c.resource(), p)
}

// trustsAt is everybody whose tokens are believed at a resource: the provider of the
// variables first. What presets make of the URL of a resource must not be believed at
// another. An issuer that is in the variables and in the file is that of the variables;
// doubled names the others' spots.
func (c *config) trustsAt(resource string, p *problems) (all []trust, doubled []string) {
	if !c.jwtOn() {
		return nil, nil
	}
	known := map[string]bool{}
	if c.named() {
		all = append(all, c.trust(resource, p))
		for _, iss := range all[0].names() {
			known[iss] = true
		}
	}
	for i := range c.file.Issuers {
		t := c.file.Issuers[i].trust(resource, spot{path: element("issuers", i), p: p})
		if slices.ContainsFunc(t.names(), func(iss string) bool { return known[iss] }) {
			doubled = append(doubled, t.at.path)
			continue
		}
		all = append(all, t)
	}
	return all, doubled
}

// names is the issuers that a trust is about.
func (t *trust) names() []string {
	var names []string
	for i := range t.issuers {
		names = append(append(names, t.issuers[i].URL), t.issuers[i].Aliases...)
	}
	for i := range t.opaque {
		names = append(names, t.opaque[i].Issuer)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// aimed reports whether tokens must be for somebody in particular, whatever the URL of
// this server.
func (t *trust) aimed() bool {
	for i := range t.issuers {
		if is := &t.issuers[i]; len(is.Audiences) == 0 && len(is.Clients) == 0 {
			return false
		}
	}
	for i := range t.opaque {
		if o := &t.opaque[i]; len(o.Audiences) == 0 && len(o.Clients) == 0 {
			return false
		}
	}
	return true
}

// over puts what was written over what is there.
func (f *issuerFile) over(is *jwks.Issuer, keys keyMaterial) {
	override(&is.Aliases, f.Aliases)
	override(&is.Algorithms, f.Algorithms)
	override(&is.RefusedClaims, f.RefusedClaims)
	override(&is.Names.Scopes, f.Claims.Scopes)
	override(&is.Names.ScopePrefixes, f.Claims.ScopePrefixes)
	override(&is.Names.Client, f.Claims.Client)
	override(&is.Names.User, f.Claims.User)
	is.RequiredClaims = union(is.RequiredClaims, f.RequiredClaims)
	is.TenantClaim = cmp.Or(f.TenantClaim, is.TenantClaim)
	is.Leeway = cmp.Or(f.Leeway, is.Leeway)
	if f.ATJWT != nil {
		is.RequireATJWT = *f.ATJWT
	}
	if f.Provider == "" { // else they are inputs, and the preset has seen to them
		is.Audiences = f.Audiences
		is.Tenants, is.Clients, is.AudienceOptional = f.Tenants, f.Clients, f.AudienceOptional
	}
	switch {
	case f.JWKSURL != "" || keys.secret != nil || keys.public != nil:
		is.JWKSURL, is.Secret, is.PublicKeys, is.Discovery = f.JWKSURL, keys.secret, keys.public, ""
	case f.Discovery != "":
		is.Discovery = f.Discovery
	}
}

// override is that what is written wins.
func override[T any](what *[]T, written []T) {
	if len(written) > 0 {
		*what = written
	}
}

// union adds what is missing.
func union(list, more []string) []string {
	list = slices.Clone(list)
	for _, entry := range more {
		if !slices.Contains(list, entry) {
			list = append(list, entry)
		}
	}
	return list
}

// logins is where clients can be sent, if nothing else is known.
func logins(issuers []string) []string {
	var servers []string
	for _, issuer := range issuers {
		if metadata.CheckURL(issuer) == nil {
			servers = append(servers, issuer)
		}
	}
	return servers
}
