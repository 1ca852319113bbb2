package jwks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// RFC 7515 §7.1: three parts of base64url and nothing else.
func TestOnlyCompactForm(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	good := mintClaims(t, goodClaims())
	parts := strings.Split(good, ".")
	h, c, s := parts[0], parts[1], parts[2]
	judge(t, v, good, nil)
	for _, row := range []struct {
		policy string
		token  string
		want   error
	}{
		{"nothing", "", jwks.ErrMalformed},
		{"a blank", " ", jwks.ErrMalformed},
		{"one dot", ".", jwks.ErrMalformed},
		{"two dots", "..", jwks.ErrMalformed},
		{"three dots", "...", jwks.ErrMalformed},
		{"an opaque token", "gho_16C7e42F292c6912E7710c838347Ae178B4a", jwks.ErrMalformed},
		{"one part", h, jwks.ErrMalformed},
		{"two parts", h + "." + c, jwks.ErrMalformed},
		{"no header", "." + c + "." + s, jwks.ErrMalformed},
		{"no claims", h + ".." + s, jwks.ErrMalformed},
		{"no signature", h + "." + c + ".", jwks.ErrMalformed},
		{"leading dot", "." + good, jwks.ErrMalformed},
		{"trailing dot", good + ".", jwks.ErrMalformed},
		{"trailing part", good + "." + s, jwks.ErrMalformed},
		{"six parts", good + "." + good, jwks.ErrMalformed},
		{"a thousand dots", strings.Repeat(".", 1000), jwks.ErrMalformed},
		{"a thousand dots behind", good + strings.Repeat(".", 1000), jwks.ErrMalformed},
		{"sixteen thousand dots", strings.Repeat(".", 16<<10), jwks.ErrMalformed},

		// Five parts are an encrypted token, and the operator is told so.
		{"JWE", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..MTIz.MTIz.MTIz", jwks.ErrEncrypted},
		{"four dots", "....", jwks.ErrEncrypted},
		{"JWE of anything", good + "." + c + "." + s, jwks.ErrEncrypted},

		{"flattened JSON", fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, h, c, s), jwks.ErrMalformed},
		{"general JSON", fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, c, h, s), jwks.ErrMalformed},
		{"detached payload", h + ".." + s, jwks.ErrMalformed},
		{"quoted", `"` + good + `"`, jwks.ErrMalformed},
		{"scheme before", "Bearer " + good, jwks.ErrMalformed},
		{"parameter behind", good + ";q=1", jwks.ErrMalformed},
		{"two tokens by comma", good + "," + good, jwks.ErrEncrypted},
	} {
		t.Run(row.policy+" refused", func(t *testing.T) { judge(t, v, row.token, row.want) })
	}
}

// RFC 7515 §2, RFC 4648 §3.5: every text has one meaning, every meaning one text.
// Each row changes one part and keeps what the part decodes to, or nearly so, for a
// lenient reader.
func TestBase64urlIsCanonical(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	for _, row := range []struct {
		policy string
		change func(part string) string
	}{
		{"padding", func(p string) string { return p + strings.Repeat("=", 1+(3-len(p)%4)%4) }},
		{"one padding character", func(p string) string { return p + "=" }},
		{"percent-encoded padding", func(p string) string { return p + "%3D" }},
		{"unused bits set", func(p string) string { return p[:len(p)-1] + string(p[len(p)-1]+1) }},
		{"line feed inside", func(p string) string { return p[:8] + "\n" + p[8:] }},
		{"carriage return inside", func(p string) string { return p[:8] + "\r" + p[8:] }},
		{"CRLF behind", func(p string) string { return p + "\r\n" }},
		{"line feed before", func(p string) string { return "\n" + p }},
		{"blank inside", func(p string) string { return p[:8] + " " + p[8:] }},
		{"blank before", func(p string) string { return " " + p }},
		{"blank behind", func(p string) string { return p + " " }},
		{"tab inside", func(p string) string { return p[:8] + "\t" + p[8:] }},
		{"NUL behind", func(p string) string { return p + "\x00" }},
		{"plus", func(p string) string { return "+" + p[1:] }},
		{"slash", func(p string) string { return "/" + p[1:] }},
		{"percent sign", func(p string) string { return "%" + p[1:] }},
		{"non-breaking space", func(p string) string { return p + "\u00a0" }},
		{"zero-width space", func(p string) string { return p[:8] + "\u200b" + p[8:] }},
		{"full-width letter", func(p string) string { return "\uff21" + p[1:] }},
		{"Kelvin sign", func(p string) string { return "\u212a" + p[1:] }},
		{"invalid UTF-8", func(p string) string { return p[:8] + "\xff" + p[8:] }},
	} {
		for i, name := range []string{"header", "claims", "signature"} {
			t.Run(row.policy+" in the "+name+" refused", func(t *testing.T) {
				parts := strings.Split(unusedBits(t), ".")
				parts[i] = row.change(parts[i])
				judge(t, v, strings.Join(parts, "."), jwks.ErrMalformed)
			})
		}
	}
}

