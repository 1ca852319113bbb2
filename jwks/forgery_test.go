package jwks_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// A forgery is a token that somebody makes who has everything but a key of the issuer,
// or good tokens and keys of his own, and the reason it must be refused for.
type forgery struct {
	policy string
	token  string
	want   error // nil for what is no forgery: the row beside it shows that it would pass
}

const (
	headerK1 = `{"alg":"RS256","kid":"k1"}`
	headerK2 = `{"alg":"ES256","kid":"k2"}`
)

// TestForgeries asks two verifiers each time, one of a published set and one of PEM keys.
// What has a table in another file, in more detail, is here only where it was not yet.
func TestForgeries(t *testing.T) {
	set := believeSet(t, keySet(jwk(rsaKey(), "k1", nil), jwk(p256(), "k2", nil)))
	static := believe(t, jwks.Issuer{
		PublicKeys: append(pkixPEM(publicOf(rsaKey())), pkixPEM(publicOf(p256()))...), Algorithms: []string{"RS256", "ES256"},
	}, nil)
	accepted, refused := 0, 0
	for name, rows := range map[string][]forgery{
		"confusion": confusions(t),
		"brought":   keysBrought(t),
		"form":      forms(t),
		"splice":    splices(t),
		"claims":    claimForgeries(t),
		"issuer":    issuerForgeries(t),
	} {
		for _, row := range rows {
			t.Run(name+" "+row.policy, func(t *testing.T) {
				for _, v := range []*jwks.Verifier{set, static} {
					judge(t, v, row.token, row.want)
					if row.want == nil {
						accepted++
					} else {
						refused++
					}
				}
			})
		}
	}
	for _, row := range kids(t) {
		t.Run("kid "+row.policy, func(t *testing.T) {
			judge(t, set, row.token, row.want)
			refused++
		})
	}
	t.Logf("%d cases tried: %d refused, %d accepted", refused+accepted, refused, accepted)
}

// confusions are HMACs under everything that everybody knows of a public key.
func confusions(t *testing.T) []forgery {
	rs, es := publicOf(rsaKey()), publicOf(p256())
	body, _ := pem.Decode(pkixPEM(rs))
	certificate, _ := pem.Decode(certificatePEM(rs))
	crlf := strings.ReplaceAll(string(pkixPEM(rs)), "\n", "\r\n")
	rows := []forgery{
		{"RS256 accepted", compact(t, "RS256", rsaKey(), headerK1, goodClaims()), nil},
		{"ES256 accepted", compact(t, "ES256", p256(), headerK2, goodClaims()), nil},
	}
	for name, secret := range map[string]string{
		"PKCS #1 PEM without newline": strings.TrimSuffix(string(pkcs1PEM(rs)), "\n"),
		"PKIX PEM with CRLF":          crlf,
		"PKIX PEM with two newlines":  string(pkixPEM(rs)) + "\n",
		"PKIX PEM on one line":        strings.ReplaceAll(string(pkixPEM(rs)), "\n", ""),
		"base64 of the PEM":           base64.StdEncoding.EncodeToString(body.Bytes),
		"certificate PEM":             string(pem.EncodeToMemory(certificate)),
		"certificate DER":             string(certificate.Bytes),
		"modulus in hex":              hex.EncodeToString(rsaKey().N.Bytes()),
		"modulus behind a zero":       "\x00" + string(rsaKey().N.Bytes()),
		"EC PEM without newline":      strings.TrimSuffix(string(pkixPEM(es)), "\n"),
		"EC JWK":                      jwk(p256(), "k2", nil),
		"EC JWK without kid":          jwk(p256(), "", map[string]any{"use": nil}),
		"EC point":                    string(made(p256().PublicKey.Bytes())),
		"EC DER":                      string(made(x509.MarshalPKIXPublicKey(es))),
		"RSA JWK without kid":         jwk(rsaKey(), "", map[string]any{"use": nil}),
		"URL of the key set":          keySetURL,
		"one zero byte":               "\x00",
	} {
		for _, alg := range secretAlgorithms {
			for _, kid := range []string{"k1", "k2"} {
				header := fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, kid)
				rows = append(rows, forgery{alg + " of " + kid + " with " + name + " refused", compact(t, alg, []byte(secret), header, goodClaims()), jwks.ErrAlgorithm})
			}
		}
	}
	return rows
}

