package jwks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// RFC 7519 §4.1.1, RFC 8725 §3.8: equal byte for byte. What is only like an issuer
// we know is a stranger, costs no request, and is not repeated to anybody.
func TestIssuerIsExact(t *testing.T) {
	p := publish(keySet(jwk(rsaKey(), "k1", nil)))
	v := believe(t, jwks.Issuer{JWKSURL: keySetURL}, p)
	for _, row := range []struct {
		policy string
		iss    string // as JSON
		want   error
	}{
		{"trailing slash", `"https://login.example.com/"`, jwks.ErrIssuer},
		{"cut", `"https://login.example.co"`, jwks.ErrIssuer},
		{"longer", `"https://login.example.com.attacker.example"`, jwks.ErrIssuer},
		{"inside another", `"https://attacker.example/https://login.example.com"`, jwks.ErrIssuer},
		{"in a query", `"https://attacker.example?https://login.example.com"`, jwks.ErrIssuer},
		{"in a fragment", `"https://attacker.example#https://login.example.com"`, jwks.ErrIssuer},
		{"as user information", `"https://login.example.com@attacker.example"`, jwks.ErrIssuer},
		{"with user information", `"https://x@login.example.com"`, jwks.ErrIssuer},
		{"with path", `"https://login.example.com/realms/other"`, jwks.ErrIssuer},
		{"with port", `"https://login.example.com:443"`, jwks.ErrIssuer},
		{"over http", `"http://login.example.com"`, jwks.ErrIssuer},
		{"without scheme", `"login.example.com"`, jwks.ErrIssuer},
		{"scheme in capitals", `"HTTPS://login.example.com"`, jwks.ErrIssuer},
		{"host in capitals", `"https://LOGIN.example.com"`, jwks.ErrIssuer},
		{"trailing blank", `"https://login.example.com "`, jwks.ErrIssuer},
		{"leading blank", `" https://login.example.com"`, jwks.ErrIssuer},
		{"trailing NUL", `"https://login.example.com\u0000"`, jwks.ErrIssuer},
		{"trailing line break", `"https://login.example.com\n"`, jwks.ErrIssuer},
		{"trailing dot of the host", `"https://login.example.com."`, jwks.ErrIssuer},
		{"look-alike letter", `"https://l\u043egin.example.com"`, jwks.ErrIssuer},
		{"soft hyphen", `"https://login\u00ad.example.com"`, jwks.ErrIssuer},
		{"percent-encoded", `"https://login%2eexample.com"`, jwks.ErrIssuer},
		{"wildcard", `"*"`, jwks.ErrIssuer},
		{"empty", `""`, jwks.ErrIssuer},
		{"another", `"https://attacker.example"`, jwks.ErrIssuer},
		{"null", `null`, jwks.ErrMalformed},
		{"number", `1`, jwks.ErrMalformed},
		{"array", `["https://login.example.com"]`, jwks.ErrMalformed},
		{"object", `{"https://login.example.com":1}`, jwks.ErrMalformed},
	} {
		t.Run(row.policy+" refused", func(t *testing.T) {
			token := compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"k1"}`, claimsWith(`"iss":`+row.iss))
			judge(t, v, token, row.want)
			if _, err := v.Verify(t.Context(), token); strings.Contains(err.Error(), "attacker") {
				t.Errorf("error repeats the issuer: %v", err)
			}
		})
	}
	judge(t, v, compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"k1","iss":"`+login+`"}`, claimsWithout("iss")), jwks.ErrIssuer)
	if n := len(p.requests()); n != 0 {
		t.Errorf("%d requests for strangers", n)
	}
	judge(t, v, compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"k1"}`, claimsWith(`"iss":"https:\/\/login.example.com"`)), nil)
	if n := len(p.requests()); n != 1 {
		t.Errorf("%d requests for the first good token", n)
	}
}

// What is wrong by itself is refused before anybody is asked for keys.
func TestBadTokenCostsNoRequest(t *testing.T) {
	p := publish(keySet(jwk(rsaKey(), "k1", nil)))
	v := believe(t, jwks.Issuer{JWKSURL: keySetURL}, p)
	for _, row := range headerRows {
		if row.want != nil {
			judge(t, v, compact(t, "RS256", rsaKey(), `{"alg":"RS256",`+row.text+`,"kid":"k1"}`, goodClaims()), row.want)
		}
	}
	for _, row := range claimsRows {
		if row.want == jwks.ErrMalformed {
			judge(t, v, compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"k1"}`, claimsWith(row.add)), row.want)
		}
	}
	judge(t, v, mint(t, "RS512", "k1"), jwks.ErrAlgorithm)
	judge(t, v, mintClaims(t, goodClaims()), jwks.ErrAlgorithm)
	judge(t, v, mint(t, "RS256", "k1")+".x", jwks.ErrMalformed)
	judge(t, v, mint(t, "RS256", "k1")+".x.y", jwks.ErrEncrypted)
	if n := len(p.requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// Each issuer has its own keys, algorithms, audiences and policy, and none of them
// helps a token of another.
func TestIssuersAreApart(t *testing.T) {
	const a, b, c = "https://a.example.com", "https://b.example.com", "https://c.example.com"
	p := &publisher{documents: map[string]string{
		a + "/jwks": keySet(jwk(rsaKey(), "k1", nil)),
		b + "/jwks": keySet(jwk(otherRSA(), "k1", nil), jwk(p256(), "k2", nil)),
	}}
	v, err := jwks.New(jwks.Config{
		Transport: p,
		Now:       func() time.Time { return noon },
		Issuers: []jwks.Issuer{
			{URL: a, Audiences: []string{"for-a"}, JWKSURL: a + "/jwks", RequiredClaims: []string{"sub"}},
			{URL: b, Audiences: []string{"for-b"}, JWKSURL: b + "/jwks", Algorithms: []string{"RS256", "ES256"}, Leeway: time.Second, RequireATJWT: true},
			{URL: c, Audiences: []string{"for-c"}, Secret: jwks.NewSecret(sharedSecret), Algorithms: []string{"HS256"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// A token of iss for aud, signed as alg with key; more is added to the claims.
	token := func(iss, aud, alg, kid string, key any, more string) string {
		header := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"}`, alg, kid)
		return compact(t, alg, key, header, fmt.Sprintf(`{"iss":%q,"aud":%q,"exp":%d%s}`, iss, aud, noon.Add(-10*time.Second).Unix(), more))
	}
	const sub, later = `,"sub":"alice"`, `,"sub":"alice","iat":1767355200`
	for _, row := range []struct {
		policy string
		token  string
		want   error
	}{
		{"a by its key accepted", token(a, "for-a", "RS256", "k1", rsaKey(), sub), nil},
		{"a by the key that b has under the same kid refused", token(a, "for-a", "RS256", "k1", otherRSA(), sub), jwks.ErrSignature},
		{"a by another key of b refused", token(a, "for-a", "ES256", "k2", p256(), sub), jwks.ErrAlgorithm},
		{"a by the secret of c refused", token(a, "for-a", "HS256", "k1", sharedSecret, sub), jwks.ErrAlgorithm},
		{"a for the audience of b refused", token(a, "for-b", "RS256", "k1", rsaKey(), sub), jwks.ErrAudience},
		{"a without what a requires refused", token(a, "for-a", "RS256", "k1", rsaKey(), ""), jwks.ErrClaim},
		{"b without what a requires, expired by more than its leeway, refused", token(b, "for-b", "RS256", "k1", otherRSA(), ""), jwks.ErrExpired},
		{"b by the secret of c refused", token(b, "for-b", "HS256", "k1", sharedSecret, ""), jwks.ErrAlgorithm},
		{"c by its secret accepted", token(c, "for-c", "HS256", "k1", sharedSecret, ""), nil},
		{"c by the key of a refused", token(c, "for-c", "RS256", "k1", rsaKey(), ""), jwks.ErrAlgorithm},
		{"c for the audience of a refused", token(c, "for-a", "HS256", "k1", sharedSecret, later), jwks.ErrAudience},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, v, row.token, row.want) })
	}
	fresh := strings.Replace(strings.Replace(goodClaims(), login, b, 1), here, "for-b", 1)
	judge(t, v, compact(t, "ES256", p256(), `{"alg":"ES256","kid":"k2","typ":"at+jwt"}`, fresh), nil)
	// By the key that a has under the same kid.
	judge(t, v, compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, fresh), jwks.ErrSignature)
	judge(t, v, compact(t, "ES256", p256(), `{"alg":"ES256","kid":"k2","typ":"JWT"}`, fresh), jwks.ErrType)
	if got := p.requests(); len(got) != 2 {
		t.Errorf("requests %q, want one for each key set", got)
	}
}

// No claim set passes on to another verification: two tokens verified at once keep
// to themselves.
func TestVerifyConcurrently(t *testing.T) {
	v := believe(t, jwks.Issuer{JWKSURL: keySetURL, Algorithms: []string{"ES256", "EdDSA"}}, publish(keySet(jwk(p256(), "k1", nil), jwk(edKey(), "k2", nil))))
	done := make(chan error)
	for i := range 8 {
		sub := fmt.Sprintf("user-%d", i)
		good := compact(t, "EdDSA", edKey(), `{"alg":"EdDSA","kid":"k2"}`, claimsWith(`"sub":"`+sub+`"`))
		bad := compact(t, "EdDSA", edKey(), `{"alg":"EdDSA","kid":"k1"}`, claimsWith(`"sub":"`+sub+`"`))
		go func() {
			for range 20 {
				c, err := v.Verify(t.Context(), good)
				if err != nil || c.Subject != sub {
					done <- fmt.Errorf("%s: claims %+v, error %v", sub, c, err)
					return
				}
				if c, err := v.Verify(t.Context(), bad); err == nil || c != nil {
					done <- fmt.Errorf("%s: bad token accepted", sub)
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
