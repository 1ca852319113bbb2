package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
)

const (
	secret32 = "0123456789abcdef0123456789abcdef"

	// Complete settings, to which a mistake is added.
	withKey    = "MCP_API_KEYS=k; MCP_HOST=127.0.0.1"
	withIssuer = "MCP_HOST=127.0.0.1; MCP_JWT_ISSUER=https://login.example.com; MCP_JWT_AUDIENCE=a"
	withSecret = "MCP_HOST=127.0.0.1; MCP_JWT_ISSUER=maker; MCP_JWT_AUDIENCE=a; MCP_JWT_SECRET=" + secret32
	exposed    = "MCP_AUTH_REQUIRED=true; MCP_RESOURCE_URL=https://mcp.example.com/mcp"
)

// pemFiles are what the file variables can name, good and bad.
type pemFiles struct{ huge, ec, rsa1024, private, garbage, empty, none, cert, key, otherKey string }

func newPEMFiles(t *testing.T) pemFiles {
	t.Helper()
	block := func(kind string, der []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour)}
	f := pemFiles{huge: writeFile(t, strings.Repeat("x", watch.MaxFile+1)), garbage: writeFile(t, "canary"), empty: writeFile(t, "\n"), none: "/nonexistent/canary"}
	der, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	f.ec = block("PUBLIC KEY", der, err)
	der, err = x509.MarshalPKIXPublicKey(&small.PublicKey)
	f.rsa1024 = block("PUBLIC KEY", der, err)
	der, err = x509.MarshalPKCS8PrivateKey(ec)
	f.private, f.key = block("PRIVATE KEY", der, err), block("PRIVATE KEY", der, err)
	der, err = x509.MarshalPKCS8PrivateKey(other)
	f.otherKey = block("PRIVATE KEY", der, err)
	der, err = x509.CreateCertificate(rand.Reader, template, template, &ec.PublicKey, ec)
	f.cert = block("CERTIFICATE", der, err)
	return f
}