// keysBrought are signed by a stranger who says in the header where his key is: RFC
// 8725 §3.10, RFC 7515 §4.1.2 to §4.1.8.
func keysBrought(t *testing.T) []forgery {
	own := jwk(otherRSA(), "k1", nil)
	box, _ := pem.Decode(certificatePEM(publicOf(otherRSA())))
	x5c := base64.StdEncoding.EncodeToString(box.Bytes)
	var rows []forgery
	for name, member := range map[string]string{
		"jwk":                 `"jwk":` + own,
		"jwk with other kid":  `"jwk":` + jwk(otherRSA(), "other", nil),
		"jwk of the issuer":   `"jwk":` + jwk(rsaKey(), "k1", nil),
		"jwk in capitals":     `"JWK":` + own,
		"jwk by escape":       `"\u006awk":` + own,
		"jwk array":           `"jwk":[` + own + `]`,
		"jku":                 `"jku":"https://attacker.example/jwks"`,
		"jku with user":       `"jku":"https://login.example.com@attacker.example/jwks"`,
		"jku of a redirector": `"jku":"https://login.example.com/out?to=https://attacker.example/jwks"`,
		"jku of a path":       `"jku":"https://login.example.com/../attacker/jwks"`,
		"jku file":            `"jku":"file:///dev/null"`,
		"jku data":            `"jku":"data:application/json,{}"`,
		"x5u":                 `"x5u":"https://attacker.example/c.pem"`,
		"x5c":                 `"x5c":["` + x5c + `"]`,
		"x5c beside x5t":      `"x5c":["` + x5c + `"],"x5t":"abc"`,
		"empty x5c":           `"x5c":[]`,
	} {
		header := `{"alg":"RS256","kid":"k1",` + member + `}`
		rows = append(rows,
			forgery{name + " of a stranger refused", compact(t, "RS256", otherRSA(), header, goodClaims()), jwks.ErrMalformed},
			forgery{name + " beside a signature that holds refused", compact(t, "RS256", rsaKey(), header, goodClaims()), jwks.ErrMalformed},
		)
	}
	return append(rows,
		forgery{"key of a stranger under our kid refused", compact(t, "RS256", otherRSA(), headerK1, goodClaims()), jwks.ErrSignature},
		forgery{"x5t says nothing", compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"k1","x5t":"abc","x5t#S256":"abc"}`, goodClaims()), nil},
	)
}

// forms are other serializations, and tokens around tokens.
func forms(t *testing.T) []forgery {
	good := compact(t, "RS256", rsaKey(), headerK1, goodClaims())
	unencoded := func(header, claims string) string { // RFC 7797 §3
		input := encode(header) + "." + claims
		return input + "." + encode(sign(t, "RS256", rsaKey(), input))
	}
	jwe := encode(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"k1"}`) + "." + encode("key") + "." + encode("iv") + "." + encode("text") + "." + encode("tag")
	return []forgery{
		{"unencoded payload refused", unencoded(`{"alg":"RS256","kid":"k1","b64":false,"crit":["b64"]}`, goodClaims()), jwks.ErrMalformed},
		{"unencoded payload that nothing announces refused", unencoded(headerK1, goodClaims()), jwks.ErrMalformed},
		{"unencoded payload without dots refused", unencoded(`{"alg":"RS256","kid":"k1","b64":false,"crit":["b64"]}`, `{"iss":"joe"}`), jwks.ErrMalformed},
		{"token in a token refused", compact(t, "RS256", rsaKey(), headerK1, good), jwks.ErrMalformed},
		{"token in a token, as a string, refused", compact(t, "RS256", rsaKey(), headerK1, `"`+good+`"`), jwks.ErrMalformed},
		{"token in a token of a stranger refused", compact(t, "RS256", otherRSA(), `{"alg":"RS256","kid":"k1","cty":"JWT"}`, good), jwks.ErrMalformed},
		{"encrypted token refused", jwe, jwks.ErrEncrypted},
		{"encrypted token around none refused", encode(`{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT"}`) + ".." + encode("iv") + "." + encode("text") + ".", jwks.ErrEncrypted},
		{"encrypted token in a token refused", compact(t, "RS256", rsaKey(), headerK1, jwe), jwks.ErrMalformed},
		{"header of an encrypted token, signed, refused", compact(t, "RS256", rsaKey(), `{"alg":"RSA-OAEP","enc":"A256GCM","kid":"k1"}`, goodClaims()), jwks.ErrMalformed},
		{"key management algorithm, signed, refused", compact(t, "RS256", rsaKey(), `{"alg":"dir","kid":"k1"}`, goodClaims()), jwks.ErrAlgorithm},
		{"disclosures behind refused", good + "~" + encode(`["salt","admin",true]`) + "~", jwks.ErrMalformed},
		{"JSON with our compact token refused", `{"token":"` + good + `"}`, jwks.ErrMalformed},
	}
}

