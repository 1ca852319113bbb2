package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// jwtOn reports whether JWTs are accepted: something says whose.
func (c *config) jwtOn() bool {
	return c.AuthEnabled && c.JWTEnabled && (len(c.JWTIssuer) > 0 || c.OAuthServerURL != "" || c.ownKeys() != "")
}

// keysOn reports whether API keys are accepted.
func (c *config) keysOn() bool {
	return c.AuthEnabled && c.APIKeyEnabled && (len(c.APIKeys.values()) > 0 || c.APIKeysFile != "")
}

// secretSet and publicSet are the variable that holds a secret, or a public key, or
// "".
func (c *config) secretSet() string {
	switch {
	case c.JWTSecret.value() != "":
		return "MCP_JWT_SECRET"
	case c.JWTSecretFile != "":
		return "MCP_JWT_SECRET_FILE"
	}
	return ""
}

func (c *config) publicSet() string {
	switch {
	case c.JWTPublicKey.value() != "":
		return "MCP_JWT_PUBLIC_KEY"
	case c.JWTPublicKeyFile != "":
		return "MCP_JWT_PUBLIC_KEY_FILE"
	}
	return ""
}

// ownKeys is the variable that gives keys, or their address, without discovery.
func (c *config) ownKeys() string {
	if c.OAuthJWKSURI != "" {
		return "MCP_OAUTH_JWKS_URI"
	}
	return cmp.Or(c.secretSet(), c.publicSet())
}

// issuerURLs is whose tokens to believe. Without MCP_JWT_ISSUER, the provider's URL
// is taken for its "iss", byte for byte.
func (c *config) issuerURLs() (urls []string, from string) {
	if len(c.JWTIssuer) == 0 && c.OAuthServerURL != "" {
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

// authorizationServers is where clients are sent for a token: the issuers, that of
// MCP_OAUTH_SERVER_URL first, because clients use the first. Where the keys do not
// come from discovery and no issuer is at that URL, the two have nothing to do with
// each other, and the URL alone is a place to log in.
func (c *config) authorizationServers() []string {
	var servers []string
	urls, _ := c.issuerURLs()
	for _, issuer := range urls {
		if metadata.CheckURL(issuer) == nil {
			servers = append(servers, issuer)
		}
	}
	at := slices.IndexFunc(servers, func(s string) bool { return sameServer(s, c.OAuthServerURL) })
	switch {
	case at > 0:
		first := servers[at]
		return slices.Insert(slices.Delete(servers, at, at+1), 0, first)
	case at < 0 && c.OAuthServerURL != "" && c.ownKeys() != "":
		return []string{c.OAuthServerURL}
	}
	return servers
}

// mirror is the provider's document that we publish, with the overrides. It is
// nil where there is no provider to speak of.
func (c *config) mirror() *metadata.Mirror {
	servers := c.authorizationServers()
	if !c.jwtOn() || len(servers) == 0 {
		return nil
	}
	m := &metadata.Mirror{
		Issuer:                servers[0],
		AuthorizationEndpoint: c.OAuthAuthorizationEndpoint,
		TokenEndpoint:         c.OAuthTokenEndpoint,
		RegistrationEndpoint:  c.OAuthRegistrationEndpoint,
	}
	if urls, _ := c.issuerURLs(); slices.Contains(urls, m.Issuer) { // else the keys are another's
		m.Discovery = c.discovery(m.Issuer)
		m.JWKSURI = c.OAuthJWKSURI
	}
	return m
}

// maxKeyFile bounds the files of MCP_JWT_SECRET_FILE and MCP_JWT_PUBLIC_KEY_FILE.
const maxKeyFile = 1 << 20

// keyMaterial is the keys that are configured here.
type keyMaterial struct {
	secret *jwks.Secret
	public []byte
}

// readKeys takes a secret and public keys from wherever they are. One newline at the
// end of a secret file is the editor's; all else is the secret.
func (c *config) readKeys(p *problems) keyMaterial {
	var m keyMaterial
	switch c.secretSet() {
	case "MCP_JWT_SECRET":
		m.secret = jwks.NewSecret([]byte(c.JWTSecret.value()))
	case "MCP_JWT_SECRET_FILE":
		text := readKeyFile("MCP_JWT_SECRET_FILE", c.JWTSecretFile, p)
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		m.secret = jwks.NewSecret(text)
	}
	switch c.publicSet() {
	case "MCP_JWT_PUBLIC_KEY":
		m.public = []byte(strings.ReplaceAll(c.JWTPublicKey.value(), `\n`, "\n"))
	case "MCP_JWT_PUBLIC_KEY_FILE":
		m.public = readKeyFile("MCP_JWT_PUBLIC_KEY_FILE", c.JWTPublicKeyFile, p)
	}
	return m
}

func readKeyFile(variable, path string, p *problems) []byte {
	f, err := os.Open(path)
	if err != nil {
		p.add(variable, "cannot be read: %v; write the path of a file", cause(err))
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	switch {
	case err == nil && len(text) > maxKeyFile:
		err = errors.New("it is too large")
	case err == nil && len(bytes.TrimSpace(text)) == 0:
		err = errors.New("it is empty")
	}
	if err != nil {
		p.add(variable, "cannot be read: %v; write the path of a file with a key in it", cause(err))
		return nil
	}
	return text
}

// issuers converts to what package jwks takes. Keys that are given here belong to
// the only issuer; with several, checkIssuers refuses them.
func (c *config) issuers(m keyMaterial) []jwks.Issuer {
	urls, _ := c.issuerURLs()
	var issuers []jwks.Issuer
	for _, issuer := range urls {
		is := jwks.Issuer{
			URL:            issuer,
			Audiences:      c.JWTAudience,
			Algorithms:     c.JWTAlgorithm,
			JWKSURL:        c.OAuthJWKSURI,
			PublicKeys:     m.public,
			Secret:         m.secret,
			Leeway:         c.JWTLeeway,
			RequiredClaims: c.JWTRequiredClaims,
			RequireATJWT:   c.JWTRequireATJWT,
		}
		if c.ownKeys() == "" {
			is.Discovery = c.discovery(issuer)
		}
		issuers = append(issuers, is)
	}
	return issuers
}
