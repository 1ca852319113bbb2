package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

const (
	atHome     = "MCP_AUTH_REQUIRED=true; MCP_RESOURCE_URL=https://mcp.example.com/mcp; "
	withAuth0  = atHome + "MCP_OAUTH_PROVIDER=auth0; MCP_OAUTH_DOMAIN=your-tenant.eu.auth0.com"
	withEntra  = atHome + "MCP_OAUTH_PROVIDER=entra; MCP_OAUTH_TENANT=6babcaad-604b-40ac-a9d7-9fd97c0b779f; MCP_OAUTH_CLIENT_ID=535fb089-9ff3-47b6-9bfb-4f1264799865"
	withGitHub = atHome + "MCP_OAUTH_PROVIDER=github; MCP_OAUTH_CLIENT_ID=app; MCP_OAUTH_CLIENT_SECRET=canary"
	// What the introspection endpoint is asked with.
	asked7662 = "MCP_INTROSPECTION_CLIENT_ID=me; MCP_INTROSPECTION_CLIENT_SECRET=canary"
)

// first is the configuration of the guard of the first resource.
func first(t *testing.T, settings string) (*config, middleware.Config) {
	t.Helper()
	c := mustRead(t, settings)
	g, err := c.guard()
	if err != nil {
		t.Fatal(err)
	}
	return c, g
}

// A variable that was set wins over the preset, one that has its default only does not.
func TestVariablesWinOverThePreset(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, settings, want string }{
		{"the preset alone", "",
			"https://your-tenant.eu.auth0.com/ [RS256] [https://mcp.example.com/mcp] [] 0s false [scope permissions] - logs in at [https://your-tenant.eu.auth0.com/]"},
		{"the issuer, and so where to log in", "MCP_JWT_ISSUER=https://login.example.com/",
			"https://login.example.com/ [RS256] [https://mcp.example.com/mcp] [] 0s false [scope permissions] - logs in at [https://login.example.com/]"},
		{"each of the others", "MCP_JWT_ALGORITHM=ES256; MCP_JWT_AUDIENCE=a; MCP_JWT_REQUIRED_CLAIMS=sub; MCP_JWT_LEEWAY=5s; MCP_JWT_REQUIRE_AT_JWT=true",
			"https://your-tenant.eu.auth0.com/ [ES256] [a] [sub] 5s true [scope permissions] - logs in at [https://your-tenant.eu.auth0.com/]"},
		{"the keys", "MCP_OAUTH_JWKS_URI=https://your-tenant.eu.auth0.com/k",
			"https://your-tenant.eu.auth0.com/ [RS256] [https://mcp.example.com/mcp] [] 0s false [scope permissions] https://your-tenant.eu.auth0.com/k logs in at [https://your-tenant.eu.auth0.com/]"},
	} {
		_, g := first(t, strings.TrimSuffix(withAuth0+"; "+row.settings, "; "))
		is := g.Issuers[0]
		got := fmt.Sprintf("%s %v %v %v %s %v %v %s logs in at %v", is.URL, is.Algorithms, is.Audiences, is.RequiredClaims, is.Leeway, is.RequireATJWT, is.Names.Scopes,
			strings.TrimPrefix("-"+is.JWKSURL, "-")+strings.Repeat("-", 1-min(1, len(is.JWKSURL))), g.AuthorizationServers)
		if got != row.want {
			t.Errorf("%s: got\n%s, want\n%s", row.policy, got, row.want)
		}
	}
	_, g := first(t, atHome+"MCP_OAUTH_PROVIDER=oidc; MCP_OAUTH_SERVER_URL=https://login.example.com; MCP_JWT_AUDIENCE=a")
	if got := g.Issuers[0].Algorithms; !slices.Contains(got, "ES256") {
		t.Errorf("the default of MCP_JWT_ALGORITHM wins over the preset: %q", got)
	}
	c, g := first(t, withAuth0+"; MCP_OAUTH_TOKEN_ENDPOINT=https://a.example.com/t; MCP_CHALLENGE_SCOPES=ask; MCP_SCOPE_CLAIMS=roles")
	if m := c.mirror(); m.TokenEndpoint != "https://a.example.com/t" || !slices.Equal(g.ChallengeScopes, []string{"ask"}) || !slices.Equal(g.Policy.ScopeClaims, []string{"roles"}) {
		t.Errorf("endpoint %s, challenge %q, claims %q", m.TokenEndpoint, g.ChallengeScopes, g.Policy.ScopeClaims)
	}
}

