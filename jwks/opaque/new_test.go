package opaque_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// fields are those of all mistakes of New.
func fields(t *testing.T, providers ...opaque.Provider) []string {
	t.Helper()
	v, err := opaque.New(opaque.Config{Providers: providers})
	if err == nil {
		return nil
	}
	if v != nil {
		t.Error("a verifier in spite of the error")
	}
	var list []string
	joined, _ := err.(interface{ Unwrap() []error })
	for _, err := range joined.Unwrap() {
		mistake, ok := errors.AsType[*jwks.ConfigError](err)
		if !ok || mistake.Problem == "" {
			t.Fatalf("%v is no ConfigError", err)
		}
		list = append(list, mistake.Field)
	}
	return list
}

func TestMistakes(t *testing.T) {
	secret := jwks.NewSecret([]byte("secret"))
	asking := func(a opaque.Ask) func(*opaque.Provider) {
		return func(p *opaque.Provider) {
			if a.URL == "" {
				a.URL = ask
			}
			p.Ask = a
		}
	}
	reading := func(r opaque.Read) func(*opaque.Provider) { return func(p *opaque.Provider) { p.Read = r } }
	prefix := func(list ...string) func(*opaque.Provider) {
		return func(p *opaque.Provider) { p.Prefixes = list }
	}
	for _, row := range []struct {
		policy string
		change func(*opaque.Provider)
		want   []string
	}{
		{"smallest accepted", none, nil},
		{"no issuer", func(p *opaque.Provider) { p.Issuer = "" }, []string{"Issuer"}},
		{"neither audience nor client", func(p *opaque.Provider) { p.Audiences = nil }, []string{"Audiences"}},
		{"client without an audience, which is required", func(p *opaque.Provider) { p.Audiences, p.Clients = nil, []string{"a"} }, []string{"Audiences"}},
		{"client alone accepted", func(p *opaque.Provider) { p.Audiences, p.Clients, p.AudienceOptional = nil, []string{"a"}, true }, nil},
		{"audience optional without clients", func(p *opaque.Provider) { p.AudienceOptional = true }, []string{"AudienceOptional"}},
		{"empty audience", func(p *opaque.Provider) { p.Audiences = []string{""} }, []string{"Audiences"}},
		{"empty client", func(p *opaque.Provider) { p.Clients = []string{""} }, []string{"Clients"}},
		{"prefix accepted", prefix("oat_", "E", "fey"), nil},
		{"empty prefix", prefix(""), []string{"Prefixes"}},
		{"white space for a prefix", prefix(" "), []string{"Prefixes"}},
		{"prefix with white space", prefix("oat "), []string{"Prefixes"}},
		{"prefix that a JWT has", prefix("eyJ"), []string{"Prefixes"}},
		{"prefix of what a JWT has", prefix("e"), []string{"Prefixes"}},
		{"prefix of a JWT with white space in it", prefix("ewo"), []string{"Prefixes"}},
		{"unknown JWT", func(p *opaque.Provider) { p.JWT = "both" }, []string{"JWT"}},
		{"everything and a prefix", func(p *opaque.Provider) { p.JWT, p.Prefixes = opaque.JWTAsked, []string{"oat_"} }, []string{"JWT"}},
		{"plain http", asking(opaque.Ask{URL: "http://login.example.com"}), []string{"Ask.URL"}},
		{"plain http on loopback accepted", asking(opaque.Ask{URL: "http://127.0.0.1:1/x"}), nil},
		{"nowhere to look for the URL", func(p *opaque.Provider) { p.Issuer, p.Ask = "login", opaque.Ask{} }, []string{"Ask.URL"}},
		{"unknown method", asking(opaque.Ask{Method: "PUT"}), []string{"Ask.Method"}},
		{"lower-case method", asking(opaque.Ask{Method: "post"}), []string{"Ask.Method"}},
		{"unknown place", asking(opaque.Ask{Put: "cookie:token"}), []string{"Ask.Put"}},
		{"place without a name", asking(opaque.Ask{Put: "form"}), []string{"Ask.Put"}},
		{"place with an empty name", asking(opaque.Ask{Put: "json:"}), []string{"Ask.Put"}},
		{"place with an odd name", asking(opaque.Ask{Put: `json:a"b`}), []string{"Ask.Put"}},
		{"bearer with a name", asking(opaque.Ask{Put: "bearer:x"}), []string{"Ask.Put"}},
		{"form of a GET", asking(opaque.Ask{Method: "GET"}), []string{"Ask.Put"}},
		{"JSON of a GET", asking(opaque.Ask{Method: "GET", Put: "json:a"}), []string{"Ask.Put"}},
		{"token where the query has something", asking(opaque.Ask{URL: ask + "?t=1", Put: "query:t"}), []string{"Ask.URL"}},
		{"token where our credentials go", asking(opaque.Ask{Put: "form:client_id", Auth: opaque.AuthPost, ClientID: "a", Secret: secret}), []string{"Ask.Put"}},
		{"unknown authentication", asking(opaque.Ask{Auth: "digest"}), []string{"Ask.Auth"}},
		{"basic without anything", asking(opaque.Ask{Auth: opaque.AuthBasic}), []string{"Ask.ClientID", "Ask.Secret"}},
		{"post without anything", asking(opaque.Ask{Auth: opaque.AuthPost}), []string{"Ask.ClientID", "Ask.Secret"}},
		{"bearer without anything", asking(opaque.Ask{Auth: opaque.AuthBearer}), []string{"Ask.Secret"}},
		{"bearer that is no token", asking(opaque.Ask{Auth: opaque.AuthBearer, Secret: jwks.NewSecret([]byte("a\r\nb"))}), []string{"Ask.Secret"}},
		{"bearer with a client", asking(opaque.Ask{Auth: opaque.AuthBearer, ClientID: "a", Secret: secret}), []string{"Ask.ClientID"}},
		{"empty secret", asking(opaque.Ask{Auth: opaque.AuthBearer, Secret: jwks.NewSecret(nil)}), []string{"Ask.Secret"}},
		{"secret of no use", asking(opaque.Ask{Secret: secret}), []string{"Ask.Auth"}},
		{"two credentials in one header", asking(opaque.Ask{Put: "bearer", Auth: opaque.AuthBasic, ClientID: "a", Secret: secret}), []string{"Ask.Auth"}},
		{"post without a form", asking(opaque.Ask{Put: "json:token", Auth: opaque.AuthPost, ClientID: "a", Secret: secret}), []string{"Ask.Auth"}},
		{"header of ours", asking(opaque.Ask{Header: http.Header{"authorization": {"x"}}}), []string{"Ask.Header"}},
		{"header that cannot be sent", asking(opaque.Ask{Header: http.Header{"X-A": {"x\r\ny"}}}), []string{"Ask.Header"}},
		{"statuses that tell nothing", asking(opaque.Ask{Bad: []int{200, 302, 408, 429, 407, 500, 503}}), slices.Repeat([]string{"Ask.Bad"}, 7)},
		{"statuses that tell accepted", asking(opaque.Ask{Bad: []int{400, 401, 403, 404, 422}}), nil},
		{"statuses that tell of ourselves", asking(opaque.Ask{Auth: opaque.AuthBearer, Secret: secret, Bad: []int{401, 403, 404}}), []string{"Ask.Bad", "Ask.Bad"}},
		{"two ways to ask", func(p *opaque.Provider) { p.Lookup = nobody(t) }, []string{"Ask"}},
		{"headers of a lookup", func(p *opaque.Provider) {
			p.Ask, p.Lookup, p.Read.Client = opaque.Ask{}, nobody(t), []string{"header:X"}
		}, []string{"Read.Client"}},
		{"active in a header", reading(opaque.Read{Active: "header:X"}), []string{"Read.Active"}},
		{"empty name", reading(opaque.Read{Scopes: []string{""}}), []string{"Read.Scopes"}},
		{"odd header", reading(opaque.Read{Scopes: []string{"header:a b"}}), []string{"Read.Scopes"}},
		{"required nothing", requires(""), []string{"RequiredClaims"}},
		{"required empty alternative", requires("a|"), []string{"RequiredClaims"}},
		{"required value with a bar in it", requires("a=b|c"), []string{"RequiredClaims"}},
		{"required alternatives with values accepted", requires("c|a=b|a=c"), nil},
		{"required empty value", requires("a="), []string{"RequiredClaims"}},
		{"refused nothing", refuses("=x"), []string{"RefusedClaims"}},
		{"durations too long", func(p *opaque.Provider) {
			p.Leeway, p.KeepFor, p.Timeout = 6*time.Minute, 2*time.Hour, 11*time.Second
		}, []string{"Leeway", "KeepFor", "Timeout"}},
		{"durations below zero", func(p *opaque.Provider) { p.Leeway, p.KeepFor, p.Timeout = -1, -1, -1 }, []string{"Leeway", "KeepFor", "Timeout"}},
	} {
		t.Run(row.policy, func(t *testing.T) {
			got := fields(t, provider(row.change))
			want := slices.Clone(row.want)
			for i := range want {
				want[i] = "Opaque[0]." + want[i]
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("mistakes in %q, want %q", got, want)
			}
		})
	}
}

