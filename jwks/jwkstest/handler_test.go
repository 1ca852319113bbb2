package jwkstest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

func ask(is http.Handler, method, url string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	is.ServeHTTP(w, httptest.NewRequest(method, url, nil))
	return w
}

func TestURLIsChecked(t *testing.T) {
	for _, tt := range []struct {
		policy, url string
		ok          bool
	}{
		{"https", "https://login.example.com", true},
		{"http", "http://127.0.0.1:9000", true},
		{"slash at the end", "https://login.example.com/", true},
		{"path", "https://login.example.com/a/b", true},
		{"relative", "/a", false},
		{"empty", "", false},
		{"no host", "https:///a", false},
		{"other scheme", "ftp://login.example.com", false},
		{"query", "https://login.example.com?a=b", false},
		{"empty fragment", "https://login.example.com#", false},
		{"user", "https://canary:canary@login.example.com", false},
		{"other scheme and user", "ftp://canary:canary@login.example.com", false},
		{"unreadable", "https://canary:canary@login.example.com:x y", false},
	} {
		is, err := jwkstest.New(tt.url)
		if (err == nil) != tt.ok || tt.ok && is.URL != tt.url {
			t.Errorf("%s: %v", tt.policy, err)
		}
		if err != nil && strings.Contains(err.Error(), ":canary") {
			t.Errorf("%s: the error repeats a password: %v", tt.policy, err)
		}
	}
}

// Which addresses have which document, and which have none.
func TestPlacesOfDocuments(t *testing.T) {
	const oauth, openID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	for _, tt := range []struct {
		issuer, jwks string
		discovery    []string
		nothing      []string
	}{
		{"https://login.example.com", "/jwks", []string{oauth, openID}, []string{"/", "/authorize", oauth + "/", oauth + "/tenant", "/jwks/"}},
		{"https://login.example.com/", "/jwks", []string{oauth, openID}, []string{"/", "//jwks"}},
		{"https://login.example.com/tenant", "/tenant/jwks", []string{oauth + "/tenant", "/tenant" + oauth, openID + "/tenant", "/tenant" + openID},
			[]string{"/jwks", oauth, openID, oauth + "/tenant/", "/tenant"}},
		{"https://login.example.com/tenant/", "/tenant/jwks", []string{oauth + "/tenant", "/tenant" + oauth, openID + "/tenant", "/tenant" + openID},
			[]string{"/jwks", oauth, openID + "/tenant/"}},
	} {
		is, err := jwkstest.New(tt.issuer)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range tt.discovery {
			var doc map[string]any
			w := ask(is, "GET", path)
			err := json.Unmarshal(w.Body.Bytes(), &doc)
			if err != nil || w.Code != 200 || doc["issuer"] != tt.issuer || doc["jwks_uri"] != "https://login.example.com"+tt.jwks {
				t.Errorf("%s of %s: %d, %v", path, tt.issuer, w.Code, doc)
			}
		}
		if w := ask(is, "GET", tt.jwks); w.Code != 200 || w.Body.String() != string(is.JWKS()) {
			t.Errorf("%s of %s: %d, %s", tt.jwks, tt.issuer, w.Code, w.Body)
		}
		for _, path := range tt.nothing {
			if w := ask(is, "GET", path); w.Code != 404 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s of %s: %d, %s, want a 404 in JSON", path, tt.issuer, w.Code, w.Body)
			}
		}
	}
}

