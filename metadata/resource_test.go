package metadata_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func TestResourceDocument(t *testing.T) {
	for _, tt := range []struct {
		policy   string
		resource metadata.Resource
		want     string
	}{
		{"one URL is enough, and empty members are left out",
			metadata.Resource{Resource: "https://mcp.example.com/mcp", ScopesSupported: []string{}, AuthorizationServers: []string{}, DPoPAlgorithms: []string{}},
			`{"resource":"https://mcp.example.com/mcp","bearer_methods_supported":["header"]}`},
		{"strings are published byte for byte",
			metadata.Resource{
				Resource:             "https://MCP.example.com/mcp/?a=<b>&c=%2f",
				AuthorizationServers: []string{"https://tenant.example.com/", "https://tenant.example.com"},
			}, ""},
		{"every member",
			metadata.Resource{
				Resource:             "http://localhost:8000/mcp",
				AuthorizationServers: []string{"https://login.example.com/"},
				ScopesSupported:      []string{"read", "https://api.example.com/write!"},
				BearerMethods:        []string{"header", "body"},
				Name:                 "Notes & <more>",
				Documentation:        "https://docs.example.com/#auth",
				DPoPAlgorithms:       []string{"ES256", "EdDSA"},
				DPoPRequired:         true,
				CertificateBound:     true,
			},
			`{"resource":"http://localhost:8000/mcp","authorization_servers":["https://login.example.com/"],` +
				`"scopes_supported":["read","https://api.example.com/write!"],"bearer_methods_supported":["header","body"],` +
				`"resource_name":"Notes & <more>","resource_documentation":"https://docs.example.com/#auth",` +
				`"tls_client_certificate_bound_access_tokens":true,"dpop_signing_alg_values_supported":["ES256","EdDSA"],"dpop_bound_access_tokens_required":true}`},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			h, err := tt.resource.Handler()
			if tt.want == "" { // "<" is no URL character: refused, rather than escaped
				wantError(t, err, "Resource:", "character")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, call(h, "GET", "/")); got != tt.want+"\n" {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestResourceKeepsAmpersandsAndSlashes(t *testing.T) {
	h, err := metadata.Resource{
		Resource:             "https://MCP.example.com/mcp/?a=b&c=%2f",
		AuthorizationServers: []string{"https://tenant.example.com/"},
	}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	body := text(t, call(h, "GET", "/"))
	for _, want := range []string{`"https://MCP.example.com/mcp/?a=b&c=%2f"`, `["https://tenant.example.com/"]`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
}

func TestResourceMistakes(t *testing.T) {
	for _, tt := range []struct {
		policy, field, problem string
		change                 func(*metadata.Resource)
	}{
		{"resource required", "Resource", "empty", func(r *metadata.Resource) { r.Resource = "" }},
		{"resource over plain http refused", "Resource", "https://", func(r *metadata.Resource) { r.Resource = "http://mcp.example.com/mcp" }},
		{"resource with fragment refused", "Resource", "fragment", func(r *metadata.Resource) { r.Resource += "#x" }},
		{"resource with dot segments refused", "Resource", "segment", func(r *metadata.Resource) { r.Resource += "/../x" }},
		{"authorization server over plain http refused", "AuthorizationServers[1]", "https://", func(r *metadata.Resource) {
			r.AuthorizationServers = []string{"https://login.example.com", "http://login.example.com"}
		}},
		{"authorization server by name refused", "AuthorizationServers[0]", "absolute", func(r *metadata.Resource) { r.AuthorizationServers = []string{"login.example.com"} }},
		{"blank authorization server refused", "AuthorizationServers[0]", "empty", func(r *metadata.Resource) { r.AuthorizationServers = []string{""} }},
		{"document instead of issuer refused", "AuthorizationServers[0]", "write the issuer", func(r *metadata.Resource) {
			r.AuthorizationServers = []string{"https://login.example.com/.well-known/openid-configuration"}
		}},
		{"offline_access refused", "ScopesSupported[1]", "offline_access", func(r *metadata.Resource) { r.ScopesSupported = []string{"read", "offline_access"} }},
		{"several scopes in one string refused", "ScopesSupported[0]", "one scope an entry", func(r *metadata.Resource) { r.ScopesSupported = []string{"read write"} }},
		{"empty scope refused", "ScopesSupported[0]", "not a scope", func(r *metadata.Resource) { r.ScopesSupported = []string{""} }},
		{"quote in a scope refused", "ScopesSupported[0]", "not a scope", func(r *metadata.Resource) { r.ScopesSupported = []string{`re"ad`} }},
		{"backslash in a scope refused", "ScopesSupported[0]", "not a scope", func(r *metadata.Resource) { r.ScopesSupported = []string{`re\ad`} }},
		{"line break in a scope refused", "ScopesSupported[0]", "not a scope", func(r *metadata.Resource) { r.ScopesSupported = []string{"read\n"} }},
		{"letter beyond ASCII in a scope refused", "ScopesSupported[0]", "not a scope", func(r *metadata.Resource) { r.ScopesSupported = []string{"réad"} }},
		{"unknown bearer method refused", "BearerMethods[0]", "header", func(r *metadata.Resource) { r.BearerMethods = []string{"cookie"} }},
		{"proof without signature refused", "DPoPAlgorithms[0]", "asymmetric", func(r *metadata.Resource) { r.DPoPAlgorithms = []string{"none"} }},
		{"proof by shared secret refused", "DPoPAlgorithms[1]", "asymmetric", func(r *metadata.Resource) { r.DPoPAlgorithms = []string{"ES256", "HS256"} }},
		{"template as authorization server refused", "AuthorizationServers[0]", "character", func(r *metadata.Resource) {
			r.AuthorizationServers = []string{"https://login.example.com/{tenantid}/v2.0"}
		}},
		{"name that is not UTF-8 refused", "Name", "UTF-8", func(r *metadata.Resource) { r.Name = "\xff" }},
		{"documentation that is no link refused", "Documentation", "https://", func(r *metadata.Resource) { r.Documentation = "javascript:alert(1)" }},
		{"documentation with a password refused", "Documentation", "https://", func(r *metadata.Resource) { r.Documentation = "https://u:p@docs.example.com/" }},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			r := metadata.Resource{Resource: "https://mcp.example.com/mcp"}
			tt.change(&r)
			h, err := r.Handler()
			wantError(t, err, tt.field+": ", tt.problem)
			if h != nil {
				t.Error("a handler beside an error")
			}
			var c *metadata.ConfigError
			if !errors.As(err, &c) || c.Field != tt.field {
				t.Errorf("not a ConfigError of %s: %#v", tt.field, err)
			}
		})
	}
}

func TestResourceMistakesAreJoined(t *testing.T) {
	_, err := metadata.Resource{
		AuthorizationServers: []string{"x"},
		ScopesSupported:      []string{"offline_access"},
		BearerMethods:        []string{"x"},
	}.Handler()
	wantError(t, err, "Resource: ", "AuthorizationServers[0]: ", "ScopesSupported[0]: ", "BearerMethods[0]: ")
}

func TestResourceIsCopied(t *testing.T) {
	scopes := []string{"read"}
	h, err := metadata.Resource{Resource: "https://mcp.example.com/mcp", ScopesSupported: scopes}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	scopes[0] = "changed"
	if body := text(t, call(h, "GET", "/")); strings.Contains(body, "changed") {
		t.Error(body)
	}
}

// A caller does not tell us our own name (RFC 9728 §7.3): no header of a request
// reaches the document.
func TestResourceIgnoresTheRequest(t *testing.T) {
	h, err := metadata.Resource{Resource: "https://mcp.example.com/mcp"}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	want := text(t, call(h, "GET", "https://mcp.example.com/"))
	resp := call(h, "GET", "https://evil.example.net/x?y", "X-Forwarded-Host", "evil.example.net", "Forwarded", "host=evil.example.net",
		"X-Forwarded-Proto", "http", "Origin", "https://evil.example.net", "MCP-Protocol-Version", "1999-01-01", "Authorization", "Bearer bad")
	if resp.StatusCode != http.StatusOK || text(t, resp) != want {
		t.Errorf("status %d, or another document", resp.StatusCode)
	}
}