// Scopes are asked for as clients of the provider must write them.
func TestScopesOfPresets(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, settings, want, prefix string }{
		{"nothing is enforced", withAuth0, "", ""},
		{"nothing is enforced, and the preset has some", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=a", "openid https://www.googleapis.com/auth/userinfo.email", ""},
		{"enforced, without a prefix", withAuth0 + "; MCP_REQUIRED_SCOPES=read", "", ""},
		{"enforced, with a prefix", withEntra + "; MCP_REQUIRED_SCOPES=read", "", "https://mcp.example.com/mcp/"},
		{"as configured", withEntra + "; MCP_REQUIRED_SCOPES=read; MCP_CHALLENGE_SCOPES=x", "x", "https://mcp.example.com/mcp/"},
	} {
		if _, g := first(t, row.settings); strings.Join(g.ChallengeScopes, " ") != row.want || g.ScopePrefix != row.prefix {
			t.Errorf("%s: got %q with %q, want %q with %q", row.policy, g.ChallengeScopes, g.ScopePrefix, row.want, row.prefix)
		}
	}
}

// Mistakes in the inputs are told together, and name the variables.
func TestPresetMistakes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, settings, variables string }{
		{"no such preset", atHome + "MCP_OAUTH_PROVIDER=auth1", "MCP_OAUTH_PROVIDER"},
		{"inputs that are missing", atHome + "MCP_OAUTH_PROVIDER=cognito", "MCP_OAUTH_TENANT MCP_OAUTH_REGION MCP_OAUTH_CLIENT_ID"},
		{"inputs that are of no use", withAuth0 + "; MCP_OAUTH_TENANT=a; MCP_OAUTH_REGION=b; MCP_OAUTH_SERVER_ID=c; MCP_OAUTH_CLIENT_SECRET=canary; MCP_OAUTH_SERVER_URL=https://x.example.com",
			"MCP_OAUTH_TENANT MCP_OAUTH_REGION MCP_OAUTH_SERVER_ID MCP_OAUTH_CLIENT_SECRET MCP_OAUTH_SERVER_URL"},
		{"inputs without a preset", atHome + "MCP_OAUTH_SERVER_URL=https://x.example.com; MCP_OAUTH_DOMAIN=d; MCP_OAUTH_TENANT=t; MCP_OAUTH_REGION=r; MCP_OAUTH_SERVER_ID=s; MCP_OAUTH_CLIENT_SECRET=canary",
			"MCP_OAUTH_DOMAIN MCP_OAUTH_TENANT MCP_OAUTH_REGION MCP_OAUTH_SERVER_ID MCP_OAUTH_CLIENT_SECRET"},
		{"claims that must be demanded", atHome + "MCP_OAUTH_PROVIDER=github-actions; MCP_JWT_AUDIENCE=a", "MCP_JWT_REQUIRED_CLAIMS"},
		{"an audience that must be known", atHome + "MCP_OAUTH_PROVIDER=okta; MCP_OAUTH_DOMAIN=your-org.okta.com", "MCP_JWT_AUDIENCE"},
		{"a secret twice", atHome + "MCP_OAUTH_PROVIDER=github; MCP_OAUTH_CLIENT_ID=a; MCP_OAUTH_CLIENT_SECRET=canary; MCP_OAUTH_CLIENT_SECRET_FILE=" + writeFile(t, "b"), "MCP_OAUTH_CLIENT_SECRET_FILE"},
		{"a secret that is not there", atHome + "MCP_OAUTH_PROVIDER=github; MCP_OAUTH_CLIENT_ID=a; MCP_OAUTH_CLIENT_SECRET_FILE=/canary/none", "MCP_OAUTH_CLIENT_SECRET_FILE"},
		{"a key for several issuers", atHome + "MCP_OAUTH_PROVIDER=scalekit; MCP_OAUTH_DOMAIN=env.scalekit.com; MCP_OAUTH_TENANT=res_1; MCP_OAUTH_JWKS_URI=https://env.scalekit.com/k; MCP_JWT_ISSUER=https://a.example.com,https://b.example.com", "MCP_OAUTH_JWKS_URI"},
		{"introspection of nobody", atHome + "MCP_INTROSPECTION_URL=https://a.example.com/i", "MCP_JWT_ISSUER MCP_INTROSPECTION_URL"},
		{"introspection of several", atHome + "MCP_JWT_ISSUER=https://a.example.com,https://b.example.com; MCP_INTROSPECTION_URL=https://a.example.com/i", "MCP_INTROSPECTION_URL"},
		{"words that are none", withIssuer + "; MCP_METADATA_MODE=copy; MCP_INTROSPECTION_TOKENS=all; MCP_INTROSPECTION_AUTH=mutual", "MCP_INTROSPECTION_TOKENS MCP_INTROSPECTION_AUTH MCP_METADATA_MODE"},
		{"an answer kept too long", withIssuer + "; MCP_INTROSPECTION_CACHE=2h", "MCP_INTROSPECTION_CACHE"},
		{"a client without its secret", withIssuer + "; MCP_INTROSPECTION_CLIENT_ID=me", "MCP_INTROSPECTION_CLIENT_SECRET"},
		{"a patch where the provider names itself", withAuth0 + "; MCP_METADATA_MODE=patch", "MCP_METADATA_MODE"},
		{"registration without a document", withAuth0 + "; MCP_REGISTRATION_CLIENT_ID=a; MCP_REGISTRATION_REDIRECT_URIS=http://localhost/cb", "MCP_REGISTRATION_CLIENT_ID"},
		{"registration for every redirect", withEntra + "; MCP_REGISTRATION_CLIENT_ID=a", "MCP_REGISTRATION_REDIRECT_URIS"},
		{"redirects without a client", withEntra + "; MCP_REGISTRATION_REDIRECT_URIS=http://localhost/cb", "MCP_REGISTRATION_REDIRECT_URIS"},
		{"a redirect that is none", withEntra + "; MCP_REGISTRATION_CLIENT_ID=a; MCP_REGISTRATION_REDIRECT_URIS=http://app.example.com/cb", "MCP_REGISTRATION_REDIRECT_URIS"},
		{"bound tokens beside keys", withAuth0 + "; MCP_REQUIRE_BOUND=true; MCP_API_KEYS=0123456789012345678901", "MCP_REQUIRE_BOUND"},
		{"a header of nobody", withAuth0 + "; MCP_CLIENT_CERT_HEADER=Client-Cert", "MCP_CLIENT_CERT_HEADER"},
		{"proxies that are none", withAuth0 + "; MCP_TRUSTED_PROXIES=proxy.example.com,0.0.0.0/0", "MCP_TRUSTED_PROXIES"},
		{"certificates without TLS", withAuth0 + "; MCP_SSL_CLIENT_CERTS=true", "MCP_SSL_CLIENT_CERTS"},
	} {
		_, err := read(row.settings)
		if got := strings.Join(slices.Compact(fields(err)), " "); got != row.variables {
			t.Errorf("%s: got %s, want %s\n%v", row.policy, got, row.variables, err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: a secret is quoted: %v", row.policy, err)
		}
	}
}

