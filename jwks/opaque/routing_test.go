package opaque_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// echo is a provider that names itself as the subject of every token.
func echo(name string, jwt opaque.JWT, prefixes ...string) opaque.Provider {
	return provider(func(p *opaque.Provider) {
		p.Issuer, p.JWT, p.Prefixes, p.Ask = "https://"+name+".example.com", jwt, prefixes, opaque.Ask{}
		p.Lookup = func(context.Context, string) ([]byte, error) {
			return []byte(`{"active":true,"sub":"` + name + `","aud":"` + here + `","exp":4102444800}`), nil
		}
	})
}

func TestRouting(t *testing.T) {
	two := []opaque.Provider{echo("prefixed", "", "oat_", "pat_"), echo("rest", "also")}
	prefixed := two[:1]
	asked := []opaque.Provider{echo("asked", "instead")}
	for _, row := range []struct {
		policy    string
		providers []opaque.Provider
		token     string
		want      string // "" is not taken
	}{
		{"prefix", two, "oat_1", "prefixed"},
		{"another prefix", two, "pat_1", "prefixed"},
		{"prefix before three parts", two, "oat_1.2.3", "prefixed"},
		{"prefix elsewhere", two, "1oat_", "rest"},
		{"no prefix", two, "1", "rest"},
		{"one dot", two, "a.b", "rest"},
		{"three dots", two, "a.b.c.d", "rest"},
		{"JWS", two, "eyJ.e30.c2ln", ""},
		{"JWE", two, "eyJ.a.b.c.d", ""},
		{"no prefix, and nobody for the rest", prefixed, "1", ""},
		{"JWS asked about", asked, "eyJ.e30.c2ln", "asked"},
		{"JWE asked about", asked, "eyJ.a.b.c.d", "asked"},
		{"the rest asked about", asked, "1", "asked"},
	} {
		t.Run(row.policy, func(t *testing.T) {
			v := newFrom(t, opaque.Config{Providers: row.providers})
			if takes := v.Takes(row.token); takes != (row.want != "") {
				t.Errorf("takes %t", takes)
			}
			claims, err := verify(t, v, row.token)
			if row.want == "" {
				if !errors.Is(err, opaque.ErrUnrouted) {
					t.Error(err)
				}
			} else if err != nil || claims.Subject != row.want || claims.Issuer != "https://"+row.want+".example.com" {
				t.Errorf("%+v, %v", claims, err)
			}
		})
	}
}

// verified makes claims as package jwks does.
func verified(t *testing.T, is *jwkstest.Issuer, token string) *jwks.Claims {
	t.Helper()
	v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{{URL: is.URL, Audiences: []string{here}}}})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestConfirm(t *testing.T) {
	is := jwkstest.Start()
	defer is.Close()
	is.SetAudience(here)
	jwt := is.Mint(jwkstest.Token{Claims: map[string]any{"sub": "alice", "client_id": "app"}})
	claims := verified(t, is, jwt)
	for _, row := range []struct {
		policy, issuer string
		jwt            opaque.JWT
		answer         string
		err            error
		want           error
		asked          int
	}{
		{"active confirms", is.URL, opaque.JWTBoth, `{"active":true}`, nil, nil, 1},
		{"the same again confirms", is.URL, opaque.JWTBoth, `{"active":true,"iss":"` + is.URL + `","sub":"alice","client_id":"app","exp":4102444800}`, nil, nil, 1},
		{"inactive refused", is.URL, opaque.JWTBoth, `{"active":false}`, nil, opaque.ErrInactive, 1},
		{"other issuer refused", is.URL, opaque.JWTBoth, `{"active":true,"iss":"https://x.example.com"}`, nil, jwks.ErrIssuer, 1},
		{"other subject refused", is.URL, opaque.JWTBoth, `{"active":true,"sub":"mallory"}`, nil, jwks.ErrClaim, 1},
		{"other client refused", is.URL, opaque.JWTBoth, `{"active":true,"client_id":"evil"}`, nil, jwks.ErrClaim, 1},
		{"expired refused", is.URL, opaque.JWTBoth, `{"active":true,"exp":1}`, nil, jwks.ErrExpired, 1},
		{"bound by the answer alone refused", is.URL, opaque.JWTBoth, `{"active":true,"cnf":{"jkt":"` + strings.Repeat("A", 43) + `"}}`, nil, jwks.ErrBound, 1},
		{"bound to what cannot be proved refused", is.URL, opaque.JWTBoth, `{"active":true,"cnf":{"kid":"a"}}`, nil, jwks.ErrBound, 1},
		{"no answer is no judgement", is.URL, opaque.JWTBoth, ``, io.EOF, opaque.ErrUnavailable, 2},
		{"another issuer's tokens are not asked about", "https://x.example.com", opaque.JWTBoth, ``, io.EOF, nil, 0},
		{"nobody is asked where keys are enough", is.URL, opaque.JWTVerified, ``, io.EOF, nil, 0},
	} {
		t.Run(row.policy, func(t *testing.T) {
			asked := 0
			v := newVerifier(t, nil, func(p *opaque.Provider) {
				p.Issuer, p.JWT, p.Ask = row.issuer, row.jwt, opaque.Ask{}
				p.Lookup = func(_ context.Context, what string) ([]byte, error) {
					if asked++; what != jwt {
						t.Errorf("asked about %q", what)
					}
					return []byte(row.answer), row.err
				}
			})
			for range 2 {
				if err := v.Confirm(t.Context(), jwt, claims); !errors.Is(err, row.want) {
					t.Errorf("error %v, want %v", err, row.want)
				}
			}
			if asked != row.asked {
				t.Errorf("asked %d times, want %d", asked, row.asked)
			}
		})
	}
}

// An answer that was enough to confirm is not enough to vouch.
func TestConfirmedIsNotVerified(t *testing.T) {
	is := jwkstest.Start()
	defer is.Close()
	is.SetAudience(here)
	jwt := is.Mint(jwkstest.Token{Claims: map[string]any{"sub": "alice"}})
	v := newVerifier(t, nil, func(p *opaque.Provider) {
		p.Issuer, p.JWT, p.Prefixes, p.Ask = is.URL, opaque.JWTBoth, []string{"oat_"}, opaque.Ask{}
		p.Lookup = func(context.Context, string) ([]byte, error) {
			return []byte(`{"active":true,"sub":"alice","exp":4102444800}`), nil
		}
	})
	if err := v.Confirm(t.Context(), "oat_1", verified(t, is, jwt)); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t, v, "oat_1"); !errors.Is(err, jwks.ErrAudience) {
		t.Errorf("error %v, want ErrAudience", err)
	}
}
