package main

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// placeholder begins the keys and secrets of .env.mcp.example, which everybody knows.
const placeholder = "change-me"

// validate finds every mistake. What only authentication uses is not looked at while
// authentication is off, so that switching it off is enough for local development.
func (c *config) validate(p *problems) {
	c.checkValues(p)
	c.checkURLs(p)
	c.checkTLS(p)
	c.checkPlaces(p)
	if c.AuthEnabled {
		c.checkCredentials(p)
	}
	if c.AuthEnabled && c.JWTEnabled {
		c.checkEndpoints(p)
		c.checkInputs(p)
		c.checkMetadata(p)
	}
	if c.jwtOn() {
		c.checkIssuers(p)
		c.checkKeySources(p)
	}
	c.checkListen(p)
	c.rehearse(p)
}

// checkValues holds ranges and fixed words.
func (c *config) checkValues(p *problems) {
	for _, word := range []struct {
		variable, value string
		allowed         []string
	}{
		{"MCP_LOG_LEVEL", c.LogLevel, []string{"debug", "info", "warn", "error"}},
		{"MCP_LOG_FORMAT", c.LogFormat, []string{"auto", "text", "json"}},
		{"MCP_METADATA_MODE", c.MetadataMode, []string{"auto", "mirror", "patch", "off"}},
		{"MCP_INTROSPECTION_TOKENS", c.IntrospectionTokens, []string{"opaque", "instead", "also"}},
		{"MCP_INTROSPECTION_AUTH", c.IntrospectionAuth, []string{"", "basic", "post", "bearer", "none"}},
	} {
		if !slices.Contains(word.allowed, word.value) {
			p.add(word.variable, "%.40q is not known; write one of %s", word.value, strings.TrimPrefix(strings.Join(word.allowed, ", "), ", "))
		}
	}
	// Less than a second is nothing in a JWT, which counts whole seconds, and zero
	// would be taken for the default.
	if c.JWTLeeway < time.Second || c.JWTLeeway > 5*time.Minute {
		p.add("MCP_JWT_LEEWAY", "%s is out of range; write a duration between 1s and 5m", c.JWTLeeway)
	}
	if c.MaxBodyBytes < 1 {
		p.add("MCP_MAX_BODY_BYTES", "%d lets no request in; write a number of bytes, such as 4194304", c.MaxBodyBytes)
	}
	if c.TokenCache < 0 {
		p.add("MCP_TOKEN_CACHE", "%d is negative; write a number of tokens, or 0 for none", c.TokenCache)
	}
	if c.ShutdownTimeout < 0 {
		p.add("MCP_SHUTDOWN_TIMEOUT", "%s is negative; write a duration such as 10s", c.ShutdownTimeout)
	}
}

// checkURLs holds what every URL must be. Problems do not repeat the URL: it may hold
// a password.
func (c *config) checkURLs(p *problems) {
	for _, u := range []struct{ variable, value string }{
		{"MCP_OAUTH_SERVER_URL", c.OAuthServerURL},
		{"MCP_OAUTH_AUTHORIZATION_ENDPOINT", c.OAuthAuthorizationEndpoint},
		{"MCP_OAUTH_TOKEN_ENDPOINT", c.OAuthTokenEndpoint},
		{"MCP_OAUTH_REGISTRATION_ENDPOINT", c.OAuthRegistrationEndpoint},
		{"MCP_OAUTH_JWKS_URI", c.OAuthJWKSURI},
		{"MCP_INTROSPECTION_URL", c.IntrospectionURL},
	} {
		if u.value == "" || u.variable == "MCP_INTROSPECTION_URL" && u.value == discoverWord {
			continue
		}
		if err := metadata.CheckURL(u.value); err != nil {
			p.add(u.variable, "%v", err)
		}
	}
	if _, err := metadata.ResourceURL(c.ResourceURL); err != nil && c.ResourceURL != "" {
		p.add("MCP_RESOURCE_URL", "%v", errors.Unwrap(err)) // without "the resource URL"
	}
}

