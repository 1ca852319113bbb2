package main

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// What a client that is no person is known by at the provider.
const (
	robot       = "robot"
	robotSecret = "robot-secret-canary"
)

// An authServer is a provider that clients can log in to: [jwkstest.Issuer] with
// the endpoints of OAuth beside it. Nobody is asked for consent, but what a client
// sends is held to the rules, and remembered.
type authServer struct {
	*jwkstest.Issuer

	mu      sync.Mutex
	clients map[string][]string     // redirect URIs of those that registered, by id
	grants  map[string]url.Values   // what was asked for, by code or refresh token
	asked   map[string][]url.Values // what was sent, by path
	minted  []string
}

func startProvider(t *testing.T) *authServer {
	t.Helper()
	mux := http.NewServeMux()
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	issuer, err := jwkstest.New(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(issuer.Close)
	issuer.RemoveKey(issuer.KeyIDs()[0]) // an RSA key takes long to make
	issuer.SetMetadata(map[string]any{
		"registration_endpoint":                          web.URL + "/register",
		"grant_types_supported":                          []string{"authorization_code", "refresh_token", "client_credentials"},
		"token_endpoint_auth_methods_supported":          []string{"none", "client_secret_basic"},
		"authorization_response_iss_parameter_supported": true,
	})
	p := &authServer{
		Issuer:  issuer,
		clients: map[string][]string{},
		grants:  map[string]url.Values{},
		asked:   map[string][]url.Values{},
	}
	mux.Handle("/", issuer)
	mux.HandleFunc("POST /register", p.register)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	return p
}

// mint makes a token that is alice's unless claims say otherwise.
func (p *authServer) mint(claims map[string]any) string {
	all := map[string]any{"client_id": "app", "scope": "read write admin"}
	for name, value := range claims {
		all[name] = value
	}
	token := p.Mint(jwkstest.Token{Claims: all})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.minted = append(p.minted, token)
	return token
}

// secrets is what nobody may ever log.
func (p *authServer) secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append(slices.Clone(p.minted), apiKey, robotSecret)
}

// sent is the parameters of every request for path.
func (p *authServer) sent(path string) []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked[path])
}

// register follows RFC 7591 §3.
func (p *authServer) register(w http.ResponseWriter, r *http.Request) {
	var client struct {
		RedirectURIs []string `json:"redirect_uris"`
		Scope        string   `json:"scope,omitempty"`
	}
	if err := json.NewDecoder(r.Body).Decode(&client); err != nil || len(client.RedirectURIs) == 0 {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_client_metadata"})
		return
	}
	id := rand.Text()
	p.mu.Lock()
	p.clients[id] = client.RedirectURIs
	p.asked["/register"] = append(p.asked["/register"], url.Values{"scope": {client.Scope}})
	p.mu.Unlock()
	reply(w, http.StatusCreated, map[string]any{
		"client_id": id, "redirect_uris": client.RedirectURIs, "scope": client.Scope, "token_endpoint_auth_method": "none",
	})
}

// authorize follows OAuth 2.1 §4.1.1, and RFC 9207 in the answer. Its user agrees
// to everything.
func (p *authServer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked["/authorize"] = append(p.asked["/authorize"], q)
	if !slices.Contains(p.clients[q.Get("client_id")], q.Get("redirect_uri")) || q.Get("response_type") != "code" ||
		q.Get("code_challenge") == "" || q.Get("code_challenge_method") != "S256" {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_request"})
		return
	}
	code := rand.Text()
	p.grants[code] = q
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// token follows OAuth 2.1 §4.1.3, §4.2 and §4.3, and RFC 8707 §2.2: the token is
// for the resource that was asked for, and for nothing else.
func (p *authServer) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_request"})
		return
	}
	p.mu.Lock()
	p.asked["/token"] = append(p.asked["/token"], r.PostForm)
	p.mu.Unlock()
	asked, subject := p.granted(r)
	if asked == nil {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	answer := map[string]any{"token_type": "Bearer", "expires_in": 3600, "scope": asked.Get("scope")}
	answer["access_token"] = p.mint(map[string]any{
		"sub": subject, "client_id": cmp.Or(asked.Get("client_id"), subject), "aud": asked.Get("resource"), "scope": asked.Get("scope"),
	})
	if subject != robot {
		refresh := rand.Text()
		p.mu.Lock()
		p.grants[refresh] = asked
		p.mu.Unlock()
		answer["refresh_token"] = refresh
	}
	reply(w, http.StatusOK, answer)
}

// granted returns what the client of a token request may have, and for whom.
func (p *authServer) granted(r *http.Request) (asked url.Values, subject string) {
	form := r.PostForm
	p.mu.Lock()
	defer p.mu.Unlock()
	switch form.Get("grant_type") {
	case "client_credentials":
		if id, secret, ok := r.BasicAuth(); ok && id == robot && secret == robotSecret {
			return form, robot
		}
	case "authorization_code":
		asked = p.take(form.Get("code"))
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if asked != nil && asked.Get("code_challenge") == base64.RawURLEncoding.EncodeToString(sum[:]) &&
			asked.Get("redirect_uri") == form.Get("redirect_uri") && asked.Get("resource") == form.Get("resource") {
			return asked, "alice"
		}
	case "refresh_token":
		if asked = p.take(form.Get("refresh_token")); asked != nil {
			return asked, "alice"
		}
	}
	return nil, ""
}

// take returns a grant, which can be used once.
func (p *authServer) take(secret string) url.Values {
	asked := p.grants[secret]
	delete(p.grants, secret)
	return asked
}

func reply(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// ago is an expiry that no leeway covers.
func ago() time.Time { return time.Now().Add(-time.Hour) }
