package metadata_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

const (
	web  = "https://claude.example/api/mcp/auth_callback"
	app  = "cursor://anysphere.cursor-mcp/oauth/callback"
	loop = "http://127.0.0.1/callback"
	six  = "http://[::1]/callback"
	name = "http://localhost/oauth/callback?x=y"
	port = "http://localhost:6274/oauth/callback"
	root = "http://127.0.0.1/"
	bare = "http://localhost"
)

func registration() metadata.Registration {
	return metadata.Registration{
		ClientID:     "public-client",
		RedirectURIs: []string{web, app, loop, six, name, port, root, bare},
		Limit:        func(*http.Request) time.Duration { return 0 },
		Now:          func() time.Time { return time.Unix(1_800_000_000, 9) },
	}
}

func registrar(t testing.TB, r metadata.Registration) http.Handler {
	t.Helper()
	h, err := r.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func post(h http.Handler, body string, headers ...string) *http.Response {
	r := httptest.NewRequest("POST", "https://mcp.example.com/register", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestRegistration(t *testing.T) {
	const (
		one         = `{"redirect_uris":["` + web + `"]}`
		badRedirect = `{"error":"invalid_redirect_uri","error_description":"a redirect URI is not on the list of this server"}`
		badMetadata = `{"error":"invalid_client_metadata","error_description":"send one JSON object with 1 to 20 redirect_uris, for the code flow of a public client"}`
	)
	good := func(redirects, grants string) string {
		return `{"client_id":"public-client","client_id_issued_at":1800000000,"redirect_uris":[` + redirects + `],"grant_types":[` + grants +
			`],"response_types":["code"],"token_endpoint_auth_method":"none"}`
	}
	quoted := func(n int) string { return strings.TrimSuffix(strings.Repeat(`"`+web+`",`, n), ",") }
	for _, tt := range []struct {
		policy, body string
		status       int
		want         string
	}{
		{"one URI is enough", one, 201, good(`"`+web+`"`, `"authorization_code"`)},
		{"what clients send", `{"client_name":"MCP <client>","redirect_uris":["` + web + `"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","scope":"read","application_type":"native","resource":"https://mcp.example.com/mcp"}`,
			201, good(`"`+web+`"`, `"authorization_code","refresh_token"`)},
		{"grants that cannot be had are left out", `{"redirect_uris":["` + web + `"],"grant_types":["implicit","refresh_token","authorization_code"]}`, 201, good(`"`+web+`"`, `"authorization_code","refresh_token"`)},
		{"nobody gets a secret, whatever they ask", `{"redirect_uris":["` + web + `"],"token_endpoint_auth_method":"client_secret_basic"}`, 201, good(`"`+web+`"`, `"authorization_code"`)},
		{"a client_id is not chosen", `{"redirect_uris":["` + web + `"],"client_id":"mine","client_secret":"x"}`, 201, good(`"`+web+`"`, `"authorization_code"`)},
		{"null is nothing", `{"redirect_uris":["` + web + `"],"grant_types":null,"response_types":null}`, 201, good(`"`+web+`"`, `"authorization_code"`)},
		{"20 URIs", `{"redirect_uris":[` + quoted(20) + `]}`, 201, good(quoted(20), `"authorization_code"`)},
		{"21 URIs refused", `{"redirect_uris":[` + quoted(21) + `]}`, 400, badMetadata},
		{"no URI refused", `{"redirect_uris":[]}`, 400, badMetadata},
		{"no list of URIs refused", `{}`, 400, badMetadata},
		{"null URIs refused", `{"redirect_uris":null}`, 400, badMetadata},
		{"null in place of a URI refused", `{"redirect_uris":[null]}`, 400, badRedirect},
		{"a string of URIs refused", `{"redirect_uris":"` + web + `"}`, 400, badMetadata},
		{"a list of numbers refused", `{"redirect_uris":[1]}`, 400, badMetadata},
		{"another case of the name refused", `{"Redirect_URIs":["` + web + `"]}`, 400, badMetadata},
		{"two lists of URIs refused", `{"redirect_uris":["` + web + `"],"redirect_uris":["https://evil.example.net/"]}`, 400, badMetadata},
		{"two lists of URIs, one escaped, refused", `{"redirect_uris":["` + web + `"],"redirect_ur\u0069s":["https://evil.example.net/"]}`, 400, badMetadata},
		{"a stranger's URI refused", `{"redirect_uris":["https://evil.example.net/"]}`, 400, badRedirect},
		{"a stranger's URI beside a good one refused", `{"redirect_uris":["` + web + `","https://evil.example.net/"]}`, 400, badRedirect},
		{"without the code flow refused", `{"redirect_uris":["` + web + `"],"grant_types":["client_credentials"]}`, 400, badMetadata},
		{"without any flow refused", `{"redirect_uris":["` + web + `"],"grant_types":[]}`, 400, badMetadata},
		{"grants that are no list refused", `{"redirect_uris":["` + web + `"],"grant_types":"authorization_code"}`, 400, badMetadata},
		{"without the code response refused", `{"redirect_uris":["` + web + `"],"response_types":["token"]}`, 400, badMetadata},
		{"responses that are no list refused", `{"redirect_uris":["` + web + `"],"response_types":{}}`, 400, badMetadata},
		{"16 KiB", one + strings.Repeat(" ", 16<<10-len(one)), 201, good(`"`+web+`"`, `"authorization_code"`)},
		{"a byte more refused", one + strings.Repeat(" ", 16<<10-len(one)+1), 400, badMetadata},
		{"nothing refused", ``, 400, badMetadata},
		{"a list refused", `[]`, 400, badMetadata},
		{"half refused", `{"redirect_uris":["` + web + `"]`, 400, badMetadata},
		{"something behind refused", `{"redirect_uris":["` + web + `"]} {}`, 400, badMetadata},
		{"broken UTF-8 refused", "{\"redirect_uris\":[\"" + web + "\"],\"x\":\"\xff\"}", 400, badMetadata},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			r := registration()
			var heard []error
			r.OnError = func(err error) { heard = append(heard, err) }
			resp := post(registrar(t, r), tt.body)
			if got := text(t, resp); resp.StatusCode != tt.status || got != tt.want+"\n" {
				t.Errorf("%d %s\nwant %d %s", resp.StatusCode, got, tt.status, tt.want)
			}
			h := resp.Header
			if h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/json" || h.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("headers %v", h)
			}
			if (tt.status == 201) != (len(heard) == 0) {
				t.Errorf("heard %v", heard)
			}
		})
	}
}