// unusedBits is a good token whose parts all end in a character of which some bits
// are not used, so that there are other texts for them.
func unusedBits(t *testing.T) string {
	t.Helper()
	header, claims := `{"alg":"HS256"}`, goodClaims()
	for len(header)%3 == 0 {
		header += " "
	}
	for len(claims)%3 == 0 {
		claims += " "
	}
	return compact(t, "HS256", sharedSecret, header, claims)
}

// The standard alphabet is refused also where it is what the text would need.
func TestStandardAlphabetIsRefused(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	standard := strings.NewReplacer("-", "+", "_", "/")
	token := mintClaims(t, claimsWith(`"x":"~~~???>>>ÿÿÿ~~~???>>>ÿÿÿ"`))
	judge(t, v, token, nil)
	parts := strings.Split(token, ".")
	if standard.Replace(parts[1]) == parts[1] {
		t.Fatal("the claims have neither - nor _")
	}
	judge(t, v, parts[0]+"."+standard.Replace(parts[1])+"."+parts[2], jwks.ErrMalformed)
	// Nor does a signature over that text help.
	input := parts[0] + "." + standard.Replace(parts[1])
	judge(t, v, input+"."+encode(sign(t, "HS256", sharedSecret, input)), jwks.ErrMalformed)
}

func TestLengthIsBounded(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	const most = 16 << 10
	for _, row := range []struct {
		length int
		want   error
	}{{most - 2, nil}, {most - 1, nil}, {most, nil}, {most + 1, jwks.ErrMalformed}, {most + 2, jwks.ErrMalformed}, {1 << 20, jwks.ErrMalformed}} {
		t.Run(fmt.Sprint(row.length), func(t *testing.T) { judge(t, v, tokenOf(t, row.length), row.want) })
	}
	judge(t, v, strings.Repeat("a", most+1), jwks.ErrMalformed)
	judge(t, v, strings.Repeat("a.", 4<<20), jwks.ErrMalformed)
}

// tokenOf is a good token of that length. Base64 has no texts of 4n+1 characters, so
// that header and claims share what is missing.
func tokenOf(t *testing.T, length int) string {
	t.Helper()
	for blanks := range 3 {
		header, claims := `{"alg":"HS256"}`+strings.Repeat(" ", blanks), goodClaims()
		rest := length - len(encode(header)) - len("..") - len(encode(make([]byte, 32)))
		if rest%4 == 1 {
			continue
		}
		token := compact(t, "HS256", sharedSecret, header, claims+strings.Repeat(" ", rest*3/4-len(claims)))
		if len(token) == length {
			return token
		}
	}
	t.Fatalf("no token of %d bytes", length)
	return ""
}

// Not one character can be changed, left out, put in or swapped.
func TestNoOtherTextIsTheToken(t *testing.T) {
	for _, alg := range []string{"HS256", "EdDSA"} {
		v := verifierOf(t, alg)
		good := compact(t, alg, privateFor(alg), `{"alg":"`+alg+`","kid":"k1"}`, goodClaims())
		judge(t, v, good, nil)
		for i := range len(good) {
			others := []string{good[:i] + good[i+1:], good[:i] + "A" + good[i:], good[:i], good[i:]}
			for _, c := range []byte{'A', '.', '_', good[i] ^ 1, good[i] ^ 0x20, good[i] + 1, good[i] | 0x80} {
				others = append(others, good[:i]+string([]byte{c})+good[i+1:])
			}
			if i > 0 {
				others = append(others, good[:i-1]+string([]byte{good[i], good[i-1]})+good[i+1:])
			}
			for _, other := range others {
				if c, err := v.Verify(t.Context(), other); (c != nil || err == nil) && other != good {
					t.Errorf("accepted with a change at %d", i)
				}
			}
		}
	}
}
