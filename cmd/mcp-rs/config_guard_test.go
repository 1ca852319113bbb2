package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
)

func TestIssuers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, settings, issuers, discovery, servers, mirror string }{
		{"the issuer alone", "MCP_JWT_ISSUER=https://a.example.com/",
			"https://a.example.com/", "", "https://a.example.com/", "https://a.example.com/"},
		{"the server alone, byte for byte", "MCP_OAUTH_SERVER_URL=https://a.example.com/",
			"https://a.example.com/", "", "https://a.example.com/", "https://a.example.com/"},
		{"the server, a slash apart", "MCP_JWT_ISSUER=https://a.example.com/; MCP_OAUTH_SERVER_URL=https://a.example.com",
			"https://a.example.com/", "https://a.example.com", "https://a.example.com/", "https://a.example.com/ at https://a.example.com"},
		{"the only issuer, found elsewhere", "MCP_JWT_ISSUER=https://a.example.com; MCP_OAUTH_SERVER_URL=https://b.example.com/x",
			"https://a.example.com", "https://b.example.com/x", "https://a.example.com", "https://a.example.com at https://b.example.com/x"},
		{"several issuers, the server's first", "MCP_JWT_ISSUER=https://a.example.com,https://b.example.com/; MCP_OAUTH_SERVER_URL=https://b.example.com",
			"https://a.example.com https://b.example.com/", " https://b.example.com", "https://b.example.com/ https://a.example.com", "https://b.example.com/ at https://b.example.com"},
		{"several issuers, no server", "MCP_JWT_ISSUER=https://a.example.com,https://b.example.com",
			"https://a.example.com https://b.example.com", " ", "https://a.example.com https://b.example.com", "https://a.example.com"},
		{"given keys need no discovery", "MCP_JWT_ISSUER=https://a.example.com/; MCP_OAUTH_SERVER_URL=https://a.example.com; MCP_OAUTH_JWKS_URI=https://a.example.com/k",
			"https://a.example.com/", "", "https://a.example.com/", "https://a.example.com/ at https://a.example.com keys https://a.example.com/k"},
		{"given keys, and a place to log in that is another's", "MCP_JWT_ISSUER=https://a.example.com; MCP_OAUTH_SERVER_URL=https://b.example.com; MCP_OAUTH_JWKS_URI=https://a.example.com/k",
			"https://a.example.com", "", "https://b.example.com", "https://b.example.com"},
		{"a secret, and a place to log in", "MCP_JWT_ISSUER=maker; MCP_OAUTH_SERVER_URL=https://b.example.com; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET=" + secret32,
			"maker", "", "https://b.example.com", "https://b.example.com"},
		{"a secret alone", "MCP_JWT_ISSUER=maker; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET=" + secret32,
			"maker", "", "", ""},
	} {
		c, err := read("MCP_JWT_AUDIENCE=my-api; " + row.settings)
		if err != nil {
			t.Errorf("%s: %v", row.policy, err)
			continue
		}
		g, err := c.guard()
		if err != nil {
			t.Errorf("%s: %v", row.policy, err)
		}
		var issuers, discovery []string
		for i := range g.Issuers {
			issuers = append(issuers, g.Issuers[i].URL)
			discovery = append(discovery, g.Issuers[i].Discovery)
		}
		var mirror string
		if m := c.mirror(); m != nil {
			mirror = m.Issuer
			if m.Discovery != "" {
				mirror += " at " + m.Discovery
			}
			if m.JWKSURI != "" {
				mirror += " keys " + m.JWKSURI
			}
		}
		for _, is := range []struct{ what, got, want string }{
			{"issuers", strings.Join(issuers, " "), row.issuers},
			{"discovery", strings.Join(discovery, " "), row.discovery},
			{"authorization servers", strings.Join(g.AuthorizationServers, " "), row.servers},
			{"mirror", mirror, row.mirror},
		} {
			if is.got != is.want {
				t.Errorf("%s: %s %q, want %q", row.policy, is.what, is.got, is.want)
			}
		}
	}
}

