package jwks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// RFC 7519 §4.1.3: one value of ours in a string or an array of strings, and what is
// equal to it, not what resembles it.
func TestAudience(t *testing.T) {
	const other, second = "https://other.example.com/mcp", "https://mcp.example.com/mcp/messages"
	v := believeSecret(t, jwks.Issuer{Audiences: []string{here, second}})
	q := func(s string) string { return fmt.Sprintf("%q", s) }
	for _, row := range []struct {
		policy string
		aud    string // as JSON
		want   error
	}{
		{"ours accepted", q(here), nil},
		{"ours with escapes accepted", `"https:\/\/mcp.example.com\/\u006dcp"`, nil},
		{"our second accepted", q(second), nil},
		{"ours alone in an array accepted", "[" + q(here) + "]", nil},
		{"ours last of many accepted", "[" + q(other) + `,"",` + q(here) + "]", nil},
		{"both of ours accepted", "[" + q(second) + "," + q(here) + "]", nil},

		{"other audience refused", q(other), jwks.ErrAudience},
		{"two others refused", "[" + q(other) + `,"account"]`, jwks.ErrAudience},
		{"empty string refused", `""`, jwks.ErrAudience},
		{"array of an empty string refused", `[""]`, jwks.ErrAudience},
		{"empty array refused", `[]`, jwks.ErrAudience},
		{"prefix of ours refused", q(here[:len(here)-1]), jwks.ErrAudience},
		{"origin of ours refused", q("https://mcp.example.com"), jwks.ErrAudience},
		{"ours and more refused", q(here + "x"), jwks.ErrAudience},
		{"ours and a slash refused", q(here + "/"), jwks.ErrAudience},
		{"ours and a blank refused", q(here + " "), jwks.ErrAudience},
		{"blank and ours refused", q(" " + here), jwks.ErrAudience},
		{"ours and a NUL refused", `"` + here + `\u0000"`, jwks.ErrAudience},
		{"ours and a fragment refused", q(here + "#"), jwks.ErrAudience},
		{"ours with its port refused", q("https://mcp.example.com:443/mcp"), jwks.ErrAudience},
		{"ours percent-encoded refused", q("https://mcp.example.com/%6dcp"), jwks.ErrAudience},
		{"ours without scheme refused", q("mcp.example.com/mcp"), jwks.ErrAudience},
		{"ours over http refused", q("http://mcp.example.com/mcp"), jwks.ErrAudience},
		{"ours in capitals refused", q(strings.ToUpper(here)), jwks.ErrAudience},
		{"our host in capitals refused", q("https://MCP.example.com/mcp"), jwks.ErrAudience},
		{"look-alike letters refused", q("https://mcp.examp\u04cfe.com/mcp"), jwks.ErrAudience},
		{"full-width letters refused", q("https://ｍcp.example.com/mcp"), jwks.ErrAudience},
		{"ours among others in one string refused", q(other + " " + here), jwks.ErrAudience},
		{"ours among others by comma refused", q(here + "," + other), jwks.ErrAudience},
		{"wildcard refused", `"*"`, jwks.ErrAudience},
		{"JSON in a string refused", q("[\"" + here + "\"]"), jwks.ErrAudience},

		{"null refused", `null`, jwks.ErrMalformed},
		{"number refused", `0`, jwks.ErrMalformed},
		{"true refused", `true`, jwks.ErrMalformed},
		{"object refused", `{` + q(here) + `:true}`, jwks.ErrMalformed},
		{"array in an array refused", `[[` + q(here) + `]]`, jwks.ErrMalformed},
		{"object in an array refused", `[{"aud":` + q(here) + `}]`, jwks.ErrMalformed},
		{"ours and null refused", `[` + q(here) + `,null]`, jwks.ErrMalformed},
		{"ours and a number refused", `[` + q(here) + `,1]`, jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) {
			judge(t, v, mintClaims(t, claimsWith(`"aud":`+row.aud)), row.want)
		})
	}
}

// No other claim says whom a token is for (RFC 8707 §2 names the resource in the
// request, and the answer is in "aud").
func TestAudienceIsNowhereElse(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	for _, name := range []string{"resource", "azp", "client_id", "scope", "aud\\u0000", "aud ", "audience", "https://example.com/aud"} {
		t.Run("in "+name+" alone refused", func(t *testing.T) {
			judge(t, v, mintClaims(t, strings.Replace(goodClaims(), `"aud"`, `"`+name+`"`, 1)), jwks.ErrAudience)
		})
	}
	judge(t, v, mintClaims(t, claimsWithout("aud")), jwks.ErrAudience)
	header := `{"alg":"HS256","aud":"` + here + `"}` // RFC 7519 §5.3: a replica is no more than that
	judge(t, v, compact(t, "HS256", sharedSecret, header, claimsWithout("aud")), jwks.ErrAudience)
}

// The text is for the operator who wonders which of the two is wrong.
func TestWrongAudienceIsNamed(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	_, err := v.Verify(t.Context(), mintClaims(t, claimsWith(`"aud":["api://a\u0007","`+strings.Repeat("b", 9000)+`"]`)))
	if err == nil || !strings.Contains(err.Error(), `api://a\a`) || !strings.Contains(err.Error(), here) {
		t.Fatalf("error names neither audience: %v", err)
	}
	if len(err.Error()) > 500 {
		t.Errorf("error of %d bytes: what a token says is capped", len(err.Error()))
	}
}

func TestAudiencesAreCopied(t *testing.T) {
	mine := []string{here}
	v := believeSecret(t, jwks.Issuer{Audiences: mine})
	mine[0] = "https://other.example.com"
	c := judge(t, v, mintClaims(t, claimsWith(`"aud":["a","`+here+`"]`)), nil)
	if !slices.Equal(c.Audience, []string{"a", here}) {
		t.Errorf("Audience = %q", c.Audience)
	}
}