func TestDiscoveryDocument(t *testing.T) {
	is := newIssuer(t)
	is.AddKey("EdDSA")
	is.AddKey("ES256")
	is.Publish(jwkstest.UnknownKey("odd"))
	want := map[string]any{
		"issuer":                                issuerURL,
		"jwks_uri":                              is.JWKSURL(),
		"authorization_endpoint":                issuerURL + "/authorize",
		"token_endpoint":                        issuerURL + "/token",
		"response_types_supported":              []any{"code"},
		"grant_types_supported":                 []any{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []any{"S256"},
		"subject_types_supported":               []any{"public"},
		"id_token_signing_alg_values_supported": []any{"RS256", "ES256", "EdDSA"},
	}
	if got := discovery(t, is); !reflect.DeepEqual(got, want) {
		t.Errorf("document %v, want %v", got, want)
	}
}

func discovery(t *testing.T, is *jwkstest.Issuer) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(ask(is, "GET", "/tenant/.well-known/openid-configuration").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestMetadataIsLaidOverAndTakenAway(t *testing.T) {
	is := newIssuer(t)
	members := map[string]any{"issuer": "https://evil.example.com", "token_endpoint": nil, "extra": []int{1}}
	is.SetMetadata(members)
	members["issuer"] = "changed later"
	doc := discovery(t, is)
	if _, there := doc["token_endpoint"]; there || doc["issuer"] != "https://evil.example.com" || !reflect.DeepEqual(doc["extra"], []any{1.0}) {
		t.Errorf("document %v", doc)
	}
	if got := mustDecode(t, is.Mint(jwkstest.Token{Alg: "ES256"})).claims["iss"]; got != issuerURL {
		t.Errorf("iss of tokens is %v, want still %s", got, issuerURL)
	}
	is.SetMetadata(map[string]any{"jwks_uri": "https://evil.example.com/jwks"})
	if doc := discovery(t, is); doc["issuer"] != issuerURL || doc["jwks_uri"] != "https://evil.example.com/jwks" {
		t.Errorf("second overlay did not replace the first: %v", doc)
	}
	is.SetMetadata(nil)
	if doc := discovery(t, is); doc["jwks_uri"] != is.JWKSURL() {
		t.Errorf("document %v, want a good one again", doc)
	}
}

func TestMethodsAndCORS(t *testing.T) {
	is := newIssuer(t)
	for _, tt := range []struct {
		policy, method, path string
		status, fetches      int
		body                 bool
	}{
		{"GET", "GET", "/tenant/jwks", 200, 1, true},
		{"HEAD has no body", "HEAD", "/tenant/jwks", 200, 1, false},
		{"preflight", "OPTIONS", "/tenant/jwks", 204, 0, false},
		{"POST refused", "POST", "/tenant/jwks", 405, 0, true},
		{"DELETE refused", "DELETE", "/tenant/.well-known/openid-configuration", 405, 0, true},
		{"unknown path, any method", "POST", "/register", 404, 0, true},
	} {
		before := is.JWKSFetches()
		w := ask(is, tt.method, tt.path)
		h := w.Header()
		if w.Code != tt.status || w.Body.Len() > 0 != tt.body || is.JWKSFetches()-before != tt.fetches {
			t.Errorf("%s: %d with %d bytes, %d fetches", tt.policy, w.Code, w.Body.Len(), is.JWKSFetches()-before)
		}
		if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "" {
			t.Errorf("%s: header %v", tt.policy, h)
		}
		if tt.status == 405 && h.Get("Allow") != "GET, HEAD, OPTIONS" || tt.status == 204 && h.Get("Access-Control-Allow-Headers") != "*" {
			t.Errorf("%s: header %v", tt.policy, h)
		}
	}
}

func TestFetchesAreCountedByDocument(t *testing.T) {
	is := newIssuer(t)
	for _, path := range []string{
		"/tenant/jwks",
		"/tenant/.well-known/openid-configuration",
		"/.well-known/oauth-authorization-server/tenant",
		"/.well-known/oauth-authorization-server/tenant",
		"/nothing",
	} {
		ask(is, "GET", path)
	}
	for _, tt := range []struct {
		name      string
		got, want int
	}{
		{"JWKSFetches", is.JWKSFetches(), 1},
		{"DiscoveryFetches", is.DiscoveryFetches(), 3},
		{"OpenID", is.Fetches(jwkstest.OpenID), 1},
		{"OAuthInserted", is.Fetches(jwkstest.OAuthInserted), 2},
		{"OAuthAppended", is.Fetches(jwkstest.OAuthAppended), 0},
		{"Everything", is.Fetches(jwkstest.Everything), 4},
		{"InFlight", is.InFlight(), 0},
		{"MaxInFlight", is.MaxInFlight(), 1},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %d, want %d", tt.name, tt.got, tt.want)
		}
	}
}
