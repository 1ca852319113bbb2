package main

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
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
	c.checkListen(p)
	c.checkTLS(p)
	if c.AuthEnabled {
		c.checkCredentials(p)
	}
	if c.AuthEnabled && c.JWTEnabled {
		c.checkEndpoints(p)
	}
	if c.jwtOn() {
		c.checkIssuers(p)
		c.checkKeySources(p)
	}
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
	} {
		if !slices.Contains(word.allowed, word.value) {
			p.add(word.variable, "%.40q is not known; write one of %s", word.value, strings.Join(word.allowed, ", "))
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
	} {
		if u.value == "" {
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
	if !c.jwtOn() && !c.keysOn() && !p.has("MCP_API_KEYS", "MCP_JWT_ISSUER") {
		p.add("MCP_AUTH_ENABLED", "is on, and there is nothing to authenticate against; write MCP_API_KEYS, or MCP_OAUTH_SERVER_URL "+
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
	urls, from := c.issuerURLs()
	if len(urls) == 0 && !p.has("MCP_JWT_ISSUER") {
		p.add("MCP_JWT_ISSUER", `is not set, and %s does not say whose tokens it checks; write the exact "iss" value`, c.ownKeys())
	}
	if len(c.JWTAudience) == 0 && c.ResourceURL == "" && !p.has("MCP_JWT_AUDIENCE") {
		p.add("MCP_JWT_AUDIENCE", `is not set, so that tokens made for any other server would pass; write the "aud" value that means this one, `+
			"or MCP_RESOURCE_URL")
	}
	if len(urls) > 1 && c.ownKeys() != "" {
		p.add(c.ownKeys(), "gives the keys of one issuer, and %s names %d; remove it (each issuer's keys are found by discovery), or name one issuer", from, len(urls))
	}
	if len(urls) > 1 && c.OAuthServerURL != "" && !slices.ContainsFunc(urls, func(u string) bool { return sameServer(u, c.OAuthServerURL) }) {
		p.add("MCP_OAUTH_SERVER_URL", "is none of the %d issuers; write one of them, or remove it", len(urls))
	}
	for i, issuer := range c.JWTIssuer {
		if err := metadata.CheckURL(issuer); err != nil && c.ownKeys() == "" && c.discovery(issuer) == "" {
			p.add("MCP_JWT_ISSUER", "entry %d %v (its keys are looked for there, unless MCP_OAUTH_JWKS_URI or a key is set)", i+1, err)
		}
	}
}

// checkEndpoints makes sure that there is a document for the endpoints to stand in.
func (c *config) checkEndpoints(p *problems) {
	if c.mirror() != nil {
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
