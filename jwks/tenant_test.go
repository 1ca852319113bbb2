package jwks_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// Two tenants that are believed, and one that is not, of a provider for many.
const (
	tenantA = "8a1f4c0e-0000-4000-8000-00000000000a"
	tenantB = "8a1f4c0e-0000-4000-8000-00000000000b"
	tenantC = "8a1f4c0e-0000-4000-8000-00000000000c"
)

// A tenancy is a provider for many tenants, over HTTP, and a verifier that believes
// two of them, under two names each.
type tenancy struct {
	*jwkstest.Issuer
	t *testing.T
	v *jwks.Verifier
}

func newTenancy(t *testing.T) *tenancy {
	t.Helper()
	is := jwkstest.StartPath("/common/v2.0")
	t.Cleanup(is.Close)
	dropRSA(is)
	y := &tenancy{Issuer: is, t: t}
	is.SetMetadata(map[string]any{"issuer": y.name("{tenantid}")})
	v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{{
		URL: y.name("{tenantid}"), Aliases: []string{y.alias("{tenantid}")},
		Tenants: []string{tenantA, tenantB}, TenantClaim: "tid",
		Discovery: is.URL, Audiences: []string{rigAudience}, Algorithms: []string{"ES256"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	y.v = v
	return y
}

// name is the "iss" of a tenant, and alias another one.
func (y *tenancy) name(tenant string) string {
	return strings.Replace(y.URL, "/common/", "/"+tenant+"/", 1)
}
func (y *tenancy) alias(tenant string) string { return "https://sts.example.com/" + tenant + "/" }

// token is of iss, says that it is of a tenant, and is signed by the key of that id.
func (y *tenancy) token(iss, tid, kid string) string {
	return y.Mint(jwkstest.Token{KeyID: kid, Claims: map[string]any{"iss": iss, "tid": tid}})
}

func TestTenants(t *testing.T) {
	y := newTenancy(t)
	plain := y.KeyIDs()[0]
	shared, ofA, ofB, ofAliasA, ofC := y.AddKey("ES256"), y.AddKey("ES256"), y.AddKey("ES256"), y.AddKey("ES256"), y.AddKey("ES256")
	for kid, issuer := range map[string]string{
		shared: y.name("{tenantid}"), ofA: y.name(tenantA), ofB: y.name(tenantB), ofAliasA: y.alias(tenantA), ofC: y.name(tenantC),
	} {
		y.EditKey(kid, map[string]any{"issuer": issuer})
	}
	for _, row := range []struct {
		policy string
		token  string
		want   error
	}{
		{"a tenant that is not listed refused", y.token(y.name(tenantC), tenantC, plain), jwks.ErrIssuer},
		{"the same in the name of a listed one refused", y.token(y.name(tenantC), tenantA, plain), jwks.ErrIssuer},
		{"the same by its own key refused", y.token(y.name(tenantC), tenantC, ofC), jwks.ErrIssuer},
		{"the placeholder as a tenant refused", y.token(y.name("{tenantid}"), "{tenantid}", plain), jwks.ErrIssuer},
		{"the name of all tenants refused", y.token(y.URL, tenantA, plain), jwks.ErrIssuer},
		{"no tenant refused", y.token(y.name(""), "", plain), jwks.ErrIssuer},
		{"another case of a tenant refused", y.token(y.name(strings.ToUpper(tenantA)), tenantA, plain), jwks.ErrIssuer},
		{"a tenant and more refused", y.token(y.name(tenantA+"/x"), tenantA, plain), jwks.ErrIssuer},
		{"tid in two cases refused", y.Mint(jwkstest.Token{Claims: map[string]any{"iss": y.name(tenantA), "tid": tenantA, "TID": tenantB}}), jwks.ErrMalformed},
		{"tid in another case refused", y.Mint(jwkstest.Token{Claims: map[string]any{"iss": y.name(tenantA), "Tid": tenantA}}), jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, y.v, row.token, row.want) })
	}
	if n := y.Fetches(jwkstest.Everything); n != 0 {
		t.Errorf("%d requests for strangers, want none", n)
	}
	for _, row := range []struct {
		policy        string
		iss, tid, kid string
		want          error
	}{
		{"a listed tenant accepted", y.name(tenantA), tenantA, plain, nil},
		{"another listed tenant accepted", y.name(tenantB), tenantB, plain, nil},
		{"a listed tenant by its alias accepted", y.alias(tenantA), tenantA, plain, nil},

		{"the tid of another tenant refused", y.name(tenantA), tenantB, plain, jwks.ErrClaim},
		{"the tid of another tenant by its alias refused", y.alias(tenantA), tenantB, plain, jwks.ErrClaim},
		{"the tid of a tenant that is not listed refused", y.name(tenantA), tenantC, plain, jwks.ErrClaim},
		{"an empty tid refused", y.name(tenantA), "", plain, jwks.ErrClaim},
		{"another case of the tid refused", y.name(tenantA), strings.ToUpper(tenantA), plain, jwks.ErrClaim},

		{"the key for all tenants accepted", y.name(tenantA), tenantA, shared, nil},
		{"the key for all tenants accepted for another", y.name(tenantB), tenantB, shared, nil},
		{"the key for all tenants accepted for an alias", y.alias(tenantB), tenantB, shared, nil},
		{"the tenant's own key accepted", y.name(tenantA), tenantA, ofA, nil},
		{"the tenant's own key accepted for its alias", y.alias(tenantA), tenantA, ofA, nil},
		{"the key of the alias accepted for the tenant", y.name(tenantA), tenantA, ofAliasA, nil},
		{"the key of another tenant refused", y.name(tenantA), tenantA, ofB, jwks.ErrKey},
		{"the key of another tenant refused with its tid", y.name(tenantA), tenantB, ofB, jwks.ErrKey},
		{"the key of another tenant refused for an alias", y.alias(tenantB), tenantB, ofA, jwks.ErrKey},
		{"the key of another tenant's alias refused", y.name(tenantB), tenantB, ofAliasA, jwks.ErrKey},
		{"the key of a tenant that is not listed refused", y.name(tenantA), tenantA, ofC, jwks.ErrKey},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, y.v, y.token(row.iss, row.tid, row.kid), row.want) })
	}
	t.Run("no tid refused", func(t *testing.T) {
		judge(t, y.v, y.Mint(jwkstest.Token{Claims: map[string]any{"iss": y.name(tenantA)}}), jwks.ErrClaim)
		judge(t, y.v, y.Mint(jwkstest.Token{Claims: map[string]any{"iss": y.name(tenantA), "tid": []string{tenantA}}}), jwks.ErrClaim)
	})
	if n := y.JWKSFetches(); n != 1 {
		t.Errorf("%d key set fetches for all of them, want 1", n)
	}
}

