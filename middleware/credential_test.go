package middleware_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// The handler gets the request without credentials; who wraps the guard finds it as it
// came, with neither the context of the handler, nor a session id taken off.
func TestHandlerLeavesTheOuterRequest(t *testing.T) {
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
		want := r.Header.Clone()
		serve(h, r)
		if (inner != nil) != (name == "admitted") || inner == r {
			t.Fatalf("%s: the handler got %v", name, inner)
		}
		if inner != nil && !reflect.DeepEqual(inner.Header, http.Header{"Content-Type": {"application/json"}}) {
			t.Errorf("%s: the handler saw %v", name, inner.Header)
		}
		if !reflect.DeepEqual(r.Header, want) {
			t.Errorf("%s: the outer header is now %v", name, r.Header)
		}
		if middleware.PrincipalFrom(r.Context()) != nil {
			t.Errorf("%s: the outer request has a principal", name)
		}
	}
}

// Who wraps the guard may read the header while it is at work: http.TimeoutHandler gives
// up on it as soon as a client does, perhaps before it began.
func TestHandlerWritesToNoHeaderOfOthers(t *testing.T) {
	g := newGuard(t, config())
	patient := http.TimeoutHandler(g.Handler(ok), time.Minute, "")
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 200 {
		r := bearer(mint(nil)).WithContext(gone)
		patient.ServeHTTP(httptest.NewRecorder(), r)
		for name := range r.Header { // a race, and even the end of the process, if anybody writes now
			if name == "" {
				t.Fatal("no name")
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