func TestIntrospectionOfVariables(t *testing.T) {
	t.Parallel()
	const server = atHome + "MCP_OAUTH_SERVER_URL=https://login.example.com; "
	for _, row := range []struct{ policy, settings, want string }{
		{"found by discovery", server + "MCP_INTROSPECTION_URL=discover; " + asked7662, "https://login.example.com  basic me  [] [] false 1m0s; 1 verified"},
		{"or without saying so", server + asked7662, "https://login.example.com  basic me  [] [] false 1m0s; 1 verified"},
		{"at a URL, with a token of our own", server + "MCP_INTROSPECTION_URL=https://login.example.com/i; MCP_INTROSPECTION_AUTH=bearer; MCP_INTROSPECTION_CLIENT_SECRET=canary",
			"https://login.example.com https://login.example.com/i bearer   [] [] false 1m0s; 1 verified"},
		{"in place of verification", server + "MCP_INTROSPECTION_TOKENS=instead; " + asked7662, "https://login.example.com  basic me instead [] [] false 1m0s; 0 verified"},
		{"after verification", server + "MCP_INTROSPECTION_TOKENS=also; MCP_INTROSPECTION_CACHE=5s; MCP_JWT_AUDIENCE=a; " + asked7662, "https://login.example.com  basic me also [a] [] false 5s; 1 verified"},
		{"answers without an audience", server + "MCP_OAUTH_CLIENT_ID=app; " + asked7662, "https://login.example.com  basic me  [] [app] true 1m0s; 1 verified"},
		{"an audience is named, so answers must have it", server + "MCP_OAUTH_CLIENT_ID=app; MCP_JWT_AUDIENCE=a; " + asked7662, "https://login.example.com  basic me  [a] [app] false 1m0s; 1 verified"},
		{"over a preset, one thing", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=app; MCP_INTROSPECTION_CACHE=5s",
			"https://accounts.google.com https://oauth2.googleapis.com/tokeninfo    [app] [app] false 5s; 0 verified"},
		{"over a preset, another endpoint", atHome + "MCP_OAUTH_PROVIDER=google; MCP_OAUTH_CLIENT_ID=app; MCP_INTROSPECTION_URL=https://login.example.com/i; " + asked7662,
			"https://accounts.google.com https://login.example.com/i basic me  [app] [app] false 0s; 0 verified"},
		{"beside a preset that asks nobody", withAuth0 + "; MCP_INTROSPECTION_URL=https://your-tenant.eu.auth0.com/i; " + asked7662,
			"https://your-tenant.eu.auth0.com/ https://your-tenant.eu.auth0.com/i basic me  [https://mcp.example.com/mcp] [] false 0s; 1 verified"},
	} {
		_, g := first(t, row.settings)
		o := g.Opaque[0]
		got := fmt.Sprintf("%s %s %s %s %s %v %v %v %s; %d verified", o.Issuer, o.Ask.URL, o.Ask.Auth, o.Ask.ClientID, o.JWT, o.Audiences, o.Clients, o.AudienceOptional, o.KeepFor, len(g.Issuers))
		if got != row.want {
			t.Errorf("%s: got\n%s, want\n%s", row.policy, got, row.want)
		}
		if own := strings.Contains(row.settings, "MCP_INTROSPECTION_URL"); own && (o.Ask.Method+o.Ask.Put != "" || len(o.Read.Scopes) > 0) {
			t.Errorf("%s: asked as the preset says, elsewhere: %q %q", row.policy, o.Ask.Method, o.Ask.Put)
		}
		if o.Ask.Auth != opaque.AuthNone && o.Ask.Secret.Len() != len("canary") {
			t.Errorf("%s: the secret has %d bytes", row.policy, o.Ask.Secret.Len())
		}
	}
}