func TestMistakesBetweenProviders(t *testing.T) {
	for _, row := range []struct {
		policy string
		all    []opaque.Provider
		want   []string
	}{
		{"nobody", nil, []string{"Opaque"}},
		{"different prefixes accepted", []opaque.Provider{echo("a", "", "a_"), echo("b", "", "b_"), echo("c", "")}, nil},
		{"two without prefixes", []opaque.Provider{echo("a", ""), echo("b", "")}, []string{"Opaque[1].Prefixes"}},
		{"equal prefixes", []opaque.Provider{echo("a", "", "a_"), echo("b", "", "a_")}, []string{"Opaque[1].Prefixes"}},
		{"prefix of a prefix", []opaque.Provider{echo("a", "", "a_"), echo("b", "", "x", "a_b")}, []string{"Opaque[1].Prefixes"}},
		{"prefix of a prefix the other way round", []opaque.Provider{echo("a", "", "a_b"), echo("b", "", "a_")}, []string{"Opaque[1].Prefixes"}},
		{"everything beside another", []opaque.Provider{echo("a", "instead"), echo("b", "", "b_")}, []string{"Opaque[0].JWT"}},
		{"two for the JWTs of one issuer", []opaque.Provider{echo("a", "also", "a_"), echo("a", "also", "b_")}, []string{"Opaque[1].Issuer"}},
		{"one for the JWTs of one issuer accepted", []opaque.Provider{echo("a", "also", "a_"), echo("a", "", "b_")}, nil},
	} {
		t.Run(row.policy, func(t *testing.T) {
			if got := fields(t, row.all...); !slices.Equal(got, row.want) {
				t.Errorf("mistakes in %q, want %q", got, row.want)
			}
		})
	}
}

// What the caller does to its configuration afterwards changes nothing.
func TestConfigurationIsCopied(t *testing.T) {
	n := saying(good)
	p := provider(func(p *opaque.Provider) {
		p.Ask.Header, p.Prefixes, p.Clients = http.Header{"X-A": {"a"}}, []string{"oat_"}, []string{"app"}
	})
	v := newFrom(t, opaque.Config{Providers: []opaque.Provider{p}, Transport: n})
	p.Ask.Header["X-A"][0], p.Prefixes[0], p.Clients[0], p.Audiences[0] = "b", "x", "x", "x"
	if _, err := verify(t, v, "oat_1"); err != nil || n.last().header.Get("X-A") != "a" {
		t.Errorf("%v, %q", err, n.last().header)
	}
	if n.set(func(question) (*http.Response, error) { return nil, io.EOF }); v.Takes("x1") {
		t.Error("takes another prefix")
	}
}
