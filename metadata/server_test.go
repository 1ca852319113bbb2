package metadata_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func TestParseServer(t *testing.T) {
	for _, tt := range []struct{ policy, body, issuer, problem string }{
		{"issuer alone is enough", `{"issuer":"https://a.example"}`, "https://a.example", ""},
		{"an empty object parses", `{}`, "", ""},
		{"null is nothing", `{"issuer":"https://a.example","token_endpoint":null,"x":null}`, "https://a.example", ""},
		{"unknown members of any type are kept", `{"issuer":"https://a.example","x":[{"y":1e400}],"z":{"":""}}`, "https://a.example", ""},
		{"names are compared exactly", `{"Issuer":"https://b.example","issuer":"https://a.example","ISSUER":"https://c.example"}`, "https://a.example", ""},
		{"another case is another name", `{"Issuer":"https://b.example"}`, "", ""},
		{"escapes in names are read", `{"iss\u0075er":"https://a.example"}`, "https://a.example", ""},
		{"a member that appears twice refused", `{"issuer":"https://a.example","issuer":"https://b.example"}`, "", `"issuer" appears twice`},
		{"also when escaped", `{"issuer":"https://a.example","iss\u0075er":"https://b.example"}`, "", "twice"},
		{"also when null", `{"issuer":null,"issuer":"https://b.example"}`, "", "twice"},
		{"also when unknown", `{"x":1,"x":1}`, "", "twice"},
		{"an issuer that is no string refused", `{"issuer":["https://a.example"]}`, "", `"issuer" is not a string`},
		{"a jwks_uri that is no string refused", `{"jwks_uri":{}}`, "", `"jwks_uri" is not a string`},
		{"array refused", `[]`, "", "not a JSON object"},
		{"null refused", `null`, "", "not a JSON object"},
		{"nothing refused", ``, "", "not a JSON object"},
		{"half refused", `{"issuer":"https://a.example"`, "", "not a JSON object"},
		{"missing value refused", `{"issuer"}`, "", "not a JSON object"},
		{"name that is no string refused", `{1:2}`, "", "not a JSON object"},
		{"final comma refused", `{"issuer":"https://a.example",}`, "", "not a JSON object"},
		{"something behind refused", `{} {}`, "", "something follows"},
		{"broken UTF-8 refused", "{\"issuer\":\"\xff\"}", "", "UTF-8"},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			s, err := metadata.ParseServer([]byte(tt.body))
			if tt.problem != "" {
				wantError(t, err, tt.problem)
				return
			}
			if err != nil || s.Issuer != tt.issuer || s.MaxAge != -1 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

func TestServerMember(t *testing.T) {
	s, err := metadata.ParseServer([]byte(`{"a":[1, 2],"b":null}`))
	if err != nil {
		t.Fatal(err)
	}
	m := s.Member("a")
	if string(m) != "[1, 2]" || s.Member("b") != nil || s.Member("c") != nil {
		t.Errorf("%s %s %s", m, s.Member("b"), s.Member("c"))
	}
	copy(m, "xxxxxx")
	if string(s.Member("a")) != "[1, 2]" {
		t.Error("a caller can change the document")
	}
}

func TestServerSays(t *testing.T) {
	for _, tt := range []struct {
		policy, body  string
		methods       []string
		listed, sends bool
	}{
		{"nothing", `{}`, nil, false, false},
		{"null is nothing", `{"code_challenge_methods_supported":null,"authorization_response_iss_parameter_supported":null}`, nil, false, false},
		{"both", `{"code_challenge_methods_supported":["plain","S256"],"authorization_response_iss_parameter_supported":true}`, []string{"plain", "S256"}, true, true},
		{"neither", `{"code_challenge_methods_supported":[],"authorization_response_iss_parameter_supported": false }`, nil, true, false},
		{"no list is an empty one", `{"code_challenge_methods_supported":["S256",1]}`, nil, true, false},
		{"what is no no is a yes", `{"authorization_response_iss_parameter_supported":0}`, nil, false, true},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			s, err := metadata.ParseServer([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			methods, listed := s.CodeChallengeMethods()
			if !slices.Equal(methods, tt.methods) || listed != tt.listed || s.SendsIssuer() != tt.sends {
				t.Errorf("%q %v, sends iss: %v", methods, listed, s.SendsIssuer())
			}
		})
	}
	s, err := metadata.ParseServer([]byte(fixture(t, "keycloak.json")))
	if err != nil || s.IntrospectionEndpoint != "https://sso.example/realms/main/protocol/openid-connect/token/introspect" || !s.SendsIssuer() {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = metadata.ParseServer([]byte(`{"introspection_endpoint":1}`))
	wantError(t, err, `"introspection_endpoint" is not a string`)
}

// The shapes that providers publish, each at the one place where it does.
func TestDiscoverProviders(t *testing.T) {
	for _, tt := range []struct {
		fixture, issuer, at string
		asked               int
		token, register     string
		jwks                string
	}{
		{"auth0.json", "https://tenant.eu.auth0.example/", "https://tenant.eu.auth0.example/.well-known/openid-configuration", 2,
			"https://tenant.eu.auth0.example/oauth/token", "https://tenant.eu.auth0.example/oidc/register", "https://tenant.eu.auth0.example/.well-known/jwks.json"},
		{"google.json", "https://accounts.google.example", "https://accounts.google.example/.well-known/oauth-authorization-server", 1,
			"https://oauth2.googleapis.example/token", "", "https://www.googleapis.example/oauth2/v3/certs"},
		{"github.json", "https://github.example/login/oauth", "https://github.example/.well-known/oauth-authorization-server/login/oauth", 1,
			"https://github.example/login/oauth/access_token", "", ""},
		{"github-actions.json", "https://token.actions.example", "https://token.actions.example/.well-known/openid-configuration", 2,
			"", "", "https://token.actions.example/.well-known/jwks"},
		{"entra-tenant.json", "https://login.entra.example/11111111-2222-3333-4444-555555555555/v2.0",
			"https://login.entra.example/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration", 3,
			"https://login.entra.example/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token", "", "https://login.entra.example/11111111-2222-3333-4444-555555555555/discovery/v2.0/keys"},
		{"cognito.json", "https://cognito-idp.eu-west-1.cognito.example/eu-west-1_AbCdEfGhI", "https://cognito-idp.eu-west-1.cognito.example/eu-west-1_AbCdEfGhI/.well-known/openid-configuration", 3,
			"https://pool.auth.eu-west-1.cognito.example/oauth2/token", "", "https://cognito-idp.eu-west-1.cognito.example/eu-west-1_AbCdEfGhI/.well-known/jwks.json"},
		{"supabase.json", "https://ref.supabase.example/auth/v1", "https://ref.supabase.example/.well-known/oauth-authorization-server/auth/v1", 1,
			"https://ref.supabase.example/auth/v1/oauth/token", "https://ref.supabase.example/auth/v1/oauth/clients/register", "https://ref.supabase.example/auth/v1/.well-known/jwks.json"},
		{"clerk.json", "https://clerk.shop.example", "https://clerk.shop.example/.well-known/oauth-authorization-server", 1,
			"https://clerk.shop.example/oauth/token", "", "https://clerk.shop.example/.well-known/jwks.json"},
		{"gitlab.json", "https://gitlab.example", "https://gitlab.example/.well-known/oauth-authorization-server", 1,
			"https://gitlab.example/oauth/token", "https://gitlab.example/oauth/register", "https://gitlab.example/oauth/discovery/keys"},
		{"keycloak.json", "https://sso.example/realms/main", "https://sso.example/.well-known/openid-configuration/realms/main", 2,
			"https://sso.example/realms/main/protocol/openid-connect/token", "https://sso.example/realms/main/clients-registrations/openid-connect", "https://sso.example/realms/main/protocol/openid-connect/certs"},
	} {
		t.Run(tt.fixture, func(t *testing.T) {
			p := &provider{}
			p.set(tt.at, answer{body: fixture(t, tt.fixture), header: http.Header{"Cache-Control": {"max-age=600"}}})
			f := metadata.Fetcher{Transport: p}
			s, err := f.Discover(t.Context(), "", tt.issuer)
			if err != nil {
				t.Fatal(err)
			}
			if s.Issuer != tt.issuer || s.TokenEndpoint != tt.token || s.RegistrationEndpoint != tt.register || s.JWKSURI != tt.jwks {
				t.Errorf("%+v", s)
			}
			if s.URL != tt.at || s.MaxAge != 10*time.Minute || p.count() != tt.asked {
				t.Errorf("found at %s after %d requests, fresh for %v", s.URL, p.count(), s.MaxAge)
			}
		})
	}
}

func TestDiscover(t *testing.T) {
	const (
		first  = "https://login.example.com/.well-known/oauth-authorization-server"
		second = "https://login.example.com/.well-known/openid-configuration"
	)
	doc := func(issuer, more string) answer { return answer{body: `{"issuer":"` + issuer + `"` + more + `}`} }
	good := doc("https://login.example.com", `,"jwks_uri":"https://keys.example.com/"`)
	for _, tt := range []struct {
		policy, base, issuer string
		documents            map[string]answer
		at                   string
		says                 []string
	}{
		{"the first place wins", "", "https://login.example.com", map[string]answer{first: good, second: good}, first, nil},
		{"404 goes on", "", "https://login.example.com", map[string]answer{second: good}, second, nil},
		{"500 goes on", "", "https://login.example.com", map[string]answer{first: {status: 500}, second: good}, second, nil},
		{"HTML goes on", "", "https://login.example.com", map[string]answer{first: {body: "<html>"}, second: good}, second, nil},
		{"a redirect elsewhere goes on", "", "https://login.example.com", map[string]answer{first: redirect("https://x.example.net"), second: good}, second, nil},
		{"a document that does not parse goes on", "", "https://login.example.com", map[string]answer{first: {body: `{"issuer":1}`}, second: good}, second, nil},
		{"another issuer's document goes on", "", "https://login.example.com", map[string]answer{first: doc("https://x.example.net", ""), second: good}, second, nil},
		{"base differs from issuer", "https://login.example.com", "https://brand.example.com", map[string]answer{first: doc("https://brand.example.com", "")}, first, nil},
		{"the issuer of many tenants, letter for letter", "https://login.example.com", "https://login.example.com/{tenantid}/v2.0", map[string]answer{
			second: doc("https://login.example.com/{tenantid}/v2.0", `,"jwks_uri":"https://keys.example.com/"`)}, second, nil},
		{"the issuer of many tenants on a loopback host", "http://localhost:9000/common", "http://localhost:9000/{tenantid}/v2.0", map[string]answer{
			"http://localhost:9000/common/.well-known/openid-configuration": doc("http://localhost:9000/{tenantid}/v2.0", `,"jwks_uri":"http://localhost:9000/keys"`)},
			"http://localhost:9000/common/.well-known/openid-configuration", nil},
		{"base is the document", second + "?appid=1", "https://login.example.com", map[string]answer{second + "?appid=1": good}, second + "?appid=1", nil},
		{"loopback issuer with loopback keys", "", "http://localhost:9000", map[string]answer{
			"http://localhost:9000/.well-known/openid-configuration": doc("http://localhost:9000", `,"jwks_uri":"http://127.0.0.1:9001/keys"`)},
			"http://localhost:9000/.well-known/openid-configuration", nil},

		{"the issuer of one tenant is not that of many", "https://login.example.com", "https://login.example.com/{tenantid}/v2.0", map[string]answer{
			first: doc("https://login.example.com/a/v2.0", "")}, "", []string{`calls itself "https://login.example.com/a/v2.0"`}},
		{"another template is another issuer", "https://login.example.com", "https://login.example.com/{tenantid}/v2.0", map[string]answer{
			first: doc("https://login.example.com/{tid}/v2.0", "")}, "", []string{`calls itself "https://login.example.com/{tid}/v2.0"`, "write exactly that"}},
		{"plain http keys of many tenants refused", "https://login.example.com", "https://login.example.com/{tenantid}/v2.0", map[string]answer{
			first: doc("https://login.example.com/{tenantid}/v2.0", `,"jwks_uri":"http://localhost:9000/keys"`)}, "", []string{"its jwks_uri must start with https://"}},
		{"plain http base of many tenants refused", "http://localhost:9000", "https://login.example.com/{tenantid}/v2.0", nil, "", []string{"must start with https://"}},
		{"a tenant is no host", "http://localhost:9000", "http://{tenantid}:9000/", nil, "", []string{"must start with https://"}},
		{"the issuer of many tenants needs a base", "", "https://login.example.com/{tenantid}/v2.0", nil, "", []string{"template", "where their one document is"}},
		{"missing slash named", "", "https://login.example.com", map[string]answer{first: doc("https://login.example.com/", "")}, "",
			[]string{`the provider calls itself "https://login.example.com/"`, "write exactly that"}},
		{"slash too many named", "", "https://login.example.com/", map[string]answer{first: good}, "",
			[]string{`the provider calls itself "https://login.example.com"`, `not "https://login.example.com/"`}},
		{"other case refused", "", "https://login.example.com", map[string]answer{first: doc("https://Login.example.com", "")}, "", []string{"calls itself"}},
		{"default port refused", "", "https://login.example.com", map[string]answer{first: doc("https://login.example.com:443", "")}, "", []string{"calls itself"}},
		{"no issuer refused", "", "https://login.example.com", map[string]answer{first: {body: `{}`}}, "", []string{"names no issuer"}},
		{"no issuer is not the empty issuer", "https://login.example.com", "", map[string]answer{first: {body: `{}`}}, "", []string{"names no issuer"}},
		{"plain http keys of an https issuer refused", "", "https://login.example.com", map[string]answer{
			first: doc("https://login.example.com", `,"jwks_uri":"http://127.0.0.1:9000/keys"`)}, "", []string{first + ": its jwks_uri must start with https://"}},
		{"keys by file refused", "", "https://login.example.com", map[string]answer{
			first: doc("https://login.example.com", `,"jwks_uri":"file:///etc/keys"`)}, "", []string{"its jwks_uri must start with https://"}},
		{"relative keys refused", "", "https://login.example.com", map[string]answer{
			first: doc("https://login.example.com", `,"jwks_uri":"/keys"`)}, "", []string{"its jwks_uri is not absolute"}},
		{"every attempt is in the error", "", "https://login.example.com", map[string]answer{first: {status: 500}, second: {body: "<html>"}}, "",
			[]string{`issuer "https://login.example.com"`, first + ": answered with status 500", second + ": answered HTML, not JSON"}},
		{"plain http base of an https issuer refused", "http://localhost:9000", "https://login.example.com", nil, "", []string{"must start with https://"}},
		{"an issuer that is no URL needs a base", "", "login.example.com", nil, "", []string{"absolute"}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			f := metadata.Fetcher{Transport: &provider{documents: tt.documents}}
			s, err := f.Discover(t.Context(), tt.base, tt.issuer)
			if tt.says != nil {
				wantError(t, err, tt.says...)
				if s != nil {
					t.Error("a document beside an error")
				}
				return
			}
			if err != nil || s.URL != tt.at || s.Issuer != tt.issuer {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

func TestDiscoverNamesTemplates(t *testing.T) {
	p := &provider{}
	p.set("https://login.entra.example/common/v2.0/.well-known/openid-configuration", answer{body: fixture(t, "entra-common.json")})
	f := metadata.Fetcher{Transport: p}
	_, err := f.Discover(t.Context(), "", "https://login.entra.example/common/v2.0")
	wantError(t, err, "template", "{tenantid}", "your own tenant")
	if strings.Contains(err.Error(), "write exactly that") {
		t.Errorf("bad advice: %v", err)
	}
}

func TestDiscoverErrorPutsTheIssuerFirst(t *testing.T) {
	p := &provider{}
	p.set("https://login.example.com/.well-known/openid-configuration", answer{body: `{"issuer":"https://login.example.com/"}`})
	f := metadata.Fetcher{Transport: p}
	_, err := f.Discover(t.Context(), "", "https://login.example.com")
	wantError(t, err, `no usable document of issuer "https://login.example.com": the provider calls itself`)
	var wrong *metadata.IssuerError
	if !errors.As(err, &wrong) || wrong.Got != "https://login.example.com/" || wrong.Want != "https://login.example.com" || !errors.Is(err, metadata.ErrStatus) {
		t.Errorf("%#v", err)
	}
}

func TestDiscoverStopsWithItsContext(t *testing.T) {
	p := &provider{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := metadata.Fetcher{Transport: p}
	if _, err := f.Discover(ctx, "", "https://login.example.com/t"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if n := p.count(); n > 1 {
		t.Errorf("%d requests after the end", n)
	}
}