// splices are made of parts of good tokens.
func splices(t *testing.T) []forgery {
	admin := claimsWith(`"sub":"admin"`)
	a := strings.Split(compact(t, "RS256", rsaKey(), headerK1, goodClaims()), ".")
	b := strings.Split(compact(t, "ES256", p256(), headerK2, claimsWith(`"sub":"bob"`)), ".")
	forged := encode(admin)
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	return []forgery{
		{"first accepted", join(a...), nil},
		{"second accepted", join(b...), nil},
		{"claims of another good token refused", join(a[0], b[1], a[2]), jwks.ErrSignature},
		{"header of another good token refused", join(b[0], a[1], a[2]), jwks.ErrSignature},
		{"signature of another good token refused", join(a[0], a[1], b[2]), jwks.ErrSignature},
		{"claims of a forger refused", join(a[0], forged, a[2]), jwks.ErrSignature},
		{"claims of a forger with a signature of zeros refused", join(a[0], forged, encode(make([]byte, 256))), jwks.ErrSignature},
		{"claims of a forger with a signature of one refused", join(a[0], forged, encode(append(make([]byte, 255), 1))), jwks.ErrSignature},
		{"unsecured claims of a forger refused", join(encode(`{"alg":"none"}`), forged, ""), jwks.ErrMalformed},
		{"unsecured claims of a forger with a good signature refused", join(encode(`{"alg":"none","kid":"k1"}`), forged, a[2]), jwks.ErrAlgorithm},
		{"good claims with none put in refused", join(encode(`{"alg":"none","kid":"k1"}`), a[1], a[2]), jwks.ErrAlgorithm},
		{"claims of a forger, then the good ones, refused", join(a[0], forged+a[1], a[2]), jwks.ErrMalformed},
		{"HS256 put in refused", join(encode(`{"alg":"HS256","kid":"k1"}`), a[1], a[2]), jwks.ErrAlgorithm},
		{"RS256 said of a signature by EC refused", join(a[0], b[1], b[2]), jwks.ErrSignature},
	}
}

