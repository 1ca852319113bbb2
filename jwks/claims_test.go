package jwks_test

import (
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// claimsRows are good claims sets with one text added: see claimsWith.
var claimsRows = []struct {
	policy string
	add    string
	want   error
}{
	{"unknown claims accepted", `"x":1,"https://example.com/claim":{"a":[true,null]},"":""`, nil},

	// RFC 7519 §4.1.2, §4.1.7: StringOrURI, case-sensitive string
	{"sub string accepted", `"sub":"auth0|5f7c8ec7c33c6c004bbafe82"`, nil},
	{"empty sub accepted", `"sub":""`, nil},
	{"sub null refused", `"sub":null`, jwks.ErrMalformed},
	{"sub number refused", `"sub":42`, jwks.ErrMalformed},
	{"sub array refused", `"sub":["alice"]`, jwks.ErrMalformed},
	{"sub object refused", `"sub":{"id":"alice"}`, jwks.ErrMalformed},
	{"sub true refused", `"sub":true`, jwks.ErrMalformed},
	{"jti string accepted", `"jti":"7f3a"`, nil},
	{"jti null refused", `"jti":null`, jwks.ErrMalformed},
	{"jti number refused", `"jti":7`, jwks.ErrMalformed},

	// RFC 9449 §7.2, RFC 8705 §3, RFC 7800 §3.1
	{"cnf of DPoP refused", `"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}`, jwks.ErrBound},
	{"cnf of mutual TLS refused", `"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}`, jwks.ErrBound},
	{"cnf of an unknown sort refused", `"cnf":{"new":1}`, jwks.ErrBound},
	{"empty cnf refused", `"cnf":{}`, jwks.ErrBound},
	{"cnf string refused", `"cnf":"jkt"`, jwks.ErrBound},
	{"cnf false refused", `"cnf":false`, jwks.ErrBound},
	{"cnf by escape refused", `"\u0063nf":{}`, jwks.ErrBound},
	{"cnf in capitals refused", `"CNF":{}`, jwks.ErrMalformed},
	{"cnf null refused", `"cnf":null`, jwks.ErrBound},
	{"cnf inside another claim says nothing", `"act":{"cnf":{"jkt":"x"}}`, nil},

	// Exact names: RFC 7515 §5.3 by way of RFC 7519 §7.3
	{"ISS beside refused", `"ISS":"https://attacker.example"`, jwks.ErrMalformed},
	{"iss with long s beside refused", `"iſſ":"https://attacker.example"`, jwks.ErrMalformed},
	{"iss with escaped long s beside refused", `"i\u017fs":"https://attacker.example"`, jwks.ErrMalformed},
	{"AUD beside refused", `"AUD":"x"`, jwks.ErrMalformed},
	{"Exp beside refused", `"Exp":9999999999`, jwks.ErrMalformed},
	{"Nbf alone refused", `"Nbf":0`, jwks.ErrMalformed},
	{"IAT beside refused", `"IAT":0`, jwks.ErrMalformed},
	{"Sub beside refused", `"Sub":"admin"`, jwks.ErrMalformed},
	{"sub with long s beside refused", `"ſub":"admin"`, jwks.ErrMalformed},
	{"Jti alone refused", `"Jti":"x"`, jwks.ErrMalformed},
	{"Scope beside refused", `"scope":"read","Scope":"admin"`, jwks.ErrMalformed},
	{"Scope alone refused", `"Scope":"admin"`, jwks.ErrMalformed},
	{"SCP alone accepted, and not read as scp", `"SCP":"admin"`, nil},
	{"Client_ID alone refused", `"Client_ID":"x"`, jwks.ErrMalformed},
	{"Permissions alone accepted, and not read as permissions", `"Permissions":["x"]`, nil},
	{"Permissions beside permissions refused", `"permissions":[],"Permissions":["x"]`, jwks.ErrMalformed},
	{"unknown names equal but for case refused", `"x-y":1,"X-Y":1`, jwks.ErrMalformed},
	{"unknown names equal but for Kelvin sign refused", `"k":1,"` + "\u212a" + `":1`, jwks.ErrMalformed},
	{"unknown name in capitals accepted", `"X-Y":1`, nil},
	{"exp with a NUL is another name", `"exp\u0000":0`, nil},
	{"aud with a blank is another name", `"aud ":"x"`, nil},
	{"sub with a Cyrillic letter is another name", `"ѕub":"admin"`, nil},

	// RFC 7519 §4: “The Claim Names within a JWT Claims Set MUST be unique”
	{"iss twice refused", `,"iss":"https://login.example.com"`, jwks.ErrMalformed},
	{"another iss refused", `,"iss":"https://attacker.example"`, jwks.ErrMalformed},
	{"aud twice refused", `,"aud":"https://mcp.example.com/mcp"`, jwks.ErrMalformed},
	{"exp twice refused", `,"exp":9999999999`, jwks.ErrMalformed},
	{"sub twice refused", `,"sub":"admin"`, jwks.ErrMalformed},
	{"sub twice by escape refused", `,"s\u0075b":"admin"`, jwks.ErrMalformed},
	{"unknown twice refused", `"x":1,"x":1`, jwks.ErrMalformed},
	{"twice in an object refused", `"x":{"a":1,"a":1}`, jwks.ErrMalformed},
	{"twice in an object in arrays refused", `"x":[1,[{"b":[{"a":1,"a":2}]}]]`, jwks.ErrMalformed},
	{"twice by escape in an object refused", `"x":{"a":1,"\u0061":1}`, jwks.ErrMalformed},
	{"twice among many refused", `"x":{"0":0,"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"0":0}`, jwks.ErrMalformed},
	{"once in each of two objects accepted", `"x":{"a":1},"y":{"a":1,"x":{"a":1}}`, nil},
	{"case variants below the top accepted", `"x":{"a":1,"A":1}`, nil},

	// RFC 7519 §7.1, RFC 8725 §3.7, RFC 8259 §8
	{"letters of all sorts accepted", `"name":"Ĺüçy 李 😀 \ud83d\ude00 \u0000"`, nil},
	{"invalid UTF-8 in a value refused", "\"x\":\"\xff\"", jwks.ErrMalformed},
	{"invalid UTF-8 in a name refused", "\"\xff\":1", jwks.ErrMalformed},
	{"overlong UTF-8 refused", "\"x\":\"\xc0\xaf\"", jwks.ErrMalformed},
	{"surrogate in UTF-8 refused", "\"x\":\"\xed\xa0\x80\"", jwks.ErrMalformed},
	{"cut UTF-8 refused", "\"x\":\"\xe2\x82\"", jwks.ErrMalformed},
	{"lone high surrogate refused", `"x":"\ud800"`, jwks.ErrMalformed},
	{"lone low surrogate refused", `"x":"\udc00"`, jwks.ErrMalformed},
	{"surrogates in the wrong order refused", `"x":"\udc00\ud800"`, jwks.ErrMalformed},
	{"high surrogate and a letter refused", `"x":"\ud800a"`, jwks.ErrMalformed},
	{"high surrogate and an escape refused", `"x":"\ud800\u0061"`, jwks.ErrMalformed},
	{"two high surrogates refused", `"x":"\ud83d\ud83d\ude00"`, jwks.ErrMalformed},
	{"lone surrogate in a name refused", `"\ud800":1`, jwks.ErrMalformed},
	{"lone surrogate far down refused", `"x":[{"y":["\ud800"]}]`, jwks.ErrMalformed},
	{"raw line break in a string refused", "\"x\":\"a\nb\"", jwks.ErrMalformed},
	{"raw NUL in a string refused", "\"x\":\"a\x00b\"", jwks.ErrMalformed},
	{"unknown escape refused", `"x":"\x41"`, jwks.ErrMalformed},
	{"number that is not finite refused, even where nobody reads it", `"x":1e400`, jwks.ErrMalformed},
	{"the same further down", `"x":[{"y":-1e999}]`, jwks.ErrMalformed},
	{"NaN refused", `"x":NaN`, jwks.ErrMalformed},
	{"hex refused", `"x":0x10`, jwks.ErrMalformed},
	{"True refused", `"x":True`, jwks.ErrMalformed},
	{"undefined refused", `"x":undefined`, jwks.ErrMalformed},
	{"name without quotes refused", `x:1`, jwks.ErrMalformed},
	{"missing value refused", `"x":`, jwks.ErrMalformed},
	{"missing colon refused", `"x"1`, jwks.ErrMalformed},
	{"trailing comma refused", `"x":1,`, jwks.ErrMalformed},
	{"depth 32 accepted", `"x":` + nested(31), nil},
	{"depth 33 refused", `"x":` + nested(32), jwks.ErrMalformed},
	{"depth 4000 refused", `"x":` + nested(4000), jwks.ErrMalformed},
	{"objects to depth 32 accepted", `"x":` + strings.Repeat(`{"a":`, 31) + "1" + strings.Repeat("}", 31), nil},
	{"objects to depth 33 refused", `"x":` + strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32), jwks.ErrMalformed},
}

