package metadata_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func TestResourceURL(t *testing.T) {
	const at = "https://mcp.example.com/.well-known/oauth-protected-resource"
	for _, tt := range []struct{ policy, resource, want string }{
		{"path is kept behind the prefix", "https://mcp.example.com/mcp", at + "/mcp"},
		{"each endpoint has its own", "https://mcp.example.com/mcp/messages", at + "/mcp/messages"},
		{"origin needs no suffix", "https://mcp.example.com", at},
		{"slash after the host goes", "https://mcp.example.com/", at},
		{"slash after a path stays", "https://mcp.example.com/mcp/", at + "/mcp/"},
		{"query is kept", "https://mcp.example.com/mcp?tenant=a&b=c", at + "/mcp?tenant=a&b=c"},
		{"query right after the host is kept", "https://mcp.example.com?tenant=a", at + "?tenant=a"},
		{"slash between host and query goes", "https://mcp.example.com/?tenant=a", at + "?tenant=a"},
		{"empty query is kept", "https://mcp.example.com/mcp?", at + "/mcp?"},
		{"encoding is left alone", "https://mcp.example.com/a%2Fb%7ec/~d", at + "/a%2Fb%7ec/~d"},
		{"a query may hold anything", "https://mcp.example.com/mcp?u=https://x/../y//z", at + "/mcp?u=https://x/../y//z"},
		{"port is kept", "http://localhost:8000/mcp", "http://localhost:8000/.well-known/oauth-protected-resource/mcp"},
		{"case is kept", "HTTPS://MCP.example.com/Mcp", "HTTPS://MCP.example.com/.well-known/oauth-protected-resource/Mcp"},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			got, err := metadata.ResourceURL(tt.resource)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestResourceURLRefused(t *testing.T) {
	for _, tt := range []struct{ policy, resource, problem string }{
		{"fragment", "https://mcp.example.com/mcp#x", "fragment"},
		{"user", "https://user@mcp.example.com/mcp", "user information"},
		{"plain http", "http://mcp.example.com/mcp", "https://"},
		{"not absolute", "mcp", "absolute"},
		{"dot segment", "https://mcp.example.com/a/./mcp", "segment"},
		{"double dot segment", "https://mcp.example.com/a/../mcp", "segment"},
		{"encoded double dot segment", "https://mcp.example.com/a/%2E./mcp", "segment"},
		{"final dot segment", "https://mcp.example.com/mcp/..", "segment"},
		{"empty segment", "https://mcp.example.com//mcp", "empty segment"},
		{"two final slashes", "https://mcp.example.com/mcp//", "empty segment"},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			_, err := metadata.ResourceURL(tt.resource)
			wantError(t, err, "the resource URL", tt.problem)
			_, err = metadata.ResourcePath(tt.resource)
			wantError(t, err, "the resource URL", tt.problem)
			_, err = metadata.ResourcePattern(tt.resource)
			wantError(t, err, "the resource URL", tt.problem)
		})
	}
}

// Mounting at ResourcePattern must answer at ResourceURL, and nowhere else.
func TestResourcePatternAnswersAtResourceURL(t *testing.T) {
	for _, resource := range []string{
		"https://mcp.example.com",
		"https://mcp.example.com/",
		"https://mcp.example.com/mcp",
		"https://mcp.example.com/mcp/",
		"https://mcp.example.com/mcp?tenant=a",
		"https://mcp.example.com/a%2Fb/c%20d",
		"https://mcp.example.com/%7Bx%7D/!$&'()*+,;=:@-._~",
	} {
		pattern, err := metadata.ResourcePattern(resource)
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		at, err := metadata.ResourceURL(resource)
		if err != nil {
			t.Fatal(err)
		}
		if resp := call(mux, "GET", at); resp.StatusCode != http.StatusTeapot {
			t.Errorf("%s: pattern %q answers %d at %s", resource, pattern, resp.StatusCode, at)
		}
		below := strings.TrimSuffix(at, "?tenant=a") + "/below"
		if resp := call(mux, "GET", strings.Replace(below, "//below", "/below", 1)); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: pattern %q answers %d at %s", resource, pattern, resp.StatusCode, below)
		}
	}
}

