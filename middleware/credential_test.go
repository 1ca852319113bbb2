package middleware_test

import (
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// Who wraps the guard, a log for one, finds no credential any more, and otherwise the
// request as it came: not the context of the handler, nor a session id that was taken off.
func TestHandlerTakesCredentialsFromTheOuterRequest(t *testing.T) {
	seal, err := middleware.NewSessionSeal()
	if err != nil {
		t.Fatal(err)
	}
	c := config()
	c.Sessions = seal
	c.TrustedProxies, c.ClientCertificateHeader = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "Client-Cert"
	g := newGuard(t, c)
	var inner *http.Request
	h := g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inner = r }))
	for name, token := range map[string]string{"admitted": mint(nil), "refused": "x"} {
		inner = nil
		r := request("POST", "Authorization", "Bearer "+token, "X-Api-Key", "x", "Dpop", "x", "Client-Cert", "x", "Client-Cert-Chain", "x", "Mcp-Session-Id", "stale")
		r.Header.Set("Content-Type", "application/json")
		r.Body = io.NopCloser(strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`))
		r.ContentLength = -1
		serve(h, r)
		if (inner != nil) != (name == "admitted") || inner == r {
			t.Fatalf("%s: the handler got %v", name, inner)
		}
		if want := (http.Header{"Content-Type": {"application/json"}, "Mcp-Session-Id": {"stale"}}); !reflect.DeepEqual(r.Header, want) {
			t.Errorf("%s: the outer header is now %v", name, r.Header)
		}
		if middleware.PrincipalFrom(r.Context()) != nil {
			t.Errorf("%s: the outer request has a principal", name)
		}
	}
}

// The credential is gone before anything takes time: when http.TimeoutHandler gives up
// on us, who wraps it reads the same header while we are still at work.
func TestHandlerTakesCredentialsBeforeItWaits(t *testing.T) {
	c := config()
	var r *http.Request
	c.Transport = transport(func(fetch *http.Request) (*http.Response, error) {
		if got := r.Header.Values("Authorization"); got != nil {
			t.Errorf("while keys are fetched, the header has %q", got)
		}
		return issuer().RoundTripper().RoundTrip(fetch)
	})
	r = bearer(mint(nil))
	if w := serve(newGuard(t, c).Handler(ok), r); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestHandlerHidesTheCredential(t *testing.T) {
	for _, forward := range []bool{false, true} {
		for name, change := range map[string]func(*middleware.Config){
			"admitted":  func(*middleware.Config) {},
			"disabled":  func(c *middleware.Config) { c.DangerouslyDisableAuthentication = true },
			"anonymous": func(c *middleware.Config) { c.DangerouslyAllowAnonymous = true },
		} {
			c := config()
			c.DangerouslyForwardCredential = forward
			change(&c)
			var seen http.Header
			h := newGuard(t, c).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header }))
			token := "Bearer " + mint(nil)
			serve(h, request("POST", "Authorization", token, "X-API-Key", "key", "Accept", "*/*"))
			want := http.Header{"Accept": {"*/*"}}
			if forward {
				want.Set("Authorization", token)
				want.Set("X-API-Key", "key")
			}
			if !reflect.DeepEqual(seen, want) {
				t.Errorf("%s, forward %t: the handler saw %v", name, forward, seen)
			}
		}
	}
}
