package metadata_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// handlers is every handler of this package, in a state where it answers at once.
func handlers(t testing.TB) map[string]http.Handler {
	t.Helper()
	resource, err := metadata.Resource{Resource: "https://mcp.example.com/mcp"}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{}
	p.set("https://login.example.com/.well-known/oauth-authorization-server", answer{
		body: `{"issuer":"https://login.example.com","authorization_endpoint":"https://login.example.com/a","token_endpoint":"https://login.example.com/t"}`})
	good, err := metadata.Mirror{Issuer: "https://login.example.com", Fetcher: &metadata.Fetcher{Transport: p}}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	bad, err := metadata.Mirror{Issuer: "https://login.example.com", Fetcher: &metadata.Fetcher{Transport: &provider{}}}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	patch, err := metadata.Patch{As: "https://mcp.example.com", Provider: metadata.Mirror{Issuer: "https://login.example.com", Fetcher: &metadata.Fetcher{Transport: p}}}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]http.Handler{
		"patch": patch, "resource": resource, "mirror": good, "mirror without provider": bad,
		"not found": metadata.NotFound(), "not configured": metadata.NotConfigured("MCP_OAUTH_SERVER_URL"),
	}
}

func TestAnswers(t *testing.T) {
	all := handlers(t)
	for _, tt := range []struct {
		policy, handler, method string
		status                  int
		body                    string
	}{
		{"document", "resource", "GET", 200, `"resource":`},
		{"HEAD like GET, without a body", "resource", "HEAD", 200, ""},
		{"POST refused", "resource", "POST", 405, `{"error":"method not allowed","message":"use GET"}`},
		{"DELETE refused", "resource", "DELETE", 405, `"method not allowed"`},
		{"mirror", "mirror", "GET", 200, `"issuer":`},
		{"mirror, HEAD", "mirror", "HEAD", 200, ""},
		{"mirror, POST refused", "mirror", "POST", 405, `"method not allowed"`},
		{"patch", "patch", "GET", 200, `"issuer":"https://mcp.example.com"`},
		{"patch, HEAD", "patch", "HEAD", 200, ""},
		{"patch, POST refused", "patch", "POST", 405, `"method not allowed"`},
		{"mirror without provider", "mirror without provider", "GET", 503, `"error":"temporarily_unavailable"`},
		{"mirror without provider, HEAD", "mirror without provider", "HEAD", 503, ""},
		{"unknown path", "not found", "GET", 404, `{"error":"not found","message":"there is no document at this path"}`},
		{"unknown path, HEAD", "not found", "HEAD", 404, ""},
		{"unknown path has no methods to allow", "not found", "POST", 404, `"not found"`},
		{"no provider configured", "not configured", "GET", 404,
			`{"error":"OAuth authorization server not configured","message":"set MCP_OAUTH_SERVER_URL to the URL of the OAuth provider"}`},
		{"no provider configured, POST refused", "not configured", "POST", 405, `"method not allowed"`},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			resp := call(all[tt.handler], tt.method, "/")
			body := text(t, resp)
			if resp.StatusCode != tt.status || !strings.Contains(body, tt.body) || (tt.body == "") != (body == "") {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			h := resp.Header
			if body != "" {
				object(t, body)
				if h.Get("Content-Length") != strconv.Itoa(len(body)) {
					t.Errorf("Content-Length %s of %d bytes", h.Get("Content-Length"), len(body))
				}
			}
			if h.Get("Content-Type") != "application/json" || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Content-Length") == "0" {
				t.Errorf("headers %v", h)
			}
			if cache := h.Get("Cache-Control"); (tt.status == 200) != strings.HasPrefix(cache, "public, max-age=") || (tt.status != 200) != (cache == "no-store") {
				t.Errorf("Cache-Control %q of a %d", cache, tt.status)
			}
			if allow := h.Get("Allow"); (tt.status == 405) != (allow == "GET, HEAD, OPTIONS") {
				t.Errorf("Allow %q of a %d", allow, tt.status)
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	const fixed = "Accept, Authorization, Content-Type, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID"
	long := strings.TrimSuffix(strings.Repeat("x-name,", 147), ",") // 1028 bytes
	for _, tt := range []struct {
		policy    string
		requested []string
		want      string
	}{
		{"nothing requested: the usual headers", nil, fixed},
		{"a list is echoed", []string{"authorization,mcp-protocol-version"}, "authorization,mcp-protocol-version"},
		{"names nobody can list beforehand are echoed", []string{"mcp-param-city"}, "mcp-param-city"},
		{"two lines are one list", []string{"accept", "mcp-param-a, mcp-param-b"}, "accept, mcp-param-a, mcp-param-b"},
		{"a list at the bound is echoed", []string{long[:1021]}, long[:1021]},
		{"a list over the bound is not", []string{long}, fixed},
		{"an empty entry is not", []string{"accept,,x"}, fixed},
		{"a wildcard is a name like any other", []string{"*"}, "*"},
		{"two names in one are not", []string{"accept x"}, fixed},
		{"a line break is not", []string{"accept\r\nSet-Cookie: a=b"}, fixed},
		{"letters beyond ASCII are not", []string{"é"}, fixed},
	} {
		for name, h := range handlers(t) {
			t.Run(tt.policy+"/"+name, func(t *testing.T) {
				headers := []string{"Origin", "https://app.example.com", "Access-Control-Request-Method", "GET"}
				for _, r := range tt.requested {
					headers = append(headers, "Access-Control-Request-Headers", r)
				}
				resp := call(h, "OPTIONS", "/", headers...)
				got := resp.Header
				if resp.StatusCode != http.StatusNoContent || text(t, resp) != "" {
					t.Errorf("status %d", resp.StatusCode)
				}
				if got.Get("Access-Control-Allow-Headers") != tt.want {
					t.Errorf("Access-Control-Allow-Headers: %s", got.Get("Access-Control-Allow-Headers"))
				}
				if got.Get("Access-Control-Allow-Origin") != "*" || got.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" ||
					got.Get("Vary") != "Access-Control-Request-Headers" || got.Get("Access-Control-Max-Age") != "7200" ||
					got.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("headers %v", got)
				}
			})
		}
	}
}

// Whatever a page asks for, the answer is a list of field names.
func FuzzPreflight(f *testing.F) {
	f.Add("authorization, x", "")
	f.Add("a\r\nb", ",")
	f.Add(" a", "b\t,c")
	f.Add("authorization\r\nSet-Cookie: a=b", "x\x00y")
	f.Add(strings.Repeat("a,", 5000), "*")
	f.Add("\u0130", "a;b")
	list := regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+([ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$")
	h := metadata.NotFound()
	f.Fuzz(func(t *testing.T, a, b string) {
		resp := call(h, "OPTIONS", "/", "Access-Control-Request-Headers", a, "Access-Control-Request-Headers", b)
		if got := resp.Header.Get("Access-Control-Allow-Headers"); !list.MatchString(got) || len(got) > 1024 || strings.ContainsAny(got, "\r\n") {
			t.Fatalf("%q and %q give %q", a, b, got)
		}
	})
}