func TestMetadataModes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, settings, published, servers string }{
		{"without a preset", withIssuer, "mirror, of https://login.example.com", "https://login.example.com"},
		{"as the preset says", withEntra, "patch, of https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/v2.0 as https://mcp.example.com", "https://mcp.example.com"},
		{"as a variable says", withEntra + "; MCP_METADATA_MODE=mirror", "mirror, of https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/v2.0", "https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/v2.0"},
		{"not at all", withAuth0 + "; MCP_METADATA_MODE=off", "off", "https://your-tenant.eu.auth0.com/"},
		{"no provider", withKey, "off", ""},
	} {
		c, g := first(t, row.settings)
		if got := c.published().describe(); got != row.published || strings.Join(g.AuthorizationServers, " ") != row.servers {
			t.Errorf("%s: got %q and %q, want %q and %q", row.policy, got, g.AuthorizationServers, row.published, row.servers)
		}
	}
}

func TestBindingOfVariables(t *testing.T) {
	t.Parallel()
	_, g := first(t, withAuth0+"; MCP_REQUIRE_BOUND=true; MCP_DPOP_NONCES=true; MCP_TRUSTED_PROXIES=10.0.0.0/8,192.0.2.7,2001:db8::1; MCP_CLIENT_CERT_HEADER=Client-Cert")
	if got := fmt.Sprint(g.TrustedProxies); got != "[10.0.0.0/8 192.0.2.7/32 2001:db8::1/128]" {
		t.Errorf("proxies %s", got)
	}
	if !g.RequireBound || g.ProofNonces == nil || g.ClientCertificateHeader != "Client-Cert" {
		t.Errorf("bound %v, nonces %v, header %q", g.RequireBound, g.ProofNonces, g.ClientCertificateHeader)
	}
	if _, g := first(t, withAuth0); g.ProofNonces != nil || g.RequireBound {
		t.Error("on, without being asked for")
	}
}

