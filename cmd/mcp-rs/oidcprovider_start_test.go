package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
)

// oidcProviderDir has a real authorization server and how it is set up here.
var oidcProviderDir = filepath.Join("..", "..", "testdata", "oidc-provider")

// needsOIDCProvider skips the test where that server cannot be had, as needsTypeScript
// does with the client.
func needsOIDCProvider(t *testing.T) {
	t.Helper()
	needsPackages(t, "the authorization server", "testdata/oidc-provider")
}

// An oidcProvider is the server, and what it told about itself.
type oidcProvider struct {
	URL      string // its issuer identifier
	process  *exec.Cmd
	commands io.Writer
	answers  *bufio.Scanner
	handed   []string // secrets: every token that it gave us
	document struct { // RFC 8414 §2
		Issuer                string `json:"issuer"`
		AuthorizationEndpoint string `json:"authorization_endpoint"`
		TokenEndpoint         string `json:"token_endpoint"`
		RevocationEndpoint    string `json:"revocation_endpoint"`
		IntrospectionEndpoint string `json:"introspection_endpoint"`
	}
}

// startOIDCProvider starts one that ends with the test, or with this process: it
// listens to its standard input for that.
func startOIDCProvider(t *testing.T) *oidcProvider {
	t.Helper()
	needsOIDCProvider(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	p := &oidcProvider{process: exec.CommandContext(ctx, "node", "server.mjs")}
	p.process.Dir, p.process.WaitDelay = oidcProviderDir, time.Second
	log := newTranscript()
	p.process.Stderr = log
	in, err := p.process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.commands, p.answers = in, bufio.NewScanner(out)
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.stop()
		cancel()
		if t.Failed() {
			t.Logf("the authorization server said:\n%s", log)
		}
	})
	p.listen(t)
	p.read(t, p.URL+"/.well-known/oauth-authorization-server", &p.document)
	if p.document.Issuer != p.URL {
		t.Fatalf("the document of %s is that of %s", p.URL, p.document.Issuer)
	}
	return p
}

// listen reads what the server says next.
func (p *oidcProvider) listen(t *testing.T) {
	t.Helper()
	var said struct{ Version, Issuer string }
	if !p.answers.Scan() {
		t.Fatalf("the authorization server does not answer: %v", p.answers.Err())
	}
	if err := json.Unmarshal(p.answers.Bytes(), &said); err != nil {
		t.Fatal(err)
	}
	if want := manifestIn(t, oidcProviderDir)["oidc-provider"]; said.Version != want {
		t.Fatalf("oidc-provider %s is installed and %s wanted; run: npm ci --prefix testdata/oidc-provider", said.Version, want)
	}
	p.URL = said.Issuer
}

// do has a command carried out: rotate or retire.
func (p *oidcProvider) do(t *testing.T, command string) {
	t.Helper()
	if _, err := io.WriteString(p.commands, command+"\n"); err != nil {
		t.Fatal(err)
	}
	p.listen(t)
}

// stop ends it at once, as often as it is called.
func (p *oidcProvider) stop() {
	_ = p.process.Process.Kill()
	_ = p.process.Wait()
}

// manifestIn is the dependencies in a package.json.
func manifestIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	var m struct{ Dependencies map[string]string }
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.Dependencies
}

// deploy runs mcp-rs with this provider. None of its tokens may get into the log.
func (p *oidcProvider) deploy(t *testing.T, environ ...string) *deployment {
	t.Helper()
	environ = append([]string{"MCP_OAUTH_SERVER_URL=" + p.URL, "MCP_JWT_ALGORITHM=RS256,ES256"}, environ...)
	d := deploy(t, environ...)
	t.Cleanup(func() {
		for _, secret := range append(p.handed, secretOf("resource-server")) {
			if strings.Contains(d.log.String(), secret) {
				t.Errorf("%.20s… is in the log", secret)
			}
		}
	})
	return d
}

// read gets a JSON document.
func (p *oidcProvider) read(t *testing.T, at string, into any) {
	t.Helper()
	status, body := drained(t, raw(t, http.MethodGet, at, nobody, nil, ""))
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", at, status, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("%s: %v", at, err)
	}
}

// secretOf is what configuration.mjs gives every confidential client.
func secretOf(client string) string { return client + "-secret-canary" }

// post sends a form as a client, which is a public one if it says who it is in the form.
func (p *oidcProvider) post(t *testing.T, endpoint, client string, header map[string]string, form url.Values) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if client != "" {
		r.SetBasicAuth(client, secretOf(client))
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	status, body := drained(t, resp)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", endpoint, status, body)
	}
	return []byte(body)
}

// tokens is an answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

func (p *oidcProvider) token(t *testing.T, client string, header map[string]string, form url.Values) (got tokens) {
	t.Helper()
	if err := json.Unmarshal(p.post(t, p.document.TokenEndpoint, client, header, form), &got); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{got.Access, got.Refresh, got.ID} {
		if secret != "" {
			p.handed = append(p.handed, secret)
		}
	}
	return got
}

// robot is a token for a program (RFC 6749 §4.4), with a resource (RFC 8707 §2.2).
func (p *oidcProvider) robot(t *testing.T, client, resource string) string {
	t.Helper()
	return p.token(t, client, nil, robotWants(resource)).Access
}

func robotWants(resource string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "scope": {"read write"}, "resource": {resource}}
}

// login is what a client does that was built by the book: code and PKCE, with a resource
// in both requests (OAuth 2.1 §4.1, RFC 8707 §2).
func (p *oidcProvider) login(t *testing.T, app, user, resource string) tokens {
	t.Helper()
	const redirect = "http://127.0.0.1/callback"
	verifier, err := client.GenerateCodeVerifier()
	if err != nil {
		t.Fatal(err)
	}
	back := p.browse(t, p.document.AuthorizationEndpoint+"?"+url.Values{
		"response_type": {"code"}, "client_id": {app}, "redirect_uri": {redirect}, "state": {"state-1"},
		"scope": {"openid offline_access read write"}, "prompt": {"consent"}, "resource": {resource}, "login_hint": {user},
		"code_challenge": {client.GenerateCodeChallenge(verifier)}, "code_challenge_method": {"S256"},
	}.Encode())
	// RFC 9207 §2.4: the answer is that of the issuer that was asked.
	if back.Get("iss") != p.URL || back.Get("state") != "state-1" {
		t.Fatalf("sent back with %v", back)
	}
	return p.token(t, "", nil, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {app}, "redirect_uri": {redirect}, "code": {back.Get("code")},
		"code_verifier": {verifier}, "resource": {resource},
	})
}

// browse goes where the provider sends a browser, and returns what it brings back to the
// client.
func (p *oidcProvider) browse(t *testing.T, page string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), p.URL+"/") {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	back, err := resp.Location()
	if err != nil {
		_, body := drained(t, resp)
		t.Fatalf("%d %v: %s", resp.StatusCode, err, body)
	}
	return back.Query()
}
