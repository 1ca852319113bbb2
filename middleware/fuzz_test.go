package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// FuzzCredential: who is admitted has presented exactly one credential, and that is the
// one token or the one key of this test. Every refusal has a reason that somebody
// foresaw.
//
// An empty second value stands for no second line; lines are joined from what the
// fuzzer writes, with TOKEN and KEY in place of the credentials.
func FuzzCredential(f *testing.F) {
	for _, seed := range [][4]string{
		{"Bearer TOKEN", "", "", ""},
		{"bearer   TOKEN ", "", "KEY", ""},
		{"", "", "KEY", ""},
		{"Bearer KEY", "", "", ""},
		{"Bearer TOKEN", "Bearer TOKEN", "", ""},
		{"Bearer TOKEN,TOKEN", "", "", ""},
		{"Bearer", "", "", "access_token=TOKEN"},
		{"Basic TOKEN", "", "", "a=b"},
		{"Bearer TOKEN", "", "", "%61ccess_token=x&y"},
		{"Bearer a.b.c.d.e", "", "", ""},
		{"Bearer TOKEN.x", "", "", ""},
		{"TOKEN", "", "TOKEN", ";access_token=x"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	token := mint(nil)
	c := config()
	c.APIKeys = store(f, "mcp:tools")
	g := newGuard(f, c)
	fill := strings.NewReplacer("TOKEN", token, "KEY", goodKey)
	exactly := regexp.MustCompile(`^(?i:bearer) +` + regexp.QuoteMeta(token) + ` *$`)
	f.Fuzz(func(t *testing.T, first, second, key, query string) {
		r := request("POST")
		r.URL.RawQuery = fill.Replace(query)
		for _, line := range []string{first, second} {
			if line != "" {
				r.Header["Authorization"] = append(r.Header["Authorization"], fill.Replace(line))
			}
		}
		if key != "" {
			r.Header["X-Api-Key"] = []string{fill.Replace(key)}
		}
		lines := r.Header["Authorization"]
		byToken := len(lines) == 1 && exactly.MatchString(lines[0])
		byKey := len(lines) == 0 && r.Header.Get("X-Api-Key") == goodKey
		values, err := url.ParseQuery(r.URL.RawQuery)
		want := (byToken || byKey) && err == nil && !values.Has("access_token")

		p, err := g.Check(r)
		if admitted := err == nil; admitted != want {
			t.Fatalf("admitted %t, want %t: %q %q: %v", admitted, want, r.Header, r.URL.RawQuery, err)
		}
		if err == nil {
			if want := map[bool]middleware.Method{true: middleware.MethodJWT, false: middleware.MethodAPIKey}[byToken]; p.Method != want {
				t.Fatalf("method %s, want %s", p.Method, want)
			}
			return
		}
		if d := middleware.DenialOf(err); d.Reason == middleware.ReasonInternal || d.Status < 400 || d.Status >= 500 {
			t.Fatalf("refused with %d, %s: %v", d.Status, d.Reason, err)
		}
	})
}

// FuzzChallenge: whatever New accepts as resource and scopes, a client reads exactly
// that out of our challenges, and no parameter is empty.
func FuzzChallenge(f *testing.F) {
	f.Add("https://mcp.example.com/mcp", "mcp:tools", "", false)
	f.Add("https://mcp.example.com", "", "a b c", true)
	f.Add("https://mcp.example.com/a?b=c&d='", "mcp:tools/read", "x", true)
	f.Add("http://[::1]:8000/%22", `a\`, `"`, true)
	f.Add("https://EXAMPLE.com:443/a,b", "a,b", "c=d", false)
	f.Fuzz(func(t *testing.T, resource, scopes, challengeScopes string, keys bool) {
		c := config()
		c.Resource, c.Scopes, c.ChallengeScopes = resource, split(scopes), split(challengeScopes)
		if keys {
			c.APIKeys = store(t)
		}
		g, err := middleware.New(c)
		if err != nil {
			return
		}
		want, err := metadata.ResourceURL(resource)
		if err != nil {
			t.Fatal(err)
		}
		asked := c.ChallengeScopes
		if len(asked) == 0 {
			asked = c.Scopes
		}
		// A cleartext resource is on a loopback host, and any host passes here.
		checkChallenge(t, g, keys, "", want, "", asked)
		checkChallenge(t, g, keys, "Bearer a b", want, "invalid_request", asked)
		checkChallenge(t, g, keys, "Bearer a", want, "invalid_token", asked)
		checkChallenge(t, g, keys, "Bearer "+mint(map[string]any{"scope": nil, "aud": resource}), want, "insufficient_scope", c.Scopes)
	})
}

// split makes a list of scopes, good and bad ones.
func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, " ")
}

func checkChallenge(t *testing.T, g *middleware.Guard, keys bool, authorization, resourceMetadata, code string, scopes []string) {
	t.Helper()
	r := request("POST")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	g.Handler(ok).ServeHTTP(w, r)
	if w.Code == http.StatusOK && code == "insufficient_scope" && len(scopes) == 0 {
		return // nothing was required
	}
	lines := w.Header()["Www-Authenticate"]
	if want := map[bool]int{false: 1, true: 2}[keys]; len(lines) != want {
		t.Fatalf("%d: %d challenges, want %d: %q", w.Code, len(lines), want, lines)
	}
	bearer, err := parseChallenge(lines[0])
	if err != nil || bearer.scheme != "Bearer" {
		t.Fatalf("%q: %v", lines[0], err)
	}
	wantNames := []string{"resource_metadata"}
	if code != "" {
		wantNames = append(wantNames, "error")
	}
	if len(scopes) > 0 {
		wantNames = append(wantNames, "scope")
	}
	if !slices.Equal(bearer.names, wantNames) || bearer.params["resource_metadata"] != resourceMetadata ||
		bearer.params["error"] != code || bearer.params["scope"] != strings.Join(scopes, " ") {
		t.Fatalf("%q says %v, want %q %q %q", lines[0], bearer.params, resourceMetadata, code, scopes)
	}
	if !keys {
		return
	}
	if c, err := parseChallenge(lines[1]); err != nil || c.scheme != "ApiKey" || c.params["header"] != "X-API-Key" {
		t.Fatalf("%q: %v", lines[1], err)
	}
}