func TestRegistrationMethods(t *testing.T) {
	h := registrar(t, registration())
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
		resp := call(h, method, "/register")
		if body := text(t, resp); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST, OPTIONS" || (body == "") != (method == "HEAD") {
			t.Errorf("%s: %d %v %s", method, resp.StatusCode, resp.Header, body)
		}
	}
	got := call(h, "OPTIONS", "/register", "Origin", "https://app.example.com", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "content-type,mcp-protocol-version")
	if got.StatusCode != http.StatusNoContent || got.Header.Get("Access-Control-Allow-Methods") != "POST, OPTIONS" ||
		got.Header.Get("Access-Control-Allow-Headers") != "content-type,mcp-protocol-version" || got.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

func TestRegistrationContentType(t *testing.T) {
	h := registrar(t, registration())
	for kind, status := range map[string]int{
		"application/json": 201, "Application/JSON; charset=utf-8": 201,
		"": 400, "text/plain": 400, "application/x-www-form-urlencoded": 400, "application/json, text/plain": 400, "application/jsonx": 400,
	} {
		if resp := post(h, `{"redirect_uris":["`+web+`"]}`, "Content-Type", kind); resp.StatusCode != status {
			t.Errorf("%q: status %d, want %d", kind, resp.StatusCode, status)
		}
	}
	r := httptest.NewRequest("POST", "/register", strings.NewReader(`{"redirect_uris":["`+web+`"]}`))
	r.Header["Content-Type"] = []string{"application/json", "text/plain"}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
		t.Errorf("two content types: status %d", w.Code)
	}
}

// The limit comes before the body, and costs nobody a line in a log.
func TestRegistrationLimit(t *testing.T) {
	r := registration()
	var asked []string
	r.OnError = func(err error) { t.Errorf("heard %v", err) }
	r.Limit = func(r *http.Request) time.Duration {
		asked = append(asked, r.RemoteAddr)
		return time.Duration(len(asked)-1) * 1500 * time.Millisecond
	}
	h := registrar(t, r)
	if resp := post(h, `{"redirect_uris":["`+web+`"]}`); resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.StatusCode)
	}
	resp := post(h, `not even JSON`)
	if body := text(t, resp); resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "2" || resp.Header.Get("Cache-Control") != "no-store" || strings.Contains(body, "client_id") {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	if !slices.Equal(asked, []string{"192.0.2.1:1234", "192.0.2.1:1234"}) {
		t.Errorf("asked for %q", asked)
	}
	call(h, "OPTIONS", "/register")
	if len(asked) != 2 {
		t.Error("a preflight was counted")
	}
}