// checkCredentials makes sure that somebody can get in, and not everybody.
func (c *config) checkCredentials(p *problems) {
	if !c.jwtOn() && !c.keysOn() && !p.has("MCP_API_KEYS", "MCP_JWT_ISSUER", "MCP_CONFIG_FILE", "--env-file") {
		p.add("MCP_AUTH_ENABLED", "is on, and there is nothing to authenticate against; write MCP_API_KEYS, or MCP_OAUTH_PROVIDER or MCP_OAUTH_SERVER_URL "+
			"with MCP_RESOURCE_URL (and neither MCP_API_KEY_ENABLED=false nor MCP_JWT_ENABLED=false), or MCP_AUTH_ENABLED=false for local development")
	}
	if !c.exposed() {
		return
	}
	if c.keysOn() && slices.ContainsFunc(c.APIKeys.values(), isPlaceholder) {
		p.add("MCP_API_KEYS", "holds a key of the example, which everybody knows; make one with: mcp-rs keygen")
	}
	if c.jwtOn() && isPlaceholder(c.JWTSecret.value()) {
		p.add("MCP_JWT_SECRET", "is that of the example, which everybody knows; make one with: openssl rand -base64 48")
	}
}

// checkKeyScopes makes sure that the keys of MCP_API_KEYS get past
// MCP_REQUIRED_SCOPES. It asks a guard, which knows what a scope implies.
func (c *config) checkKeyScopes(implies map[string][]string, p *problems) {
	if !c.keysOn() || len(c.APIKeys.values()) == 0 {
		return
	}
	const key = "any"
	store, err := apikey.New(apikey.Config{Keys: []string{key}, Scopes: c.APIKeyScopes})
	if err != nil {
		return // said already
	}
	r := &http.Request{Method: http.MethodGet, URL: new(url.URL), Header: http.Header{"X-Api-Key": {key}}}
	for _, scope := range c.RequiredScopes {
		guard, err := middleware.New(middleware.Config{
			Resource: "http://localhost/", APIKeys: store, Scopes: []string{scope}, Policy: &middleware.Policy{Implies: implies},
		})
		if err != nil {
			continue // said already
		}
		if _, err := guard.Check(r); err != nil {
			p.add("MCP_API_KEY_SCOPES", "lacks %q of MCP_REQUIRED_SCOPES, so that no key of MCP_API_KEYS could pass; add it", scope)
		}
	}
}

func isPlaceholder(value string) bool { return strings.HasPrefix(value, placeholder) }

// checkIssuers holds the rules of whose tokens are believed, and for whom they must
// have been made.
func (c *config) checkIssuers(p *problems) {
	c.checkAudiences(p)
	if !c.named() {
		return
	}
	urls, from := c.issuerURLs()
	if c.OAuthProvider != "" {
		if t := c.trust(c.resource(), new(problems)); len(t.issuers) > 1 && c.ownKeys() != "" {
			p.add(c.ownKeys(), "gives the keys of one issuer, and MCP_OAUTH_PROVIDER has %d; remove it, or name one in MCP_JWT_ISSUER", len(t.issuers))
		}
		return
	}
	if len(urls) == 0 && !p.has("MCP_JWT_ISSUER") {
		p.add("MCP_JWT_ISSUER", `is not set, and %s does not say whose tokens it checks; write the exact "iss" value`, cmp.Or(c.ownKeys(), "MCP_INTROSPECTION_URL"))
	}
	if len(urls) > 1 && c.ownKeys() != "" {
		p.add(c.ownKeys(), "gives the keys of one issuer, and %s names %d; remove it (each issuer's keys are found by discovery), or name one issuer", from, len(urls))
	}
	if len(urls) > 1 && c.OAuthServerURL != "" && !slices.ContainsFunc(urls, func(u string) bool { return sameServer(u, c.OAuthServerURL) }) {
		p.add("MCP_OAUTH_SERVER_URL", "is none of the %d issuers; write one of them, or remove it", len(urls))
	}
	for i, issuer := range c.JWTIssuer {
		if err := metadata.CheckURL(issuer); err != nil && c.ownKeys() == "" && c.discovery(issuer) == "" && c.IntrospectionTokens != "instead" {
			p.add("MCP_JWT_ISSUER", "entry %d %v (its keys are looked for there, unless MCP_OAUTH_JWKS_URI or a key is set)", i+1, err)
		}
	}
}

