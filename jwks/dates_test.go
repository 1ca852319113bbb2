package jwks_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// mintClaims signs a claims set with HS256, whatever it is.
func mintClaims(t testing.TB, claims string) string {
	t.Helper()
	return compact(t, "HS256", sharedSecret, `{"alg":"HS256"}`, claims)
}

func TestDatesAtTheEdge(t *testing.T) {
	for _, row := range []struct {
		policy string
		leeway time.Duration // 0 means what New makes of it: a minute
		claim  string
		offset time.Duration // from noon
		want   error
	}{
		{"expiry to come accepted", 0, "exp", time.Second, nil},
		{"expired within leeway accepted", 0, "exp", -59 * time.Second, nil},
		{"expired within leeway by a fraction accepted", 0, "exp", -59*time.Second - 500*time.Millisecond, nil},
		{"expired by leeway refused", 0, "exp", -60 * time.Second, jwks.ErrExpired},
		{"expired before leeway refused", 0, "exp", -61 * time.Second, jwks.ErrExpired},
		{"expired long ago refused", 0, "exp", -24 * time.Hour, jwks.ErrExpired},
		{"leeway of a second: expired now accepted", time.Second, "exp", 0, nil},
		{"leeway of a second: expired by it refused", time.Second, "exp", -time.Second, jwks.ErrExpired},
		{"leeway of a nanosecond: expired now accepted", 1, "exp", 0, nil},
		{"leeway of a nanosecond: expired by a second refused", 1, "exp", -time.Second, jwks.ErrExpired},
		{"leeway of five minutes: expired within it accepted", 5 * time.Minute, "exp", -299 * time.Second, nil},
		{"leeway of five minutes: expired by it refused", 5 * time.Minute, "exp", -300 * time.Second, jwks.ErrExpired},

		{"valid since the past accepted", 0, "nbf", -time.Hour, nil},
		{"valid from now on accepted", 0, "nbf", 0, nil},
		{"valid in as much as leeway accepted", 0, "nbf", 60 * time.Second, nil},
		{"valid in more than leeway refused", 0, "nbf", 61 * time.Second, jwks.ErrNotYet},
		{"valid in a fraction more than leeway refused", 0, "nbf", 60*time.Second + 500*time.Millisecond, jwks.ErrNotYet},
		{"valid in a year refused", 0, "nbf", 365 * 24 * time.Hour, jwks.ErrNotYet},
		{"leeway of five minutes: valid in as much accepted", 5 * time.Minute, "nbf", 300 * time.Second, nil},
		{"leeway of five minutes: valid in more refused", 5 * time.Minute, "nbf", 301 * time.Second, jwks.ErrNotYet},

		{"issued long ago accepted", 0, "iat", -24 * time.Hour, nil},
		{"issued in as much as leeway accepted", 0, "iat", 60 * time.Second, nil},
		{"issued in more than leeway refused", 0, "iat", 61 * time.Second, jwks.ErrNotYet},
		{"leeway of a second: issued in two refused", time.Second, "iat", 2 * time.Second, jwks.ErrNotYet},
	} {
		t.Run(row.claim+" "+row.policy, func(t *testing.T) {
			v := believeSecret(t, jwks.Issuer{Leeway: row.leeway})
			at := noon.Add(row.offset)
			value := fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/1e6)
			judge(t, v, mintClaims(t, claimsWith(fmt.Sprintf("%q:%s", row.claim, value))), row.want)
		})
	}
}

func TestTimePasses(t *testing.T) {
	now := noon
	v, err := jwks.New(jwks.Config{
		Issuers: []jwks.Issuer{{URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(sharedSecret)}},
		Now:     func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	token := mintClaims(t, goodClaims()) // for ten minutes, and one of leeway
	until := judge(t, v, token, nil).Until
	if !until.Equal(noon.Add(11 * time.Minute)) {
		t.Errorf("Until = %v, want expiry and leeway", until)
	}
	now = until.Add(-time.Nanosecond)
	judge(t, v, token, nil)
	now = until
	judge(t, v, token, jwks.ErrExpired)
	now = noon.Add(-2 * time.Minute) // iat is noon less one minute
	judge(t, v, token, nil)
	now = noon.Add(-2*time.Minute - time.Nanosecond)
	judge(t, v, token, jwks.ErrNotYet)
}

// RFC 7519 §2: a NumericDate is “a JSON numeric value”. Whatever it is, it must
// not overflow a clock: the year 9999 ends it.
func TestDatesAreNumbersInRange(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	for _, value := range []string{
		`"1767355800"`, `"2026-01-02T12:10:00Z"`, `""`, `null`, `true`, `false`, `[1767355800]`, `{"$date":1767355800}`,
		`-1`, `-0.5`, `-62135596800`, `-9223372036854775808`, `253402300799.5`, `253402300800`, `1767355800000`,
		`9223372036854775807`, `9223372036854775808`, `18446744073709551615`, `1e308`, `1e309`, `1e400`, `-1e400`, `1e99999`,
		`NaN`, `Infinity`, `-Infinity`, `inf`, `0x6957B918`, `0x1p40`, `01767355800`, `+1767355800`, `.5`, `1767355800.`, `1e`,
		`1_767_355_800`, `1767355800n`, `1767355800 0`, `17673558OO`, `１７６７`, ``,
	} {
		for _, claim := range []string{"exp", "nbf", "iat"} {
			t.Run(claim+" "+value+" refused", func(t *testing.T) {
				judge(t, v, mintClaims(t, claimsWith(fmt.Sprintf("%q:%s", claim, value))), jwks.ErrMalformed)
			})
		}
	}
	for _, value := range []string{`0`, `0.5`, `-0`, `0e400`, `1e-400`, `1`} { // none of them means "never"
		t.Run("exp "+value+" is the past", func(t *testing.T) {
			judge(t, v, mintClaims(t, claimsWith(`"exp":`+value)), jwks.ErrExpired)
		})
	}
	for value, want := range map[string]time.Time{
		`1767355800`:     noon.Add(10 * time.Minute),
		`1767355800.0`:   noon.Add(10 * time.Minute),
		`1767355800.5`:   noon.Add(10*time.Minute + 500*time.Millisecond),
		`1.7673558e9`:    noon.Add(10 * time.Minute),
		`17673558E+2`:    noon.Add(10 * time.Minute),
		`17673558000e-1`: noon.Add(10 * time.Minute),
		`253402300799`:   time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		t.Run("exp "+value+" accepted", func(t *testing.T) {
			c := judge(t, v, mintClaims(t, claimsWith(`"exp":`+value)), nil)
			if !c.Expiry.Equal(want) {
				t.Errorf("Expiry = %v, want %v", c.Expiry, want)
			}
		})
	}
}

func TestDatesThatMayBeAbsent(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	judge(t, v, mintClaims(t, claimsWithout("exp")), jwks.ErrClaim)

	c := judge(t, v, mintClaims(t, claimsWithout("iat")), nil)
	if !c.IssuedAt.IsZero() || !c.NotBefore.IsZero() {
		t.Errorf("IssuedAt = %v, NotBefore = %v, want zero times", c.IssuedAt, c.NotBefore)
	}
	// Keycloak wrote "nbf":0 into every token for years.
	c = judge(t, v, mintClaims(t, claimsWith(`"nbf":0`)), nil)
	if c.NotBefore.Unix() != 0 || c.NotBefore.IsZero() {
		t.Errorf("NotBefore = %v, want 1970", c.NotBefore)
	}
	judge(t, v, mintClaims(t, claimsWith(`"iat":0`)), nil)
}