// Each row is one mistake, and is reported as exactly one variable: what merely
// follows from a mistake would send people to the wrong place.
func TestMistakes(t *testing.T) {
	t.Parallel()
	f := newPEMFiles(t)
	type row struct{ policy, settings, variable, want string }
	tables := map[string][]row{
		"values": {
			{"a boolean is true or false", withKey + "; MCP_AUTH_REQUIRED=ture", "MCP_AUTH_REQUIRED", "write true or false"},
			{"a number is a number", withKey + "; MCP_PORT=http", "MCP_PORT", "write digits"},
			{"a large number too", withKey + "; MCP_MAX_BODY_BYTES=4MB", "MCP_MAX_BODY_BYTES", "write digits"},
			{"a duration has a unit", withKey + "; MCP_SHUTDOWN_TIMEOUT=10", "MCP_SHUTDOWN_TIMEOUT", "such as 60s"},
			{"an empty key", "MCP_API_KEYS=a,,b", "MCP_API_KEYS", "entry 2 is empty"},
			{"a comma at the end", "MCP_API_KEYS=a,", "MCP_API_KEYS", "entry 2 is empty"},
			{"an empty audience", "MCP_JWT_ISSUER=https://login.example.com; MCP_RESOURCE_URL=https://mcp.example.com; MCP_JWT_AUDIENCE=, a", "MCP_JWT_AUDIENCE", "entry 1 is empty"},
			{"an empty audience alone", "MCP_JWT_ISSUER=https://login.example.com; MCP_JWT_AUDIENCE=,", "MCP_JWT_AUDIENCE", "entry 1 is empty"},
			{"an empty issuer", "MCP_JWT_ISSUER=,; MCP_JWT_AUDIENCE=a", "MCP_JWT_ISSUER", "entry 1 is empty"},
			{"an empty issuer beside a key set", "MCP_JWT_ISSUER=a,; MCP_JWT_AUDIENCE=a; MCP_OAUTH_JWKS_URI=https://login.example.com/keys", "MCP_JWT_ISSUER", "entry 2 is empty"},
			{"a key twice", "MCP_API_KEYS=a,a", "MCP_API_KEYS", "entry 2: the same key as entry 1 of MCP_API_KEYS"},
			{"no such port", withKey + "; MCP_PORT=65536", "MCP_PORT", "1 to 65535"},
			{"a host is no URL", "MCP_API_KEYS=k; MCP_AUTH_REQUIRED=true; MCP_HOST=http://localhost", "MCP_HOST", "without brackets or scheme"},
			{"a host has no port", "MCP_API_KEYS=k; MCP_AUTH_REQUIRED=true; MCP_HOST=localhost:8000", "MCP_HOST", "MCP_PORT"},
			{"leeway up to 5 minutes", withKey + "; MCP_JWT_LEEWAY=6m", "MCP_JWT_LEEWAY", "between 1s and 5m"},
			{"no leeway is not the default", withKey + "; MCP_JWT_LEEWAY=0s", "MCP_JWT_LEEWAY", "between 1s and 5m"},
			{"negative leeway", withKey + "; MCP_JWT_LEEWAY=-1s", "MCP_JWT_LEEWAY", "between 1s and 5m"},
			{"the old transport where keys are proved", withIssuer + "; MCP_REQUIRE_BOUND=true; MCP_SSE_ENABLED=true", "MCP_SSE_ENABLED", "MCP_REQUIRE_BOUND"},
			{"fewer than no tokens", withKey + "; MCP_TOKEN_CACHE=-1", "MCP_TOKEN_CACHE", "0 for none"},
			{"no body at all", withKey + "; MCP_MAX_BODY_BYTES=0", "MCP_MAX_BODY_BYTES", "number of bytes"},
			{"negative timeout", withKey + "; MCP_SHUTDOWN_TIMEOUT=-1s", "MCP_SHUTDOWN_TIMEOUT", "10s"},
			{"unknown level", withKey + "; MCP_LOG_LEVEL=loud", "MCP_LOG_LEVEL", "debug, info, warn, error"},
			{"unknown format", withKey + "; MCP_LOG_FORMAT=xml", "MCP_LOG_FORMAT", "auto, text, json"},
			{"an origin has no path", withKey + "; MCP_ALLOWED_ORIGINS=https://a.example.com,https://b.example.com/x", "MCP_ALLOWED_ORIGINS", "entry 2"},
			{"every origin while anonymous requests pass", withKey + "; MCP_ALLOWED_ORIGINS=*", "MCP_ALLOWED_ORIGINS", "name the origins"},
			{"a host name has no path", withKey + "; MCP_ALLOWED_HOSTS=a/b", "MCP_ALLOWED_HOSTS", "host name"},
		},
		"who gets in": {
			{"nothing to authenticate against", "", "MCP_AUTH_ENABLED", "write MCP_API_KEYS, or MCP_OAUTH_PROVIDER or MCP_OAUTH_SERVER_URL"},
			{"keys, but switched off", "MCP_API_KEYS=k; MCP_API_KEY_ENABLED=false", "MCP_AUTH_ENABLED", "MCP_API_KEY_ENABLED"},
			{"an issuer, but switched off", withIssuer + "; MCP_JWT_ENABLED=false", "MCP_AUTH_ENABLED", "MCP_JWT_ENABLED"},
			{"strangers from other machines", "MCP_API_KEYS=k; MCP_HOST=0.0.0.0", "MCP_HOST", "MCP_AUTH_REQUIRED"},
			{"strangers by a host name", "MCP_API_KEYS=k; MCP_HOST=mcp.example.com", "MCP_HOST", "MCP_AUTH_REQUIRED"},
			{"no API key could pass", withKey + "; MCP_REQUIRED_SCOPES=mcp:tools", "MCP_API_KEY_SCOPES", `"mcp:tools"`},
			{"a key of the example, exposed", exposed + "; MCP_API_KEYS=change-me-ci", "MCP_API_KEYS", "keygen"},
			{"a key of the example behind a proxy", "MCP_HOST=127.0.0.1; MCP_RESOURCE_URL=https://mcp.example.com; MCP_API_KEYS=change-me-ci", "MCP_API_KEYS", "keygen"},
			{"the secret of the example, exposed", exposed + "; MCP_JWT_ISSUER=maker; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET=change-me-" + secret32, "MCP_JWT_SECRET", "openssl"},
			{"offline_access is demanded", withKey + "; MCP_REQUIRED_SCOPES=offline_access; MCP_API_KEY_SCOPES=offline_access", "MCP_REQUIRED_SCOPES", "offline_access"},
			{"offline_access is asked for", withKey + "; MCP_CHALLENGE_SCOPES=read,offline_access", "MCP_CHALLENGE_SCOPES", "offline_access"},
			{"offline_access is advertised", withKey + "; MCP_SCOPES_SUPPORTED=offline_access", "MCP_SCOPES_SUPPORTED", "offline_access"},
			{"scopes with spaces between", withKey + "; MCP_CHALLENGE_SCOPES=read write", "MCP_CHALLENGE_SCOPES", "read write"},
			{"a key's scopes with spaces between", withKey + "; MCP_API_KEY_SCOPES=read write", "MCP_API_KEY_SCOPES", "entry 1"},
			{"no such file of keys", "MCP_API_KEYS_FILE=" + f.none, "MCP_API_KEYS_FILE", "no such file"},
			{"a file of keys with a mistake", "MCP_API_KEYS_FILE=" + f.garbage, "MCP_API_KEYS_FILE", "line 1"},
		},
		"issuers": {
			{"an issuer without an audience", "MCP_JWT_ISSUER=https://login.example.com", "MCP_JWT_AUDIENCE", "MCP_RESOURCE_URL"},
			{"a server without an audience", "MCP_OAUTH_SERVER_URL=https://login.example.com", "MCP_JWT_AUDIENCE", "MCP_RESOURCE_URL"},
			{"a secret without an issuer", "MCP_JWT_AUDIENCE=a; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET=" + secret32, "MCP_JWT_ISSUER", `exact "iss"`},
			{"a key without an issuer", "MCP_JWT_AUDIENCE=a; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.ec, "MCP_JWT_ISSUER", `exact "iss"`},
			{"a key set without an issuer", "MCP_JWT_AUDIENCE=a; MCP_OAUTH_JWKS_URI=https://login.example.com/keys", "MCP_JWT_ISSUER", `exact "iss"`},
			{"an issuer where nothing can be looked up", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=maker", "MCP_JWT_ISSUER", "entry 1"},
			{"plain http to a provider", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=http://login.example.com", "MCP_JWT_ISSUER", "https://"},
			{"plain http to a server", "MCP_JWT_AUDIENCE=a; MCP_OAUTH_SERVER_URL=http://login.example.com", "MCP_OAUTH_SERVER_URL", "https://"},
			{"plain http to a key set", withIssuer + "; MCP_OAUTH_JWKS_URI=http://login.example.com/keys", "MCP_OAUTH_JWKS_URI", "https://"},
			{"plain http to a key set here, of an issuer that is not", withIssuer + "; MCP_OAUTH_JWKS_URI=http://localhost:1/keys", "MCP_OAUTH_JWKS_URI", "https://"},
			{"plain http to an endpoint", withIssuer + "; MCP_OAUTH_AUTHORIZATION_ENDPOINT=http://login.example.com/a", "MCP_OAUTH_AUTHORIZATION_ENDPOINT", "https://"},
			{"an endpoint is absolute", withIssuer + "; MCP_OAUTH_TOKEN_ENDPOINT=/token", "MCP_OAUTH_TOKEN_ENDPOINT", "not absolute"},
			{"an endpoint without fragment", withIssuer + "; MCP_OAUTH_REGISTRATION_ENDPOINT=https://login.example.com/r#x", "MCP_OAUTH_REGISTRATION_ENDPOINT", "fragment"},
			{"a password in a URL", "MCP_JWT_AUDIENCE=a; MCP_OAUTH_SERVER_URL=https://u:canary@login.example.com", "MCP_OAUTH_SERVER_URL", "user information"},
			{"a document is no issuer", "MCP_JWT_AUDIENCE=a; MCP_OAUTH_SERVER_URL=https://login.example.com/.well-known/openid-configuration", "MCP_OAUTH_SERVER_URL", "issuer"},
			{"endpoints of nobody", withSecret + "; MCP_JWT_ALGORITHM=HS256; MCP_OAUTH_TOKEN_ENDPOINT=https://login.example.com/t", "MCP_OAUTH_TOKEN_ENDPOINT", "MCP_OAUTH_SERVER_URL"},
			{"endpoints without any issuer", withKey + "; MCP_OAUTH_TOKEN_ENDPOINT=https://login.example.com/t", "MCP_OAUTH_TOKEN_ENDPOINT", "MCP_OAUTH_SERVER_URL"},
			{"an endpoint of nobody that is none", withKey + "; MCP_OAUTH_TOKEN_ENDPOINT=/t", "MCP_OAUTH_TOKEN_ENDPOINT", "not absolute"},
			{"an issuer twice", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=https://login.example.com,https://login.example.com", "MCP_JWT_ISSUER", "twice"},
			{"a server that is none of several issuers", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=https://a.example.com,https://b.example.com; MCP_OAUTH_SERVER_URL=https://c.example.com", "MCP_OAUTH_SERVER_URL", "none of the 2 issuers"},
			{"one key set for several issuers", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=https://a.example.com,https://b.example.com; MCP_OAUTH_JWKS_URI=https://a.example.com/keys", "MCP_OAUTH_JWKS_URI", "one issuer"},
			{"one secret for several issuers", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=x,y; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET=" + secret32, "MCP_JWT_SECRET", "one issuer"},
			{"one public key for several issuers", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=x,y; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.ec, "MCP_JWT_PUBLIC_KEY_FILE", "one issuer"},
			{"a resource that could be anybody's", "MCP_AUTH_REQUIRED=true; MCP_JWT_ISSUER=https://login.example.com; MCP_JWT_AUDIENCE=my-api", "MCP_RESOURCE_URL", "such as https://mcp.example.com/mcp"},
			{"a resource in plain http", withKey + "; MCP_RESOURCE_URL=http://mcp.example.com/mcp", "MCP_RESOURCE_URL", "https://"},
			{"a resource with an empty segment", withKey + "; MCP_RESOURCE_URL=https://mcp.example.com//mcp", "MCP_RESOURCE_URL", "//"},
		},
		"asking": {
			{"half a client over a preset's", withGitHub + "; MCP_INTROSPECTION_CLIENT_ID=x", "MCP_INTROSPECTION_CLIENT_SECRET", "or remove MCP_INTROSPECTION_CLIENT_ID"},
			{"the other half", withGitHub + "; MCP_INTROSPECTION_CLIENT_SECRET=canary", "MCP_INTROSPECTION_CLIENT_ID", "or remove MCP_INTROSPECTION_CLIENT_SECRET"},
			{"another way than a preset's", withGitHub + "; MCP_INTROSPECTION_AUTH=bearer", "MCP_INTROSPECTION_AUTH", "remove it"},
			{"nothing to verify", withGitHub + "; MCP_INTROSPECTION_TOKENS=also", "MCP_INTROSPECTION_TOKENS", "write opaque"},
		},
		"keys": {
			{"a secret beside a key set", withSecret + "; MCP_JWT_ALGORITHM=HS256; MCP_OAUTH_JWKS_URI=https://login.example.com/keys", "MCP_JWT_SECRET", "MCP_OAUTH_JWKS_URI"},
			{"a secret beside a public key", withSecret + "; MCP_JWT_ALGORITHM=HS256; MCP_JWT_PUBLIC_KEY_FILE=" + f.ec, "MCP_JWT_SECRET", "MCP_JWT_PUBLIC_KEY_FILE"},
			{"a public key beside a key set", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_OAUTH_JWKS_URI=https://login.example.com/keys; MCP_JWT_PUBLIC_KEY_FILE=" + f.ec, "MCP_JWT_PUBLIC_KEY_FILE", "MCP_OAUTH_JWKS_URI"},
			{"a secret twice", withSecret + "; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET_FILE=" + f.garbage, "MCP_JWT_SECRET_FILE", "MCP_JWT_SECRET"},
			{"a public key twice", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.ec + "; MCP_JWT_PUBLIC_KEY=" + examplePEM(t), "MCP_JWT_PUBLIC_KEY_FILE", "MCP_JWT_PUBLIC_KEY"},
			{"a secret without HS", withSecret, "MCP_JWT_SECRET", "MCP_JWT_ALGORITHM=HS256"},
			{"HS without a secret", withIssuer + "; MCP_JWT_ALGORITHM=HS256", "MCP_JWT_SECRET", "HS256"},
			{"HS beside RS", withSecret + "; MCP_JWT_ALGORITHM=RS256,HS256", "MCP_JWT_ALGORITHM", "mixes"},
			{"RS beside HS", withSecret + "; MCP_JWT_ALGORITHM=HS256,RS256", "MCP_JWT_ALGORITHM", "mixes"},
			{"none is no algorithm", withIssuer + "; MCP_JWT_ALGORITHM=none", "MCP_JWT_ALGORITHM", "none"},
			{"none is no algorithm, said once for two issuers", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=https://a.example.com,https://b.example.com; MCP_JWT_ALGORITHM=none", "MCP_JWT_ALGORITHM", "none"},
			{"names are exact", withIssuer + "; MCP_JWT_ALGORITHM=rs256", "MCP_JWT_ALGORITHM", "RS256"},
			{"names are exact for HS", withSecret + "; MCP_JWT_ALGORITHM=hs256", "MCP_JWT_ALGORITHM", "HS256"},
			{"HS256 needs 32 bytes", strings.TrimSuffix(withSecret, "f") + "; MCP_JWT_ALGORITHM=HS256", "MCP_JWT_SECRET", "at least 32"},
			{"HS384 needs 48 bytes", withSecret + "; MCP_JWT_ALGORITHM=HS384", "MCP_JWT_SECRET", "at least 48"},
			{"HS512 needs 64 bytes", withSecret + "; MCP_JWT_ALGORITHM=HS512", "MCP_JWT_SECRET", "at least 64"},
			{"the longest hash decides", withSecret + "; MCP_JWT_ALGORITHM=HS256,HS512", "MCP_JWT_SECRET", "at least 64"},
			{"a short secret in a file", withIssuer + "; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET_FILE=" + f.garbage, "MCP_JWT_SECRET_FILE", "at least 32"},
			{"no such file of a secret", withIssuer + "; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET_FILE=" + f.none, "MCP_JWT_SECRET_FILE", "no such file"},
			{"an empty file of a secret", withIssuer + "; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET_FILE=" + f.empty, "MCP_JWT_SECRET_FILE", "empty"},
			{"no such file of a key", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.none, "MCP_JWT_PUBLIC_KEY_FILE", "no such file"},
			{"no such file of a key, of an issuer without documents", "MCP_JWT_ISSUER=maker; MCP_JWT_AUDIENCE=a; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.none, "MCP_JWT_PUBLIC_KEY_FILE", "no such file"},
			{"a file without end", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.huge, "MCP_JWT_PUBLIC_KEY_FILE", "it is larger than 1048576 bytes"},
			{"a folder is no key", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + t.TempDir(), "MCP_JWT_PUBLIC_KEY_FILE", "cannot be read"},
			{"a key that is no PEM", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.garbage, "MCP_JWT_PUBLIC_KEY_FILE", "PEM"},
			{"an inline key that is no PEM", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY=canary", "MCP_JWT_PUBLIC_KEY", "PEM"},
			{"a private key", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.private, "MCP_JWT_PUBLIC_KEY_FILE", "private key"},
			{"RSA under 2048 bits", withIssuer + "; MCP_JWT_PUBLIC_KEY_FILE=" + f.rsa1024, "MCP_JWT_PUBLIC_KEY_FILE", "2048"},
			{"a key that no algorithm can use", withIssuer + "; MCP_JWT_ALGORITHM=RS256; MCP_JWT_PUBLIC_KEY_FILE=" + f.ec, "MCP_JWT_PUBLIC_KEY_FILE", ""},
		},
		"TLS": {
			{"no certificate", withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_KEY_FILE=" + f.key, "MCP_SSL_CERT_FILE", "not set"},
			{"no key", withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.cert, "MCP_SSL_KEY_FILE", "not set"},
			{"no such certificate", withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.none + "; MCP_SSL_KEY_FILE=" + f.key, "MCP_SSL_CERT_FILE", "no such file"},
			{"no such key", withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.cert + "; MCP_SSL_KEY_FILE=" + f.none, "MCP_SSL_KEY_FILE", "no such file"},
			{"another certificate's key", withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.cert + "; MCP_SSL_KEY_FILE=" + f.otherKey, "MCP_SSL_KEY_FILE", "MCP_SSL_CERT_FILE"},
			{"a key that is none", withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.cert + "; MCP_SSL_KEY_FILE=" + f.garbage, "MCP_SSL_KEY_FILE", "MCP_SSL_CERT_FILE"},
		},
	}
	for name, table := range tables {
		for _, row := range table {
			_, err := read(row.settings)
			if got := fields(err); !slices.Equal(got, []string{row.variable}) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: %s: got\n  %v\nwant\n  %s: …%s…", name, row.policy, err, row.variable, row.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %s: the error quotes what may be a secret: %v", name, row.policy, err)
			}
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load([]string{
		"MCP_PORT=many",
		"MCP_AUTH_REQUIRED=yes",
		"MCP_JWT_LEEWAY=60",
		"MCP_API_KEYS=a,,b",
		"MCP_JWT_ALGORITHM=RS256,none",
		"MCP_JWT_ISSUER=https://login.example.com",
		"MCP_JWT_AUDIENCE=a,",
		"MCP_RESOURCE_URL=https://mcp.example.com//x",
		"MCP_OAUTH_TOKEN_ENDPOINT=/token",
		"MCP_CHALLENGE_SCOPES=offline_access",
		"MCP_ALLOWED_ORIGINS=a,b",
		"MCP_HTTPS_ENABLED=true",
		"MCP_LOG_LEVEL=loud",
		"MCP_MAX_BODY_BYTES=-1",
	}, writeFile(t, "MCP_SHUTDOWN_TIMEOUT=soon\nMCP_HOST=a:b\nMCP_JWT_PUBLIC_KEY=nonsense\n"))
	want := []string{
		"MCP_AUTH_REQUIRED", "MCP_API_KEYS", "MCP_JWT_AUDIENCE", "MCP_JWT_ALGORITHM", "MCP_JWT_PUBLIC_KEY", "MCP_JWT_LEEWAY",
		"MCP_OAUTH_TOKEN_ENDPOINT", "MCP_CHALLENGE_SCOPES", "MCP_RESOURCE_URL", "MCP_HOST", "MCP_PORT", "MCP_SSL_CERT_FILE", "MCP_SSL_KEY_FILE",
		"MCP_ALLOWED_ORIGINS", "MCP_ALLOWED_ORIGINS", "MCP_MAX_BODY_BYTES", "MCP_LOG_LEVEL", "MCP_SHUTDOWN_TIMEOUT",
	}
	if got := fields(err); !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q\n%v", got, want, err)
	}
}

// What would be a mistake somewhere else, and is none.
func TestNoMistake(t *testing.T) {
	t.Parallel()
	f := newPEMFiles(t)
	for _, row := range []struct{ policy, settings string }{
		{"authentication off needs nothing else", "MCP_AUTH_ENABLED=false"},
		{"and looks at no issuer", "MCP_AUTH_ENABLED=false; MCP_JWT_ISSUER=https://login.example.com; MCP_JWT_SECRET_FILE=" + f.none},
		{"strangers on this machine", "MCP_API_KEYS=k"},
		{"strangers from other machines, if that is meant", "MCP_API_KEYS=k; MCP_HOST=0.0.0.0; MCP_AUTH_REQUIRED=false"},
		{"or authentication was decided on", "MCP_API_KEYS=k; MCP_HOST=0.0.0.0; MCP_AUTH_ENABLED=true"},
		{"off, for all machines, if that is meant", "MCP_HOST=0.0.0.0; MCP_AUTH_ENABLED=false"},
		{"API keys are on, and there are none", withIssuer},
		{"an address of IPv6", "MCP_API_KEYS=k; MCP_HOST=::1"},
		{"a zone", "MCP_API_KEYS=k; MCP_AUTH_REQUIRED=true; MCP_HOST=fe80::1%eth0"},
		{"the system chooses the port", withIssuer + "; MCP_PORT=0"},
		{"an audience that is no URL, here", withIssuer},
		{"the resource is audience enough", "MCP_JWT_ISSUER=https://login.example.com; MCP_RESOURCE_URL=https://mcp.example.com"},
		{"a server beside a secret", withSecret + "; MCP_JWT_ALGORITHM=HS256; MCP_OAUTH_SERVER_URL=https://login.example.com"},
		{"a server beside a public key", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_OAUTH_SERVER_URL=https://login.example.com; MCP_JWT_PUBLIC_KEY_FILE=" + f.ec},
		{"an issuer of any form, with keys", "MCP_JWT_ISSUER=maker; MCP_JWT_AUDIENCE=a; MCP_OAUTH_JWKS_URI=https://login.example.com/keys"},
		{"a provider on this machine", "MCP_OAUTH_SERVER_URL=http://localhost:9000; MCP_JWT_AUDIENCE=a"},
		{"a certificate as public key", withIssuer + "; MCP_JWT_ALGORITHM=ES256; MCP_JWT_PUBLIC_KEY_FILE=" + f.cert},
		{"TLS", withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.cert + "; MCP_SSL_KEY_FILE=" + f.key},
		{"several issuers", "MCP_JWT_AUDIENCE=a; MCP_JWT_ISSUER=https://a.example.com, https://b.example.com/; MCP_OAUTH_SERVER_URL=https://b.example.com"},
		{"a document where discovery starts", withIssuer + "; MCP_OAUTH_SERVER_URL=https://login.example.com/.well-known/openid-configuration"},
		{"every origin while every request needs a credential", withKey + "; MCP_AUTH_REQUIRED=true; MCP_ALLOWED_ORIGINS=*"},
		{"a key that must be sent as it is", withKey + "; MCP_API_KEYS=a b#c$d"},
	} {
		if _, err := read(row.settings); err != nil {
			t.Errorf("%s: %v", row.policy, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	f := newPEMFiles(t)
	const strong = "MCP_API_KEYS=0123456789012345678901"
	for _, row := range []struct{ policy, settings, want string }{
		{"authentication is off", "MCP_AUTH_ENABLED=false", "MCP_AUTH_ENABLED: authentication is off"},
		{"off, for all machines", "MCP_AUTH_ENABLED=false; MCP_HOST=0.0.0.0", "MCP_HOST: 0.0.0.0 can be reached"},
		{"strangers from other machines", strong + "; MCP_AUTH_REQUIRED=false; MCP_HOST=0.0.0.0", "MCP_AUTH_REQUIRED: requests without a credential pass"},
		{"JWT variables that do nothing", strong + "; MCP_JWT_ENABLED=false; MCP_JWT_ISSUER=x", "MCP_JWT_ENABLED: is false"},
		{"provider variables that do nothing", strong + "; MCP_JWT_ENABLED=false; MCP_OAUTH_SERVER_URL=https://login.example.com", "MCP_JWT_ENABLED: is false"},
		{"API keys that do nothing", withIssuer + "; MCP_API_KEY_ENABLED=false; MCP_API_KEYS=k", "MCP_API_KEY_ENABLED: is false"},
		{"a certificate that does nothing", strong + "; MCP_SSL_CERT_FILE=" + f.none, "MCP_HTTPS_ENABLED: is false"},
		{"a key that can be guessed", exposed + "; MCP_API_KEYS=dev-key-123", "MCP_API_KEYS: a key is short"},
		{"a resource that could be anybody's", withIssuer + "; MCP_HOST=0.0.0.0; MCP_AUTH_REQUIRED=true; MCP_RESOURCE_URL=http://localhost:8000", "MCP_RESOURCE_URL: http://localhost:8000/mcp means"},
		{"an audience that could be anybody's", withIssuer + "; MCP_HOST=0.0.0.0; MCP_AUTH_REQUIRED=true; MCP_JWT_AUDIENCE=http://localhost:8000", "MCP_JWT_AUDIENCE: http://localhost:8000/mcp means"},
		{"nothing", strong + "; MCP_AUTH_REQUIRED=true; MCP_RESOURCE_URL=https://mcp.example.com/mcp", ""},
		{"nothing on this machine", "MCP_API_KEYS=dev-key-123", ""},
		{"nothing, switched off without more", strong + "; MCP_JWT_ENABLED=false", ""},
	} {
		c, err := read(row.settings)
		if err != nil {
			t.Errorf("%s: %v", row.policy, err)
			continue
		}
		got := c.warnings()
		if row.want == "" && len(got) > 0 || !strings.Contains(strings.Join(got, "\n"), row.want) {
			t.Errorf("%s: got %q, want %q", row.policy, got, row.want)
		}
	}
}
