package main

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// A place is one resource that is served: that of the variables, or each of "resources" in
// MCP_CONFIG_FILE. A placeFile says what is special about it.
type place struct {
	*placeFile
	at    spot   // in the file, or of the variables
	url   string // as clients type it
	alias string // its second URL
}

// places is every resource, never none. That of the root document is the first.
func (c *config) places(p *problems) []place {
	if len(c.file.Resources) == 0 {
		return []place{{placeFile: new(placeFile), at: spot{p: p}, url: c.resource(), alias: c.alias()}}
	}
	var all []place
	for i := range c.file.Resources {
		f := &c.file.Resources[i]
		at := withEndpoint(f.URL)
		all = append(all, place{placeFile: f, at: spot{path: element("resources", i), p: p}, url: at, alias: second(at)})
	}
	return all
}

// An address is one URL of a place, and the path of it that reaches us.
type address struct{ url, path string }

// addresses is where a place answers. That of the variables answers at fixed paths: a
// proxy in front may strip what is before them.
func (pl *place) addresses() []address {
	if pl.at.path == "" {
		return []address{{pl.url, endpointPath}, {pl.alias, endpointPath + aliasSuffix}}
	}
	var all []address
	for _, raw := range append([]string{pl.url, pl.alias}, pl.Aliases...) {
		if u, err := url.Parse(raw); err == nil {
			all = append(all, address{raw, u.EscapedPath()})
		}
	}
	return all
}

// pathPattern is a path as a pattern of http.ServeMux that matches it alone.
func pathPattern(path string) string {
	switch {
	case path == "":
		return "/{$}"
	case strings.HasSuffix(path, "/"):
		return path + "{$}"
	}
	return path
}

// plainPath is a path in the one form in which http.ServeMux compares it: what need not
// be percent-encoded is not.
func plainPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = url.PathEscape(plain)
		}
	}
	return cmp.Or(strings.Join(segments, "/"), "/")
}

// reserved are paths that answer something else.
var reserved = []string{"/healthz", "/readyz", "/sse", "/message", registerPath}

// checkPlaces makes sure that each resource has paths of its own.
func (c *config) checkPlaces(p *problems) {
	if len(c.file.Resources) > 0 && c.ResourceURL != "" {
		p.add("MCP_RESOURCE_URL", "stands beside resources in MCP_CONFIG_FILE; keep one of them")
	}
	taken := map[string]string{}
	for _, pl := range c.places(p) {
		if pl.at.path == "" {
			return
		}
		if _, err := metadata.ResourceURL(pl.URL); err != nil {
			pl.at.add("url", "%v", errors.Unwrap(err)) // without "the resource URL"
			continue
		}
		if pl.Policy != nil && pl.PolicyFile != "" {
			pl.at.add("policy_file", "stands beside policy; keep one of them")
		}
		if pl.Issuers != nil && len(pl.Issuers) == 0 {
			pl.at.add("issuers", "is empty, which reads as nobody and would mean everybody; write those that are meant, or remove it for all")
		}
		for i, at := range pl.addresses() {
			name := "url"
			if i > 1 {
				name = element("aliases", i-2)
			}
			path := plainPath(at.path)
			switch {
			case taken[path] != "":
				pl.at.add(name, "has the path %s, which is one of %s; each URL needs its own, whatever its host", path, taken[path])
			case strings.Contains(path, "{"), slices.Contains(reserved, path), strings.HasPrefix(path, "/.well-known/"):
				pl.at.add(name, "has the path %s, which answers something else here; write another", path)
			}
			taken[path] = pl.at.path
		}
	}
}

// chosen is the providers of a place: those that it names, or all.
func (pl *place) chosen(all []trust) []trust {
	if len(pl.Issuers) == 0 {
		return all
	}
	var some []trust
	for i := range all {
		if slices.ContainsFunc(all[i].names(), func(iss string) bool { return slices.Contains(pl.Issuers, iss) }) {
			some = append(some, all[i].only(pl.Issuers))
		}
	}
	for i, iss := range pl.Issuers {
		if !slices.ContainsFunc(some, func(t trust) bool { return slices.Contains(t.names(), iss) }) {
			pl.at.add(element("issuers", i), "%q is none of the issuers that are configured; write one exactly as its tokens do", iss)
		}
	}
	return some
}

// only is a trust without the issuers that are not named.
func (t *trust) only(names []string) trust {
	some := *t
	some.issuers, some.opaque = nil, nil
	for i := range t.issuers {
		is := &t.issuers[i]
		if slices.ContainsFunc(append([]string{is.URL}, is.Aliases...), func(iss string) bool { return slices.Contains(names, iss) }) {
			some.issuers = append(some.issuers, *is)
		}
	}
	for i := range t.opaque {
		if slices.Contains(names, t.opaque[i].Issuer) {
			some.opaque = append(some.opaque, t.opaque[i])
		}
	}
	return some
}

// built is what package middleware takes for one place, and where its issuers were
// written.
type built struct {
	place
	config          middleware.Config
	issuers, lookup []spot
}

// foreign is every URL of the other places.
func (c *config) foreign(to *place) []string {
	var urls []string
	for _, pl := range c.places(new(problems)) {
		if pl.at.path == to.at.path {
			continue
		}
		for _, at := range pl.addresses() {
			urls = append(urls, at.url)
		}
	}
	return urls
}

// but is a list without what means the same as an entry of foreign.
func but(list, foreign []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(entry string) bool {
		return slices.ContainsFunc(foreign, func(other string) bool { return sameServer(entry, other) })
	})
}

// believe puts the providers of a place into its configuration. An issuer's audiences
// hold at every place, but the URL of a place is the audience of that one: whoever lists
// the URLs of all with the issuer does not mean that a token for one is good at another.
func (b *built) believe(trusts []trust, foreign []string) {
	for i := range trusts {
		t := &trusts[i]
		for _, is := range t.verified() {
			is.Audiences = union(but(is.Audiences, foreign), b.Audiences)
			b.config.Issuers = append(b.config.Issuers, is)
			b.issuers = append(b.issuers, t.at)
		}
		for _, o := range t.opaque {
			o.Audiences = union(but(o.Audiences, foreign), b.Audiences)
			b.config.Opaque = append(b.config.Opaque, o)
			b.lookup = append(b.lookup, t.at)
		}
	}
}
