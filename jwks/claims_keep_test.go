package jwks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// Verifications share memory, one after the other. Claims that were returned have none of
// it, whatever came behind them: good tokens, bad ones, and texts that are no claims.
func TestClaimsKeepTheirMemory(t *testing.T) {
	s := stranger{alg: "HS256"}
	v, tokens := s.verifier(t), s.tokens(t)
	var kept []*jwks.Claims
	for i, token := range tokens {
		c, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, c)
		for _, claims := range []string{`{"iss":"`, `{"iss":1}`, `{"iss":"https://other.example.com","sub":"mallory","jti":"none","azp":"mallory"}`} {
			bad := compact(t, "HS256", sharedSecret, `{"alg":"HS256"}`, claims)
			if _, err := v.Verify(t.Context(), bad); err == nil {
				t.Fatalf("%d: %s is accepted", i, claims)
			}
		}
	}
	for n, c := range kept {
		jti := fmt.Sprintf("jti-%020d", n)
		if c.ID != jti || c.Text("jti") != jti || c.Subject != c.Text("sub") || c.Issuer != login || c.Client != c.Text("azp") {
			t.Errorf("%d: %q %q %q %q", n, c.ID, c.Text("jti"), c.Subject, c.Client)
		}
		if !slices.Equal(c.Audience, c.List("aud")) || len(c.List("permissions")) != 4 || !slices.Equal(c.Scopes, c.ReadScopes(nil)) || !c.Has("exp") || c.Has("ex") {
			t.Errorf("%d: %q %q", n, c.Audience, c.Scopes)
		}
	}
}

// However many audiences and scopes a token has, they come out as they went in, and nobody
// who appends to the one list gets into the other.
func TestClaimsKeepManyWords(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	for _, n := range []int{1, 3, 4, 8, 16, 17, 40} {
		audiences, scopes := []string{here}, []string{"s"}
		for i := 1; i < n; i++ {
			audiences, scopes = append(audiences, fmt.Sprintf("a%d", i)), append(scopes, fmt.Sprintf("s%d", i))
		}
		aud, err := json.Marshal(audiences)
		if err != nil {
			t.Fatal(err)
		}
		c := judge(t, v, mintClaims(t, claimsWith(fmt.Sprintf(`"aud":%s,"scope":%q`, aud, strings.Join(scopes, " ")))), nil)
		_, _ = append(c.Audience, "x"), append(c.Scopes, "y")
		if !slices.Equal(c.Audience, audiences) || !slices.Equal(c.Scopes, scopes) {
			t.Errorf("%d: %q %q", n, c.Audience, c.Scopes)
		}
	}
}

// Memory that is used again keeps nothing of a token, good or bad.
func TestNothingIsLeftOfClaims(t *testing.T) {
	nothing := jwks.LeftInRoom(`{}`)
	for _, text := range []string{`{"aud":["a","b"],"iss":"x"}`, `{"aud":["a",1]}`, `{"aud":"a","iss":1}`, `{"aud":"a"`, `{"aud":"a","Aud":"b"}`} {
		if left := jwks.LeftInRoom(text); left != nothing {
			t.Errorf("%s: %s", text, left)
		}
	}
}
