package main

import (
	"cmp"
	"slices"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// guard is guards for the first resource.
func (c *config) guard() (middleware.Config, error) {
	all, err := c.guards()
	return all[0].config, err
}

// guards converts to what package middleware takes, one for each resource. It reads the
// files of keys again; the error is about those, because load found everything else.
func (c *config) guards() ([]built, error) {
	var p problems
	all := c.build(&p)
	return all, p.err()
}

// build makes what all guards share, and then each of them.
func (c *config) build(p *problems) []built {
	shared := middleware.Config{
		AllowedOrigins:                   c.AllowedOrigins,
		AllowedHosts:                     c.AllowedHosts,
		MaxBody:                          c.MaxBodyBytes,
		TokenCache:                       c.TokenCache,
		NoTokenCache:                     c.TokenCache == 0,
		DangerouslyAllowAnonymous:        c.AuthEnabled && !c.AuthRequired,
		DangerouslyDisableAuthentication: !c.AuthEnabled,
	}
	if c.AuthEnabled {
		var ring [][]byte
		shared.Sessions, ring = c.seal(p)
		c.limits(&shared, p)
		c.binding(&shared, ring, p)
	}
	if c.keysOn() {
		store, err := apikey.New(apikey.Config{Keys: c.APIKeys.values(), Scopes: c.APIKeyScopes, File: c.APIKeysFile})
		each(err, func(field, problem string) { p.translate(keyVariables, field, problem) })
		shared.APIKeys, shared.APIKeyBearer = store, c.APIKeyBearer
	}
	var all []built
	for _, pl := range c.places(p) {
		all = append(all, c.buildPlace(pl, shared, p))
	}
	return all
}

func (c *config) buildPlace(pl place, shared middleware.Config, p *problems) built {
	b := built{place: pl, config: shared}
	g := &b.config
	g.Resource, g.Aliases = pl.url, append([]string{pl.alias}, pl.Aliases...)
	g.Scopes, g.ChallengeScopes, g.ScopesSupported = c.RequiredScopes, c.ChallengeScopes, c.ScopesSupported
	if len(pl.Scopes) > 0 { // asking for the scopes of another resource would be of no use
		g.Scopes, g.ChallengeScopes, g.ScopesSupported = pl.Scopes, nil, nil
	}
	override(&g.ChallengeScopes, pl.ChallengeScopes)
	override(&g.ScopesSupported, pl.ScopesSupported)
	if c.AuthEnabled {
		pol := c.policyAt(pl, p)
		g.Policy = &pol
	}
	if c.jwtOn() {
		trusts, _ := c.trustsAt(pl.url, p)
		chosen := pl.chosen(trusts)
		b.believe(chosen, c.foreign(&pl))
		g.AuthorizationServers = c.authorizationServers(chosen)
		g.NoAuthorizationServers = len(g.AuthorizationServers) == 0
		g.ChallengeScopes = asked(g, chosen)
		if len(chosen) > 0 {
			g.ScopePrefix = chosen[0].preset.ScopePrefix
		}
	}
	return b
}

// asked is what a 401 asks clients to request: what was configured, or what the preset
// says for where nothing is, or what is enforced.
func asked(g *middleware.Config, chosen []trust) []string {
	if len(g.ChallengeScopes) > 0 || len(chosen) == 0 {
		return g.ChallengeScopes
	}
	if len(g.Scopes) == 0 {
		return chosen[0].preset.DefaultScopes
	}
	return nil // those of g.Scopes, with g.ScopePrefix
}

// ofResource are the variables that the documents of the resource are made of.
var ofResource = []string{
	"MCP_HOST", "MCP_PORT", "MCP_RESOURCE_URL", "MCP_JWT_ISSUER", "MCP_OAUTH_SERVER_URL",
	"MCP_REQUIRED_SCOPES", "MCP_CHALLENGE_SCOPES", "MCP_SCOPES_SUPPORTED",
}

// causes are variables whose mistakes make further ones in a field.
var causes = map[string][]string{
	"Resource":             ofResource,
	"Aliases":              ofResource,
	"AuthorizationServers": {"MCP_JWT_ISSUER", "MCP_OAUTH_SERVER_URL", "MCP_OAUTH_PROVIDER"},
	"Secret":               {"MCP_JWT_ALGORITHM"},
	"URL":                  {"MCP_JWT_PUBLIC_KEY_FILE"}, // unreadable, so that keys are looked for at the issuer
}

// keyVariables is where the fields of apikey.Config come from.
var keyVariables = map[string]string{
	"Keys":   "MCP_API_KEYS",
	"Scopes": "MCP_API_KEY_SCOPES",
	"File":   "MCP_API_KEYS_FILE",
}

// guardVariables is where the fields of middleware.Config, jwks.Issuer and
// metadata.Mirror come from.
func (c *config) guardVariables() map[string]string {
	_, issuer := c.issuerURLs()
	if c.OAuthProvider != "" && len(c.JWTIssuer) == 0 {
		issuer = "MCP_OAUTH_PROVIDER"
		if c.OAuthServerURL != "" { // which the preset has made it of
			issuer = "MCP_OAUTH_SERVER_URL"
		}
	}
	_, resource := c.resourceFrom()
	if !c.set(resource) || resource == "MCP_PORT" {
		resource = "MCP_RESOURCE_URL" // it was assumed, and has to be written instead
	}
	secret, public := cmp.Or(c.secretSet(), "MCP_JWT_SECRET"), cmp.Or(c.publicSet(), "MCP_JWT_PUBLIC_KEY")
	apiKeys := "MCP_API_KEYS"
	if c.APIKeysFile != "" && len(c.APIKeys.values()) == 0 {
		apiKeys = "MCP_API_KEYS_FILE"
	}
	return map[string]string{
		"Resource":                resource,
		"Aliases":                 resource,
		"ScopePrefix":             resource,           // which presets make it of
		"Issuers":                 "MCP_AUTH_ENABLED", // there are none
		"URL":                     issuer,
		"Issuer":                  issuer,
		"AuthorizationServers":    issuer,
		"Audiences":               "MCP_JWT_AUDIENCE",
		"Clients":                 "MCP_OAUTH_CLIENT_ID",
		"AudienceOptional":        "MCP_OAUTH_CLIENT_ID",
		"Tenants":                 "MCP_OAUTH_TENANT",
		"TenantClaim":             "MCP_OAUTH_TENANT",
		"Algorithms":              "MCP_JWT_ALGORITHM",
		"Secret":                  secret,
		"PublicKeys":              public,
		"JWKSURL":                 "MCP_OAUTH_JWKS_URI",
		"JWKSURI":                 "MCP_OAUTH_JWKS_URI",
		"Discovery":               "MCP_OAUTH_SERVER_URL",
		"AuthorizationEndpoint":   "MCP_OAUTH_AUTHORIZATION_ENDPOINT",
		"TokenEndpoint":           "MCP_OAUTH_TOKEN_ENDPOINT",
		"RegistrationEndpoint":    "MCP_OAUTH_REGISTRATION_ENDPOINT",
		"As":                      resource,
		"Registration":            "MCP_REGISTRATION_CLIENT_ID",
		"ClientID":                "MCP_REGISTRATION_CLIENT_ID",
		"RedirectURIs":            "MCP_REGISTRATION_REDIRECT_URIS",
		"Leeway":                  "MCP_JWT_LEEWAY",
		"RequiredClaims":          "MCP_JWT_REQUIRED_CLAIMS",
		"APIKeys":                 apiKeys,
		"Opaque":                  "MCP_INTROSPECTION_URL",
		"Scopes":                  "MCP_REQUIRED_SCOPES",
		"ChallengeScopes":         "MCP_CHALLENGE_SCOPES",
		"ScopesSupported":         "MCP_SCOPES_SUPPORTED",
		"AllowedOrigins":          "MCP_ALLOWED_ORIGINS",
		"AllowedHosts":            "MCP_ALLOWED_HOSTS",
		"MaxBody":                 "MCP_MAX_BODY_BYTES",
		"TokenCache":              "MCP_TOKEN_CACHE",
		"RequireBound":            "MCP_REQUIRE_BOUND",
		"TrustedProxies":          "MCP_TRUSTED_PROXIES",
		"ClientCertificateHeader": "MCP_CLIENT_CERT_HEADER",
	}
}

// authorizationServers is where clients of a place log in, those of the first provider
// first. A document that is patched is our own, and so is its issuer.
func (c *config) authorizationServers(chosen []trust) []string {
	var servers []string
	patched := c.published()
	for i := range chosen {
		own := chosen[i].servers
		if patched.patch != nil && len(own) > 0 && own[0] == patched.patch.Provider.Issuer {
			own = append([]string{patched.patch.As}, own[1:]...)
		}
		servers = union(servers, own)
	}
	return slices.Clip(servers)
}
