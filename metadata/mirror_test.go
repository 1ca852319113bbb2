package metadata_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mcp-rs/mcp-rs/metadata"
)

const (
	issuer   = "https://login.example.com"
	place    = issuer + "/.well-known/oauth-authorization-server"
	document = `{"issuer":"` + issuer + `","authorization_endpoint":"` + issuer + `/authorize","token_endpoint":"` + issuer + `/token"`
)

// mirror is the handler of m, which asks p.
func mirror(t testing.TB, p *provider, m metadata.Mirror) http.Handler {
	t.Helper()
	m.Fetcher = &metadata.Fetcher{Transport: p}
	if m.Issuer == "" {
		m.Issuer = issuer
	}
	h, err := m.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestMirrorDocument(t *testing.T) {
	for _, tt := range []struct {
		policy, upstream string
		mirror           metadata.Mirror
		want             string
	}{
		{"what every client needs is filled in", document + `}`, metadata.Mirror{},
			document + `,"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`},
		{"what the provider says stays, but for PKCE", document + `,"response_types_supported":["code","token"],"grant_types_supported":["authorization_code"],
			"code_challenge_methods_supported":["plain","S256"],"jwks_uri":"https://keys.example.com/","x":{"Y":[1e2,null]},"a&b":"<c>"}`, metadata.Mirror{},
			document + `,"response_types_supported":["code","token"],"grant_types_supported":["authorization_code"],
			"code_challenge_methods_supported":["S256"],"jwks_uri":"https://keys.example.com/","x":{"Y":[1e2,null]},"a&b":"<c>"}`},
		{"null is left out", document + `,"grant_types_supported":null,"registration_endpoint":null,"x":null}`, metadata.Mirror{},
			document + `,"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`},
		{"signed metadata, which would contradict, is left out", document + `,"signed_metadata":"e30.e30.x"}`, metadata.Mirror{},
			document + `,"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`},
		{"names that a reader may take for others are left out", document + `,"Signed_metadata":"e30.e30.x","iſsuer":"https://evil.example.net","ISSUER":"https://evil.example.net"}`, metadata.Mirror{},
			document + `,"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`},
		{"configured endpoints win", document + `,"registration_endpoint":"` + issuer + `/register","jwks_uri":"https://keys.example.com/"}`,
			metadata.Mirror{AuthorizationEndpoint: "https://a.example.com/?b=c&d", TokenEndpoint: "https://t.example.com/",
				RegistrationEndpoint: "https://r.example.com/", JWKSURI: "https://k.example.com/"},
			`{"issuer":"` + issuer + `","authorization_endpoint":"https://a.example.com/?b=c&d","token_endpoint":"https://t.example.com/","registration_endpoint":"https://r.example.com/","jwks_uri":"https://k.example.com/",
			"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`},
		{"a missing endpoint can be configured", `{"issuer":"` + issuer + `","token_endpoint":"` + issuer + `/token"}`,
			metadata.Mirror{AuthorizationEndpoint: issuer + "/authorize"},
			document + `,"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`},
		{"the provider needs no document when both endpoints are configured", "",
			metadata.Mirror{AuthorizationEndpoint: issuer + "/authorize", TokenEndpoint: issuer + "/token"},
			document + `,"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			p := &provider{}
			if tt.upstream != "" {
				p.set(place, answer{body: tt.upstream})
			}
			resp := call(mirror(t, p, tt.mirror), "GET", "/")
			body := text(t, resp)
			if resp.StatusCode != http.StatusOK || !reflect.DeepEqual(object(t, body), object(t, tt.want)) {
				t.Errorf("%d\n%s\nwant\n%s", resp.StatusCode, body, tt.want)
			}
			if strings.Contains(body, `\u00`) {
				t.Errorf("escaped for HTML: %s", body)
			}
		})
	}
}

// Every published shape gives a document that a client can use.
func TestMirrorProviders(t *testing.T) {
	for name, at := range map[string]string{
		"auth0.json":        "https://tenant.eu.auth0.example/.well-known/openid-configuration",
		"google.json":       "https://accounts.google.example/.well-known/openid-configuration",
		"github.json":       "https://github.example/.well-known/oauth-authorization-server/login/oauth",
		"entra-tenant.json": "https://login.entra.example/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration",
		"cognito.json":      "https://cognito-idp.eu-west-1.cognito.example/eu-west-1_AbCdEfGhI/.well-known/openid-configuration",
		"supabase.json":     "https://ref.supabase.example/.well-known/oauth-authorization-server/auth/v1",
		"clerk.json":        "https://clerk.shop.example/.well-known/oauth-authorization-server",
		"gitlab.json":       "https://gitlab.example/.well-known/oauth-authorization-server",
		"keycloak.json":     "https://sso.example/realms/main/.well-known/openid-configuration",
	} {
		t.Run(name, func(t *testing.T) {
			upstream := object(t, fixture(t, name))
			p := &provider{}
			p.set(at, answer{body: fixture(t, name)})
			m := metadata.Mirror{Issuer: upstream["issuer"].(string), OnError: func(err error) { t.Error(err) }}
			got := object(t, text(t, call(mirror(t, p, m), "GET", "/")))
			for _, member := range []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "scopes_supported", "mtls_endpoint_aliases"} {
				if !reflect.DeepEqual(got[member], upstream[member]) {
					t.Errorf("%s: %v, not %v", member, got[member], upstream[member])
				}
			}
			if !reflect.DeepEqual(got["code_challenge_methods_supported"], []any{"S256"}) || got["response_types_supported"] == nil || got["grant_types_supported"] == nil {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestMirrorOfAProviderWithoutLogin(t *testing.T) {
	p := &provider{}
	p.set("https://token.actions.example/.well-known/openid-configuration", answer{body: fixture(t, "github-actions.json")})
	synctest.Test(t, func(t *testing.T) {
		var failed error
		h := mirror(t, p, metadata.Mirror{Issuer: "https://token.actions.example", OnError: func(err error) { failed = err }})
		resp := call(h, "GET", "/")
		if body := text(t, resp); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, "no endpoint to log in at") {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
		synctest.Wait()
		wantError(t, failed, "no authorization_endpoint or no token_endpoint")
	})
}

func TestMirrorMistakes(t *testing.T) {
	for _, tt := range []struct {
		policy, field string
		change        func(*metadata.Mirror)
	}{
		{"issuer required", "Issuer", func(m *metadata.Mirror) { m.Issuer = "" }},
		{"issuer is a URL", "Issuer", func(m *metadata.Mirror) { m.Issuer = "login.example.com" }},
		{"issuer is no document", "Issuer", func(m *metadata.Mirror) { m.Issuer = place }},
		{"issuer of many tenants is no issuer to clients", "Issuer", func(m *metadata.Mirror) { m.Issuer, m.Discovery = issuer+"/{tenantid}/v2.0", issuer }},
		{"issuer with query needs to say where to look", "Discovery", func(m *metadata.Mirror) { m.Issuer += "?a=b" }},
		{"discovery is a URL", "Discovery", func(m *metadata.Mirror) { m.Discovery = "x" }},
		{"discovery over plain http refused", "Discovery", func(m *metadata.Mirror) { m.Discovery = "http://localhost:9000" }},
		{"authorization endpoint is a URL", "AuthorizationEndpoint", func(m *metadata.Mirror) { m.AuthorizationEndpoint = "/authorize" }},
		{"token endpoint over plain http refused", "TokenEndpoint", func(m *metadata.Mirror) { m.TokenEndpoint = "http://login.example.com/token" }},
		{"registration endpoint without fragment", "RegistrationEndpoint", func(m *metadata.Mirror) { m.RegistrationEndpoint = issuer + "/#r" }},
		{"keys over plain http refused", "JWKSURI", func(m *metadata.Mirror) { m.JWKSURI = "http://localhost:9000/keys" }},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			m := metadata.Mirror{Issuer: issuer}
			tt.change(&m)
			h, err := m.Handler()
			var c *metadata.ConfigError
			if h != nil || !errors.As(err, &c) || c.Field != tt.field {
				t.Errorf("not a ConfigError of %s: %v", tt.field, err)
			}
		})
	}
	_, err := metadata.Mirror{Issuer: issuer + "/{tenantid}/v2.0", Discovery: issuer}.Handler()
	wantError(t, err, "template for many issuers", "patch the document")
	_, err = metadata.Mirror{TokenEndpoint: "x", JWKSURI: "y"}.Handler()
	wantError(t, err, "Issuer: ", "TokenEndpoint: ", "JWKSURI: ")
}

// Whatever a provider publishes, what the mirror says of it is JSON that holds to
// our side of the promise.
func FuzzMirror(f *testing.F) {
	f.Add([]byte(document + `}`))
	f.Add([]byte(document + `,"signed_metadata":"x","code_challenge_methods_supported":["plain"]}`))
	for _, text := range []string{
		document + `,"issuer":"https://evil.example.net"}`, document + `,"Issuer":"https://evil.example.net"}`, document + `}{}`, "\ufeff" + document + `}`, document,
		document + `,"Signed_metadata":"x"}`, document + `,"iſsuer":"https://evil.example.net","toKen_endpoint":"https://evil.example.net"}`,
		document + `,"\u0069ssuer":"https://evil.example.net"}`, document + `,"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
		document + `,"code_challenge_methods_supported":null,"Code_Challenge_Methods_Supported":["plain"]}`, document + `,"x":"` + "\xff" + `"}`, `<html>`, `null`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := &provider{}
		p.set(place, answer{body: string(body)})
		resp := call(mirror(t, p, metadata.Mirror{TokenEndpoint: "https://t.example.com/"}), "GET", "/")
		if resp.StatusCode != http.StatusOK {
			return
		}
		var got struct {
			Issuer string          `json:"issuer"`
			Token  string          `json:"token_endpoint"`
			PKCE   []string        `json:"code_challenge_methods_supported"`
			Signed json.RawMessage `json:"signed_metadata"`
		}
		out := text(t, resp)
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if got.Issuer != issuer || got.Token != "https://t.example.com/" || len(got.PKCE) != 1 || got.PKCE[0] != "S256" || got.Signed != nil {
			t.Fatalf("%q gives %s", body, out)
		}
	})
}
