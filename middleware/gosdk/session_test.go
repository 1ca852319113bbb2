package gosdk_test

import (
	"net/http"
	"slices"
	"testing"
)

var sessionMethods = []string{http.MethodPost, http.MethodGet, http.MethodDelete}

// A session id is of use to the user who opened the session, and to nobody else.
func TestStolenSessionIsRefused(t *testing.T) {
	c := config(t)
	c.DangerouslyAllowAnonymous, c.Scopes = true, nil // the anonymous are thieves too
	site := newSite(t, c, newServer(), nil)
	alice := tokenOf(login(), "alice")
	for owner, test := range map[string]struct {
		with    credential
		thieves map[string]credential
	}{
		"alice": {alice, map[string]credential{
			"bob":                           tokenOf(login(), "bob"),
			"alice of another issuer":       tokenOf(other(), "alice"),
			"an API key":                    keyOf(apiKey),
			"nobody":                        {},
			"a token without sub":           tokenOf(login(), "", "sub", nil),
			"a subject that quotes":         tokenOf(other(), `" "https://login.example.com" "alice`),
			"a client that is called alice": tokenOf(login(), "", "sub", nil, "client_id", "alice"),
			"alice with a space at the end": tokenOf(login(), "alice "),
			"alice in another case":         tokenOf(login(), "Alice"),
		}},
		"an API key": {keyOf(apiKey), map[string]credential{
			"alice":                            alice,
			"a token whose subject is the key": tokenOf(login(), "key-1"),
		}},
		"a client without a subject": {tokenOf(login(), "", "sub", nil, "client_id", "robot"), map[string]credential{
			"another client":               tokenOf(login(), "", "sub", nil, "client_id", "vacuum"),
			"the client at another issuer": tokenOf(other(), "", "sub", nil, "client_id", "robot"),
			"no client":                    tokenOf(login(), "", "sub", nil, "client_id", nil),
			"a user of that name":          tokenOf(login(), "robot"),
		}},
	} {
		session, _ := site.visit(t, "2025-11-25", test.with)
		for thief, with := range test.thieves {
			for _, method := range sessionMethods {
				resp := site.send(t, method, session.ID(), with, callWhoami)
				if resp.StatusCode != http.StatusForbidden {
					t.Errorf("%s of the session of %s by %s: %s", method, owner, thief, resp.Status)
				}
				resp.Body.Close()
			}
		}
		ask(t, session) // it is still there
		resp := site.send(t, http.MethodDelete, session.ID(), test.with, "")
		if resp.StatusCode != http.StatusNoContent {
			t.Errorf("DELETE by %s: %s", owner, resp.Status)
		}
		resp.Body.Close()
	}
}

// A new token of the same user continues the session, and counts at once: rights that
// it adds are there, and rights that it lacks are gone.
func TestRenewedTokenKeepsTheSession(t *testing.T) {
	site := newSite(t, config(t), newServer(), nil)
	session, alice := site.visit(t, "2025-11-25", tokenOf(login(), "alice", "scope", "mcp:tools read"))
	before, id := ask(t, session), session.ID()
	for _, scopes := range [][]string{{"mcp:tools", "read"}, {"mcp:tools", "read", "admin"}, {"mcp:tools"}} {
		scope := ""
		for _, s := range scopes {
			scope += s + " "
		}
		alice.renew(tokenOf(login(), "alice", "scope", scope))
		got := ask(t, session)
		if !slices.Equal(got.Scopes, scopes) || !slices.Equal(got.InfoScopes, scopes) {
			t.Errorf("scopes %v and %v, want %v", got.Scopes, got.InfoScopes, scopes)
		}
		if got.UserID != before.UserID || session.ID() != id {
			t.Errorf("user %s in session %s", got.UserID, session.ID())
		}
	}
}

// Two clients of one user are one user to the SDK.
func TestUserIsTheSameInEveryClient(t *testing.T) {
	site := newSite(t, config(t), newServer(), nil)
	session, alice := site.visit(t, "2025-11-25", tokenOf(login(), "alice", "client_id", "phone"))
	before := ask(t, session)
	alice.renew(tokenOf(login(), "alice", "client_id", "tablet"))
	if got := ask(t, session); got.UserID != before.UserID {
		t.Errorf("%s, before %s", got.UserID, before.UserID)
	}
}

// What the package comment says of sessions that began without a credential.
func TestAnonymousSessionIsUnbound(t *testing.T) {
	c := config(t)
	c.DangerouslyAllowAnonymous, c.Scopes = true, nil
	session, visitor := newSite(t, c, newServer(), nil).visit(t, "2025-11-25", credential{})
	if got := ask(t, session); got.Method != "anonymous" || got.UserID != "" {
		t.Errorf("before: %+v", got)
	}
	visitor.renew(tokenOf(login(), "alice"))
	if got := ask(t, session); got.Subject != "alice" || got.UserID == "" {
		t.Errorf("signed in: %+v", got)
	}
	visitor.renew(credential{})
	if got := ask(t, session); got.Method != "anonymous" || got.Subject != "" || len(got.Scopes) != 0 {
		t.Errorf("after: %+v", got)
	}
}
