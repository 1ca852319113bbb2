package jwks_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// Mistakes in who the issuer is and in what its tokens must say.
func TestNewReportsMistakesInNames(t *testing.T) {
	const template = "https://login.example.com/{tenantid}/v2.0"
	tenants := func(change func(*jwks.Issuer)) func(*jwks.Issuer) {
		return func(is *jwks.Issuer) {
			is.URL, is.Tenants, is.TenantClaim, is.Discovery = template, []string{"t1", "t2"}, "tid", login+"/common/v2.0"
			change(is)
		}
	}
	for _, row := range []struct {
		policy string
		edit   func(*jwks.Issuer)
		field  string // of the one mistake; "" for none
		text   string // that the problem has
	}{
		{"tenants accepted", tenants(func(is *jwks.Issuer) {}), "", ""},
		{"tenants with a key set accepted", tenants(func(is *jwks.Issuer) { is.Discovery, is.JWKSURL = "", keySetURL }), "", ""},
		{"tenants with PEM accepted", tenants(func(is *jwks.Issuer) { is.Discovery, is.PublicKeys = "", pkixPEM(publicOf(rsaKey())) }), "", ""},
		{"tenants without a place for documents refused", tenants(func(is *jwks.Issuer) { is.Discovery = "" }), "Discovery", "JWKSURL"},
		{"placeholder without tenants refused", tenants(func(is *jwks.Issuer) { is.Tenants, is.TenantClaim = nil, "" }), "Tenants", "list the tenants"},
		{"placeholder in an alias without tenants refused", func(is *jwks.Issuer) { is.Aliases = []string{template} }, "Tenants", "list the tenants"},
		{"an empty list of tenants refused", tenants(func(is *jwks.Issuer) { is.Tenants, is.TenantClaim = []string{}, "" }), "Tenants", "list the tenants"},
		{"tenants without placeholder refused", tenants(func(is *jwks.Issuer) { is.URL = login }), "URL", "{tenantid}"},
		{"placeholder of another case refused", tenants(func(is *jwks.Issuer) { is.URL = login + "/{tenantId}" }), "URL", "{tenantid}"},
		{"an alias without placeholder refused", tenants(func(is *jwks.Issuer) { is.Aliases = []string{"https://sts.example.com/"} }), "Aliases", "{tenantid}"},
		{"an alias with placeholder accepted", tenants(func(is *jwks.Issuer) { is.Aliases = []string{"https://sts.example.com/{tenantid}/"} }), "", ""},
		{"two placeholders refused", tenants(func(is *jwks.Issuer) { is.URL = template + "/{tenantid}" }), "URL", "one place"},
		{"two placeholders in an alias refused", tenants(func(is *jwks.Issuer) { is.Aliases = []string{"{tenantid}{tenantid}"} }), "Aliases", "one place"},
		{"tenants without a claim refused", tenants(func(is *jwks.Issuer) { is.TenantClaim = "" }), "TenantClaim", "name the claim"},
		{"a tenant claim without tenants refused", func(is *jwks.Issuer) { is.TenantClaim = "tid" }, "TenantClaim", "no use"},
		{"a tenant twice refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t1", "t2", "t1"} }), "Tenants", `"t1" twice`},
		{"an empty tenant refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t1", ""} }), "Tenants", `""`},
		{"a tenant with a slash refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t1/../t2"} }), "Tenants", "letters"},
		{"a tenant of dots refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{".."} }), "Tenants", "letters"},
		{"a tenant with an escape refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t%31"} }), "Tenants", "letters"},
		{"a tenant with a query refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t?"} }), "Tenants", "letters"},
		{"a tenant with a fragment refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t#"} }), "Tenants", "letters"},
		{"a tenant with a user refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t@x"} }), "Tenants", "letters"},
		{"a tenant with a line break refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"t1\n"} }), "Tenants", "letters"},
		{"the placeholder as a tenant refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"{tenantid}"} }), "Tenants", "letters"},
		{"every tenant refused", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"*"} }), "Tenants", "letters"},
		{"a domain as a tenant accepted", tenants(func(is *jwks.Issuer) { is.Tenants = []string{"my-org_1.example.com"} }), "", ""},

		{"an alias accepted", func(is *jwks.Issuer) { is.Aliases = []string{"login.example.com", login + "/"} }, "", ""},
		{"an empty alias refused", func(is *jwks.Issuer) { is.Aliases = []string{""} }, "Aliases", "empty entry"},
		{"the URL as an alias refused", func(is *jwks.Issuer) { is.Aliases = []string{login} }, "Aliases", "twice"},
		{"an alias twice refused", func(is *jwks.Issuer) { is.Aliases = []string{"a", "b", "a"} }, "Aliases", `"a" twice`},
		{"the template as an alias refused", tenants(func(is *jwks.Issuer) { is.Aliases = []string{template} }), "Aliases", "twice"},

		{"clients accepted", func(is *jwks.Issuer) { is.Clients = []string{"app"} }, "", ""},
		{"an empty client refused", func(is *jwks.Issuer) { is.Clients = []string{"app", ""} }, "Clients", "empty entry"},
		{"no audience from clients accepted", func(is *jwks.Issuer) { is.Clients, is.AudienceOptional = []string{"app"}, true }, "", ""},
		{"no audience from anybody refused", func(is *jwks.Issuer) { is.AudienceOptional = true }, "AudienceOptional", "Clients"},
		{"no audience configured refused, with clients too", func(is *jwks.Issuer) { is.Audiences, is.Clients, is.AudienceOptional = nil, []string{"app"}, true }, "Audiences", "is empty"},

		{"alternatives accepted", func(is *jwks.Issuer) { is.RequiredClaims = []string{"scp|roles", "a=b|a=c", "a|b=c"} }, "", ""},
		{"an empty alternative refused", func(is *jwks.Issuer) { is.RequiredClaims = []string{"scp|"} }, "RequiredClaims", `"scp|"`},
		{"an alternative without value refused", func(is *jwks.Issuer) { is.RequiredClaims = []string{"a=b|c="} }, "RequiredClaims", "name=value"},
		{"the rest of a value as an alternative refused", func(is *jwks.Issuer) { is.RequiredClaims = []string{"sub=auth0|alice"} }, "RequiredClaims", "cannot hold"},
		{"refused claims accepted", func(is *jwks.Issuer) { is.RefusedClaims = []string{"nonce", "token_use=id"} }, "", ""},
		{"an empty refused claim refused", func(is *jwks.Issuer) { is.RefusedClaims = []string{""} }, "RefusedClaims", "name=value"},
		{"a refused claim without value refused", func(is *jwks.Issuer) { is.RefusedClaims = []string{"token_use="} }, "RefusedClaims", "name=value"},

		{"an empty name of scopes refused", func(is *jwks.Issuer) { is.Names.Scopes = []string{""} }, "Names.Scopes", "empty entry"},
		{"an empty prefix refused", func(is *jwks.Issuer) { is.Names.ScopePrefixes = []string{""} }, "Names.ScopePrefixes", "empty entry"},
		{"an empty name of the client refused", func(is *jwks.Issuer) { is.Names.Client = []string{"azp", ""} }, "Names.Client", "empty entry"},
		{"an empty name of the user refused", func(is *jwks.Issuer) { is.Names.User = []string{""} }, "Names.User", "empty entry"},
	} {
		t.Run(row.policy, func(t *testing.T) {
			list := mistakes(t, jwks.Config{Issuers: []jwks.Issuer{issuerWith(row.edit)}})
			if row.field == "" && len(list) == 0 {
				return
			}
			if len(list) != 1 || list[0].Field != "Issuers[0]."+row.field || !strings.Contains(list[0].Problem, row.text) {
				t.Errorf("mistakes: %v\nwant one of %s with %q", list, row.field, row.text)
			}
		})
	}
}