// What is ready, and who fetches, is a matter of key sources and not of names.
func TestTenantsShareTheirKeys(t *testing.T) {
	y := newTenancy(t)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- y.v.Run(ctx) }()
	if err := y.v.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if n := y.JWKSFetches(); n != 1 {
		t.Errorf("%d key set fetches to be ready and to run, want 1", n)
	}
	y.Rotate()
	judge(t, y.v, y.token(y.name(tenantB), tenantB, ""), nil)
	judge(t, y.v, y.token(y.name(tenantA), tenantA, ""), nil)
	if n := y.JWKSFetches(); n != 2 {
		t.Errorf("%d key set fetches after a rotation, want 2", n)
	}
}

// The document of all tenants is believed only under the name that was configured.
func TestTenantsNeedTheTemplateInTheDocument(t *testing.T) {
	for _, issuer := range []func(*tenancy) string{
		func(y *tenancy) string { return y.name(tenantA) },
		func(y *tenancy) string { return y.URL },
		func(y *tenancy) string { return y.name("{tenantId}") },
	} {
		y := newTenancy(t)
		y.SetMetadata(map[string]any{"issuer": issuer(y)})
		judge(t, y.v, y.token(y.name(tenantA), tenantA, ""), jwks.ErrUnavailable)
	}
}

// Aliases without tenants: further exact names.
func TestAliases(t *testing.T) {
	const old = "login.example.com"
	p := publish(keySet(jwk(rsaKey(), "a", nil), jwk(p256(), "b", map[string]any{"issuer": old})))
	v := believe(t, jwks.Issuer{JWKSURL: keySetURL, Aliases: []string{old}, Algorithms: []string{"RS256", "ES256"}}, p)
	for _, row := range []struct {
		policy string
		iss    string
		want   error
	}{
		{"the URL accepted", login, nil},
		{"the alias accepted", old, nil},
		{"what is like the alias refused", old + "/", jwks.ErrIssuer},
		{"what begins like the alias refused", "login.example", jwks.ErrIssuer},
	} {
		t.Run(row.policy, func(t *testing.T) {
			for alg, key := range map[string]any{"RS256": rsaKey(), "ES256": p256()} {
				kid := map[string]string{"RS256": "a", "ES256": "b"}[alg]
				token := compact(t, alg, key, `{"alg":"`+alg+`","kid":"`+kid+`"}`, claimsWith(`"iss":"`+row.iss+`"`))
				if c := judge(t, v, token, row.want); c != nil && c.Issuer != row.iss {
					t.Errorf("Issuer = %q, want what the token says", c.Issuer)
				}
			}
		})
	}
	if n := len(p.requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// A key that names an issuer is there for that one alone.
func TestKeyOfAnIssuer(t *testing.T) {
	mine, others := map[string]any{"issuer": login}, map[string]any{"issuer": "https://login.example.com/"}
	for _, row := range []struct {
		policy string
		keys   []string
		want   error
	}{
		{"its own accepted", []string{jwk(rsaKey(), "a", mine)}, nil},
		{"another's refused", []string{jwk(rsaKey(), "a", others)}, jwks.ErrKey},
		{"a template refused where there are no tenants", []string{jwk(rsaKey(), "a", map[string]any{"issuer": "https://{tenantid}"})}, jwks.ErrKey},
		{"its own beside another's of the same kid accepted", []string{jwk(otherRSA(), "a", others), jwk(rsaKey(), "a", mine)}, nil},
		{"another's beside its own of the same kid refused", []string{jwk(rsaKey(), "a", others), jwk(otherRSA(), "a", mine)}, jwks.ErrSignature},
		{"nobody's beside another's of the same kid accepted", []string{jwk(otherRSA(), "a", others), jwk(rsaKey(), "a", nil)}, nil},
		{"nobody's and its own of the same kid refused", []string{jwk(otherRSA(), "a", nil), jwk(rsaKey(), "a", mine)}, jwks.ErrKey},
		{"one key for two issuers accepted", []string{jwk(rsaKey(), "a", others), jwk(rsaKey(), "a", mine)}, nil},
		{"one key for all and for it accepted", []string{jwk(rsaKey(), "a", nil), jwk(rsaKey(), "a", mine)}, nil},
	} {
		t.Run(row.policy, func(t *testing.T) {
			p := publish(keySet(row.keys...))
			v := believe(t, jwks.Issuer{JWKSURL: keySetURL}, p)
			judge(t, v, mint(t, "RS256", "a"), row.want)
			judge(t, v, mint(t, "RS256", "a"), row.want)
			if n := len(p.requests()); n != 1 {
				t.Errorf("%d requests, want 1: the kid is known", n)
			}
		})
	}
}