// What a preset knows of its provider replaces what we say of all.
func TestHintsOfPresets(t *testing.T) {
	t.Parallel()
	const reason = "encrypted_token"
	if got := mustRead(t, withAuth0).hints()[reason]; got == hints[reason] || !strings.Contains(got, "https://mcp.example.com/mcp") {
		t.Errorf("got %q", got)
	}
	if got := mustRead(t, withIssuer).hints()[reason]; got != hints[reason] {
		t.Errorf("got %q", got)
	}
	if got := mustRead(t, withGitHub).hints()[unanswered]; !strings.HasSuffix(got, "that MCP_OAUTH_CLIENT_SECRET is not the secret of MCP_OAUTH_CLIENT_ID") {
		t.Errorf("got %q", got)
	}
	if got := mustRead(t, withGitHub+"; "+asked7662).hints()[unanswered]; !strings.HasSuffix(got, "that MCP_INTROSPECTION_CLIENT_SECRET is not the secret of MCP_INTROSPECTION_CLIENT_ID") {
		t.Errorf("got %q", got)
	}
	if notes := mustRead(t, withAuth0).notes(); len(notes) == 0 {
		t.Error("nothing to set up")
	}
}

// Replicas with the same session keys accept each other's nonces; and whoever learns the
// key of one purpose has not that of the other.
func TestNonceKeys(t *testing.T) {
	t.Parallel()
	ring := [][]byte{[]byte(secret32), []byte(strings.Repeat("b", 32))}
	keys := nonceKeys(ring)
	again := nonceKeys(ring)
	if len(keys) != 2 || !bytes.Equal(keys[0], again[0]) || !bytes.Equal(keys[1], again[1]) {
		t.Fatalf("%d keys, or others each time", len(keys))
	}
	for i, key := range keys {
		if len(key) != 32 || bytes.Equal(key, ring[i]) || bytes.Equal(keys[0], keys[1]) {
			t.Errorf("key %d has %d bytes, or is another's", i, len(key))
		}
	}
	if nonceKeys(nil) != nil {
		t.Error("keys of nothing")
	}
}

// With authentication off, nothing is said about whose tokens would be believed.
func TestPlacesWithoutAuthentication(t *testing.T) {
	t.Parallel()
	c, err := readConfig(t, "resources: [{url: 'https://mcp.example.com/a', issuers: ['https://a.example.com']}]", "MCP_AUTH_ENABLED=false")
	if err != nil {
		t.Fatal(err)
	}
	if g, err := c.guard(); err != nil || !g.DangerouslyDisableAuthentication || len(g.Issuers) > 0 {
		t.Errorf("disabled %v, %d issuers, %v", g.DangerouslyDisableAuthentication, len(g.Issuers), err)
	}
}

// An issuer that is named explicitly stands in the place of the preset's wherever that is.
func TestExplicitIssuerOfAPreset(t *testing.T) {
	t.Parallel()
	const ory = atHome + "MCP_OAUTH_PROVIDER=ory; MCP_OAUTH_SERVER_URL=https://hydra.example.com; MCP_JWT_AUDIENCE=a; "
	_, g := first(t, ory+"MCP_JWT_ISSUER=https://login.example.com; MCP_OAUTH_CLIENT_SECRET=canary")
	if len(g.Issuers) != 1 || len(g.Opaque) != 1 || g.Issuers[0].URL != "https://login.example.com" || g.Opaque[0].Issuer != "https://login.example.com" {
		t.Errorf("%d issuers, %d asked", len(g.Issuers), len(g.Opaque))
	}
	_, g = first(t, atHome+"MCP_OAUTH_PROVIDER=scalekit; MCP_OAUTH_DOMAIN=env.scalekit.dev; MCP_OAUTH_TENANT=res_1; MCP_JWT_ISSUER=https://env.scalekit.dev/resources/res_1")
	if len(g.Issuers) != 1 || len(g.Issuers[0].Aliases) > 0 {
		t.Errorf("%d issuers, of other names %q", len(g.Issuers), g.Issuers[0].Aliases)
	}
}
