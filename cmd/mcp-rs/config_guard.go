package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// guard converts to what package middleware takes. It reads the files of keys again;
// the error is about those, because load found everything else.
func (c *config) guard() (middleware.Config, error) {
	var p problems
	g := c.build(&p)
	return g, p.err()
}

func (c *config) build(p *problems) middleware.Config {
	g := middleware.Config{
		Resource:                         c.resource(),
		Aliases:                          []string{c.alias()},
		Scopes:                           c.RequiredScopes,
		ChallengeScopes:                  c.ChallengeScopes,
		ScopesSupported:                  c.ScopesSupported,
		AllowedOrigins:                   c.AllowedOrigins,
		AllowedHosts:                     c.AllowedHosts,
		MaxBody:                          c.MaxBodyBytes,
		DangerouslyAllowAnonymous:        c.AuthEnabled && !c.AuthRequired,
		DangerouslyDisableAuthentication: !c.AuthEnabled,
	}
	if c.AuthEnabled {
		pol := c.policy(p)
		g.Policy, g.Sessions = &pol, c.seal(p)
		c.limits(&g, p)
	}
	if c.jwtOn() {
		g.Issuers = c.issuers(c.readKeys(p))
		g.AuthorizationServers = c.authorizationServers()
	}
	if c.keysOn() {
		store, err := apikey.New(apikey.Config{Keys: c.APIKeys.values(), Scopes: c.APIKeyScopes, File: c.APIKeysFile})
		each(err, func(field, problem string) { p.translate(keyVariables, field, problem) })
		g.APIKeys, g.APIKeyBearer = store, c.APIKeyBearer
	}
	return g
}

// rehearse lets the packages that will be used check what they will get, so that
// their rules are not written twice, and says it in variables.
func (c *config) rehearse(p *problems) {
	g := c.build(p)
	if g.Policy != nil {
		c.checkKeyScopes(g.Policy.Implies, p)
	}
	_, err := middleware.New(g)
	if mirror := c.mirror(); mirror != nil {
		_, mirrorErr := mirror.Handler()
		err = errors.Join(mirrorErr, err)
	}
	var more problems
	names := c.guardVariables()
	each(err, func(field, problem string) {
		if strings.HasPrefix(field, "Policy.") {
			if variable, text := c.translatePolicy(field, problem); !p.has(variable) {
				more.add(variable, "%s", text)
			}
			return
		}
		name, cause := lastName(field), causes[lastName(field)]
		if p.has(names[name]) || p.has(cause...) || more.has(cause...) || name == "Issuers" && len(p.found) > 0 {
			return // said already, in better words, or follows from what was said
		}
		more.translate(names, field, problem)
	})
	p.found = append(p.found, more.found...)
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
	"AuthorizationServers": {"MCP_JWT_ISSUER", "MCP_OAUTH_SERVER_URL"},
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
	_, resource := c.resourceFrom()
	if !c.set(resource) || resource == "MCP_PORT" {
		resource = "MCP_RESOURCE_URL" // it was assumed, and has to be written instead
	}
	secret, public := cmp.Or(c.secretSet(), "MCP_JWT_SECRET"), c.publicSet()
	return map[string]string{
		"Resource":              resource,
		"Aliases":               resource,
		"Issuers":               "MCP_AUTH_ENABLED", // there are none
		"URL":                   issuer,
		"Issuer":                issuer,
		"AuthorizationServers":  issuer,
		"Audiences":             "MCP_JWT_AUDIENCE",
		"Algorithms":            "MCP_JWT_ALGORITHM",
		"Secret":                secret,
		"PublicKeys":            public,
		"JWKSURL":               "MCP_OAUTH_JWKS_URI",
		"JWKSURI":               "MCP_OAUTH_JWKS_URI",
		"Discovery":             "MCP_OAUTH_SERVER_URL",
		"AuthorizationEndpoint": "MCP_OAUTH_AUTHORIZATION_ENDPOINT",
		"TokenEndpoint":         "MCP_OAUTH_TOKEN_ENDPOINT",
		"RegistrationEndpoint":  "MCP_OAUTH_REGISTRATION_ENDPOINT",
		"Leeway":                "MCP_JWT_LEEWAY",
		"RequiredClaims":        "MCP_JWT_REQUIRED_CLAIMS",
		"Scopes":                "MCP_REQUIRED_SCOPES",
		"ChallengeScopes":       "MCP_CHALLENGE_SCOPES",
		"ScopesSupported":       "MCP_SCOPES_SUPPORTED",
		"AllowedOrigins":        "MCP_ALLOWED_ORIGINS",
		"AllowedHosts":          "MCP_ALLOWED_HOSTS",
		"MaxBody":               "MCP_MAX_BODY_BYTES",
	}
}

// fieldPath takes "Issuers[0].Audiences" or "AllowedOrigins[2]" apart: the last name,
// and the index behind it if there is one.
var fieldPath = regexp.MustCompile(`^(?:.*\.)?([A-Za-z]+)(?:\[(\d+)\])?$`)

func lastName(field string) string {
	if m := fieldPath.FindStringSubmatch(field); m != nil {
		return m[1]
	}
	return field
}

// plainKey is how package apikey names one of its Config.Keys.
var plainKey = regexp.MustCompile(`Keys\[(\d+)\]`)

// translate notes a mistake in a field as one in its variable.
func (p *problems) translate(names map[string]string, field, problem string) {
	variable, ok := names[lastName(field)]
	if !ok {
		variable = field
	}
	if m := fieldPath.FindStringSubmatch(field); m != nil && m[2] != "" && lastName(field) != "Aliases" {
		i, _ := strconv.Atoi(m[2]) // digits only
		problem = fmt.Sprintf("entry %d: %s", i+1, problem)
	}
	problem = plainKey.ReplaceAllStringFunc(problem, func(key string) string {
		i, _ := strconv.Atoi(plainKey.FindStringSubmatch(key)[1])
		return fmt.Sprintf("entry %d of MCP_API_KEYS", i+1)
	})
	p.add(variable, "%s", problem)
}

// each calls f for every mistake in a joined error.
func each(err error, f func(field, problem string)) {
	switch e := err.(type) {
	case nil:
	case *middleware.ConfigError: // which is that of jwks and metadata too
		f(e.Field, e.Problem)
	case *apikey.ConfigError:
		f(e.Field, e.Problem)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			each(one, f)
		}
	default:
		f("configuration", err.Error())
	}
}
