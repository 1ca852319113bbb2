package jwks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// headerRows are judged by an issuer with a key set that has k1. The text stands
// behind "alg" and before "kid".
var headerRows = []struct {
	policy string
	text   string
	want   error
}{
	// RFC 7515 §4: “Implementations are required to … ignore unknown ones.”
	{"unknown members ignored", `"x5t":"abc","x5t#S256":null,"nonce":{"a":[1,2]},"":false`, nil},
	{"name with a NUL is unknown", `"crit\u0000":["exp"]`, nil},
	{"name with a dotless i is unknown", `"kıd":"k2"`, nil},

	// RFC 7515 §4.1.11, RFC 7797 §6
	{"crit of a known name refused", `"crit":["exp"]`, jwks.ErrMalformed},
	{"crit of an unknown name refused", `"crit":["x"],"x":1`, jwks.ErrMalformed},
	{"crit of b64 refused", `"crit":["b64"],"b64":true`, jwks.ErrMalformed},
	{"empty crit refused", `"crit":[]`, jwks.ErrMalformed},
	{"crit as a string refused", `"crit":"exp"`, jwks.ErrMalformed},
	{"crit null refused", `"crit":null`, jwks.ErrMalformed},
	{"crit by escape refused", `"\u0063rit":["exp"]`, jwks.ErrMalformed},
	{"crit in capitals refused", `"CRIT":["exp"]`, jwks.ErrMalformed},
	{"b64 false refused", `"b64":false`, jwks.ErrMalformed},
	{"b64 false and crit refused", `"b64":false,"crit":["b64"]`, jwks.ErrMalformed},
	{"b64 true refused", `"b64":true`, jwks.ErrMalformed},
	{"b64 as a string refused", `"b64":"false"`, jwks.ErrMalformed},
	{"B64 refused", `"B64":false`, jwks.ErrMalformed},

	// RFC 8725 §3.10: no caller names the key.
	{"jku refused", `"jku":"https://attacker.example/jwks"`, jwks.ErrMalformed},
	{"jku of the issuer refused", `"jku":"https://login.example.com/jwks"`, jwks.ErrMalformed},
	{"JKU refused", `"JKU":"https://attacker.example/jwks"`, jwks.ErrMalformed},
	{"x5u refused", `"x5u":"https://attacker.example/cert.pem"`, jwks.ErrMalformed},
	{"X5U refused", `"X5U":"https://attacker.example/cert.pem"`, jwks.ErrMalformed},
	{"jwk refused", `"jwk":{"kty":"oct","k":"AAAA"}`, jwks.ErrMalformed},
	{"jwk null refused", `"jwk":null`, jwks.ErrMalformed},
	{"jwk with a Kelvin sign refused", `"jw` + "\u212a" + `":{}`, jwks.ErrMalformed},
	{"x5c refused", `"x5c":["MIIB"]`, jwks.ErrMalformed},
	{"X5C refused", `"X5C":["MIIB"]`, jwks.ErrMalformed},

	// RFC 7519 §5.2: a nested token is another token.
	{"cty JWT refused", `"cty":"JWT"`, jwks.ErrMalformed},
	{"empty cty refused", `"cty":""`, jwks.ErrMalformed},
	{"Cty refused", `"Cty":"JWT"`, jwks.ErrMalformed},
	{"zip refused", `"zip":"DEF"`, jwks.ErrMalformed},
	{"ZIP refused", `"ZIP":"DEF"`, jwks.ErrMalformed},
	{"enc refused", `"enc":"A128GCM"`, jwks.ErrMalformed},
	{"Enc refused", `"Enc":"A128GCM"`, jwks.ErrMalformed},

	// RFC 7515 §4: “The Header Parameter names within the JOSE Header MUST be unique”
	{"kid twice refused", `"kid":"k1"`, jwks.ErrMalformed},
	{"another kid refused", `"kid":"k2"`, jwks.ErrMalformed},
	{"KID refused", `"KID":"k2"`, jwks.ErrMalformed},
	{"kid with a Kelvin sign refused", `"` + "\u212a" + `id":"k2"`, jwks.ErrMalformed},
	{"kid with an escaped Kelvin sign refused", `"\u212aid":"k2"`, jwks.ErrMalformed},
	{"typ twice refused", `"typ":"JWT","typ":"JWT"`, jwks.ErrMalformed},
	{"TYP refused", `"TYP":"JWT"`, jwks.ErrMalformed},
	{"unknown name twice refused", `"x":1,"x":1`, jwks.ErrMalformed},
	{"unknown names equal but for case refused", `"x":1,"X":1`, jwks.ErrMalformed},
	{"duplicate inside a member refused", `"x":{"a":1,"a":2}`, jwks.ErrMalformed},
	{"lone surrogate in a member refused", `"x":"\ud800"`, jwks.ErrMalformed},
	{"invalid UTF-8 in a member refused", "\"x\":\"\xff\"", jwks.ErrMalformed},
	{"depth 32 accepted", `"x":` + nested(31), nil},
	{"depth 33 refused", `"x":` + nested(32), jwks.ErrMalformed},
}

