package jwks_test

import (
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// Other kinds of JWT that the same issuer signs for other readers stay out: RFC 8725
// §3.11, RFC 9068 §4. Names of media types know no case, and "application/" may be
// left out: RFC 7515 §4.1.9.
func TestTypePolicy(t *testing.T) {
	const ( // who accepts it
		never   = iota
		jwtOnly // an issuer without RequireATJWT
		both
	)
	lenient := believeSecret(t, jwks.Issuer{})
	strict := believeSecret(t, jwks.Issuer{RequireATJWT: true})
	for _, row := range []struct {
		typ string // as JSON; "" for none
		who int
	}{
		{`"at+jwt"`, both},
		{`"AT+JWT"`, both},
		{`"At+Jwt"`, both},
		{`"at\u002bjwt"`, both},
		{`"application/at+jwt"`, both},
		{`"Application/AT+JWT"`, both},
		{``, jwtOnly},
		{`"JWT"`, jwtOnly},
		{`"jwt"`, jwtOnly},
		{`"Jwt"`, jwtOnly},
		{`"application/jwt"`, jwtOnly},
		{`""`, never},
		{`" "`, never},
		{`"application/"`, never},
		{`"application"`, never},
		{`"dpop+jwt"`, never},
		{`"logout+jwt"`, never},
		{`"secevent+jwt"`, never},
		{`"token-introspection+jwt"`, never},
		{`"client-authentication+jwt"`, never},
		{`"oauth-authz-req+jwt"`, never},
		{`"entity-statement+jwt"`, never},
		{`"vc+sd-jwt"`, never},
		{`"dc+sd-jwt"`, never},
		{`"wit+jwt"`, never},
		{`"JOSE"`, never},
		{`"JOSE+JSON"`, never},
		{`"JWE"`, never},
		{`"Bearer"`, never},
		{`"at+jwt "`, never},
		{`" at+jwt"`, never},
		{`"at+jwt\u0000"`, never},
		{`"at-jwt"`, never},
		{`"at jwt"`, never},
		{`"xat+jwt"`, never},
		{`"at+jwt+x"`, never},
		{`"at+jwt;v=1"`, never},
		{`"at+jwt,JWT"`, never},
		{`"text/at+jwt"`, never},
		{`"application/application/at+jwt"`, never},
		{`"applİcatİon/at+jwt"`, never},
		{`"ａt+jwt"`, never},
	} {
		header := `{"alg":"HS256"}`
		if row.typ != "" {
			header = `{"alg":"HS256","typ":` + row.typ + `}`
		}
		token := compact(t, "HS256", sharedSecret, header, goodClaims())
		want := func(accepted bool) error {
			if accepted {
				return nil
			}
			return jwks.ErrType
		}
		t.Run("typ "+row.typ, func(t *testing.T) { judge(t, lenient, token, want(row.who != never)) })
		t.Run("strict typ "+row.typ, func(t *testing.T) { judge(t, strict, token, want(row.who == both)) })
	}
	for _, typ := range []string{`null`, `1`, `true`, `["JWT"]`, `{"JWT":1}`} {
		t.Run("typ "+typ, func(t *testing.T) {
			token := compact(t, "HS256", sharedSecret, `{"alg":"HS256","typ":`+typ+`}`, goodClaims())
			judge(t, lenient, token, jwks.ErrMalformed)
			judge(t, strict, token, jwks.ErrMalformed)
		})
	}
}

func TestTypeIsHandedOn(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	for _, typ := range []string{"JWT", "at+jwt", "Application/AT+JWT"} {
		c := judge(t, v, compact(t, "HS256", sharedSecret, `{"alg":"HS256","typ":"`+typ+`"}`, goodClaims()), nil)
		if c.Type != typ {
			t.Errorf("Type = %q, want %q as it was written", c.Type, typ)
		}
	}
	c := judge(t, v, compact(t, "HS256", sharedSecret, `{"alg":"HS256"}`, strings.Replace(goodClaims(), "{", `{"typ":"Bearer",`, 1)), nil)
	if c.Type != "" || c.Text("typ") != "Bearer" {
		t.Errorf("Type = %q, claim typ = %q: the header's and the claim are not the same", c.Type, c.Text("typ"))
	}
}
