package main

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// discover stands for an address that the issuer's documents tell.
const discoverWord = "discover"

// introspects reports whether the provider of the variables is asked about tokens
// otherwise than its preset says.
func (c *config) introspects() bool { return c.anySet("MCP_INTROSPECTION_") }

// introspection is the MCP_INTROSPECTION_* variables as they would stand in the file, or
// nil where none is set. Defaults do not win over a preset.
func (c *config) introspection() *opaqueFile {
	if !c.introspects() {
		return nil
	}
	f := &opaqueFile{Ask: askFile{URL: c.IntrospectionURL, Auth: c.IntrospectionAuth, ClientID: c.IntrospectionClientID}}
	if f.Ask.Auth == "" && f.Ask.ClientID != "" {
		f.Ask.Auth = string(opaque.AuthBasic)
	}
	if c.IntrospectionTokens != "opaque" {
		f.JWT = c.IntrospectionTokens
	}
	if c.set("MCP_INTROSPECTION_CACHE") || c.OAuthProvider == "" {
		f.KeepFor = c.IntrospectionCache
	}
	return f
}

// lookups is whom to ask: the provider's own ways with what was written over them, or
// the introspection endpoint of its only issuer.
func (f *issuerFile) lookups(t *trust, secret *jwks.Secret) []opaque.Provider {
	found := slices.Clone(t.preset.Opaque)
	switch {
	case f.Opaque == nil:
	case len(found) == 0 && len(t.issuers) != 1:
		t.at.add("opaque", "is about one issuer, and there are %d; name one", len(t.issuers))
	case len(found) == 0:
		is := &t.issuers[0]
		// No variable says that answers have no audience: that clients are named, and no
		// audience is, does.
		optional := is.AudienceOptional || t.at.path == "" && len(is.Clients) > 0 && len(is.Audiences) == 0
		found = []opaque.Provider{{
			Issuer: is.URL, Audiences: is.Audiences, Clients: is.Clients, AudienceOptional: optional,
			RequiredClaims: is.RequiredClaims, RefusedClaims: is.RefusedClaims, Leeway: is.Leeway,
		}}
	}
	believed := t.issuers
	if f.Signed != nil && !*f.Signed {
		believed = nil
	}
	for i := range found {
		if len(t.preset.Opaque) > 0 {
			found[i].RequiredClaims = union(found[i].RequiredClaims, f.RequiredClaims)
			found[i].Leeway = cmp.Or(f.Leeway, found[i].Leeway)
		}
		if f.Opaque != nil {
			fit, own := f.Opaque.fitting(&found[i], believed, secret, t.at)
			fit.over(&found[i], own)
		}
	}
	return found
}

// over puts what was written over what is there. With another address everything about
// the question and its answer is another's too.
func (f *opaqueFile) over(o *opaque.Provider, secret *jwks.Secret) {
	if f.Ask.URL != "" {
		o.Lookup, o.Ask, o.Read = nil, opaque.Ask{}, opaque.Read{}
	}
	if f.Ask.URL != "" && f.Ask.URL != discoverWord {
		o.Ask.URL = f.Ask.URL
	}
	o.Ask.Method = cmp.Or(f.Ask.Method, o.Ask.Method)
	o.Ask.Put = cmp.Or(f.Ask.Put, o.Ask.Put)
	if f.Ask.Auth != "" {
		o.Ask.Auth = auth(f.Ask.Auth)
	}
	o.Ask.ClientID = cmp.Or(f.Ask.ClientID, o.Ask.ClientID)
	if secret != nil {
		o.Ask.Secret = secret
	}
	for name, value := range f.Ask.Headers {
		if o.Ask.Header == nil {
			o.Ask.Header = http.Header{}
		}
		o.Ask.Header.Set(name, value)
	}
	override(&o.Ask.Bad, f.Ask.Bad)
	f.Read.over(&o.Read)
	override(&o.Prefixes, f.Prefixes)
	o.JWT = cmp.Or(opaque.JWT(f.JWT), o.JWT)
	o.KeepFor = cmp.Or(f.KeepFor, o.KeepFor)
	o.Timeout = cmp.Or(f.Timeout, o.Timeout)
}

func (f *readFile) over(r *opaque.Read) {
	r.Active = cmp.Or(f.Active, r.Active)
	override(&r.Subject, f.Subject)
	override(&r.Client, f.Client)
	override(&r.Audience, f.Audience)
	override(&r.Issuer, f.Issuer)
	override(&r.Scopes, f.Scopes)
	override(&r.ID, f.ID)
	override(&r.Expiry, f.Expiry)
	override(&r.ExpiresIn, f.ExpiresIn)
	r.Endless = f.Endless || r.Endless
}

// auth is the word for no authentication as package opaque has it.
func auth(word string) opaque.Auth {
	if word == "none" {
		return opaque.AuthNone
	}
	return opaque.Auth(word)
}

// verified is the issuers whose tokens are verified here: not those whose every token is
// asked about, so that no keys are fetched for them.
func (t *trust) verified() []jwks.Issuer {
	if slices.ContainsFunc(t.opaque, func(o opaque.Provider) bool { return o.JWT == opaque.JWTAsked }) {
		return nil
	}
	return t.issuers
}