// checkAudiences makes sure that tokens are for somebody in particular, where the
// resource is a guess: “MCP servers MUST validate that access tokens were issued
// specifically for them as the intended audience” — MCP authorization, Token Handling.
func (c *config) checkAudiences(p *problems) {
	if c.ResourceURL != "" || len(c.file.Resources) > 0 {
		return
	}
	trusts, _ := c.trusts(p)
	for i := range trusts {
		t := &trusts[i]
		switch {
		case t.aimed() || p.has("MCP_JWT_AUDIENCE"):
		case t.at.path != "":
			t.at.add("audiences", `is missing, so that tokens made for any other server would pass; write the "aud" value that means this one, or MCP_RESOURCE_URL or resources`)
		default:
			p.add("MCP_JWT_AUDIENCE", `is not set, so that tokens made for any other server would pass; write the "aud" value that means this one, `+
				"or MCP_RESOURCE_URL")
		}
	}
}

// checkInputs finds what a preset would need, where there is none.
func (c *config) checkInputs(p *problems) {
	if c.OAuthClientSecret.value() != "" && c.OAuthClientSecretFile != "" {
		p.add("MCP_OAUTH_CLIENT_SECRET_FILE", "stands beside MCP_OAUTH_CLIENT_SECRET; keep one of them")
	}
	if c.IntrospectionClientSecret.value() != "" && c.IntrospectionClientSecretFile != "" {
		p.add("MCP_INTROSPECTION_CLIENT_SECRET_FILE", "stands beside MCP_INTROSPECTION_CLIENT_SECRET; keep one of them")
	}
	if c.OAuthProvider != "" {
		return
	}
	for _, variable := range []string{"MCP_OAUTH_DOMAIN", "MCP_OAUTH_TENANT", "MCP_OAUTH_REGION", "MCP_OAUTH_SERVER_ID"} {
		if c.set(variable) {
			p.add(variable, "is for a preset, and none is named; write MCP_OAUTH_PROVIDER too, one of %s", strings.Join(preset.Names(), ", "))
		}
	}
	for _, variable := range []string{"MCP_OAUTH_CLIENT_SECRET", "MCP_OAUTH_CLIENT_SECRET_FILE"} {
		if c.set(variable) {
			p.add(variable, "is for a preset, and none is named; write MCP_INTROSPECTION_CLIENT_SECRET for a server that is asked about tokens, or MCP_OAUTH_PROVIDER too")
		}
	}
}

// checkEndpoints makes sure that there is a document for the endpoints to stand in.
func (c *config) checkEndpoints(p *problems) {
	if t, _ := c.trusts(new(problems)); len(t) > 0 && t[0].at.path == "" && t[0].document != nil {
		return
	}
	for _, variable := range []string{"MCP_OAUTH_AUTHORIZATION_ENDPOINT", "MCP_OAUTH_TOKEN_ENDPOINT", "MCP_OAUTH_REGISTRATION_ENDPOINT"} {
		if c.set(variable) && !p.has(variable) {
			p.add(variable, "belongs to a provider, and none is named; write MCP_OAUTH_SERVER_URL too")
		}
	}
}

// checkKeySources refuses two sources of keys for one issuer: the weaker of the two
// would decide.
func (c *config) checkKeySources(p *problems) {
	secret, public := c.secretSet(), c.publicSet()
	symmetric := slices.ContainsFunc(c.JWTAlgorithm, func(a string) bool { return strings.HasPrefix(strings.ToUpper(a), "HS") })
	for _, rule := range []struct {
		broken            bool
		variable, problem string
	}{
		{c.JWTSecret.value() != "" && c.JWTSecretFile != "", "MCP_JWT_SECRET_FILE", "stands beside MCP_JWT_SECRET; keep one of them"},
		{c.JWTPublicKey.value() != "" && c.JWTPublicKeyFile != "", "MCP_JWT_PUBLIC_KEY_FILE", "stands beside MCP_JWT_PUBLIC_KEY; keep one of them"},
		{secret != "" && c.OAuthJWKSURI != "", secret, "stands beside MCP_OAUTH_JWKS_URI; keep the one that the issuer signs with"},
		{secret != "" && public != "", secret, "stands beside " + public + "; keep the one that the issuer signs with"},
		{public != "" && c.OAuthJWKSURI != "", public, "stands beside MCP_OAUTH_JWKS_URI; keep one of them"},
		{secret != "" && !symmetric, secret, "is of no use with MCP_JWT_ALGORITHM=" + strings.Join(c.JWTAlgorithm, ",") + "; write MCP_JWT_ALGORITHM=HS256, or remove it"},
	} {
		if rule.broken {
			p.add(rule.variable, "%s", rule.problem)
		}
	}
}
