package main

import (
	"slices"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// name is what is written for a name of the file: that itself, or a variable.
func (s spot) name(name string) string {
	if s.path == "" && s.variables[name] != "" {
		return s.variables[name]
	}
	return name
}

// fitting is what of f and secret may be put over a provider, of whom these issuers are
// believed. What does not go together is noted and left out, so that nothing follows.
func (f *opaqueFile) fitting(o *opaque.Provider, issuers []jwks.Issuer, secret *jwks.Secret, at spot) (opaqueFile, *jwks.Secret) {
	fit := *f
	if f.JWT == string(opaque.JWTBoth) && !slices.ContainsFunc(issuers, func(is jwks.Issuer) bool { return is.URL == o.Issuer }) {
		fit.JWT = ""
		instead := "leave it out"
		if at.path == "" {
			instead = "write opaque, or leave it unset"
		}
		at.add("opaque.jwt", "is %q, and this provider signs no tokens that are believed here; %s", f.JWT, instead)
	}
	there := o.Ask
	if f.Ask.URL != "" {
		there = opaque.Ask{} // another server's: see over
	}
	if f.Ask.check(&there, secret != nil, at) {
		return fit, secret
	}
	fit.Ask.Auth, fit.Ask.ClientID = "", ""
	return fit, nil
}

// check finds credentials that are not whole. An id and a secret are those of one client:
// half of them over a preset's would ask as somebody who is nobody.
func (f *askFile) check(there *opaque.Ask, hasSecret bool, at spot) bool {
	id, secret, way := "opaque.ask.client_id", "opaque.ask.secret_file", "opaque.ask.auth"
	own, variables := f.ClientID != "", at.path == ""
	auth := string(there.Auth)
	if f.Auth != "" {
		auth = f.Auth
	}
	pair := auth == string(opaque.AuthBasic) || auth == string(opaque.AuthPost)
	switch {
	case !own && there.ClientID != "" && (f.Auth == "none" || f.Auth == string(opaque.AuthBearer)):
		at.add(way, "is %q beside a preset that asks with %s and %s; remove it, or write basic", f.Auth, at.name("clients"), at.name("client_secret_file"))
	case f.Auth == "none" && (own || hasSecret):
		at.add(way, `is "none", so that %s and %s are of no use; write basic, post or bearer, or remove them`, at.name(id), at.name(secret))
	case f.Auth == "none" && there.Secret != nil:
		at.add(way, `is "none" beside a preset that asks with %s; remove it`, at.name("client_secret_file"))
	case own && pair && !hasSecret:
		at.add(secret, "is missing, and %s needs it beside %s; write the secret of that client%s, or remove %[2]s", auth, at.name(id), orFile(variables))
	case hasSecret && !own && pair:
		at.add(id, "is missing, and %s needs it beside %s; write the client id that the secret belongs to, or remove %[2]s", auth, at.name(secret))
	case !own && there.ClientID == "" && pair:
		at.add(id, "is missing, and %s needs it; write the client id that this server has at the provider, or remove %s", auth, at.name(way))
	case hasSecret && !own && auth == "" && variables:
		at.add(id, "is missing beside %s; write the client id that the secret belongs to, or MCP_INTROSPECTION_AUTH=bearer if it is a token", at.name(secret))
	case auth == string(opaque.AuthBearer) && !own && !hasSecret && there.Secret == nil:
		at.add(secret, "is missing, and bearer needs it; write the token that the provider is asked with%s", orFile(variables))
	default:
		return true
	}
	return false
}

// orFile is the other way to give a secret, where variables do.
func orFile(variables bool) string {
	if variables {
		return ", or its file into MCP_INTROSPECTION_CLIENT_SECRET_FILE"
	}
	return ""
}
