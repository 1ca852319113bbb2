package jwks_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

const richClaims = `"jti":"id-1","nbf":1767355000,"scope":"read write","scp":["a","b"],"empty":[],"nothing":null,"number":7,
	"mixed":["a",1],"nested":[["a"]],"object":{"a":"b"},"escaped":"\u003c\"\ud83d\ude00\n",
	"realm_access":{"roles":["admin","user"],"count":2},"resource_access":{"my.client":{"roles":["one"]}},
	"https://example.com/roles":["curator"],"a.b":"dotted","a":{"b":"descended"},"Roles of Mine":"spaced"`

func TestClaimsFields(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{})
	c := judge(t, v, mintClaims(t, claimsWith(richClaims)), nil)
	if c.Issuer != login || c.Subject != "alice" || c.ID != "id-1" || !slices.Equal(c.Audience, []string{here}) {
		t.Errorf("fields are %+v", c)
	}
	for name, times := range map[string][2]time.Time{
		"Expiry":    {c.Expiry, noon.Add(10 * time.Minute)},
		"IssuedAt":  {c.IssuedAt, noon.Add(-time.Minute)},
		"NotBefore": {c.NotBefore, time.Unix(1767355000, 0)},
	} {
		if !times[0].Equal(times[1]) {
			t.Errorf("%s = %v, want %v", name, times[0], times[1])
		}
	}
	c = judge(t, v, mintClaims(t, claimsWithout("sub")), nil)
	if c.Subject != "" || c.ID != "" || c.Type != "" {
		t.Errorf("what is absent is not empty: %+v", c)
	}
}

func TestClaimsAccess(t *testing.T) {
	c := judge(t, believeSecret(t, jwks.Issuer{}), mintClaims(t, claimsWith(richClaims)), nil)
	for _, row := range []struct {
		path string // ">" descends
		text string
		list []string
	}{
		{"scope", "read write", []string{"read write"}},
		{"scp", "", []string{"a", "b"}},
		{"empty", "", []string{}},
		{"nothing", "", nil},
		{"number", "", nil},
		{"mixed", "", nil},
		{"nested", "", nil},
		{"object", "", nil},
		{"object>a", "b", []string{"b"}},
		{"escaped", "<\"😀\n", []string{"<\"😀\n"}},
		{"realm_access", "", nil},
		{"realm_access>roles", "", []string{"admin", "user"}},
		{"realm_access>Roles", "", nil},
		{"realm_access>count", "", nil},
		{"realm_access>roles>0", "", nil},
		{"resource_access>my.client>roles", "", []string{"one"}},
		{"resource_access>other>roles", "", nil},
		{"https://example.com/roles", "", []string{"curator"}},
		{"https://example.com/Roles", "", nil},
		{"a.b", "dotted", []string{"dotted"}},
		{"a>b", "descended", []string{"descended"}},
		{"Roles of Mine", "spaced", []string{"spaced"}},
		{"roles of mine", "", nil},
		{"scope>x", "", nil},
		{"absent", "", nil},
		{"absent>deeper", "", nil},
		{"iss", login, []string{login}},
		{"aud", here, []string{here}},
		{"exp", "", nil},
		{"", "", nil},
	} {
		t.Run(row.path, func(t *testing.T) {
			path := strings.Split(row.path, ">")
			if got := c.Text(path...); got != row.text {
				t.Errorf("Text = %q, want %q", got, row.text)
			}
			got := c.List(path...)
			if !slices.Equal(got, row.list) || (got == nil) != (row.list == nil) {
				t.Errorf("List = %#v, want %#v", got, row.list)
			}
		})
	}
	if c.Text() != "" || c.List() != nil {
		t.Error("no path leads to something")
	}
}

func TestClaimsHas(t *testing.T) {
	c := judge(t, believeSecret(t, jwks.Issuer{}), mintClaims(t, claimsWith(richClaims)), nil)
	for name, want := range map[string]bool{
		"iss": true, "number": true, "empty": true, "object": true, "https://example.com/roles": true, "a.b": true,
		"nothing": false, "absent": false, "ISS": false, "": false, "roles": false, "b": false,
	} {
		if c.Has(name) != want {
			t.Errorf("Has(%q) = %t", name, !want)
		}
	}
}

// Slices are the caller's own, and many may ask at once.
func TestClaimsAreImmutable(t *testing.T) {
	c := judge(t, believeSecret(t, jwks.Issuer{}), mintClaims(t, claimsWith(richClaims)), nil)
	done := make(chan bool)
	for range 4 {
		go func() {
			list := c.List("scp")
			list[0] = "changed"
			_ = append(list, c.Text("realm_access"), c.Text("escaped"))
			done <- c.Has("scp")
		}()
	}
	for range 4 {
		<-done
	}
	if got := c.List("scp"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("List = %q after somebody changed an earlier one", got)
	}
}