// An exact "iss" leads to one issuer, whichever of its names it is.
func TestNewReportsNamesOfTwoIssuers(t *testing.T) {
	many := func(tenants ...string) jwks.Issuer {
		return jwks.Issuer{
			URL: login + "/{tenantid}", Aliases: []string{"sts/{tenantid}"}, Tenants: tenants, TenantClaim: "tid",
			JWKSURL: keySetURL, Audiences: []string{here},
		}
	}
	one := func(url string, aliases ...string) jwks.Issuer {
		return jwks.Issuer{URL: url, Aliases: aliases, JWKSURL: keySetURL, Audiences: []string{here}}
	}
	for _, row := range []struct {
		policy        string
		first, second jwks.Issuer
		want          []string
	}{
		{"other names accepted", many("t1"), one(login+"/t2", "sts/t2"), nil},
		{"other tenants accepted", many("t1", "t2"), many("t3"), nil},
		{"the URL is an alias elsewhere", one(login, "old"), one("old"), []string{"Issuers[1].URL"}},
		{"an alias is the URL elsewhere", one("old"), one(login, "old"), []string{"Issuers[1].Aliases"}},
		{"an alias is an alias elsewhere", one("new", "old"), one(login, "old"), []string{"Issuers[1].Aliases"}},
		{"the URL is that of a tenant", many("t1", "t2"), one(login + "/t2"), []string{"Issuers[1].URL"}},
		{"an alias is that of a tenant", many("t1", "t2"), one(login, "sts/t2"), []string{"Issuers[1].Aliases"}},
		{"a tenant has two entries", many("t1", "t2"), many("t3", "t2", "t1"), []string{"Issuers[1].URL"}},
		{"the alias of a tenant is elsewhere", one("sts/t2"), many("t1", "t2"), []string{"Issuers[1].Aliases"}},
	} {
		t.Run(row.policy, func(t *testing.T) {
			got := fields(mistakes(t, jwks.Config{Issuers: []jwks.Issuer{row.first, row.second}}))
			if !slices.Equal(got, row.want) {
				t.Errorf("mistakes in %q, want %q", got, row.want)
			}
		})
	}
}

// The lists are the caller's, who may use them again.
func TestNamesAreCopied(t *testing.T) {
	is := jwks.Issuer{
		URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(sharedSecret),
		Clients: []string{"app"}, RefusedClaims: []string{"nonce"},
		Names: jwks.Names{Scopes: []string{"s"}, ScopePrefixes: []string{"p:"}, Client: []string{"c"}, User: []string{"u"}},
	}
	v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{is}, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range [][]string{is.Clients, is.RefusedClaims, is.Names.Scopes, is.Names.ScopePrefixes, is.Names.Client, is.Names.User} {
		list[0] = "x"
	}
	c := judge(t, v, mintClaims(t, claimsWith(`"s":"p:read","c":"app","u":"bob"`)), nil)
	if c.User != "bob" || c.Client != "app" || !slices.Equal(c.Scopes, []string{"read"}) {
		t.Errorf("claims %+v", c)
	}
	judge(t, v, mintClaims(t, claimsWith(`"c":"app","nonce":"n"`)), jwks.ErrClaim)
}
