package metadata_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

const (
	ours     = "https://mcp.example.com"
	register = ours + "/register"
)

// patched is the handler of a patch of what p publishes, and what OnError heard.
func patched(t testing.TB, p *provider, change func(*metadata.Patch)) (http.Handler, *[]error) {
	t.Helper()
	var heard []error
	patch := metadata.Patch{As: ours, Provider: metadata.Mirror{
		Issuer: issuer, Fetcher: &metadata.Fetcher{Transport: p}, OnError: func(err error) { heard = append(heard, err) }}}
	if change != nil {
		change(&patch)
	}
	h, err := patch.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h, &heard
}

func registering(p *metadata.Patch) { p.Registration = register }

func TestPatchDocument(t *testing.T) {
	const (
		endpoints = `"authorization_endpoint":"` + issuer + `/authorize","token_endpoint":"` + issuer + `/token"`
		filled    = `{"issuer":"` + ours + `",` + endpoints + `,"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]`
		facade    = `,"registration_endpoint":"` + register + `"`
	)
	for _, tt := range []struct {
		policy, upstream string
		change           func(*metadata.Patch)
		want             string
	}{
		{"the issuer is ours, the endpoints stay, PKCE is listed", document + `}`, nil, filled + `}`},
		{"the provider's own registration stays", document + `,"registration_endpoint":"` + issuer + `/register"}`, nil, filled + `,"registration_endpoint":"` + issuer + `/register"}`},
		{"other endpoints, keys and client documents stay",
			document + `,"jwks_uri":"https://keys.example.com/","introspection_endpoint":"https://a.example.com/","revocation_endpoint":"https://b.example.com/","client_id_metadata_document_supported":true,"scopes_supported":["read"]}`, nil,
			filled + `,"jwks_uri":"https://keys.example.com/","introspection_endpoint":"https://a.example.com/","revocation_endpoint":"https://b.example.com/","client_id_metadata_document_supported":true,"scopes_supported":["read"]}`},
		{"what the provider says or signs under its own name is left out",
			document + `,"signed_metadata":"e30.e30.x","authorization_response_iss_parameter_supported":false,"id_token_signing_alg_values_supported":["RS256"],
			"authorization_signing_alg_values_supported":["RS256"],"frontchannel_logout_session_supported":true,"backchannel_logout_supported":true}`, nil, filled + `}`},
		{"configured endpoints win", document + `}`, func(p *metadata.Patch) { p.Provider.JWKSURI = "https://k.example.com/" }, filled + `,"jwks_uri":"https://k.example.com/"}`},
		{"registration is ours where it is offered, of public clients", document + `}`, registering,
			filled + facade + `,"token_endpoint_auth_methods_supported":["client_secret_basic","none"]}`},
		{"and wins over the provider's, which may be for administrators", document + `,"code_challenge_methods_supported":["S256"],"registration_endpoint":"` + issuer + `/clients","token_endpoint_auth_methods_supported":["private_key_jwt"]}`, registering,
			filled + facade + `,"token_endpoint_auth_methods_supported":["private_key_jwt","none"]}`},
		{"none is listed once", document + `,"token_endpoint_auth_methods_supported":["none"]}`, registering, filled + facade + `,"token_endpoint_auth_methods_supported":["none"]}`},
		{"a list that is none is replaced", document + `,"token_endpoint_auth_methods_supported":["a",1]}`, registering, filled + facade + `,"token_endpoint_auth_methods_supported":["none"]}`},
		{"without registration nothing is said of public clients", document + `,"token_endpoint_auth_methods_supported":["client_secret_post"]}`, nil,
			filled + `,"token_endpoint_auth_methods_supported":["client_secret_post"]}`},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			p := &provider{}
			p.set(place, answer{body: tt.upstream})
			h, heard := patched(t, p, tt.change)
			resp := call(h, "GET", "/")
			if body := text(t, resp); resp.StatusCode != http.StatusOK || !reflect.DeepEqual(object(t, body), object(t, tt.want)) {
				t.Errorf("%d\n%s\nwant\n%s\n%v", resp.StatusCode, body, tt.want, *heard)
			}
		})
	}
}

