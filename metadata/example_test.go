package metadata_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func ExampleResourceURL() {
	for _, resource := range []string{"https://mcp.example.com", "https://mcp.example.com/mcp", "https://mcp.example.com/mcp/?tenant=a"} {
		url, err := metadata.ResourceURL(resource)
		fmt.Println(url, err)
	}
	// Output:
	// https://mcp.example.com/.well-known/oauth-protected-resource <nil>
	// https://mcp.example.com/.well-known/oauth-protected-resource/mcp <nil>
	// https://mcp.example.com/.well-known/oauth-protected-resource/mcp/?tenant=a <nil>
}

func ExampleServerURLs() {
	urls, _ := metadata.ServerURLs("https://login.example.com/realms/main")
	for _, url := range urls {
		fmt.Println(url)
	}
	// Output:
	// https://login.example.com/.well-known/oauth-authorization-server/realms/main
	// https://login.example.com/.well-known/openid-configuration/realms/main
	// https://login.example.com/realms/main/.well-known/openid-configuration
}

func ExampleResource_Handler() {
	resource := metadata.Resource{
		Resource:             "https://mcp.example.com/mcp",
		AuthorizationServers: []string{"https://login.example.com/"},
		ScopesSupported:      []string{"mcp:tools"},
	}
	h, err := resource.Handler()
	if err != nil {
		fmt.Println(err)
		return
	}
	pattern, _ := metadata.ResourcePattern(resource.Resource)
	mux := http.NewServeMux()
	mux.Handle(pattern, h) // no method in the pattern: preflight requests use OPTIONS
	mux.Handle("/.well-known/", metadata.NotFound())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/oauth-protected-resource/mcp", nil))
	fmt.Print(w.Body)
	// Output:
	// {"resource":"https://mcp.example.com/mcp","authorization_servers":["https://login.example.com/"],"scopes_supported":["mcp:tools"],"bearer_methods_supported":["header"]}
}

// The authorization server is named by its issuer, not by its document, and
// "offline_access" is no scope of a resource.
func ExampleResource_Handler_incorrect() {
	_, err := metadata.Resource{
		Resource:             "https://mcp.example.com/mcp",
		AuthorizationServers: []string{"https://login.example.com/.well-known/openid-configuration"},
		ScopesSupported:      []string{"mcp:tools", "offline_access"},
	}.Handler()
	fmt.Println(err)
	// Output:
	// AuthorizationServers[0]: is the address of a document; write the issuer that the document names
	// ScopesSupported[1]: must not be offline_access: clients ask for it themselves where the authorization server offers it; leave it out
}

// example is a provider in this process.
func example(issuer, fixture string) *metadata.Fetcher {
	body, err := os.ReadFile("../testdata/metadata/" + fixture)
	if err != nil {
		panic(err)
	}
	return &metadata.Fetcher{Transport: &provider{documents: map[string]answer{
		issuer + ".well-known/openid-configuration": {body: string(body)},
	}}}
}

