package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// jwtOn reports whether tokens are accepted: something says whose.
func (c *config) jwtOn() bool {
	return c.AuthEnabled && c.JWTEnabled && (c.named() || len(c.file.Issuers) > 0)
}

// named reports whether variables say whose tokens are accepted.
func (c *config) named() bool {
	return c.OAuthProvider != "" || len(c.JWTIssuer) > 0 || c.OAuthServerURL != "" || c.ownKeys() != "" || c.introspects()
}

// keysOn reports whether API keys are accepted.
func (c *config) keysOn() bool {
	return c.AuthEnabled && c.APIKeyEnabled && (len(c.APIKeys.values()) > 0 || c.APIKeysFile != "")
}

// issuerURLs is whose tokens to believe, unless a preset says. Without MCP_JWT_ISSUER,
// the provider's URL is taken for its "iss", byte for byte.
func (c *config) issuerURLs() (urls []string, from string) {
	if len(c.JWTIssuer) == 0 && c.OAuthServerURL != "" && c.OAuthProvider == "" {
		return []string{c.OAuthServerURL}, "MCP_OAUTH_SERVER_URL"
	}
	return c.JWTIssuer, "MCP_JWT_ISSUER"
}

// discovery is where to look for the documents of an issuer, "" meaning at the
// issuer itself. MCP_OAUTH_SERVER_URL is about the issuer that is equal to it but
// for a final slash, or about the only one.
func (c *config) discovery(issuer string) string {
	urls, _ := c.issuerURLs()
	if issuer == c.OAuthServerURL || len(urls) > 1 && !sameServer(issuer, c.OAuthServerURL) {
		return ""
	}
	return c.OAuthServerURL
}