func TestResourcePath(t *testing.T) {
	for resource, want := range map[string]string{
		"https://mcp.example.com/":         "/.well-known/oauth-protected-resource",
		"https://mcp.example.com/mcp?a=b":  "/.well-known/oauth-protected-resource/mcp",
		"https://mcp.example.com/mcp/":     "/.well-known/oauth-protected-resource/mcp/",
		"https://mcp.example.com/a%2Fb/ok": "/.well-known/oauth-protected-resource/a%2Fb/ok",
	} {
		if got, err := metadata.ResourcePath(resource); err != nil || got != want {
			t.Errorf("%s: %q, %v", resource, got, err)
		}
	}
}

func TestServerURLs(t *testing.T) {
	for _, tt := range []struct {
		policy, issuer string
		want           []string
	}{
		{"no path", "https://login.example.com", []string{
			"https://login.example.com/.well-known/oauth-authorization-server",
			"https://login.example.com/.well-known/openid-configuration"}},
		{"final slash goes", "https://login.example.com/", []string{
			"https://login.example.com/.well-known/oauth-authorization-server",
			"https://login.example.com/.well-known/openid-configuration"}},
		{"path: inserted twice, appended once", "https://login.example.com/realms/a%20b", []string{
			"https://login.example.com/.well-known/oauth-authorization-server/realms/a%20b",
			"https://login.example.com/.well-known/openid-configuration/realms/a%20b",
			"https://login.example.com/realms/a%20b/.well-known/openid-configuration"}},
		{"final slash of a path goes", "https://login.example.com/tenant/", []string{
			"https://login.example.com/.well-known/oauth-authorization-server/tenant",
			"https://login.example.com/.well-known/openid-configuration/tenant",
			"https://login.example.com/tenant/.well-known/openid-configuration"}},
		{"the address of a document is the only place", "https://login.example.com/t/.well-known/openid-configuration?appid=1", []string{
			"https://login.example.com/t/.well-known/openid-configuration?appid=1"}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			got, err := metadata.ServerURLs(tt.issuer)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	_, err := metadata.ServerURLs("https://login.example.com/t?x=y")
	wantError(t, err, "query")
	_, err = metadata.ServerURLs("login.example.com")
	wantError(t, err, "absolute")
}

// What ResourceURL accepts parses to the same origin, begins with the prefix, ends
// with what the resource held, and is reachable at ResourcePattern.
func FuzzResourceURL(f *testing.F) {
	for _, s := range []string{
		"https://mcp.example.com/mcp", "https://h/", "https://h?q", "https://h/a%2Fb/?x=/..", "http://[::1]:80/x/",
		"HTTP://LOCALHOST/%7B$%7D", "https://h/%2F", "https://a]b/", "https://h//", "https://h/..;/x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, resource string) {
		got, err := metadata.ResourceURL(resource)
		if err != nil {
			return
		}
		in, err := url.Parse(resource)
		if err != nil {
			t.Fatalf("accepted %q, which does not parse: %v", resource, err)
		}
		out, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%q gives %q, which does not parse: %v", resource, got, err)
		}
		if out.Scheme != in.Scheme || out.Host != in.Host || out.User != nil || out.Fragment != "" {
			t.Fatalf("%q gives %q: not the same origin", resource, got)
		}
		path := in.EscapedPath()
		if path == "/" {
			path = ""
		}
		if out.EscapedPath() != metadata.ResourcePrefix+path || out.RawQuery != in.RawQuery {
			t.Fatalf("%q gives %q", resource, got)
		}
		pattern, err := metadata.ResourcePattern(resource)
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = out
		if _, p := mux.Handler(r); p != pattern {
			t.Fatalf("%q: pattern %q does not answer at %q", resource, pattern, got)
		}
	})
}
