package jwks_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// mistakes lists what New found, each as a ConfigError.
func mistakes(t *testing.T, c jwks.Config) []*jwks.ConfigError {
	t.Helper()
	v, err := jwks.New(c)
	if (v == nil) != (err != nil) {
		t.Fatalf("New = %v, %v; want one of them", v, err)
	}
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("error %T is not joined", err)
	}
	var list []*jwks.ConfigError
	for _, err := range joined.Unwrap() {
		e, ok := errors.AsType[*jwks.ConfigError](err)
		if !ok {
			t.Fatalf("%T among the errors: %v", err, err)
		}
		if e.Problem == "" || !strings.HasPrefix(e.Error(), e.Field+": ") {
			t.Errorf("mistake reads %q", e)
		}
		list = append(list, e)
	}
	return list
}

func fields(list []*jwks.ConfigError) []string {
	var names []string
	for _, e := range list {
		names = append(names, e.Field)
	}
	return names
}

// issuerWith is a good issuer with a change.
func issuerWith(change func(*jwks.Issuer)) jwks.Issuer {
	is := jwks.Issuer{URL: login, Audiences: []string{here}}
	change(&is)
	return is
}

func TestNewReportsEveryMistake(t *testing.T) {
	secret := func(n int) *jwks.Secret { return jwks.NewSecret(make([]byte, n)) }
	rs, private := pkixPEM(publicOf(rsaKey())), block("PRIVATE KEY", []byte("der"))
	type edit = func(*jwks.Issuer)
	for _, row := range []struct {
		policy string
		edit   edit
		field  string // of the one mistake; "" for none
		text   string // that the problem has
	}{
		{"discovery from the URL accepted", func(is *jwks.Issuer) {}, "", ""},
		{"no URL refused", func(is *jwks.Issuer) { is.URL = "" }, "URL", `the exact "iss" value`},
		{"plain http refused", func(is *jwks.Issuer) { is.URL = "http://login.example.com" }, "URL", "https"},
		{"plain http to loopback accepted", func(is *jwks.Issuer) { is.URL = "http://127.0.0.1:8080/realm" }, "", ""},
		{"URL that is none refused", func(is *jwks.Issuer) { is.URL = "login.example.com" }, "URL", "keys are fetched from there"},
		{"URL with a password refused", func(is *jwks.Issuer) { is.URL = "https://user:canary@login.example.com" }, "URL", ""},
		{"URL with a password refused though keys are elsewhere", func(is *jwks.Issuer) { is.URL, is.JWKSURL = "https://user:canary@login.example.com", keySetURL }, "URL", "up to the @"},
		{"alias with a password refused", func(is *jwks.Issuer) { is.Aliases = []string{"https://user:canary@old.example.com"} }, "Aliases", "up to the @"},
		{"file URL refused", func(is *jwks.Issuer) { is.JWKSURL = "file:///etc/jwks.json" }, "JWKSURL", "https"},
		{"plain http key set refused", func(is *jwks.Issuer) { is.JWKSURL = "http://login.example.com/jwks" }, "JWKSURL", "https"},
		{"plain http key set at a loopback look-alike refused", func(is *jwks.Issuer) { is.JWKSURL = "http://127.0.0.1.example.com/jwks" }, "JWKSURL", "https"},
		{"any issuer name with a key set accepted", func(is *jwks.Issuer) { is.URL, is.JWKSURL = "accounts.example.com", keySetURL }, "", ""},
		{"any issuer name with PEM accepted", func(is *jwks.Issuer) { is.URL, is.PublicKeys = "urn:example", rs }, "", ""},
		{"any issuer name with discovery elsewhere accepted", func(is *jwks.Issuer) { is.URL, is.Discovery = "urn:example", login }, "", ""},
		{"discovery over plain http refused", func(is *jwks.Issuer) { is.Discovery = "http://login.example.com" }, "Discovery", "https"},

		{"no audience refused", func(is *jwks.Issuer) { is.Audiences = nil }, "Audiences", `the "aud" value that means this one`},
		{"no audience in a list refused", func(is *jwks.Issuer) { is.Audiences = []string{} }, "Audiences", ""},
		{"empty audience refused", func(is *jwks.Issuer) { is.Audiences = []string{here, ""} }, "Audiences", "empty entry"},
		{"empty required claim refused", func(is *jwks.Issuer) { is.RequiredClaims = []string{"sub", ""} }, "RequiredClaims", "name=value"},
		{"required claim without name refused", func(is *jwks.Issuer) { is.RequiredClaims = []string{"=x"} }, "RequiredClaims", "name=value"},
		{"required claim without value refused", func(is *jwks.Issuer) { is.RequiredClaims = []string{"org="} }, "RequiredClaims", "name=value"},

		{"leeway of five minutes accepted", func(is *jwks.Issuer) { is.Leeway = 5 * time.Minute }, "", ""},
		{"leeway of more refused", func(is *jwks.Issuer) { is.Leeway = 5*time.Minute + 1 }, "Leeway", "5m0s"},
		{"negative leeway refused", func(is *jwks.Issuer) { is.Leeway = -1 }, "Leeway", ""},

		{"unknown algorithm refused", func(is *jwks.Issuer) { is.Algorithms = []string{"RS256", "RS265"} }, "Algorithms", `"RS265"`},
		{"algorithm none refused", func(is *jwks.Issuer) { is.Algorithms = []string{"none", "RS256"} }, "Algorithms", `"none"`},
		{"lower-case algorithm refused", func(is *jwks.Issuer) { is.Algorithms = []string{"rs256"} }, "Algorithms", "write one of RS256"},
		{"lower-case PSS algorithm refused", func(is *jwks.Issuer) { is.Algorithms = []string{"ps256"} }, "Algorithms", `"ps256"`},
		{"empty algorithm refused", func(is *jwks.Issuer) { is.Algorithms = []string{"", "RS256"} }, "Algorithms", `""`},
		{"algorithm with a blank refused", func(is *jwks.Issuer) { is.Algorithms = []string{"RS256 "} }, "Algorithms", `"RS256 "`},
		{"ES256K refused", func(is *jwks.Issuer) { is.Algorithms = []string{"ES256K"} }, "Algorithms", ""},
		{"HS* among others refused", func(is *jwks.Issuer) { is.Algorithms = []string{"RS256", "HS256"} }, "Algorithms", "choose one sort"},
		{"others among HS* refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS256", "RS256"}, secret(64) }, "Algorithms", "choose one sort"},

		{"HS256 without secret refused", func(is *jwks.Issuer) { is.Algorithms = []string{"HS256"} }, "Secret", "HS256 needs it"},
		{"HS256 beside a key set refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret, is.JWKSURL = []string{"HS256"}, secret(64), keySetURL }, "Secret", "keep one"},
		{"HS256 with a key set alone refused", func(is *jwks.Issuer) { is.Algorithms, is.JWKSURL = []string{"HS256"}, keySetURL }, "Secret", "is missing"},
		{"HS256 with PEM alone refused", func(is *jwks.Issuer) { is.Algorithms, is.PublicKeys = []string{"HS256"}, rs }, "Secret", "is missing"},
		{"HS256 beside PEM refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret, is.PublicKeys = []string{"HS256"}, secret(64), rs }, "Secret", "keep one"},
		{"secret beside a key set refused", func(is *jwks.Issuer) { is.Secret, is.JWKSURL = secret(64), keySetURL }, "Secret", "keep one"},
		{"secret with RS256 refused", func(is *jwks.Issuer) { is.Secret = secret(64) }, "Secret", "no use"},
		{"key set beside PEM refused", func(is *jwks.Issuer) { is.JWKSURL, is.PublicKeys = keySetURL, rs }, "PublicKeys", "keep one"},

		{"secret of the zero value refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS256"}, new(jwks.Secret) }, "Secret", "has 0 bytes"},
		{"empty secret refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS256"}, secret(0) }, "Secret", "has 0 bytes"},
		{"HS256: 31 bytes refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS256"}, secret(31) }, "Secret", "HS256 needs at least 32"},
		{"HS256: 32 bytes accepted", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS256"}, secret(32) }, "", ""},
		{"HS384: 47 bytes refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS384"}, secret(47) }, "Secret", "HS384 needs at least 48"},
		{"HS384: 48 bytes accepted", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS384"}, secret(48) }, "", ""},
		{"HS512: 63 bytes refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS512"}, secret(63) }, "Secret", "HS512 needs at least 64"},
		{"HS512: 64 bytes accepted", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS512"}, secret(64) }, "", ""},
		{"long enough for one of two refused", func(is *jwks.Issuer) { is.Algorithms, is.Secret = []string{"HS256", "HS512"}, secret(32) }, "Secret", "HS512 needs"},

		{"private key refused", func(is *jwks.Issuer) { is.PublicKeys = private }, "PublicKeys", "openssl pkey -pubout"},
		{"PEM for no algorithm of the list refused", func(is *jwks.Issuer) { is.PublicKeys = pkixPEM(publicOf(p256())) }, "PublicKeys", "no key that works with the Algorithms"},
		{"two PEM keys for one algorithm refused", func(is *jwks.Issuer) { is.PublicKeys = slices.Concat(rs, pkixPEM(publicOf(otherRSA()))) }, "PublicKeys", "2 keys for RS256"},
		{"the same PEM key twice refused", func(is *jwks.Issuer) { is.PublicKeys = slices.Concat(rs, rs) }, "PublicKeys", "2 keys for RS256"},
		{"PEM keys for two algorithms accepted", func(is *jwks.Issuer) {
			is.PublicKeys, is.Algorithms = slices.Concat(rs, pkixPEM(publicOf(p256()))), []string{"RS256", "ES256"}
		}, "", ""},
	} {
		t.Run(row.policy, func(t *testing.T) {
			list := mistakes(t, jwks.Config{Issuers: []jwks.Issuer{issuerWith(row.edit)}})
			if row.field == "" && len(list) == 0 {
				return
			}
			if len(list) != 1 || list[0].Field != "Issuers[0]."+row.field || !strings.Contains(list[0].Problem, row.text) {
				t.Errorf("mistakes: %v\nwant one of %s with %q", list, row.field, row.text)
			}
			for _, e := range list {
				if strings.Contains(e.Problem, "canary") {
					t.Errorf("mistake repeats a password: %v", e)
				}
			}
		})
	}
}

