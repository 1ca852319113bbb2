package middleware_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// Nothing but the form of a token says who sees it, and just one does.
func TestRoutesOfTokens(t *testing.T) {
	var asked []string
	provider := func(name string, prefixes ...string) opaque.Provider {
		p := said(nil)
		p.Issuer, p.Prefixes = "https://"+name+".example.com", prefixes
		p.Lookup = func(_ context.Context, token string) ([]byte, error) {
			asked = append(asked, name)
			return nil, opaque.ErrInactive
		}
		return p
	}
	c := config()
	c.APIKeys, c.APIKeyBearer = store(t, "mcp:tools"), true
	c.Opaque = []opaque.Provider{provider("a", "oat_"), provider("b", "oau_", "ory_"), provider("c")}
	g := newGuard(t, c)
	signed := mint(nil)
	tokens := map[string]string{ // to who sees it
		"oat_1": "a", "oat_1.2.3": "a", "oau_1": "b", "ory_1": "b", "ghp_1": "c", "OAT_1": "c", "a.b": "c", "a.b.c.d": "c",
		signed: "", signed[:len(signed)-9] + "AAAAAAAAA": "", "eyJhbGciOiJkaXIifQ..aXY.dGV4dA.dGFn": "", goodKey: "",
	}
	for _, token := range slices.Sorted(maps.Keys(tokens)) {
		asked = nil
		reason := reasonOf(g, bearer(token))
		if got := strings.Join(asked, " "); got != tokens[token] || (reason == "inactive_token") != (got != "") {
			t.Errorf("%s: seen by %q, want %q; %q", token, got, tokens[token], reason)
		}
	}
}

// FuzzRoutes: whatever a token looks like, at most one provider sees it, the one for its
// form, and sees just that token; and it is refused as that provider says.
func FuzzRoutes(f *testing.F) {
	for _, seed := range []string{opaqueToken, "ghp_0", "a.b.c", "a.b.c.d.e", "oat_a.b.c", "oat_,x", "OAT_", "a.b", " oat_ ", "oat_=", "ey"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		var asked []string
		provider := func(issuer string, prefixes ...string) opaque.Provider {
			p := said(nil)
			p.Issuer, p.Prefixes = issuer, prefixes
			p.Lookup = func(_ context.Context, token string) ([]byte, error) {
				asked = append(asked, issuer+token)
				return nil, opaque.ErrInactive
			}
			return p
		}
		c := config()
		c.Opaque = []opaque.Provider{provider("https://a.example.com/", "oat_"), provider("https://b.example.com/")}
		reason := reasonOf(newGuard(t, c), bearer(token))
		sent := strings.Trim(token, " ")
		dots, want := strings.Count(sent, "."), "https://b.example.com/"+sent
		if strings.HasPrefix(sent, "oat_") {
			want = "https://a.example.com/" + sent
		} else if dots == 2 || dots == 4 {
			want = ""
		}
		if len(asked) > 1 || len(asked) == 1 && asked[0] != want || (len(asked) == 1) != (reason == "inactive_token") {
			t.Errorf("%q: asked %q, want %q; %q", token, asked, want, reason)
		}
	})
}
