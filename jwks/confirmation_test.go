package jwks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// The thumbprints of RFC 9449 §6.1 and RFC 8705 §3.1.
const (
	thumbprint  = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	certificate = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" // with unused bits that are not zero
)

// believeBound is a verifier for a caller that holds requests to the confirmation.
func believeBound(t testing.TB) *jwks.Verifier {
	t.Helper()
	v, err := jwks.New(jwks.Config{
		SenderBound: true,
		Now:         func() time.Time { return noon },
		Issuers: []jwks.Issuer{{
			URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(sharedSecret),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// RFC 7800 §3.1: what is not understood is no proof, and so no token.
var confirmationRows = []struct {
	policy string
	cnf    string
	want   error
}{
	{"a DPoP key accepted", `{"jkt":"` + thumbprint + `"}`, nil},
	{"a certificate accepted", `{"x5t#S256":"` + thumbprint + `"}`, nil},
	{"both accepted", `{"x5t#S256":"` + thumbprint + `","jkt":"` + thumbprint + `"}`, nil},
	{"escapes accepted", `{"\u006akt":"` + thumbprint + `"}`, nil},
	{"no member refused", `{}`, jwks.ErrBound},
	{"null refused", `null`, jwks.ErrBound},
	{"false refused", `false`, jwks.ErrBound},
	{"a string refused", `"` + thumbprint + `"`, jwks.ErrBound},
	{"an array refused", `[{"jkt":"` + thumbprint + `"}]`, jwks.ErrBound},
	{"a key by value refused", `{"jwk":{"kty":"oct"}}`, jwks.ErrBound},
	{"a key by name refused", `{"kid":"k1"}`, jwks.ErrBound},
	{"a key by URL refused", `{"jku":"https://example.com"}`, jwks.ErrBound},
	{"an unknown way refused", `{"new":"` + thumbprint + `"}`, jwks.ErrBound},
	{"an unknown way beside a known one refused", `{"jkt":"` + thumbprint + `","new":"` + thumbprint + `"}`, jwks.ErrBound},
	{"a known way beside a key by name refused", `{"kid":"k1","jkt":"` + thumbprint + `"}`, jwks.ErrBound},
	{"another case refused", `{"JKT":"` + thumbprint + `"}`, jwks.ErrBound},
	{"another hash refused", `{"x5t":"` + thumbprint + `"}`, jwks.ErrBound},
	{"another case of the hash refused", `{"x5t#s256":"` + thumbprint + `"}`, jwks.ErrBound},
	{"an empty thumbprint refused", `{"jkt":""}`, jwks.ErrBound},
	{"an empty thumbprint beside a good one refused", `{"jkt":"","x5t#S256":"` + thumbprint + `"}`, jwks.ErrBound},
	{"a null thumbprint refused", `{"jkt":null}`, jwks.ErrBound},
	{"a null thumbprint beside a good one refused", `{"jkt":"` + thumbprint + `","x5t#S256":null}`, jwks.ErrBound},
	{"a thumbprint in an array refused", `{"jkt":["` + thumbprint + `"]}`, jwks.ErrBound},
	{"a number refused", `{"jkt":1}`, jwks.ErrBound},
	{"a short thumbprint refused", `{"jkt":"` + thumbprint[:42] + `"}`, jwks.ErrBound},
	{"a long thumbprint refused", `{"jkt":"` + thumbprint + `AA"}`, jwks.ErrBound},
	{"padding refused", `{"jkt":"` + thumbprint + `="}`, jwks.ErrBound},
	{"unused bits refused", `{"jkt":"` + thumbprint[:42] + `J"}`, jwks.ErrBound},
	{"unused bits refused, though an RFC has them", `{"x5t#S256":"` + certificate + `"}`, jwks.ErrBound},
	{"base64 of the other alphabet refused", `{"jkt":"` + strings.Replace(thumbprint, "-", "+", 1) + `"}`, jwks.ErrBound},
	{"hex refused", `{"jkt":"` + strings.Repeat("ab", 32) + `"}`, jwks.ErrBound},
	{"a line break refused", `{"jkt":"` + thumbprint + `\n"}`, jwks.ErrBound},
	{"a way twice refused", `{"jkt":"` + thumbprint + `","jkt":"` + thumbprint + `"}`, jwks.ErrMalformed},
}

func TestConfirmation(t *testing.T) {
	v, alone := believeBound(t), believeSecret(t, jwks.Issuer{})
	for _, row := range confirmationRows {
		t.Run(row.policy, func(t *testing.T) {
			token := mintClaims(t, claimsWith(`"cnf":`+row.cnf))
			if c := judge(t, v, token, row.want); c != nil {
				checkConfirmation(t, c, row.cnf)
			}
			if row.want == nil {
				judge(t, alone, token, jwks.ErrBound) // whose caller asks for no proof
			}
		})
	}
	if c := judge(t, v, mintClaims(t, goodClaims()), nil); c.Confirmation != nil {
		t.Errorf("Confirmation of a token without one: %+v", c.Confirmation)
	}
	judge(t, v, mintClaims(t, claimsWith(`"CNF":{"jkt":"`+thumbprint+`"}`)), jwks.ErrMalformed)
}

func checkConfirmation(t *testing.T, c *jwks.Claims, cnf string) {
	t.Helper()
	var want jwks.Confirmation
	if strings.Contains(cnf, "kt\"") {
		want.Key = thumbprint
	}
	if strings.Contains(cnf, "x5t#S256") {
		want.Certificate = thumbprint
	}
	if c.Confirmation == nil || *c.Confirmation != want {
		t.Errorf("Confirmation = %+v, want %+v", c.Confirmation, want)
	}
}
