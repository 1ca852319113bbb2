package metadata_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestRedirectURIs(t *testing.T) {
	h := registrar(t, registration())
	for _, tt := range []struct {
		policy, uri string
		allowed     bool
	}{
		{"https, as it is listed", web, true},
		{"a private-use scheme, as it is listed", app, true},
		{"loopback without a port", loop, true},
		{"loopback, any port", "http://127.0.0.1:1/callback", true},
		{"loopback, the last port", "http://127.0.0.1:65535/callback", true},
		{"loopback of IPv6, any port", "http://[::1]:33418/callback", true},
		{"localhost, any port", "http://localhost:54321/oauth/callback?x=y", true},
		{"loopback and a slash, any port", "http://127.0.0.1:33418/", true},
		{"loopback alone, any port", "http://localhost:1024", true},
		{"a listed port", port, true},

		{"https with a slash more", web + "/", false},
		{"https with a query", web + "?x", false},
		{"https with a fragment", web + "#x", false},
		{"https with a port", "https://claude.example:8443/api/mcp/auth_callback", false},
		{"https with the port it has anyway", "https://claude.example:443/api/mcp/auth_callback", false},
		{"https in capitals", "HTTPS://claude.example/api/mcp/auth_callback", false},
		{"https with another host", "https://claude.example.evil.example.net/api/mcp/auth_callback", false},
		{"https with user information", "https://claude.example@evil.example.net/api/mcp/auth_callback", false},
		{"https with another path", "https://claude.example/api/mcp/../mcp/auth_callback", false},
		{"https path in percents", "https://claude.example/api/mcp/auth%5Fcallback", false},
		{"http in place of https", "http://claude.example/api/mcp/auth_callback", false},
		{"a private-use scheme with more", app + "/x", false},
		{"nothing", "", false},
		{"a port alone", ":80", false},
		{"loopback and a port alone", "http://[::1]:80", false},
		{"a prefix", "http://127.0.0.1", false},
		{"loopback with another path", "http://127.0.0.1:1/callback/x", false},
		{"loopback with a query", "http://127.0.0.1:1/callback?x", false},
		{"loopback with a fragment", "http://127.0.0.1:1/callback#x", false},
		{"loopback over https", "https://127.0.0.1:1/callback", false},
		{"loopback with another address", "http://127.0.0.2:1/callback", false},
		{"loopback by another name", "http://localhost:1/callback", false},
		{"loopback with user information", "http://127.0.0.1:1@evil.example.net/callback", false},
		{"loopback as user information", "http://127.0.0.1:@evil.example.net/callback", false},
		{"loopback that a host begins with", "http://127.0.0.1.evil.example.net/callback", false},
		{"localhost that a host begins with", "http://localhost.evil.example.net", false},
		{"localhost that is a host's first letters", "http://localhosts", false},
		{"loopback with a path before the path", "http://127.0.0.1:1/x/callback", false},
		{"loopback with an empty port", "http://127.0.0.1:/callback", false},
		{"loopback with port 0", "http://127.0.0.1:0/callback", false},
		{"loopback with port 65536", "http://127.0.0.1:65536/callback", false},
		{"loopback with a port of six digits", "http://127.0.0.1:100000/callback", false},
		{"loopback with a port of zeros", "http://127.0.0.1:0080/callback", false},
		{"loopback with a signed port", "http://127.0.0.1:+80/callback", false},
		{"loopback with a port of other digits", "http://127.0.0.1:٨٠/callback", false},
		{"loopback with a line break", "http://127.0.0.1:80\n/callback", false},
		{"a listed port is the only one", "http://localhost:6275/oauth/callback", false},
		{"and is not to be left out", "http://localhost/oauth/callback", false},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			status := http.StatusBadRequest
			if tt.allowed {
				status = http.StatusCreated
			}
			body := strings.NewReplacer("\n", `\n`).Replace(tt.uri)
			if resp := post(h, `{"redirect_uris":["`+body+`"]}`); resp.StatusCode != status {
				t.Errorf("%q: status %d, want %d", tt.uri, resp.StatusCode, status)
			}
		})
	}
}
