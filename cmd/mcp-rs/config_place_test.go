package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Whoever lists the URLs of all resources with an issuer, or that of one in
// MCP_JWT_AUDIENCE, must not let a token for one of them in at another.
func TestAudiencesKeepResourcesApart(t *testing.T) {
	t.Parallel()
	const a, b, old = "https://mcp.example.com/a", "https://mcp.example.com/b", "https://mcp.example.com/old"
	const places = "\nresources: [{url: " + a + "}, {url: " + b + ", aliases: [" + old + "/], audiences: [extra]}]\n"
	const lookup = ", signed: false, opaque: {ask: {url: https://one.example.com/ask, auth: none}}"
	const variables = "; MCP_JWT_ISSUER=https://one.example.com; MCP_JWT_AUDIENCE=my-api," + a + "," + b
	list := ", audiences: [my-api, " + a + ", " + b + "/, " + b + "/messages, " + old + "]"
	for _, row := range []struct{ policy, file, settings string }{
		{"of an issuer", "issuers: [{url: https://one.example.com" + list + "}]", ""},
		{"of answers", "issuers: [{url: https://one.example.com" + list + lookup + "}]", ""},
		{"of the variables", "issuers: []", variables},
	} {
		c, err := readConfig(t, row.file+places, "MCP_AUTH_REQUIRED=true"+row.settings)
		if err != nil {
			t.Errorf("%s: %v", row.policy, err)
			continue
		}
		all, err := c.guards()
		if err != nil || len(all) != 2 {
			t.Fatalf("%s: %d guards, %v", row.policy, len(all), err)
		}
		first, second := audiencesOf(&all[0].config), audiencesOf(&all[1].config)
		if want := []string{"my-api", a}; !slices.Equal(first, want) {
			t.Errorf("%s: the first takes %q, want %q", row.policy, first, want)
		}
		if slices.Contains(second, a) || !slices.Contains(second, "my-api") || !slices.Contains(second, "extra") {
			t.Errorf("%s: the second takes %q", row.policy, second)
		}
	}
}

func audiencesOf(g *middleware.Config) (all []string) {
	for _, is := range g.Issuers {
		all = append(all, is.Audiences...)
	}
	for _, o := range g.Opaque {
		all = append(all, o.Audiences...)
	}
	return all
}

// What a ServeMux takes for one path is one path, or it would panic at start, or answer
// in the place of something else.
func TestPathsOfPlaces(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, places, want string }{
		{"an encoded letter", "{url: https://m.example.com/a}, {url: https://m.example.com/%61}", "resources[1].url has the path /a, "},
		{"the root twice", "{url: https://m.example.com/a, aliases: [https://m.example.com, https://n.example.com/]}", "resources[0].aliases[1] has the path /, "},
		{"a path of ours, encoded", "{url: https://m.example.com/%68ealthz}", "resources[0].url has the path /healthz"},
		{"a document of ours, encoded", "{url: https://m.example.com/%2ewell-known/x}", "resources[0].url has the path /.well-known/x"},
		{"nobody, which would be everybody", "{url: https://m.example.com/a, issuers: []}", "resources[0].issuers is empty"},
		{"an encoded slash is another path", "{url: https://m.example.com/a%2Fb}, {url: https://m.example.com/a/b}", ""},
		{"an encoded brace is no wildcard", "{url: https://m.example.com/%7Bx%7D}", ""},
	} {
		c, err := readConfig(t, "issuers: [{url: https://one.example.com}]\nresources: ["+row.places+"]\n", "MCP_AUTH_REQUIRED=true")
		switch {
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s: %v, want …%s…", row.policy, err, row.want)
		case row.want == "" && err != nil:
			t.Errorf("%s: %v", row.policy, err)
		case row.want == "":
			serverOf(t, c)
		}
	}
}

// serverOf is all of a server but its listener.
func serverOf(t *testing.T, c *config) *server {
	t.Helper()
	s := &server{conf: c, logger: slog.New(slog.DiscardHandler)}
	if err := s.build(); err != nil {
		t.Fatal(err)
	}
	return s
}

// The document at the root is that of the resource whose URL leads there (RFC 9728 §3.1),
// and of the first where none does.
func TestRootDocument(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, alias, want string }{
		{"nobody's", "https://m.example.com/old", "https://m.example.com/a"},
		{"the second's", "https://m.example.com", "https://m.example.com"},
		{"the second's, with a slash", "https://m.example.com/", "https://m.example.com/"},
	} {
		c, err := readConfig(t, "issuers: [{url: https://one.example.com}]\n"+
			"resources: [{url: https://m.example.com/a}, {url: https://m.example.com/b, aliases: ["+row.alias+"]}]\n", "MCP_AUTH_REQUIRED=true")
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		serverOf(t, c).http.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/oauth-protected-resource", nil))
		if want := `"resource":"` + row.want + `"`; w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", row.policy, w.Code, w.Body, want)
		}
	}
}

// A key that everybody knows is no key where any of our URLs is known to others.
func TestAnyResourceExposes(t *testing.T) {
	t.Parallel()
	const local = "resources: [{url: 'http://localhost:8000/a'}"
	for file, want := range map[string]bool{
		local + "]\n": false,
		local + ", {url: https://m.example.com/b}]\n":                                       true,
		"resources: [{url: 'http://localhost:8000/a', aliases: [https://m.example.com]}]\n": true,
	} {
		_, err := readConfig(t, file, "MCP_API_KEYS=change-me-please")
		if got := slices.Contains(fields(err), "MCP_API_KEYS"); got != want {
			t.Errorf("%s: refused: %t, %v", file, got, err)
		}
	}
}
