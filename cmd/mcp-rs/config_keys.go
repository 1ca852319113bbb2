package main

import (
	"bytes"
	"cmp"
	"errors"
	"strings"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
	"github.com/mcp-rs/mcp-rs/jwks"
)

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

// keyMaterial is the keys that are configured here.
type keyMaterial struct {
	secret *jwks.Secret
	public []byte
}

// readKeys takes a secret and public keys from wherever they are.
func (c *config) readKeys(p *problems) keyMaterial {
	var m keyMaterial
	m.secret = c.secret("MCP_JWT_SECRET", c.JWTSecret, c.JWTSecretFile, p)
	switch c.publicSet() {
	case "MCP_JWT_PUBLIC_KEY":
		m.public = []byte(strings.ReplaceAll(c.JWTPublicKey.value(), `\n`, "\n"))
	case "MCP_JWT_PUBLIC_KEY_FILE":
		m.public = readKeyFile(c.JWTPublicKeyFile, p.about("MCP_JWT_PUBLIC_KEY_FILE"))
	}
	return m
}

// secret is what variable holds, or the file beside it; nil where neither is set.
func (c *config) secret(variable string, value *masked, path string, p *problems) *jwks.Secret {
	if value != nil && value.value() != "" {
		return jwks.NewSecret([]byte(value.value()))
	}
	return readSecret(path, p.about(variable+"_FILE"))
}

// readSecret takes a secret from a file; nil where none is named. One newline at the end
// is the editor's; all else is the secret.
func readSecret(path string, add note) *jwks.Secret {
	if path == "" {
		return nil
	}
	text := readKeyFile(path, add)
	return jwks.NewSecret(bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
}

// A note adds one mistake about something.
type note func(format string, args ...any)

func readKeyFile(path string, add note) []byte {
	text, err := watch.Read(path)
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		add("cannot be read: %v; write the path of a file with a key in it", cause(err))
		return nil
	}
	return text
}