// claimForgeries are signed by the issuer all right, and ambiguous or beyond all bounds.
func claimForgeries(t *testing.T) []forgery {
	digits := strings.Repeat("9", 6000)
	var rows []forgery
	for _, row := range []struct {
		policy, text string
		want         error
	}{
		{"number of 6000 digits refused", `"x":` + digits, jwks.ErrMalformed},
		{"exp of 6000 digits refused", `"exp":` + digits, jwks.ErrMalformed},
		{"exp of 6000 digits behind the point accepted", `"exp":1767355800.` + digits, nil},
		{"exp with an exponent of 6000 digits refused", `"exp":1e` + digits, jwks.ErrMalformed},
		{"nbf of minus 6000 digits refused", `"nbf":-` + digits, jwks.ErrMalformed},
		{"exp twice, once by escape, refused", `,"\u0065xp":9999999999`, jwks.ErrMalformed},
		{"exp in capitals by escape refused", `"\u0045XP":9999999999`, jwks.ErrMalformed},
		{"exp as its own text refused", `"exp":"9999999999"`, jwks.ErrMalformed},
		{"exp of 1e400 refused", `"exp":1e400`, jwks.ErrMalformed},
		{"exp of -1 refused", `"exp":-1`, jwks.ErrMalformed},
		{"aud twice in two cases refused", `"Aud":["` + here + `"]`, jwks.ErrMalformed},
		{"aud object refused", `"aud":{"0":"` + here + `"}`, jwks.ErrMalformed},
		{"aud nested refused", `"aud":[["` + here + `"]]`, jwks.ErrMalformed},
		{"aud empty refused", `"aud":[]`, jwks.ErrAudience},
		{"iss with a long s refused", `"i\u017f\u017f":"x"`, jwks.ErrMalformed},
		{"__proto__ is a name like any other", `"__proto__":{"sub":"admin"}`, nil},
		{"constructor is a name like any other", `"constructor":{"prototype":{"sub":"admin"}}`, nil},
		{"ten thousand brackets refused", `"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), jwks.ErrMalformed},
		{"brackets that never close refused", `"x":` + strings.Repeat("[", 5000), jwks.ErrMalformed},
		{"objects that never close refused", `"x":` + strings.Repeat(`{"a":`, 1500), jwks.ErrMalformed},
	} {
		rows = append(rows, forgery{row.policy, compact(t, "RS256", rsaKey(), headerK1, claimsWith(row.text)), row.want})
	}
	return rows
}

// issuerForgeries are signed with the right key under a name that is not quite the
// issuer's: RFC 7519 §4.1.1 compares strings, and nothing is made equal before.
func issuerForgeries(t *testing.T) []forgery {
	var rows []forgery
	for name, iss := range map[string]string{
		"slash":                    login + "/",
		"two slashes":              login + "//",
		"query":                    login + "?",
		"fragment":                 login + "#",
		"dot segment":              login + "/.",
		"backslash":                login + `\\`,
		"user and password":        "https://user:pass@login.example.com",
		"empty user":               "https://@login.example.com",
		"our host as the user":     "https://login.example.com:443@attacker.example",
		"our host and a backslash": `https://login.example.com\\@attacker.example`,
		"punycode":                 "https://xn--lgin-5qa.example.com",
		"punycode of nothing":      "https://xn--login-.example.com",
		"Cyrillic":                 "https://lоgin.example.com",
		"Greek":                    "https://lοgin.example.com",
		"full-width stop":          "https://login．example.com",
		"ideographic stop":         "https://login。example.com",
		"full-width letters":       "https://ｌｏｇｉｎ.example.com",
		"decomposed accent":        "https://lo\u0301gin.example.com",
		"zero-width joiner":        "https://log\u200din.example.com",
		"right-to-left mark":       "https://login.example.com\u200f",
		"byte order mark":          "\ufeff" + login,
		"tab":                      `https://login.exa\tmple.com`,
		"one as a digit":           "https://1ogin.example.com",
		"empty port":               "https://login.example.com:",
		"port with zeros":          "https://login.example.com:0443",
		"no slashes":               "https:login.example.com",
		"protocol-relative":        "//login.example.com",
	} {
		rows = append(rows, forgery{name + " refused", compact(t, "RS256", rsaKey(), headerK1, claimsWith(`"iss":"`+iss+`"`)), jwks.ErrIssuer})
	}
	return rows
}

// kids are looked up among the names of a set; configured keys have none.
func kids(t *testing.T) []forgery {
	var rows []forgery
	for name, kid := range map[string]string{
		"absolute path":        "/dev/null",
		"path with NUL":        `../../dev/null\u0000.pem`,
		"Windows path":         `C:\\Windows\\win.ini`,
		"file URL":             "file:///dev/null",
		"metadata service":     "http://169.254.169.254/latest/meta-data/",
		"SQL comment":          "k1'--",
		"SQL union":            "' UNION SELECT 'c2VjcmV0' -- ",
		"LDAP":                 "*)(uid=*))(|(uid=*",
		"shell":                "$(id)",
		"shell pipe":           "k1|id",
		"template":             "{{k1}}",
		"format":               "%s%s%n",
		"wildcard":             "*",
		"regular expression":   ".*",
		"NUL alone":            `\u0000`,
		"Kelvin for k":         "\u212a1",
		"full-width":           "ｋ１",
		"zero-width space":     "k\u200b1",
		"thumbprint of nobody": encode(make([]byte, 32)),
		"both names":           "k1 k2",
		"__proto__":            "__proto__",
	} {
		rows = append(rows, forgery{name + " refused", compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"`+kid+`"}`, goodClaims()), jwks.ErrKey})
	}
	return append(rows,
		forgery{"100 kB refused", compact(t, "RS256", rsaKey(), `{"alg":"RS256","kid":"`+strings.Repeat("k", 100_000)+`"}`, goodClaims()), jwks.ErrMalformed},
		forgery{"RS256 under the EC key refused", compact(t, "RS256", otherRSA(), `{"alg":"RS256","kid":"k2"}`, goodClaims()), jwks.ErrKey},
		forgery{"ES256 by P-384 refused", compact(t, "ES256", p384(), headerK2, goodClaims()), jwks.ErrSignature},
	)
}
