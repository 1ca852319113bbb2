package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
)

// admits wants the server to let a caller in, and whoami to know who it is.
func (d *deployment) admits(t *testing.T, who credential, want identity) {
	t.Helper()
	if got := visit(t, d.mcp, modern, who).handshake(t).whoami(t); got != want {
		t.Errorf("whoami says %+v, want %+v", got, want)
	}
}

// refuses wants a request to be answered with a status, for a reason, and returns the
// answer.
func (d *deployment) refuses(t *testing.T, who credential, status int, reason string) *http.Response {
	t.Helper()
	before := len(d.log.String())
	resp := raw(t, http.MethodPost, d.mcp, who, nil, listTools)
	log := d.log.String()[before:]
	if got, body := drained(t, resp); got != status || !strings.Contains(log, `"reason":"`+reason+`"`) {
		t.Errorf("%d %s, want %d for %s:\n%s", got, body, status, reason, log)
	}
	if strings.Contains(log, `"msg":"admitted"`) {
		t.Errorf("somebody was admitted:\n%s", log)
	}
	return resp
}

// ofUser and ofRobot are what whoami says to the holders of their tokens.
func (p *oidcProvider) ofUser(name string) identity {
	return identity{Method: "jwt", Issuer: p.URL, Subject: name, Client: "app"}
}

func (p *oidcProvider) ofRobot(client string) identity {
	return identity{Method: "jwt", Issuer: p.URL, Subject: client, Client: client}
}

var advertised = regexp.MustCompile(`resource_metadata="([^"]+)"`)

// A client that believes nothing that is not equal byte for byte finds its way from a
// refusal to the provider (RFC 9728 §3.3 and §5.1, RFC 8414 §3.3), gets a token for
// this resource, and later the next one.
func TestOIDCProviderCode(t *testing.T) {
	p := startOIDCProvider(t)
	d := p.deploy(t)
	link := advertised.FindStringSubmatch(d.refuses(t, nobody, http.StatusUnauthorized, "no_credential").Header.Get("Www-Authenticate"))
	if link == nil {
		t.Fatal("the challenge names no document")
	}
	var document struct {
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
		Scopes   []string `json:"scopes_supported"`
	}
	p.read(t, link[1], &document)
	if document.Resource != d.mcp || !slices.Equal(document.Servers, []string{p.document.Issuer}) {
		t.Fatalf("document %+v, of %s and the issuer %s", document, d.mcp, p.document.Issuer)
	}
	got := p.login(t, "app", "ada", document.Resource)
	d.admits(t, bearerOf(got.Access), p.ofUser("ada"))
	next := p.token(t, "", nil, url.Values{
		"grant_type": {"refresh_token"}, "client_id": {"app"}, "refresh_token": {got.Refresh}, "resource": {document.Resource},
	})
	if next.Access == got.Access {
		t.Error("it is the same token")
	}
	d.admits(t, bearerOf(next.Access), p.ofUser("ada"))
	d.refuses(t, bearerOf(next.Refresh), http.StatusUnauthorized, "opaque_token")
}

// What the provider signs for somebody else, or for another use, is not for here.
func TestOIDCProviderOtherTokens(t *testing.T) {
	p := startOIDCProvider(t)
	other := p.login(t, "app", "ada", "https://other.example.com/mcp")
	t.Run("other audience", func(t *testing.T) {
		d := p.deploy(t)
		d.refuses(t, bearerOf(other.Access), http.StatusUnauthorized, "wrong_audience")
		d.refuses(t, bearerOf(other.ID), http.StatusUnauthorized, "wrong_audience")
		d.refuses(t, bearerOf(p.robot(t, "robot-rs256", d.mcp+"/")), http.StatusUnauthorized, "wrong_audience")
	})
	// Whoever takes the client for an audience needs the type to tell an ID token from
	// an access token (RFC 9068 §4).
	t.Run("ID token for an accepted audience", func(t *testing.T) {
		d := p.deploy(t, "MCP_JWT_AUDIENCE=app", "MCP_JWT_REQUIRE_AT_JWT=true")
		d.refuses(t, bearerOf(other.ID), http.StatusUnauthorized, "wrong_type")
		d.admits(t, bearerOf(p.login(t, "app", "ada", d.mcp).Access), p.ofUser("ada"))
	})
}