// nested is arrays in arrays, depth of them.
func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func TestHeaderMembers(t *testing.T) {
	p := publish(keySet(jwk(rsaKey(), "k1", nil), jwk(otherRSA(), "k2", nil)))
	v := believe(t, jwks.Issuer{JWKSURL: keySetURL}, p)
	for _, row := range headerRows {
		t.Run(row.policy, func(t *testing.T) {
			header := `{"alg":"RS256",` + row.text + `,"kid":"k1"}`
			judge(t, v, compact(t, "RS256", rsaKey(), header, goodClaims()), row.want)
		})
	}
	for _, url := range p.requests() {
		if url != keySetURL {
			t.Errorf("%s was asked, which only a token named", url)
		}
	}
}

func TestHeaderText(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	const good = `{"alg":"HS256"}`
	for _, row := range []struct {
		policy string
		header string
		want   error
	}{
		{"plain accepted", good, nil},
		{"outer white space accepted", " \t\r\n" + good + "\n\r\t ", nil},
		{"inner white space accepted", "{\n\t\"alg\" :\r\n \"HS256\" }", nil},
		{"trailing letter refused", good + "x", jwks.ErrMalformed},
		{"trailing NUL refused", good + "\x00", jwks.ErrMalformed},
		{"trailing object refused", good + good, jwks.ErrMalformed},
		{"trailing comma refused", `{"alg":"HS256",}`, jwks.ErrMalformed},
		{"trailing comment refused", good + "//", jwks.ErrMalformed},
		{"leading NUL refused", "\x00" + good, jwks.ErrMalformed},
		{"byte order mark refused", "\ufeff" + good, jwks.ErrMalformed},
		{"non-breaking space refused", "\u00a0" + good, jwks.ErrMalformed},
		{"form feed refused", "\f" + good, jwks.ErrMalformed},
		{"UTF-16 refused", "\xff\xfe{\x00\"\x00a\x00", jwks.ErrMalformed},
		{"array refused", "[" + good + "]", jwks.ErrMalformed},
		{"string refused", `"HS256"`, jwks.ErrMalformed},
		{"number refused", "0", jwks.ErrMalformed},
		{"null refused", "null", jwks.ErrMalformed},
		{"white space alone refused", "  ", jwks.ErrMalformed},
		{"cut refused", good[:len(good)-1], jwks.ErrMalformed},
		{"single quotes refused", `{'alg':'HS256'}`, jwks.ErrMalformed},
		{"empty object refused", "{}", jwks.ErrAlgorithm},
		{"base64url twice refused", encode(good), jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) {
			judge(t, v, compact(t, "HS256", sharedSecret, row.header, goodClaims()), row.want)
		})
	}
}

// What a kid says is looked up and nothing else is done with it: no file, no query,
// no request, no line in a log.
func TestKidIsOnlyAName(t *testing.T) {
	set := keySet(jwk(rsaKey(), "k1", nil), jwk(otherRSA(), "k2", nil))
	for _, row := range []struct {
		policy string
		kid    string // as JSON
		want   error
	}{
		{"known accepted", `"k1"`, nil},
		{"known by escape accepted", `"\u006b1"`, nil},
		{"of the other key refused", `"k2"`, jwks.ErrSignature},
		{"unknown refused", `"k3"`, jwks.ErrKey},
		{"empty refused", `""`, jwks.ErrKey},
		{"capitals refused", `"K1"`, jwks.ErrKey},
		{"trailing blank refused", `"k1 "`, jwks.ErrKey},
		{"trailing NUL refused", `"k1\u0000"`, jwks.ErrKey},
		{"leading blank refused", `" k1"`, jwks.ErrKey},
		{"prefix refused", `"k"`, jwks.ErrKey},
		{"line break refused", `"k1\r\nX-Forged: yes"`, jwks.ErrKey},
		{"escape sequence of a terminal refused", `"\u001b[31mk1"`, jwks.ErrKey},
		{"path refused", `"../../../../dev/null"`, jwks.ErrKey},
		{"URL refused", `"https://attacker.example/key"`, jwks.ErrKey},
		{"SQL refused", `"x' UNION SELECT 'k1' --"`, jwks.ErrKey},
		{"huge refused", `"` + strings.Repeat("k", 8<<10) + `"`, jwks.ErrKey},
		{"number refused", `1`, jwks.ErrMalformed},
		{"null refused", `null`, jwks.ErrMalformed},
		{"true refused", `true`, jwks.ErrMalformed},
		{"array refused", `["k1"]`, jwks.ErrMalformed},
		{"object refused", `{"k1":1}`, jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) {
			p := publish(set)
			v := believe(t, jwks.Issuer{JWKSURL: keySetURL}, p)
			judge(t, v, compact(t, "RS256", rsaKey(), fmt.Sprintf(`{"alg":"RS256","kid":%s}`, row.kid), goodClaims()), row.want)
			_, err := v.Verify(t.Context(), compact(t, "RS256", rsaKey(), fmt.Sprintf(`{"alg":"RS256","kid":%s}`, row.kid), goodClaims()))
			if row.want != nil && (strings.Contains(err.Error(), "attacker") || strings.Contains(err.Error(), "kkkk")) {
				t.Errorf("error repeats the kid: %q", err)
			}
			for _, url := range p.requests() {
				if url != keySetURL {
					t.Errorf("%s was asked", url)
				}
			}
		})
	}
}