func TestClaims(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	for _, row := range claimsRows {
		t.Run(row.policy, func(t *testing.T) {
			judge(t, v, mintClaims(t, claimsWith(row.add)), row.want)
		})
	}
}

func TestClaimsText(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	good := goodClaims()
	for _, row := range []struct {
		policy string
		claims string
		want   error
	}{
		{"outer white space accepted", "\r\n\t " + good + " \n", nil},
		{"trailing letter refused", good + "x", jwks.ErrMalformed},
		{"trailing NUL refused", good + "\x00", jwks.ErrMalformed},
		{"second object refused", good + good, jwks.ErrMalformed},
		{"second object on its line refused", good + "\n" + good, jwks.ErrMalformed},
		{"trailing brace refused", good + "}", jwks.ErrMalformed},
		{"byte order mark refused", "\ufeff" + good, jwks.ErrMalformed},
		{"UTF-16 refused", utf16LE(good), jwks.ErrMalformed},
		{"UTF-16 with mark refused", "\xff\xfe" + utf16LE(good), jwks.ErrMalformed},
		{"cut refused", good[:len(good)-1], jwks.ErrMalformed},
		{"array refused", "[" + good + "]", jwks.ErrMalformed},
		{"string refused", `"` + encode(good) + `"`, jwks.ErrMalformed},
		{"null refused", "null", jwks.ErrMalformed},
		{"number refused", "1", jwks.ErrMalformed},
		{"letters refused", "alice", jwks.ErrMalformed},
		{"empty object refused", "{}", jwks.ErrIssuer},
		{"another token refused", mintClaims(t, good), jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, v, mintClaims(t, row.claims), row.want) })
	}
}