func TestNewReportsAllMistakesAtOnce(t *testing.T) {
	if got := fields(mistakes(t, jwks.Config{})); !slices.Equal(got, []string{"Issuers"}) {
		t.Errorf("no issuers: %q", got)
	}
	got := fields(mistakes(t, jwks.Config{Issuers: []jwks.Issuer{
		{URL: login, Audiences: []string{here}},
		{Leeway: time.Hour, Algorithms: []string{"RS1", "HS256", "RS256"}, RequiredClaims: []string{""}, Audiences: []string{""}},
		{URL: login, Audiences: []string{here}},
		{URL: login + "/", Audiences: []string{here}}, // another issuer
		{URL: "https://c.example.com", JWKSURL: "http://c.example.com", Algorithms: []string{"ES256"}},
	}}))
	slices.Sort(got)
	want := []string{
		"Issuers[1].Algorithms", "Issuers[1].Algorithms", "Issuers[1].Audiences", "Issuers[1].Leeway", "Issuers[1].RequiredClaims", "Issuers[1].Secret", "Issuers[1].URL",
		"Issuers[2].URL", "Issuers[4].Audiences", "Issuers[4].JWKSURL",
	}
	if !slices.Equal(got, want) {
		t.Errorf("mistakes in\n%q\nwant\n%q", got, want)
	}
}

