package gosdk_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"
)

// An authorizer stands for the SDK's OAuth flow: it notes what it is asked for, read
// with the SDK's own parser, and gets the token that grant makes of it.
type authorizer struct {
	token    credential
	statuses []int
	asked    []map[string]string
	grant    func(params map[string]string) (credential, error)
}

var errNotGranted = errors.New("not granted")

func (a *authorizer) TokenSource(context.Context) (oauth2.TokenSource, error) {
	if a.token == (credential{}) {
		return nil, nil
	}
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: strings.TrimPrefix(a.token.value, "Bearer ")}), nil
}

func (a *authorizer) Authorize(_ context.Context, _ *http.Request, resp *http.Response) (err error) {
	defer resp.Body.Close()
	challenges, err := oauthex.ParseWWWAuthenticate(resp.Header.Values("WWW-Authenticate"))
	if err != nil || len(challenges) == 0 || challenges[0].Scheme != "bearer" {
		return errors.Join(err, errors.New("no Bearer challenge"))
	}
	a.statuses = append(a.statuses, resp.StatusCode)
	a.asked = append(a.asked, challenges[0].Params)
	a.token, err = a.grant(challenges[0].Params)
	return err
}

func (s *site) signIn(t *testing.T, a *authorizer) (*mcp.ClientSession, error) {
	t.Helper()
	return connect(t, "", &mcp.StreamableClientTransport{Endpoint: endpoint, HTTPClient: &http.Client{Transport: s.dial}, OAuthHandler: a})
}

// The guard's refusals reach the SDK's client as they are, with all that it needs.
func TestRefusalsReachTheClient(t *testing.T) {
	for name, test := range map[string]struct {
		with   credential
		status int
		want   string // of "error"
	}{
		"no credential":      {credential{}, http.StatusUnauthorized, ""},
		"expired token":      {tokenOf(login(), "alice", "exp", 1), http.StatusUnauthorized, "invalid_token"},
		"token of elsewhere": {tokenOf(login(), "alice", "aud", "https://else.example.com/mcp"), http.StatusUnauthorized, "invalid_token"},
		"too few scopes":     {tokenOf(login(), "alice", "scope", "read"), http.StatusForbidden, "insufficient_scope"},
	} {
		for shape, s := range shapes {
			t.Run(name+" "+shape, func(t *testing.T) {
				a := &authorizer{token: test.with, grant: func(map[string]string) (credential, error) { return test.with, errNotGranted }}
				_, err := newSite(t, config(t), newServer(), s.opts).signIn(t, a)
				if !errors.Is(err, errNotGranted) || len(a.statuses) == 0 {
					t.Fatalf("%v after %v", err, a.statuses)
				}
				params := a.asked[0]
				if a.statuses[0] != test.status || params["error"] != test.want || params["scope"] != "mcp:tools" || params["resource_metadata"] != resourceDocument {
					t.Errorf("%d %v", a.statuses[0], params)
				}
			})
		}
	}
}

// The SDK's client gets a token, and then one with more scopes, in the way that the
// challenges tell, and calls the tool with it.
func TestClientSignsInAndStepsUp(t *testing.T) {
	for shape, s := range shapes {
		t.Run(shape, func(t *testing.T) {
			scope := "read" // what the user grants at first
			a := &authorizer{}
			a.grant = func(params map[string]string) (credential, error) {
				if params["error"] == "insufficient_scope" {
					scope += " " + params["scope"]
				}
				return tokenOf(login(), "alice", "scope", scope), nil
			}
			site := newSite(t, config(t), newServer(), s.opts)
			for range 2 { // the transport authorizes once for each message
				session, err := site.signIn(t, a)
				if err != nil {
					continue
				}
				if got := ask(t, session); got.Subject != "alice" || !slices.Equal(got.Scopes, []string{"read", "mcp:tools"}) {
					t.Errorf("whoami says %+v", got)
				}
			}
			if !slices.Equal(a.statuses, []int{http.StatusUnauthorized, http.StatusForbidden}) {
				t.Errorf("authorized after %v", a.statuses)
			}
		})
	}
}
