package preset

import (
	"net/http"
	"slices"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// provider fills in the file.
func (f *file) provider(name string, in Inputs, v values) *Provider {
	p := &Provider{
		Name: name, Title: f.Title,
		AuthorizationEndpoint: v.text(f.Endpoints.Authorization),
		TokenEndpoint:         v.text(f.Endpoints.Token),
		RegistrationEndpoint:  v.text(f.Endpoints.Registration),
		Metadata:              f.Metadata,
		SendsIssuer:           f.SendsIssuer,
		ScopePrefix:           v.text(f.ScopePrefix),
		DefaultScopes:         v.list(f.DefaultScopes),
		Hints:                 map[string]string{},
	}
	for _, s := range f.Servers {
		if s.When.hold(v) {
			if len(p.AuthorizationServers) == 0 {
				p.Discovery = v.text(s.Discovery)
			}
			p.AuthorizationServers = append(p.AuthorizationServers, v.text(s.URL))
		}
	}
	for i := range f.Issuers {
		if f.Issuers[i].When.hold(v) {
			p.Issuers = append(p.Issuers, f.Issuers[i].fill(v))
		}
	}
	for i := range f.Opaque {
		if f.Opaque[i].When.hold(v) {
			p.Opaque = append(p.Opaque, f.Opaque[i].fill(v, in.ClientSecret))
		}
	}
	for _, warning := range f.Warnings {
		p.Warnings = append(p.Warnings, v.text(warning))
	}
	for reason, hint := range f.Hints {
		p.Hints[reason] = v.text(hint)
	}
	return p
}

func (is *issuer) fill(v values) jwks.Issuer {
	return jwks.Issuer{
		URL:              v.text(is.URL),
		Aliases:          v.list(is.Aliases),
		Tenants:          v.list(is.Tenants),
		TenantClaim:      is.TenantClaim,
		Discovery:        v.text(is.Discovery),
		JWKSURL:          v.text(is.JWKSURL),
		Algorithms:       slices.Clone(is.Algorithms),
		Audiences:        v.audiences(is.Audiences),
		Clients:          v.list(is.Clients),
		AudienceOptional: is.AudienceOptional,
		RequiredClaims:   is.required(v),
		RefusedClaims:    v.list(is.RefusedClaims),
		Names: jwks.Names{
			Scopes:        slices.Clone(is.Names.Scopes),
			ScopePrefixes: v.list(is.Names.ScopePrefixes),
			Client:        slices.Clone(is.Names.Client),
			User:          slices.Clone(is.Names.User),
		},
	}
}

// required are the claims that the provider must write, and those that the operator wants.
func (a *accept) required(v values) []string {
	return append(v.list(a.RequiredClaims), v["required_claims"]...)
}

func (l *lookup) fill(v values, secret *jwks.Secret) opaque.Provider {
	p := opaque.Provider{
		Issuer:           v.text(l.Issuer),
		Prefixes:         slices.Clone(l.Prefixes),
		Ask:              l.Ask.fill(v),
		Read:             l.Read.fill(),
		Audiences:        v.audiences(l.Audiences),
		Clients:          v.list(l.Clients),
		AudienceOptional: l.AudienceOptional,
		RequiredClaims:   l.required(v),
		RefusedClaims:    v.list(l.RefusedClaims),
	}
	if p.Ask.Auth != opaque.AuthNone {
		p.Ask.Secret = secret
	}
	if p.Ask.Auth == opaque.AuthBasic || p.Ask.Auth == opaque.AuthPost {
		p.Ask.ClientID = v.text("{client_id}")
	}
	return p
}

func (a *ask) fill(v values) opaque.Ask {
	out := opaque.Ask{URL: v.text(a.URL), Method: a.Method, Put: a.Put, Auth: a.Auth, Bad: slices.Clone(a.Bad)}
	for name, value := range a.Header {
		if out.Header == nil {
			out.Header = http.Header{}
		}
		out.Header.Set(name, v.text(value))
	}
	return out
}

func (r *read) fill() opaque.Read {
	return opaque.Read{
		Active:    r.Active,
		Subject:   slices.Clone(r.Subject),
		Client:    slices.Clone(r.Client),
		Audience:  slices.Clone(r.Audience),
		Issuer:    slices.Clone(r.Issuer),
		Scopes:    slices.Clone(r.Scopes),
		ID:        slices.Clone(r.ID),
		Expiry:    slices.Clone(r.Expiry),
		ExpiresIn: slices.Clone(r.ExpiresIn),
		Endless:   r.Endless,
	}
}