func utf16LE(ascii string) string {
	var b strings.Builder
	for i := range len(ascii) {
		b.WriteByte(ascii[i])
		b.WriteByte(0)
	}
	return b.String()
}

func TestRequiredClaims(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{RequiredClaims: []string{"sub", "client_id"}})
	for _, row := range []struct {
		policy string
		claims string
		want   error
	}{
		{"all there accepted", claimsWith(`"client_id":"app"`), nil},
		{"of any type accepted", claimsWith(`"client_id":{"a":false}`), nil},
		{"false accepted", claimsWith(`"client_id":false`), nil},
		{"one missing refused", goodClaims(), jwks.ErrClaim},
		{"null refused", claimsWith(`"client_id":null`), jwks.ErrClaim},
		{"deeper refused", claimsWith(`"x":{"client_id":"app"}`), jwks.ErrClaim},
		{"other case refused", claimsWith(`"client_ID":"app"`), jwks.ErrMalformed},
		{"sub missing refused", strings.Replace(claimsWithout("sub"), "{", `{"client_id":"app",`, 1), jwks.ErrClaim},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, v, mintClaims(t, row.claims), row.want) })
	}
	_, err := v.Verify(t.Context(), mintClaims(t, goodClaims()))
	if err == nil || !strings.Contains(err.Error(), "client_id") {
		t.Errorf("error does not name the claim: %v", err)
	}
}

func TestRequiredValues(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{RequiredClaims: []string{"owner=my-org", "x=a=b"}})
	for _, row := range []struct {
		policy string
		claims string // beside a good x
		want   error
	}{
		{"the value accepted", `"owner":"my-org"`, nil},
		{"an array with the value accepted", `"owner":["other","my-org"]`, nil},
		{"another value refused", `"owner":"other"`, jwks.ErrClaim},
		{"other case refused", `"owner":"My-Org"`, jwks.ErrClaim},
		{"the beginning of the value refused", `"owner":"my-or"`, jwks.ErrClaim},
		{"the value among words refused", `"owner":"my-org other"`, jwks.ErrClaim},
		{"an array of others refused", `"owner":["other","my-org2"]`, jwks.ErrClaim},
		{"an array with a number refused", `"owner":["my-org",1]`, jwks.ErrClaim},
		{"an array in an array refused", `"owner":[["my-org"]]`, jwks.ErrClaim},
		{"an object refused", `"owner":{"my-org":true}`, jwks.ErrClaim},
		{"null refused", `"owner":null`, jwks.ErrClaim},
		{"absence refused", `"own":"my-org"`, jwks.ErrClaim},
	} {
		t.Run(row.policy, func(t *testing.T) {
			judge(t, v, mintClaims(t, claimsWith(row.claims+`,"x":"a=b"`)), row.want)
		})
	}
	judge(t, v, mintClaims(t, claimsWith(`"owner":"my-org","x":"a"`)), jwks.ErrClaim)
}
