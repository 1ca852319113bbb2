package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
)

// A login is mcp-go's client that knows the URL of a server and nothing else.
type login struct {
	*guest
	tokens *client.MemoryTokenStore
}

func newLogin(t *testing.T, url, revision string) *login {
	t.Helper()
	l, w := &login{tokens: client.NewMemoryTokenStore()}, newWire()
	net := &http.Client{Transport: w, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	conn, err := transport.NewStreamableHTTP(url, transport.WithHTTPBasicClient(net), transport.WithHTTPLogger(slog.New(slog.DiscardHandler)),
		transport.WithHTTPOAuth(client.OAuthConfig{
			RedirectURI: "http://127.0.0.1/callback",
			Scopes:      []string{"read", "write"},
			PKCEEnabled: true,
			TokenStore:  l.tokens,
			HTTPClient:  net,
		}))
	if err != nil {
		t.Fatal(err)
	}
	l.guest = w.guest(t, conn, revision)
	return l
}

// authorize does what an application does with the error that asks for it, and what
// its user's browser does.
func (l *login) authorize(t *testing.T, cause error) {
	t.Helper()
	handler := client.GetOAuthHandler(cause)
	if handler == nil {
		t.Fatalf("error %v", cause)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := handler.RegisterClient(ctx, "test"); err != nil {
		t.Fatal(err)
	}
	verifier, err := client.GenerateCodeVerifier()
	if err != nil {
		t.Fatal(err)
	}
	page, err := handler.GetAuthorizationURL(ctx, "state", client.GenerateCodeChallenge(verifier))
	if err != nil {
		t.Fatal(err)
	}
	back := l.browse(ctx, t, page)
	if err := handler.ProcessAuthorizationResponse(ctx, back.Get("code"), back.Get("state"), verifier); err != nil {
		t.Fatal(err)
	}
}

// browse returns what the provider sends a browser back with.
func (l *login) browse(ctx context.Context, t *testing.T, page string) url.Values {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := l.wire.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	at, err := resp.Location()
	if err != nil {
		t.Fatalf("%d: %v", resp.StatusCode, err)
	}
	return at.Query()
}

// steps is what the client sent, to whom, and what came of it.
func (l *login) steps(d *deployment) (all []string) {
	site := strings.TrimSuffix(d.mcp, endpointPath)
	for _, e := range l.wire.trips() {
		at, _, _ := strings.Cut(strings.NewReplacer(site, "server", d.issuer.URL, "issuer").Replace(e.url), "?")
		all = append(all, fmt.Sprintf("%s %s %d", e.method, at, e.status))
	}
	return all
}

// A client that is given a URL finds everything else: the document of this very
// address, the provider it names, a registration, a token that is good here.
func TestClientLogsIn(t *testing.T) {
	for _, path := range []string{"", aliasSuffix} {
		for _, revision := range []string{"2025-11-25", modern} {
			t.Run(endpointPath+path+" "+revision, func(t *testing.T) {
				d := deploy(t)
				l := newLogin(t, d.mcp+path, revision)
				l.authorize(t, l.connect(t))
				l.handshake(t)
				if who := l.whoami(t); who.Subject != "alice" || who.Method != "jwt" {
					t.Errorf("whoami says %+v", who)
				}
				want := []string{
					"GET server/.well-known/oauth-protected-resource/mcp" + path + " 200",
					"GET issuer/.well-known/oauth-authorization-server 200",
					"POST issuer/register 201",
					"GET issuer/authorize 302",
					"POST issuer/token 200",
					"POST server/mcp" + path + " 200",
				}
				if got := l.steps(d); !slices.Equal(got[:min(len(want), len(got))], want) {
					t.Errorf("steps\n%s", strings.Join(got, "\n"))
				}
				for _, at := range []string{"/authorize", "/token"} {
					if sent := d.issuer.sent(at); len(sent) != 1 || !slices.Equal(sent[0]["resource"], []string{d.mcp + path}) {
						t.Errorf("%s was sent %v", at, sent)
					}
				}
			})
		}
	}
}

// A token that ends is exchanged for the next one by the client itself, and its
// session goes on.
func TestClientRefreshes(t *testing.T) {
	d := deploy(t)
	l := newLogin(t, d.mcp, "2025-11-25")
	l.authorize(t, l.connect(t))
	l.handshake(t)
	id := l.GetSessionId()
	token, err := l.tokens.GetToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := *token
	ended.AccessToken, ended.ExpiresAt = d.issuer.mint(map[string]any{"exp": ago()}), ago()
	if err := l.tokens.SaveToken(t.Context(), &ended); err != nil {
		t.Fatal(err)
	}
	if who := l.whoami(t); who.Subject != "alice" || id == "" || l.GetSessionId() != id {
		t.Errorf("%+v in session %q after %q", who, l.GetSessionId(), id)
	}
	sent := d.issuer.sent("/token")
	if last := sent[len(sent)-1]; last.Get("grant_type") != "refresh_token" || last.Get("resource") != d.mcp {
		t.Errorf("the provider was sent %v", last)
	}
}

// A token that the client believes in and the server does not is no longer believed
// in: the client asks its application for another login, and says where.
func TestClientLogsInAgain(t *testing.T) {
	d := deploy(t)
	l := newLogin(t, d.mcp, modern)
	token := &client.Token{AccessToken: d.issuer.mint(map[string]any{"exp": ago()}), ExpiresAt: time.Now().Add(time.Hour)}
	if err := l.tokens.SaveToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	err := l.connect(t)
	site := strings.TrimSuffix(d.mcp, endpointPath)
	if !client.IsOAuthAuthorizationRequiredError(err) || client.GetResourceMetadataURL(err) != site+"/.well-known/oauth-protected-resource/mcp" {
		t.Fatalf("error %v, metadata at %q", err, client.GetResourceMetadataURL(err))
	}
	l.authorize(t, err)
	if who := l.handshake(t).whoami(t); who.Subject != "alice" {
		t.Errorf("whoami says %+v", who)
	}
}