// What providers publish without code_challenge_methods_supported.
func TestPatchProviders(t *testing.T) {
	const common = "https://login.entra.example/common/v2.0/.well-known/openid-configuration"
	for _, tt := range []struct {
		fixture, at, discovery string
		change                 func(*metadata.Patch)
	}{
		{"entra-common.json", common, "https://login.entra.example/common/v2.0", nil},
		{"entra-common.json", common, common, registering},
		{"entra-tenant.json", "https://login.entra.example/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration", "", nil},
		{"cognito.json", "https://cognito-idp.eu-west-1.cognito.example/eu-west-1_AbCdEfGhI/.well-known/openid-configuration", "", registering},
	} {
		t.Run(tt.fixture, func(t *testing.T) {
			upstream := object(t, fixture(t, tt.fixture))
			p := &provider{}
			p.set(tt.at, answer{body: fixture(t, tt.fixture)})
			h, heard := patched(t, p, func(patch *metadata.Patch) {
				patch.Provider.Issuer, patch.Provider.Discovery = upstream["issuer"].(string), tt.discovery
				if tt.change != nil {
					tt.change(patch)
				}
			})
			resp := call(h, "GET", "/")
			if resp.StatusCode != http.StatusOK {
				t.Fatal(resp.StatusCode, *heard)
			}
			got := object(t, text(t, resp))
			for _, member := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "scopes_supported"} {
				if !reflect.DeepEqual(got[member], upstream[member]) {
					t.Errorf("%s: %v, not %v", member, got[member], upstream[member])
				}
			}
			if got["issuer"] != ours || !reflect.DeepEqual(got["code_challenge_methods_supported"], []any{"S256"}) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestPatchRefusals(t *testing.T) {
	for _, tt := range []struct {
		policy, more string
		registering  bool
		says         string
	}{
		{"a provider that sends iss", `,"authorization_response_iss_parameter_supported":true`, false, "RFC 9207 §2.4"},
		{"also where registration is missing", `,"authorization_response_iss_parameter_supported":true`, true, "RFC 9207 §2.4"},
		{"a provider that sends iss, in words", `,"authorization_response_iss_parameter_supported":"true"`, false, "RFC 9207 §2.4"},
		{"PKCE that is plain only", `,"code_challenge_methods_supported":["plain"]`, true, "lacks S256"},
		{"PKCE that is none", `,"code_challenge_methods_supported":[]`, true, "lacks S256"},
		{"PKCE that is no list", `,"code_challenge_methods_supported":"S256"`, true, "lacks S256"},
		{"nothing to patch", `,"code_challenge_methods_supported":["plain","S256"]`, false, "mirror the document instead"},
		{"nothing to patch, registration included", `,"code_challenge_methods_supported":["S256"],"registration_endpoint":"https://login.example.com/r"`, false, "mirror the document instead"},
		{"registration at no URL", `,"registration_endpoint":"javascript:alert(1)"`, false, "its registration_endpoint is not absolute"},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			body := document + tt.more + `}`
			p := &provider{}
			p.set(place, answer{body: body})
			patch := metadata.Patch{As: ours}
			change := func(*metadata.Patch) {}
			if tt.registering {
				patch.Registration, change = register, registering
			}
			h, heard := patched(t, p, change)
			resp := call(h, "GET", "/")
			if got := text(t, resp); resp.StatusCode != http.StatusNotFound || strings.Contains(got, "issuer") || !strings.Contains(got, "not published here") {
				t.Errorf("%d %s", resp.StatusCode, got)
			}
			if len(*heard) != 1 || !errors.Is((*heard)[0], metadata.ErrPatch) {
				t.Fatalf("heard %v", *heard)
			}
			wantError(t, (*heard)[0], tt.says)
			s, err := metadata.ParseServer([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, patch.Check(s), tt.says)
		})
	}
	s, err := metadata.ParseServer([]byte(`{"issuer":"` + issuer + `/{tenantid}/v2.0","code_challenge_methods_supported":["S256"]}`))
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, metadata.Patch{As: ours}.Check(s)) // its issuer is reason enough
	for _, more := range []string{``, `,"authorization_response_iss_parameter_supported":false`, `,"authorization_response_iss_parameter_supported":null`} {
		s, err := metadata.ParseServer([]byte(document + more + `}`))
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, metadata.Patch{As: ours}.Check(s))
	}
}