func ExampleFetcher_Discover() {
	f := example("https://tenant.eu.auth0.example/", "auth0.json")
	s, err := f.Discover(context.Background(), "", "https://tenant.eu.auth0.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.JWKSURI)
	fmt.Println(s.TokenEndpoint)
	fmt.Printf("%s\n", s.Member("code_challenge_methods_supported"))
	// Output:
	// https://tenant.eu.auth0.example/.well-known/jwks.json
	// https://tenant.eu.auth0.example/oauth/token
	// ["S256","plain"]
}

// An issuer is the string that the provider uses, to the last slash.
func ExampleFetcher_Discover_incorrect() {
	f := example("https://tenant.eu.auth0.example/", "auth0.json")
	_, err := f.Discover(context.Background(), "", "https://tenant.eu.auth0.example")
	if wrong, ok := errors.AsType[*metadata.IssuerError](err); ok {
		fmt.Println(wrong)
	}
	// Output:
	// the provider calls itself "https://tenant.eu.auth0.example/" (in https://tenant.eu.auth0.example/.well-known/openid-configuration), not "https://tenant.eu.auth0.example"; write exactly that
}

func ExampleMirror_Handler() {
	h, err := metadata.Mirror{
		Issuer:  "https://tenant.eu.auth0.example/",
		Fetcher: example("https://tenant.eu.auth0.example/", "auth0.json"),
	}.Handler()
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", metadata.ServerPrefix, nil))
	s, _ := metadata.ParseServer(w.Body.Bytes())
	fmt.Println(w.Code, s.Issuer)
	fmt.Printf("%s\n", s.Member("code_challenge_methods_supported"))
	// Output:
	// 200 https://tenant.eu.auth0.example/
	// ["S256"]
}

// The provider's document lacks code_challenge_methods_supported, and its endpoints are
// on another host than its issuer.
func ExamplePatch_Handler() {
	const pool = "https://cognito-idp.eu-west-1.cognito.example/eu-west-1_AbCdEfGhI"
	h, err := metadata.Patch{
		As:           "https://mcp.example.com",
		Provider:     metadata.Mirror{Issuer: pool, Fetcher: example(pool+"/", "cognito.json")},
		Registration: "https://mcp.example.com/register",
	}.Handler()
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", metadata.ServerPrefix, nil))
	s, _ := metadata.ParseServer(w.Body.Bytes())
	fmt.Println(w.Code, s.Issuer, s.RegistrationEndpoint)
	fmt.Println(s.TokenEndpoint)
	fmt.Printf("%s\n", s.Member("code_challenge_methods_supported"))
	// Output:
	// 200 https://mcp.example.com https://mcp.example.com/register
	// https://pool.auth.eu-west-1.cognito.example/oauth2/token
	// ["S256"]
}

// A provider that sends "iss" in its redirects keeps its name.
func ExamplePatch_Check_incorrect() {
	s, _ := metadata.ParseServer([]byte(`{"issuer":"https://login.example.com","authorization_response_iss_parameter_supported":true}`))
	fmt.Println(metadata.Patch{As: "https://mcp.example.com"}.Check(s))
	// Output:
	// the provider's document is not to be patched: it says authorization_response_iss_parameter_supported, so the provider sends its own issuer in redirects, and clients that compare it with ours refuse them (RFC 9207 §2.4); mirror the document instead
}

func ExampleRegistration_Handler() {
	h, err := metadata.Registration{
		ClientID:     "public-client",
		RedirectURIs: []string{"http://127.0.0.1/callback"}, // on any port
		Limit:        func(*http.Request) time.Duration { return 0 },
		Now:          func() time.Time { return time.Unix(1_800_000_000, 0) },
	}.Handler()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, uri := range []string{"http://127.0.0.1:33418/callback", "https://elsewhere.example.net/"} {
		r := httptest.NewRequest("POST", "/register", strings.NewReader(`{"redirect_uris":["`+uri+`"]}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 201 {"client_id":"public-client","client_id_issued_at":1800000000,"redirect_uris":["http://127.0.0.1:33418/callback"],"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"none"}
	// 400 {"error":"invalid_redirect_uri","error_description":"a redirect URI is not on the list of this server"}
}

// An allow-list has no patterns, and registration has a limit.
func ExampleRegistration_Handler_incorrect() {
	_, err := metadata.Registration{ClientID: "public-client", RedirectURIs: []string{"https://*.example.com/callback"}}.Handler()
	fmt.Println(err)
	// Output:
	// RedirectURIs[0]: holds a *, but is compared character by character; write each URI
	// Limit: is missing; anybody may ask, so say how often
}

func ExampleNotConfigured() {
	w := httptest.NewRecorder()
	metadata.NotConfigured("MCP_OAUTH_SERVER_URL").ServeHTTP(w, httptest.NewRequest("GET", metadata.ServerPrefix, nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 404 {"error":"OAuth authorization server not configured","message":"set MCP_OAUTH_SERVER_URL to the URL of the OAuth provider"}
}