func TestGuardGetsEverySetting(t *testing.T) {
	t.Parallel()
	c := mustRead(t, strings.Join([]string{
		"MCP_AUTH_REQUIRED=true",
		"MCP_API_KEYS=0123456789012345678901, 1123456789012345678901",
		"MCP_API_KEY_SCOPES=read,write",
		"MCP_API_KEY_BEARER=true",
		"MCP_JWT_ISSUER=https://login.example.com",
		"MCP_JWT_AUDIENCE=a,b",
		"MCP_JWT_ALGORITHM=RS256,ES256",
		"MCP_JWT_LEEWAY=5s",
		"MCP_JWT_REQUIRED_CLAIMS=sub,client_id",
		"MCP_JWT_REQUIRE_AT_JWT=true",
		"MCP_OAUTH_JWKS_URI=https://login.example.com/keys",
		"MCP_OAUTH_AUTHORIZATION_ENDPOINT=https://login.example.com/a",
		"MCP_OAUTH_TOKEN_ENDPOINT=https://login.example.com/t",
		"MCP_OAUTH_REGISTRATION_ENDPOINT=https://login.example.com/r",
		"MCP_REQUIRED_SCOPES=read",
		"MCP_CHALLENGE_SCOPES=read,write",
		"MCP_SCOPES_SUPPORTED=read,write,admin",
		"MCP_RESOURCE_URL=https://mcp.example.com",
		"MCP_ALLOWED_ORIGINS=https://app.example.com",
		"MCP_ALLOWED_HOSTS=mcp.internal",
		"MCP_MAX_BODY_BYTES=1000",
	}, "; "))
	g, err := c.guard()
	if err != nil {
		t.Fatal(err)
	}
	issuer := g.Issuers[0]
	key, err := g.APIKeys.Match("1123456789012345678901")
	if err != nil {
		t.Fatal(err)
	}
	m := c.mirror()
	for _, is := range []struct {
		what      string
		got, want []string
	}{
		{"resource", append([]string{g.Resource}, g.Aliases...), []string{"https://mcp.example.com/mcp", "https://mcp.example.com/mcp/messages"}},
		{"issuer", []string{issuer.URL, issuer.JWKSURL, issuer.Discovery}, []string{"https://login.example.com", "https://login.example.com/keys", ""}},
		{"audiences", issuer.Audiences, []string{"a", "b"}},
		{"algorithms", issuer.Algorithms, []string{"RS256", "ES256"}},
		{"required claims", issuer.RequiredClaims, []string{"sub", "client_id"}},
		{"required scopes", g.Scopes, []string{"read"}},
		{"challenge scopes", g.ChallengeScopes, []string{"read", "write"}},
		{"scopes supported", g.ScopesSupported, []string{"read", "write", "admin"}},
		{"origins", g.AllowedOrigins, []string{"https://app.example.com"}},
		{"hosts", g.AllowedHosts, []string{"mcp.internal"}},
		{"API key", append([]string{key.Name}, key.Scopes...), []string{"key-2", "read", "write"}},
		{"provider", []string{m.Issuer, m.AuthorizationEndpoint, m.TokenEndpoint, m.RegistrationEndpoint, m.JWKSURI},
			[]string{"https://login.example.com", "https://login.example.com/a", "https://login.example.com/t", "https://login.example.com/r", "https://login.example.com/keys"}},
	} {
		if !slices.Equal(is.got, is.want) {
			t.Errorf("%s: got %q, want %q", is.what, is.got, is.want)
		}
	}
	if !g.APIKeyBearer || !issuer.RequireATJWT || issuer.Leeway != 5*time.Second || g.MaxBody != 1000 {
		t.Errorf("bearer %v, at+jwt %v, leeway %s, body %d", g.APIKeyBearer, issuer.RequireATJWT, issuer.Leeway, g.MaxBody)
	}
	if g.DangerouslyAllowAnonymous || g.DangerouslyDisableAuthentication || g.DangerouslyForwardCredential {
		t.Error("something dangerous is on that nobody asked for")
	}
}

// Switches take away all that they switch off, so that nothing is fetched or
// advertised for it.
func TestSwitches(t *testing.T) {
	t.Parallel()
	const both = "MCP_API_KEYS=k; MCP_HOST=127.0.0.1; MCP_JWT_ISSUER=https://login.example.com; MCP_JWT_AUDIENCE=a; MCP_RESOURCE_URL=https://mcp.example.com"
	type state struct{ keys, issuers, mirror, anonymous, disabled bool }
	for _, row := range []struct {
		policy, settings string
		want             state
	}{
		{"both", both + "; MCP_AUTH_REQUIRED=true", state{keys: true, issuers: true, mirror: true}},
		{"anonymous requests pass", both, state{keys: true, issuers: true, mirror: true, anonymous: true}},
		{"no API keys", both + "; MCP_API_KEY_ENABLED=false; MCP_AUTH_REQUIRED=true", state{issuers: true, mirror: true}},
		{"no JWTs", both + "; MCP_JWT_ENABLED=false; MCP_AUTH_REQUIRED=true", state{keys: true}},
		{"no authentication", both + "; MCP_AUTH_ENABLED=false", state{disabled: true}},
		{"no authentication, required", both + "; MCP_AUTH_ENABLED=false; MCP_AUTH_REQUIRED=true", state{disabled: true}},
	} {
		c := mustRead(t, row.settings)
		g, err := c.guard()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := middleware.New(g); err != nil {
			t.Errorf("%s: %v", row.policy, err)
		}
		got := state{g.APIKeys != nil, len(g.Issuers) > 0, c.mirror() != nil, g.DangerouslyAllowAnonymous, g.DangerouslyDisableAuthentication}
		if got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.policy, got, row.want)
		}
	}
}

