package middleware_test

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// servers is a request as a server makes it.
func servers(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, new(http.Server)))
}

// Who wraps the guard, a log for one, finds no credential any more in what a server made,
// and otherwise the request as it came: not the context of the handler, nor a session id
// that was taken off. What anybody else made is left alone.
func TestHandlerTakesCredentialsFromServersRequests(t *testing.T) {
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
	for _, served := range []bool{false, true} {
		for name, token := range map[string]string{"admitted": mint(nil), "refused": "x"} {
			inner = nil
			r := request("POST", "Authorization", "Bearer "+token, "X-Api-Key", "x", "Dpop", "x", "Client-Cert", "x", "Client-Cert-Chain", "x", "Mcp-Session-Id", "stale")
			r.Header.Set("Content-Type", "application/json")
			r.Body = io.NopCloser(strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`))
			r.ContentLength = -1
			want := r.Header.Clone()
			if served {
				r, want = servers(r), http.Header{"Content-Type": {"application/json"}, "Mcp-Session-Id": {"stale"}}
			}
			serve(h, r)
			if (inner != nil) != (name == "admitted") || inner == r {
				t.Fatalf("%s: the handler got %v", name, inner)
			}
			if inner != nil && !reflect.DeepEqual(inner.Header, http.Header{"Content-Type": {"application/json"}}) {
				t.Errorf("%s, served %t: the handler saw %v", name, served, inner.Header)
			}
			if !reflect.DeepEqual(r.Header, want) {
				t.Errorf("%s, served %t: the outer header is now %v", name, served, r.Header)
			}
			if middleware.PrincipalFrom(r.Context()) != nil {
				t.Errorf("%s: the outer request has a principal", name)
			}
		}
	}
}

// Tests and benchmarks send one request more than once.
func TestRequestsCanBeSentAgain(t *testing.T) {
	h, r := newGuard(t, config()).Handler(ok), bearer(mint(nil))
	for range 3 {
		if w := serve(h, r); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
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
	r = servers(bearer(mint(nil)))
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