func sameServer(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

// trust is the provider of the variables, for a resource.
func (c *config) trust(resource string, p *problems) trust {
	t := trust{at: spot{variables: c.entryVariables(), p: p}, preset: new(preset.Provider)}
	f := c.written()
	if f.Provider != "" {
		t.preset = t.at.load(f.Provider, c.inputs(resource, p))
	}
	t.issuers = c.issuers(&f, t.preset, c.readKeys(p))
	t.preset.Opaque = c.renamed(t.preset)
	t.opaque = f.lookups(&t, c.secret("MCP_INTROSPECTION_CLIENT_SECRET", c.IntrospectionClientSecret, c.IntrospectionClientSecretFile, p))
	t.servers = c.servers(&t)
	t.document = c.document(&t)
	return t
}

// entryVariables is what stands for each name of the file.
func (c *config) entryVariables() map[string]string {
	secret := func(variable, file string) string {
		if file != "" {
			return variable + "_FILE"
		}
		return variable
	}
	return map[string]string{
		"provider":               "MCP_OAUTH_PROVIDER",
		"domain":                 "MCP_OAUTH_DOMAIN",
		"tenants":                "MCP_OAUTH_TENANT",
		"region":                 "MCP_OAUTH_REGION",
		"server":                 "MCP_OAUTH_SERVER_ID",
		"url":                    "MCP_OAUTH_SERVER_URL",
		"clients":                "MCP_OAUTH_CLIENT_ID",
		"client_secret_file":     secret("MCP_OAUTH_CLIENT_SECRET", c.OAuthClientSecretFile),
		"audiences":              "MCP_JWT_AUDIENCE",
		"required_claims":        "MCP_JWT_REQUIRED_CLAIMS",
		"opaque":                 "MCP_INTROSPECTION_URL",
		"opaque.jwt":             "MCP_INTROSPECTION_TOKENS",
		"opaque.ask.auth":        "MCP_INTROSPECTION_AUTH",
		"opaque.ask.client_id":   "MCP_INTROSPECTION_CLIENT_ID",
		"opaque.ask.secret_file": secret("MCP_INTROSPECTION_CLIENT_SECRET", c.IntrospectionClientSecretFile),
	}
}

// inputs is what a preset gets of the variables.
func (c *config) inputs(resource string, p *problems) preset.Inputs {
	return preset.Inputs{
		Domain: c.OAuthDomain, Tenants: c.OAuthTenant, Region: c.OAuthRegion, Server: c.OAuthServerID, URL: c.OAuthServerURL,
		Clients:      c.OAuthClientID,
		ClientSecret: c.secret("MCP_OAUTH_CLIENT_SECRET", c.OAuthClientSecret, c.OAuthClientSecretFile, p),
		Resource:     resource, Audiences: c.JWTAudience, Required: c.JWTRequiredClaims,
	}
}

// written is the variables as they would stand in the file. Defaults do not win over a
// preset.
func (c *config) written() issuerFile {
	f := issuerFile{
		Provider: c.OAuthProvider, Audiences: c.JWTAudience, RequiredClaims: c.JWTRequiredClaims, JWKSURL: c.OAuthJWKSURI,
		Clients: c.OAuthClientID, Opaque: c.introspection(),
	}
	if c.OAuthProvider == "" || c.set("MCP_JWT_ALGORITHM") {
		f.Algorithms = c.JWTAlgorithm
	}
	if c.OAuthProvider == "" || c.set("MCP_JWT_LEEWAY") {
		f.Leeway = c.JWTLeeway
	}
	if c.OAuthProvider == "" || c.set("MCP_JWT_REQUIRE_AT_JWT") {
		f.ATJWT = &c.JWTRequireATJWT
	}
	return f
}

// issuers is those of the preset, or of MCP_JWT_ISSUER: in the likeness of the preset's,
// where there are some. Keys that are given here belong to the only issuer; with
// several, checkIssuers refuses them.
func (c *config) issuers(f *issuerFile, of *preset.Provider, keys keyMaterial) []jwks.Issuer {
	issuers := slices.Clone(of.Issuers)
	if urls, _ := c.issuerURLs(); f.Provider == "" || len(c.JWTIssuer) > 0 {
		issuers = nil
		for _, iss := range urls {
			issuers = append(issuers, c.issuer(iss, of.Issuers))
		}
	}
	for i := range issuers {
		f.over(&issuers[i], keys)
	}
	return issuers
}

// issuer is one of MCP_JWT_ISSUER: of those that a preset has the one of that name, or
// the first with another name.
func (c *config) issuer(iss string, likeness []jwks.Issuer) jwks.Issuer {
	at := slices.IndexFunc(likeness, func(is jwks.Issuer) bool { return is.URL == iss })
	switch {
	case at >= 0:
		is := likeness[at]
		is.Aliases = nil // what is said explicitly is all that is meant
		return is
	case len(likeness) > 0:
		is := likeness[0]
		if len(is.Tenants) > 0 { // where the document of all tenants is, not that of iss
			is.Discovery = ""
		}
		is.URL, is.Aliases, is.Tenants, is.TenantClaim = iss, nil, nil, ""
		return is
	case c.OAuthProvider != "":
		return jwks.Issuer{URL: iss, Audiences: c.JWTAudience, Algorithms: c.JWTAlgorithm}
	}
	return jwks.Issuer{URL: iss, Discovery: c.discovery(iss)}
}

// renamed is whom a preset asks: about the tokens of MCP_JWT_ISSUER, where that stands in
// the place of the preset's own issuer.
func (c *config) renamed(of *preset.Provider) []opaque.Provider {
	found := slices.Clone(of.Opaque)
	for i := range found {
		own := slices.ContainsFunc(of.Issuers, func(is jwks.Issuer) bool { return is.URL == found[i].Issuer })
		if own && len(c.JWTIssuer) == 1 {
			found[i].Issuer = c.JWTIssuer[0]
		}
	}
	return found
}

// servers is where clients are sent for a token: the issuers, that of
// MCP_OAUTH_SERVER_URL first, because clients use the first. Where the keys do not
// come from discovery and no issuer is at that URL, the two have nothing to do with
// each other, and the URL alone is a place to log in.
func (c *config) servers(t *trust) []string {
	urls, _ := c.issuerURLs()
	if c.OAuthProvider != "" && (len(c.JWTIssuer) == 0 || !isIssuers(t.preset)) {
		return t.preset.AuthorizationServers
	}
	servers := logins(urls)
	at := slices.IndexFunc(servers, func(s string) bool { return sameServer(s, c.OAuthServerURL) })
	switch {
	case at > 0:
		first := servers[at]
		return slices.Insert(slices.Delete(servers, at, at+1), 0, first)
	case at < 0 && c.OAuthServerURL != "" && c.OAuthProvider == "" && c.ownKeys() != "": // else it is an input of the preset
		return []string{c.OAuthServerURL}
	}
	return servers
}

// isIssuers reports whether a provider's clients log in at its issuers, so that where
// these are others, so are those.
func isIssuers(of *preset.Provider) bool {
	return !slices.ContainsFunc(of.AuthorizationServers, func(server string) bool {
		return !slices.ContainsFunc(of.Issuers, func(is jwks.Issuer) bool { return is.URL == server })
	})
}

// document is the provider's document that we publish, with the overrides. It is nil
// where there is no provider to speak of.
func (c *config) document(t *trust) *metadata.Mirror {
	if len(t.servers) == 0 {
		return nil
	}
	m := &metadata.Mirror{
		Issuer:                t.servers[0],
		Discovery:             t.preset.Discovery,
		AuthorizationEndpoint: cmp.Or(c.OAuthAuthorizationEndpoint, t.preset.AuthorizationEndpoint),
		TokenEndpoint:         cmp.Or(c.OAuthTokenEndpoint, t.preset.TokenEndpoint),
		RegistrationEndpoint:  cmp.Or(c.OAuthRegistrationEndpoint, t.preset.RegistrationEndpoint),
	}
	if urls, _ := c.issuerURLs(); slices.Contains(urls, m.Issuer) { // else the keys are another's
		m.JWKSURI = c.OAuthJWKSURI
		if c.OAuthProvider == "" {
			m.Discovery = c.discovery(m.Issuer)
		}
	}
	return m
}