// mcp-go's own client registers (RFC 7591) and logs in.
func TestOIDCProviderRegistration(t *testing.T) {
	p := startOIDCProvider(t)
	d := p.deploy(t)
	l := newLogin(t, d.mcp, modern)
	handler := client.GetOAuthHandler(l.connect(t))
	if handler == nil {
		t.Fatal("nobody was asked to log in")
	}
	if err := handler.RegisterClient(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	verifier, err := client.GenerateCodeVerifier()
	if err != nil {
		t.Fatal(err)
	}
	page, err := handler.GetAuthorizationURL(t.Context(), "state", client.GenerateCodeChallenge(verifier))
	if err != nil {
		t.Fatal(err)
	}
	back := p.browse(t, page)
	if err := handler.ProcessAuthorizationResponse(t.Context(), back.Get("code"), back.Get("state"), verifier); err != nil {
		t.Fatal(err)
	}
	who := l.handshake(t).whoami(t)
	if want := p.ofUser("alice"); who.Client == "" || who.Client == "app" || who.Subject != want.Subject || who.Issuer != want.Issuer {
		t.Errorf("whoami says %+v", who)
	}
	token, err := l.tokens.GetToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.handed = append(p.handed, token.AccessToken)
}

// Programs get in with either algorithm, and only where it is expected.
func TestOIDCProviderRobots(t *testing.T) {
	p := startOIDCProvider(t)
	t.Run("both algorithms", func(t *testing.T) {
		d := p.deploy(t)
		for _, robot := range []string{"robot-rs256", "robot-es256"} {
			d.admits(t, bearerOf(p.robot(t, robot, d.mcp)), p.ofRobot(robot))
		}
	})
	t.Run("one algorithm", func(t *testing.T) {
		d := p.deploy(t, "MCP_JWT_ALGORITHM=ES256")
		d.admits(t, bearerOf(p.robot(t, "robot-es256", d.mcp)), p.ofRobot("robot-es256"))
		d.refuses(t, bearerOf(p.robot(t, "robot-rs256", d.mcp)), http.StatusUnauthorized, "wrong_algorithm")
	})
}

// The official TypeScript client and the provider understand each other with nothing
// said but the URL of the server, and who the client is.
func TestOIDCProviderTypeScript(t *testing.T) {
	needsTypeScript(t)
	p := startOIDCProvider(t)
	const robot = "robot-es256"
	for _, k := range sdks {
		t.Run(k.name, func(t *testing.T) {
			d := p.deploy(t)
			secrets := map[string]string{"clientId": robot, "clientSecret": secretOf(robot), "expectedIssuer": p.URL}
			if k.major == 1 {
				secrets["scope"] = "read write"
			}
			r := k.run(t, d, script{URL: d.mcp, Login: "robot", Robot: secrets})
			r.check(t, p.ofRobot(robot), "read write", robotTools)
		})
	}
}

// New keys are good with their first token, and old ones as long as they are published;
// nobody restarts anything.
func TestOIDCProviderRotation(t *testing.T) {
	p := startOIDCProvider(t)
	for _, robot := range []string{"robot-rs256", "robot-es256"} {
		t.Run(robot, func(t *testing.T) {
			mint := func(d *deployment) credential { return bearerOf(p.robot(t, robot, d.mcp)) }

			d := p.deploy(t)
			first := mint(d)
			d.admits(t, first, p.ofRobot(robot))
			p.do(t, "rotate")
			d.admits(t, mint(d), p.ofRobot(robot))
			d.admits(t, first, p.ofRobot(robot))

			// An unknown key is looked for once in a while, so this is for another server.
			d.stop()
			d = p.deploy(t)
			second := mint(d)
			d.admits(t, second, p.ofRobot(robot))
			p.do(t, "rotate")
			p.do(t, "retire") // the first
			p.do(t, "retire") // the second, which this server knows, and has verified a token with
			d.admits(t, mint(d), p.ofRobot(robot))
			d.refuses(t, second, http.StatusUnauthorized, "unknown_key")
		})
	}
}

// The lock file says what every package is, and not where it comes from.
func TestOIDCProviderIsPinned(t *testing.T) {
	for name, version := range manifestIn(t, oidcProviderDir) {
		if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
			t.Errorf("%s %s is not one version", name, version)
		}
	}
	lock, err := os.ReadFile(filepath.Join(oidcProviderDir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	packages, hashes := strings.Count(string(lock), `"node_modules/`), strings.Count(string(lock), `"integrity": "sha512-`)
	if strings.Contains(string(lock), `"resolved"`) || packages == 0 || packages != hashes {
		t.Errorf("%d packages and %d hashes, resolved: %v", packages, hashes, strings.Contains(string(lock), `"resolved"`))
	}
}