type refusingTransport struct{ t *testing.T }

func (r refusingTransport) RoundTrip(*http.Request) (*http.Response, error) {
	r.t.Error("New asked the network")
	return nil, errors.New("no network")
}

func TestNewDoesNoIO(t *testing.T) {
	for _, is := range []jwks.Issuer{{URL: login}, {URL: login, JWKSURL: keySetURL}, {URL: login, Discovery: login + "/x"}} {
		is.Audiences = []string{here}
		if _, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{is}, Transport: refusingTransport{t}}); err != nil {
			t.Error(err)
		}
	}
}

// What New was given belongs to the caller, who may use it again.
func TestConfigIsCopied(t *testing.T) {
	secret := slices.Clone(sharedSecret)
	is := jwks.Issuer{URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(secret), RequiredClaims: []string{"sub"}}
	clear(secret)
	c := jwks.Config{Issuers: []jwks.Issuer{is}, Now: func() time.Time { return noon }}
	v, err := jwks.New(c)
	if err != nil {
		t.Fatal(err)
	}
	is.Audiences[0], is.Algorithms[0], is.RequiredClaims[0], c.Issuers[0].URL = "x", "x", "x", "x"
	judge(t, v, mintClaims(t, goodClaims()), nil)
}

// Nil means the real clock.
func TestClockOfTheSystem(t *testing.T) {
	v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{{URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(sharedSecret)}}})
	if err != nil {
		t.Fatal(err)
	}
	judge(t, v, mintClaims(t, claimsWith(`"exp":253402300799`)), nil)
	judge(t, v, mintClaims(t, claimsWith(`"exp":1767355800`)), jwks.ErrExpired)
}
