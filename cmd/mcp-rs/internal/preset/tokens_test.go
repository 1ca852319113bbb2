package preset_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Every provider's own tokens pass, and whatever else it signs or vouches for does not.
func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, provider string, g group) {
		if len(g.Tokens) == 0 {
			t.Error("the group has no tokens")
		}
		n := g.network(t, provider)
		guard := g.guard(t, provider, n)
		for i := range g.Tokens {
			tok := &g.Tokens[i]
			t.Run(tok.Name, func(t *testing.T) {
				raw := tok.Token
				if raw == "" {
					raw = g.mint(t, tok)
				}
				if g.Request.URL != "" {
					n.answers(t, &g, tok, raw)
				}
				p, err := check(guard, raw)
				compare(t, tok, p, err)
				if tok.Asked != nil && *tok.Asked != (n.question > 0) {
					t.Errorf("the provider was asked %d times, want a question: %t", n.question, *tok.Asked)
				}
			})
		}
	})
}

// answers makes the provider answer one question as the token's fixture says.
func (n *network) answers(t *testing.T, g *group, tok *token, raw string) {
	t.Helper()
	body := []byte(tok.Body)
	if tok.Body == "" {
		body = encode(t, overlay(g.Answer, tok.Answer))
	}
	status := tok.Status
	if status == 0 {
		status = http.StatusOK
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.t, n.question = t, 0
	n.answer = func(r *http.Request, asked []byte) *http.Response {
		if difference := g.Request.differs(r, asked, raw); difference != "" {
			t.Error(difference)
		}
		return reply(r, status, body)
	}
}

func check(guard *middleware.Guard, raw string) (*middleware.Principal, error) {
	r := httptest.NewRequest(http.MethodPost, resource, strings.NewReader(`{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+raw)
	return guard.Check(r)
}

func compare(t *testing.T, tok *token, p *middleware.Principal, err error) {
	t.Helper()
	got := "pass"
	if err != nil {
		got = string(middleware.DenialOf(err).Reason)
	}
	if got != tok.Want {
		t.Fatalf("got %s, want %s (%v)", got, tok.Want, err)
	}
	if want := tok.Principal; want != nil && p != nil {
		if p.Subject != want.Subject || p.Client != want.Client || !slices.Equal(p.Scopes, want.Scopes) {
			t.Errorf("got %q, client %q, scopes %q; want %q, %q, %q", p.Subject, p.Client, p.Scopes, want.Subject, want.Client, want.Scopes)
		}
	}
}

// A fixture that lets nothing in would prove nothing about what it keeps out, and the
// other way round. Each token that passes is compared with who it should be.
func TestFixturesTellApart(t *testing.T) {
	reasons := middleware.Reasons()
	each(t, func(t *testing.T, _ string, g group) {
		passed, refused := 0, 0
		for _, tok := range g.Tokens {
			switch {
			case tok.Want == "pass" && tok.Principal == nil:
				t.Errorf("%s: passes as whom?", tok.Name)
			case tok.Want == "pass":
				passed++
			case !slices.Contains(reasons, middleware.Reason(tok.Want)):
				t.Errorf("%s: %q is no reason", tok.Name, tok.Want)
			default:
				refused++
			}
		}
		if passed == 0 || refused == 0 {
			t.Errorf("%d tokens pass and %d do not", passed, refused)
		}
	})
}