// A key reaches package jwks byte for byte, whichever way it was given.
func TestKeyMaterial(t *testing.T) {
	t.Parallel()
	f := newPEMFiles(t)
	public, err := os.ReadFile(f.ec)
	if err != nil {
		t.Fatal(err)
	}
	escaped := strings.ReplaceAll(string(public), "\n", `\n`)
	for _, row := range []struct {
		policy, variable, value, want string
	}{
		{"inline", "MCP_JWT_PUBLIC_KEY", string(public), strings.TrimSpace(string(public))},
		{`inline with \n`, "MCP_JWT_PUBLIC_KEY", escaped, string(public)},
		{"file", "MCP_JWT_PUBLIC_KEY_FILE", f.ec, string(public)},
	} {
		c, err := load([]string{"MCP_JWT_ISSUER=maker", "MCP_JWT_AUDIENCE=a", "MCP_JWT_ALGORITHM=ES256", row.variable + "=" + row.value}, "")
		if err != nil {
			t.Errorf("%s: %v", row.policy, err)
			continue
		}
		if got := c.readKeys(new(problems)).public; string(got) != row.want {
			t.Errorf("%s: got %q, want %q", row.policy, got, row.want)
		}
	}
	for _, row := range []struct {
		policy, variable, value string
		want                    int
	}{
		{"spaces count", "MCP_JWT_SECRET", " " + secret32 + " ", 34},
		{"a newline counts where nobody's editor made it", "MCP_JWT_SECRET", secret32 + "\n", 33},
		{"an editor's newline", "MCP_JWT_SECRET_FILE", writeFile(t, secret32+"\n"), 32},
		{"one of Windows", "MCP_JWT_SECRET_FILE", writeFile(t, secret32+"\r\n"), 32},
		{"one newline only", "MCP_JWT_SECRET_FILE", writeFile(t, secret32+"\n\n"), 33},
		{"no newline", "MCP_JWT_SECRET_FILE", writeFile(t, " "+secret32), 33},
	} {
		c, err := load([]string{"MCP_JWT_ISSUER=maker", "MCP_JWT_AUDIENCE=a", "MCP_JWT_ALGORITHM=HS256", row.variable + "=" + row.value}, "")
		if err != nil {
			t.Errorf("%s: %v", row.policy, err)
			continue
		}
		if got := c.readKeys(new(problems)).secret.Len(); got != row.want {
			t.Errorf("%s: %d bytes, want %d", row.policy, got, row.want)
		}
	}
}

// A file that was good when it was loaded and is bad later is an error of guard.
func TestGuardReadsTheFilesAgain(t *testing.T) {
	t.Parallel()
	file := writeFile(t, secret32)
	c := mustRead(t, "MCP_JWT_ISSUER=maker; MCP_JWT_AUDIENCE=a; MCP_JWT_ALGORITHM=HS256; MCP_JWT_SECRET_FILE="+file)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := c.guard(); !slices.Equal(fields(err), []string{"MCP_JWT_SECRET_FILE"}) {
		t.Errorf("got %v", err)
	}
}

// Every field that the packages complain about has a variable: nobody who writes
// variables knows what Issuers[0].URL is.
func TestEveryFieldHasAVariable(t *testing.T) {
	t.Parallel()
	c := mustRead(t, withIssuer)
	names := c.guardVariables()
	_, err := middleware.New(middleware.Config{
		Issuers:         []jwks.Issuer{{Algorithms: []string{"x"}, Leeway: -1, RequiredClaims: []string{""}, PublicKeys: []byte("x"), JWKSURL: "x", Audiences: []string{""}}, {Discovery: "x"}, {Secret: jwks.NewSecret(nil)}},
		Aliases:         []string{"x"},
		Scopes:          []string{""},
		ChallengeScopes: []string{""},
		ScopesSupported: []string{""},
		AllowedOrigins:  []string{""},
		AllowedHosts:    []string{""},
		MaxBody:         -1,
	})
	var seen []string
	each(err, func(field, _ string) {
		seen = append(seen, lastName(field))
		if names[lastName(field)] == "" && lastName(field) != "PublicKeys" { // which has one when it is set
			t.Errorf("%s has no variable", field)
		}
	})
	if len(seen) < 12 {
		t.Errorf("only %q: this test does not provoke enough", seen)
	}
	each(errors.New("canary"), func(field, problem string) {
		if field != "configuration" || problem != "canary" {
			t.Errorf("an error of another kind: %s: %s", field, problem)
		}
	})
}

// Nothing is remembered where nothing is to be.
func TestTokenCache(t *testing.T) {
	t.Parallel()
	const issuer = atHome + "MCP_OAUTH_SERVER_URL=https://login.example.com"
	for setting, want := range map[string]struct {
		entries int
		none    bool
	}{"": {10000, false}, "; MCP_TOKEN_CACHE=50": {50, false}, "; MCP_TOKEN_CACHE=0": {0, true}} {
		if _, g := first(t, issuer+setting); g.TokenCache != want.entries || g.NoTokenCache != want.none {
			t.Errorf("%q: %d, none: %t", setting, g.TokenCache, g.NoTokenCache)
		}
	}
}
