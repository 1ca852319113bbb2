package main

import (
	"fmt"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// element is one entry of a list as the file has it.
func element(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// trust is an entry of "issuers", for a resource.
func (f *issuerFile) trust(resource string, at spot) trust {
	t := trust{at: at, preset: new(preset.Provider)}
	f.check(at)
	switch {
	case f.Provider != "":
		t.preset = at.load(f.Provider, f.inputs(resource, at))
		t.issuers = append(t.issuers, t.preset.Issuers...)
	case f.URL != "":
		t.issuers = []jwks.Issuer{{URL: f.URL}}
	}
	keys := f.keys(at)
	for i := range t.issuers {
		f.over(&t.issuers[i], keys)
	}
	var secret *jwks.Secret
	if f.Opaque != nil {
		secret = readSecret(f.Opaque.Ask.SecretFile, at.about("opaque.ask.secret_file"))
	}
	t.opaque = f.lookups(&t, secret)
	if f.Signed != nil && !*f.Signed {
		t.issuers = nil
	}
	f.publish(&t)
	return t
}

// check finds what stands in the wrong company.
func (f *issuerFile) check(at spot) {
	if f.Provider == "" && f.URL == "" {
		at.add("url", `is missing; write the exact "iss" of the tokens, or provider with the name of a preset`)
	}
	for _, rule := range []struct {
		broken        bool
		name, problem string
	}{
		{f.Provider == "" && f.Domain != "", "domain", "is for a preset; write provider too, or remove it"},
		{f.Provider == "" && f.Region != "", "region", "is for a preset; write provider too, or remove it"},
		{f.Provider == "" && f.Server != "", "server", "is for a preset; write provider too, or remove it"},
		{f.Provider == "" && f.ClientSecretFile != "", "client_secret_file", "is for a preset; write opaque.ask.secret_file, or provider too"},
		{f.Provider != "" && len(f.Aliases) > 0, "aliases", "is what the preset says; remove it, or write url without provider"},
		{f.Provider != "" && f.TenantClaim != "", "tenant_claim", "is what the preset says; remove it, or write url without provider"},
		{f.Provider != "" && f.AudienceOptional, "audience_optional", "is what the preset says; remove it, or write url without provider"},
		{f.SecretFile != "" && f.PublicKeyFile != "", "secret_file", "stands beside public_key_file; keep the one that the issuer signs with"},
		{f.SecretFile != "" && f.JWKSURL != "", "secret_file", "stands beside jwks_url; keep the one that the issuer signs with"},
		{f.PublicKeyFile != "" && f.JWKSURL != "", "public_key_file", "stands beside jwks_url; keep one of them"},
		{f.Signed != nil && !*f.Signed && f.Opaque == nil && f.Provider == "", "signed", "is false, and opaque does not say whom to ask instead; write opaque"},
	} {
		if rule.broken {
			at.add(rule.name, "%s", rule.problem)
		}
	}
}

// inputs is what a preset gets of an entry.
func (f *issuerFile) inputs(resource string, at spot) preset.Inputs {
	return preset.Inputs{
		Domain: f.Domain, Tenants: f.Tenants, Region: f.Region, Server: f.Server, URL: f.URL, Clients: f.Clients,
		ClientSecret: readSecret(f.ClientSecretFile, at.about("client_secret_file")),
		Resource:     resource, Audiences: f.Audiences, Required: f.RequiredClaims,
	}
}

func (f *issuerFile) keys(at spot) keyMaterial {
	keys := keyMaterial{secret: readSecret(f.SecretFile, at.about("secret_file"))}
	if f.PublicKeyFile != "" {
		keys.public = readKeyFile(f.PublicKeyFile, at.about("public_key_file"))
	}
	return keys
}

// publish says where clients log in, and which document tells them how.
func (f *issuerFile) publish(t *trust) {
	t.servers = t.preset.AuthorizationServers
	if f.Provider == "" {
		t.servers = logins(t.names())
	}
	if f.AuthorizationServers != nil { // [] is none
		t.servers = f.AuthorizationServers
	}
	if len(t.servers) == 0 {
		return
	}
	t.document = &metadata.Mirror{
		Issuer: t.servers[0], Discovery: t.preset.Discovery,
		AuthorizationEndpoint: t.preset.AuthorizationEndpoint, TokenEndpoint: t.preset.TokenEndpoint, RegistrationEndpoint: t.preset.RegistrationEndpoint,
	}
	for i := range t.issuers {
		if is := &t.issuers[i]; f.Provider == "" && is.URL == t.servers[0] {
			t.document.Discovery, t.document.JWKSURI = is.Discovery, is.JWKSURL
		}
	}
}