// What a client writes does not flood a log, nor break its lines.
func TestRegistrationErrorsAreShort(t *testing.T) {
	for _, body := range []string{
		`{"redirect_uris":["https://evil.example.net/\n` + strings.Repeat("x", 8<<10) + `"]}`,
		`{"a` + strings.Repeat("x", 4<<10) + `":1,"a` + strings.Repeat("x", 4<<10) + `":2}`,
	} {
		r := registration()
		var heard string
		r.OnError = func(err error) { heard = err.Error() }
		post(registrar(t, r), body)
		if !strings.HasPrefix(heard, "registration refused: ") || len(heard) > 500 || strings.Contains(heard, "\n") {
			t.Errorf("heard %d bytes: %s", len(heard), heard)
		}
	}
}

func TestRegistrationMistakes(t *testing.T) {
	list := func(uri string) func(*metadata.Registration) {
		return func(r *metadata.Registration) { r.RedirectURIs = []string{web, uri} }
	}
	for _, tt := range []struct {
		policy, field, problem string
		change                 func(*metadata.Registration)
	}{
		{"client required", "ClientID", "empty", func(r *metadata.Registration) { r.ClientID = "" }},
		{"client with a line break refused", "ClientID", "character", func(r *metadata.Registration) { r.ClientID += "\n" }},
		{"client with a space refused", "ClientID", "character", func(r *metadata.Registration) { r.ClientID += " " }},
		{"client of endless length refused", "ClientID", "256", func(r *metadata.Registration) { r.ClientID = strings.Repeat("x", 257) }},
		{"list required", "RedirectURIs", "empty", func(r *metadata.Registration) { r.RedirectURIs = nil }},
		{"limit required", "Limit", "missing", func(r *metadata.Registration) { r.Limit = nil }},
		{"empty entry refused", "RedirectURIs[1]", "absolute", list("")},
		{"relative entry refused", "RedirectURIs[1]", "absolute", list("/callback")},
		{"scheme alone refused", "RedirectURIs[1]", "absolute", list("cursor:")},
		{"scheme in capitals refused", "RedirectURIs[1]", "absolute", list("Cursor://x")},
		{"star refused", "RedirectURIs[1]", "write each URI", list("https://*.example.com/")},
		{"star as port refused", "RedirectURIs[1]", "write each URI", list("http://127.0.0.1:*/callback")},
		{"plain http refused", "RedirectURIs[1]", "https://", list("http://claude.example/")},
		{"plain http in capitals refused", "RedirectURIs[1]", "https://", list("HTTP://claude.example/")},
		{"loopback in capitals refused", "RedirectURIs[1]", "small letters", list("http://LOCALHOST/callback")},
		{"other loopback address refused", "RedirectURIs[1]", "127.0.0.1", list("http://127.0.0.2/callback")},
		{"fragment refused", "RedirectURIs[1]", "fragment", list(web + "#x")},
		{"fragment of an app refused", "RedirectURIs[1]", "fragment", list(app + "#x")},
		{"user information refused", "RedirectURIs[1]", "user information", list("https://a:b@claude.example/")},
		{"space refused", "RedirectURIs[1]", "percent-encode", list("cursor://a b")},
		{"script refused", "RedirectURIs[1]", "leads to no client", list("javascript:alert(1)")},
		{"data refused", "RedirectURIs[1]", "leads to no client", list("data:text/html,x")},
		{"file refused", "RedirectURIs[1]", "leads to no client", list("file:///etc/passwd")},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			r := registration()
			tt.change(&r)
			h, err := r.Handler()
			wantError(t, err, tt.problem)
			if c, ok := errors.AsType[*metadata.ConfigError](err); h != nil || !ok || c.Field != tt.field {
				t.Errorf("not a ConfigError of %s: %v", tt.field, err)
			}
		})
	}
	_, err := metadata.Registration{}.Handler()
	wantError(t, err, "ClientID: ", "RedirectURIs: ", "Limit: ")
}
