package middleware_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

func TestNewRefusesOpaque(t *testing.T) {
	tests := []struct {
		name   string
		change func(*middleware.Config)
		fields []string
	}{
		{"no issuer", func(c *middleware.Config) { c.Opaque[0].Issuer = "" }, []string{"Opaque[0].Issuer"}},
		{"two that take the same tokens", func(c *middleware.Config) {
			c.Opaque = append(c.Opaque, said(nil))
			c.Opaque[1].Issuer = "https://b.example.com"
		}, []string{"Opaque[1].Prefixes"}},
		{"keys that nothing would be verified with", func(c *middleware.Config) { c.Opaque[0].JWT = opaque.JWTAsked }, []string{"Opaque[0].JWT"}},
		{"tokens to confirm that nothing would verify", func(c *middleware.Config) { c.Opaque[0].JWT = opaque.JWTBoth }, []string{"Opaque[0].JWT"}},
		{"tokens to confirm of an issuer with a slash", func(c *middleware.Config) {
			c.Opaque[0].JWT, c.Opaque[0].Issuer = opaque.JWTBoth, issuer().URL+"/"
		}, []string{"Opaque[0].JWT"}},
		{"tokens to confirm of an issuer of many names", func(c *middleware.Config) {
			c.Opaque[0].JWT, c.Opaque[0].Issuer, c.Issuers[0].Aliases = opaque.JWTBoth, issuer().URL, []string{"https://alias.example.com"}
		}, []string{"Opaque[0].JWT"}},
		{"tokens to confirm of an issuer of many tenants", func(c *middleware.Config) {
			c.Issuers[0].Discovery = c.Issuers[0].URL
			c.Issuers[0].URL += "/{tenantid}"
			c.Issuers[0].Tenants, c.Issuers[0].TenantClaim = []string{"acme"}, "tid"
			c.Opaque[0].JWT, c.Opaque[0].Issuer = opaque.JWTBoth, c.Issuers[0].URL
		}, []string{"Opaque[0].JWT"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := config()
			c.Opaque = []opaque.Provider{said(nil)}
			newGuard(t, c)
			tt.change(&c)
			_, err := middleware.New(c)
			if got := fieldsOf(t, err); !slices.Equal(got, tt.fields) {
				t.Errorf("mistakes in %q, want %q: %v", got, tt.fields, err)
			}
		})
	}
}

// The mistake is told with what it is about.
func TestNewNamesBothSidesOfAContradiction(t *testing.T) {
	c := config()
	c.Opaque = []opaque.Provider{said(nil)}
	c.Opaque[0].JWT = opaque.JWTAsked
	if _, err := middleware.New(c); err == nil || !strings.Contains(err.Error(), "Opaque[0].JWT") || !strings.Contains(err.Error(), "Issuers") {
		t.Error(err)
	}
}

// What New fills in for itself it does not write into what it was given.
func TestNewLeavesOpaqueAlone(t *testing.T) {
	c := asking(said(nil))
	c.Opaque[0].Audiences = append(make([]string, 0, 8), "api://mcp")
	newGuard(t, c)
	if got := c.Opaque[0].Audiences[:8]; !slices.Equal(got, append([]string{"api://mcp"}, make([]string, 7)...)) {
		t.Errorf("the audiences are now %q", got)
	}
}

// Clients find whom to ask for a token, signed or not, each once and in order.
func TestAuthorizationServersOfOpaqueTokens(t *testing.T) {
	c := config()
	for _, name := range []string{opaqueIssuer, "no-url", issuer().URL} {
		p := said(nil)
		p.Issuer, p.Prefixes = name, []string{"p" + fmt.Sprint(len(c.Opaque)) + "_"}
		c.Opaque = append(c.Opaque, p)
	}
	if got, want := documentOf(newGuard(t, c)), `"authorization_servers":["`+issuer().URL+`","`+opaqueIssuer+`"]`; !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

// Of a provider of many tenants each one's issuer is somewhere to ask.
func TestAuthorizationServersOfTenants(t *testing.T) {
	c := config()
	c.Issuers[0].URL, c.Issuers[0].Discovery = "https://login.example.com/{tenantid}/v2.0", "https://login.example.com/common"
	c.Issuers[0].Tenants, c.Issuers[0].TenantClaim = []string{"acme", "other"}, "tid"
	want := `"authorization_servers":["https://login.example.com/acme/v2.0","https://login.example.com/other/v2.0"]`
	if got := documentOf(newGuard(t, c)); !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

// Every URL of the resource is an audience of opaque tokens too.
func TestAudiencesOfOpaqueTokens(t *testing.T) {
	for _, test := range []struct {
		name     string
		provider func(*opaque.Provider)
		aud      any
		want     middleware.Reason
	}{
		{"the resource", nil, resource, ""},
		{"an alias", nil, alias, ""},
		{"one of several", nil, []string{"x", alias}, ""},
		{"another", nil, "x", "wrong_audience"},
		{"none", nil, nil, "wrong_audience"},
		{"none, with clients beside", func(p *opaque.Provider) { p.Audiences, p.Clients = []string{"x"}, []string{"cli"} }, nil, "wrong_audience"},
		{"the resource beside configured ones", func(p *opaque.Provider) { p.Audiences, p.Clients = []string{"x"}, []string{"cli"} }, resource, ""},
		{"none, of a client", func(p *opaque.Provider) { p.Clients, p.AudienceOptional = []string{"cli"}, true }, nil, ""},
		{"another, of a client", func(p *opaque.Provider) { p.Clients, p.AudienceOptional = []string{"cli"}, true }, "x", "wrong_audience"},
	} {
		provider := said(map[string]any{"aud": test.aud})
		if test.provider != nil {
			test.provider(&provider)
		}
		c := asking(provider)
		c.Aliases = []string{alias}
		if got := reasonOf(newGuard(t, c), bearer(opaqueToken)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
