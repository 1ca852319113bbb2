package opaque_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// set replaces the value of a member of good, or adds it; "" takes it away.
func set(name, value string) string {
	start := strings.Index(good, `"`+name+`":`)
	if start < 0 {
		return strings.TrimSuffix(good, "}") + fmt.Sprintf(`,%q:%s}`, name, value)
	}
	end := strings.Index(good[start:], `,"`)
	if end < 0 {
		end = len(good) - 1 - start
	}
	if value == "" {
		return strings.NewReplacer("{,", "{", ",,", ",", ",}", "}").Replace(good[:start] + good[start+end:])
	}
	return good[:start] + fmt.Sprintf("%q:%s", name, value) + good[start+end:]
}

const (
	thumbprint  = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
	certificate = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
)

func none(*opaque.Provider) {}

func clients(p *opaque.Provider) { p.Clients = []string{"app", "other"} }

func noAudience(p *opaque.Provider) {
	p.Clients, p.AudienceOptional = []string{"app"}, true
}

func requires(entries ...string) func(*opaque.Provider) {
	return func(p *opaque.Provider) { p.RequiredClaims = entries }
}

func refuses(entries ...string) func(*opaque.Provider) {
	return func(p *opaque.Provider) { p.RefusedClaims = entries }
}

func TestJudgements(t *testing.T) {
	for _, row := range []struct {
		policy string
		change func(*opaque.Provider)
		answer string
		want   error
	}{
		{"what is for us accepted", none, good, nil},
		{"inactive refused", none, `{"active":false}`, opaque.ErrInactive},
		{"inactive refused whatever else it says", none, set("active", "false"), opaque.ErrInactive},
		{"inactive refused even where the rest cannot be read", none, `{"active":false,"exp":{},"aud":5.5}`, opaque.ErrInactive},
		{"inactive refused where the status was to tell", func(p *opaque.Provider) { p.Read.Active = "-" }, set("active", "false"), opaque.ErrInactive},
		{"no active accepted where the status tells", func(p *opaque.Provider) { p.Read.Active = "-" }, set("active", ""), nil},
		{"other issuer refused", none, set("iss", `"https://login.example.com/"`), jwks.ErrIssuer},
		{"no issuer accepted", none, set("iss", ""), nil},
		{"null issuer accepted", none, set("iss", "null"), nil},
		{"other audience refused", none, set("aud", `"https://other.example.com"`), jwks.ErrAudience},
		{"audience in a list accepted", none, set("aud", `["x","`+here+`"]`), nil},
		{"empty list of audiences refused", none, set("aud", `[]`), jwks.ErrAudience},
		{"no audience refused", none, set("aud", ""), jwks.ErrAudience},
		{"no audience refused though the client is right", clients, set("aud", ""), jwks.ErrAudience},
		{"no audience of the right client accepted where it is optional", noAudience, set("aud", ""), nil},
		{"no audience of another client refused where it is optional", noAudience, strings.Replace(set("aud", ""), `"app"`, `"evil"`, 1), jwks.ErrClient},
		{"no audience without a client refused where it is optional", noAudience, `{"active":true,"sub":"alice","exp":4102444800}`, jwks.ErrClient},
		{"other audience refused where it is optional", noAudience, set("aud", `"x"`), jwks.ErrAudience},
		{"right audience of another client refused", clients, set("client_id", `"evil"`), jwks.ErrClient},
		{"right audience of a listed client accepted", clients, set("client_id", `"other"`), nil},
		{"expired refused", none, set("exp", "1767355139"), jwks.ErrExpired},
		{"expired within the leeway accepted", none, set("exp", "1767355141"), nil},
		{"no end refused", none, set("exp", ""), jwks.ErrClaim},
		{"null end refused", none, set("exp", "null"), jwks.ErrClaim},
		{"no end accepted where tokens do not end", func(p *opaque.Provider) { p.Read.Endless = true }, set("exp", ""), nil},
		{"expired refused where tokens do not end", func(p *opaque.Provider) { p.Read.Endless = true }, set("exp", "1767355139"), jwks.ErrExpired},
		{"no seconds left refused", func(p *opaque.Provider) { p.Read.ExpiresIn = []string{"left"} }, set("left", "0"), jwks.ErrExpired},
		{"fewer than no seconds left refused", func(p *opaque.Provider) { p.Read.ExpiresIn = []string{"left"} }, set("left", "-9000000000"), jwks.ErrExpired},
		{"very many seconds left accepted", func(p *opaque.Provider) { p.Read.ExpiresIn = []string{"left"} }, set("left", "250000000000"), nil},
		{"not yet refused", none, set("nbf", "1767355261"), jwks.ErrNotYet},
		{"not yet within the leeway accepted", none, set("nbf", "1767355259"), nil},
		{"neither subject nor client refused", none, `{"active":true,"aud":"` + here + `","exp":4102444800}`, jwks.ErrClaim},
		{"client without a subject accepted", none, set("sub", ""), nil},
		{"subject without a client accepted", none, set("client_id", ""), nil},
		{"required claim missing refused", requires("email"), good, jwks.ErrClaim},
		{"required claim null refused", requires("email"), set("email", "null"), jwks.ErrClaim},
		{"required claim accepted", requires("email"), set("email", `""`), nil},
		{"required value accepted", requires("org=a"), set("org", `"a"`), nil},
		{"required value in a list accepted", requires("org=a"), set("org", `["b","a"]`), nil},
		{"required value true accepted", requires("ok=true"), set("ok", `true`), nil},
		{"required value false refused", requires("ok=true"), set("ok", `false`), jwks.ErrClaim},
		{"required number accepted", requires("id=12"), set("id", `12`), nil},
		{"other value refused", requires("org=a"), set("org", `"ab"`), jwks.ErrClaim},
		{"alternative accepted", requires("scp|roles"), set("roles", `[]`), nil},
		{"no alternative refused", requires("scp|roles"), good, jwks.ErrClaim},
		{"required claim in depth accepted", requires("user.org=a"), set("user", `{"org":"a"}`), nil},
		{"one of two required claims refused", requires("sub", "email"), good, jwks.ErrClaim},
		{"refused claim refused", refuses("nonce"), set("nonce", `"x"`), jwks.ErrClaim},
		{"refused claim null accepted", refuses("nonce"), set("nonce", `null`), nil},
		{"refused value refused", refuses("kind=session"), set("kind", `"session"`), jwks.ErrClaim},
		{"value beside a refused one accepted", refuses("kind=session"), set("kind", `"access"`), nil},
		{"refused claim that cannot be compared refused", refuses("kind=session"), set("kind", `{"a":1}`), jwks.ErrClaim},
		{"bound to a key accepted", none, set("cnf", `{"jkt":"`+thumbprint+`"}`), nil},
		{"bound to a certificate accepted", none, set("cnf", `{"x5t#S256":"`+thumbprint+`","jkt":"`+thumbprint+`"}`), nil},
		{"bound to what is not known refused", none, set("cnf", `{"jkt":"`+thumbprint+`","kid":"`+thumbprint+`"}`), jwks.ErrBound},
		{"bound to nothing refused", none, set("cnf", `{}`), jwks.ErrBound},
		{"bound to no object refused", none, set("cnf", `"x"`), jwks.ErrBound},
		{"bound to an empty key refused", none, set("cnf", `{"jkt":""}`), jwks.ErrBound},
		{"bound to half a key refused", none, set("cnf", `{"jkt":"`+thumbprint[:42]+`"}`), jwks.ErrBound},
		{"bound to a key that no hash is refused", none, set("cnf", `{"jkt":"`+thumbprint+`AAAA"}`), jwks.ErrBound},
		{"bound to a number refused", none, set("cnf", `{"jkt":7}`), jwks.ErrBound},
		{"bound to a key by its type alone refused", none, set("token_type", `"dpop"`), jwks.ErrBound},
		{"bound to a key by its type, and to a certificate, refused", none, set("token_type", `"DPoP","cnf":{"x5t#S256":"`+thumbprint+`"}`), jwks.ErrBound},
		{"bound to a key, and of that type, accepted", none, set("token_type", `"DPoP","cnf":{"jkt":"`+thumbprint+`"}`), nil},
		{"refresh token refused", none, set("token_type", `"refresh_token"`), jwks.ErrType},
		{"refresh token by its use refused", none, set("token_use", `"Refresh_Token"`), jwks.ErrType},
		{"other use accepted", none, set("token_use", `"access_token","token_type":"Bearer"`), nil},
		{"null confirmation accepted", none, set("cnf", `null`), nil},

		{"no active is no judgement", none, set("active", ""), opaque.ErrUnavailable},
		{"null active is no judgement", none, set("active", "null"), opaque.ErrUnavailable},
		{"active in a text is no judgement", none, set("active", `"true"`), opaque.ErrUnavailable},
		{"inactive in a text is no judgement", none, set("active", `"false"`), opaque.ErrUnavailable},
		{"active 1 is no judgement", none, set("active", `1`), opaque.ErrUnavailable},
		{"active in a text is none where the status tells either", func(p *opaque.Provider) { p.Read.Active = "-" }, set("active", `"true"`), opaque.ErrUnavailable},
		{"active twice is no judgement", none, `{"active":false,` + good[1:], opaque.ErrUnavailable},
		{"Active beside active is no judgement", none, `{"Active":false,` + good[1:], opaque.ErrUnavailable},
		{"Active alone is no judgement", none, strings.Replace(good, "active", "Active", 1), opaque.ErrUnavailable},
		{"a variant of the audience is no judgement", noAudience, strings.Replace(good, `"aud"`, `"Aud"`, 1), opaque.ErrUnavailable},
		{"a variant in depth is no judgement", func(p *opaque.Provider) { p.Read.Subject = []string{"user.id"} }, set("user", `{"ID":"x"}`), opaque.ErrUnavailable},
		{"an end that is no number is no judgement", none, set("exp", `"soon"`), opaque.ErrUnavailable},
		{"an end that is a text but no digits is no judgement", none, set("exp", `"4e9"`), opaque.ErrUnavailable},
		{"an end without end is no judgement", none, set("exp", `"Inf"`), opaque.ErrUnavailable},
		{"an end that is an object is no judgement", none, set("exp", `{}`), opaque.ErrUnavailable},
		{"an end after all clocks is no judgement", none, set("exp", `253402300800`), opaque.ErrUnavailable},
		{"a subject that is an object is no judgement", none, set("sub", `{}`), opaque.ErrUnavailable},
		{"a subject that is a fraction is no judgement", none, set("sub", `1.0`), opaque.ErrUnavailable},
		{"audiences that are no texts are no judgement", none, set("aud", `["`+here+`",{}]`), opaque.ErrUnavailable},
		{"scopes that are no texts are no judgement", none, set("scope", `[true]`), opaque.ErrUnavailable},
		{"an array is no judgement", none, `[` + good + `]`, opaque.ErrUnavailable},
		{"null is no judgement", none, `null`, opaque.ErrUnavailable},
		{"nothing is no judgement", none, ``, opaque.ErrUnavailable},
		{"two objects are no judgement", none, good + good, opaque.ErrUnavailable},
	} {
		t.Run(row.policy, func(t *testing.T) {
			p := provider(row.change)
			p.Ask = opaque.Ask{}
			p.Lookup = func(context.Context, string) ([]byte, error) { return []byte(row.answer), nil }
			v := newFrom(t, opaque.Config{Providers: []opaque.Provider{p}, Now: func() time.Time { return now }})
			if _, err := verify(t, v, token); !errors.Is(err, row.want) {
				t.Errorf("%s\nerror %v, want %v", row.answer, err, row.want)
			}
		})
	}
}

func TestConfirmationIsReturned(t *testing.T) {
	claims, err := verify(t, newVerifier(t, saying(set("cnf", `{"x5t#S256":"`+certificate+`","jkt":"`+thumbprint+`"}`))), token)
	if err != nil || claims.Confirmation == nil || *claims.Confirmation != (jwks.Confirmation{Key: thumbprint, Certificate: certificate}) {
		t.Errorf("%v, %v", claims, err)
	}
}

// An answer has every claim that its text has, as that of a signed token.
func TestClaimsOfAnswer(t *testing.T) {
	claims, err := verify(t, newVerifier(t, saying(set("org", `{"id":"x"}`))), token)
	if err != nil || claims.Text("org", "id") != "x" || !claims.Has("active") {
		t.Errorf("%v, %v", claims, err)
	}
}