// Endpoints of the provider are checked before they are ours to publish.
func TestPatchChecksEndpoints(t *testing.T) {
	for _, body := range []string{
		`{"issuer":"` + issuer + `","authorization_endpoint":"http://login.example.com/a","token_endpoint":"` + issuer + `/t"}`,
		`{"issuer":"` + issuer + `","authorization_endpoint":"` + issuer + `/a","token_endpoint":"/t"}`,
		document + `,"registration_endpoint":"http://127.0.0.1:8080/r"}`,
		`{"issuer":"` + issuer + `","authorization_endpoint":"` + issuer + `/a","token_endpoint":"http://localhost:8080/t"}`,
		document + `,"pushed_authorization_request_endpoint":"http://login.example.com/par"}`,
		document + `,"revocation_endpoint":["https://login.example.com/r"]}`,
	} {
		s, err := metadata.ParseServer([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := (metadata.Patch{As: ours}).Check(s); !errors.Is(err, metadata.ErrPatch) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A provider that begins to send iss ends what was published; one that is merely down
// does not.
func TestPatchIsWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{}
		p.set(place, answer{body: document + `}`})
		h, heard := patched(t, p, nil)
		want := func(status int) {
			t.Helper()
			call(h, "GET", "/") // begins a search where one is due
			synctest.Wait()
			if resp := call(h, "GET", "/"); resp.StatusCode != status {
				t.Errorf("status %d, want %d", resp.StatusCode, status)
			}
			time.Sleep(6 * time.Minute)
		}
		want(200)
		p.fail(errors.New("down"))
		want(200)
		p.fail(nil)
		p.set(place, answer{body: document + `,"authorization_response_iss_parameter_supported":true}`})
		want(404)
		p.fail(errors.New("down"))
		want(503) // and not what was published before
		p.fail(nil)
		p.set(place, answer{body: document + `}`})
		want(200)
		if len(*heard) != 3 {
			t.Errorf("heard %v", *heard)
		}
	})
}

// Nobody can tell what a provider does that was never heard.
func TestPatchNeedsADocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, heard := patched(t, &provider{}, func(p *metadata.Patch) {
			p.Provider.AuthorizationEndpoint, p.Provider.TokenEndpoint = issuer+"/authorize", issuer+"/token"
		})
		resp := call(h, "GET", "/")
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
		synctest.Wait()
		if len(*heard) != 1 {
			t.Errorf("heard %v", *heard)
		}
	})
}

func TestPatchMistakes(t *testing.T) {
	for _, tt := range []struct {
		policy, field, problem string
		change                 func(*metadata.Patch)
	}{
		{"our origin required", "As", "empty", func(p *metadata.Patch) { p.As = "" }},
		{"our origin over plain http refused", "As", "https://", func(p *metadata.Patch) { p.As = "http://mcp.example.com" }},
		{"our origin has no path", "As", "origin alone", func(p *metadata.Patch) { p.As += "/mcp" }},
		{"not even a slash", "As", "origin alone", func(p *metadata.Patch) { p.As += "/" }},
		{"nor a query", "As", "origin alone", func(p *metadata.Patch) { p.As += "?a" }},
		{"nor a template", "As", "character", func(p *metadata.Patch) { p.As = "https://{tenantid}.example.com" }},
		{"the provider's origin is not ours", "As", "this server", func(p *metadata.Patch) { p.As = issuer }},
		{"nor where its document is", "As", "this server", func(p *metadata.Patch) { p.Provider.Discovery = ours + "/" }},
		{"nor its name", "As", "this server", func(p *metadata.Patch) { p.Provider.Issuer, p.Provider.Discovery = ours, issuer }},
		{"issuer required", "Issuer", "empty", func(p *metadata.Patch) { p.Provider.Issuer = "" }},
		{"a template does not say where to look", "Discovery", "template", func(p *metadata.Patch) { p.Provider.Issuer += "/{tenantid}/v2.0" }},
		{"nor over plain http", "Discovery", "https://", func(p *metadata.Patch) {
			p.Provider.Issuer, p.Provider.Discovery = issuer+"/{tenantid}/v2.0", "http://localhost:9000"
		}},
		{"registration is a URL", "Registration", "absolute", func(p *metadata.Patch) { p.Registration = "/register" }},
		{"one registration endpoint", "Registration", "leave one out", func(p *metadata.Patch) {
			p.Registration, p.Provider.RegistrationEndpoint = register, issuer+"/register"
		}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			p := metadata.Patch{As: ours, Provider: metadata.Mirror{Issuer: issuer}}
			tt.change(&p)
			h, err := p.Handler()
			wantError(t, err, tt.problem)
			if c, ok := errors.AsType[*metadata.ConfigError](err); h != nil || !ok || c.Field != tt.field {
				t.Errorf("not a ConfigError of %s: %v", tt.field, err)
			}
		})
	}
}
