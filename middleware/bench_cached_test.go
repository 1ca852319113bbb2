package middleware_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// A rig is a guard, a request as an MCP client sends it, and RS256 tokens of the usual
// size for it.
type rig struct {
	guard  *middleware.Guard
	tokens [][]string // each a header value of its own
	floor  func()     // what nobody can do without: SHA-256 and the signature of tokens[0]
}

func newRig(t testing.TB, tokens int, change func(*middleware.Config)) *rig {
	is, err := jwkstest.New("https://login.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	c := middleware.Config{
		Resource: resource, Scopes: []string{"mcp:tools"}, Transport: is.RoundTripper(),
		Issuers: []jwks.Issuer{{URL: is.URL, Algorithms: []string{"RS256"}}},
	}
	change(&c)
	r := &rig{guard: newGuard(t, c)}
	for i := range tokens {
		r.tokens = append(r.tokens, []string{"Bearer " + is.Mint(jwkstest.Token{Claims: map[string]any{
			"sub": fmt.Sprintf("provider|%024d", i), "aud": []string{resource, "https://login.example.com/userinfo"},
			"scope": "openid profile email mcp:tools", "azp": "kR9vXq2mTz7LbN4cWd8JfH1sYp3GaE6u",
			"permissions": []string{"read:notes", "write:notes", "read:files", "delete:files"},
		}})})
	}
	r.floor = floorOf(t, is, r.tokens[0][0])
	return r
}

func floorOf(t testing.TB, is *jwkstest.Issuer, header string) func() {
	block, _ := pem.Decode(is.PublicKeyPEM(is.KeyIDs()[0]))
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(header, "Bearer ")
	i := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil {
		t.Fatal(err)
	}
	signed := []byte(token[:i])
	return func() {
		sum := sha256.Sum256(signed)
		if err := rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, sum[:], signature); err != nil {
			panic(err)
		}
	}
}

// A nothing is an http.ResponseWriter that is used again and again.
type nothing struct {
	header http.Header
	status int
}

func (n *nothing) Header() http.Header         { return n.header }
func (n *nothing) WriteHeader(status int)      { n.status = status }
func (n *nothing) Write(b []byte) (int, error) { return len(b), nil }

// A server's own has deadlines.
func (n *nothing) SetReadDeadline(time.Time) error  { return nil }
func (n *nothing) SetWriteDeadline(time.Time) error { return nil }

var noContent = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.Context().Value(attached{}) == nil && middleware.PrincipalFrom(r.Context()) == nil {
		panic("nobody is in the context")
	}
	w.WriteHeader(http.StatusNoContent)
})

// serving returns what sends one request through h, with the next token each time.
func (r *rig) serving(h http.Handler) func() {
	request := posting()
	w := &nothing{header: http.Header{}}
	i := 0
	return func() {
		delete(request.Header, "Authorization") // or to set it would be cheaper for who leaves it
		request.Header["Authorization"] = r.tokens[i%len(r.tokens)]
		i++
		delete(w.header, "Vary") // all that is in it: the header of a new answer is empty
		h.ServeHTTP(w, request)
		if w.status != http.StatusNoContent {
			panic(w.status)
		}
	}
}

func (r *rig) checking() func() {
	var requests []*http.Request
	for _, token := range r.tokens {
		request := posting()
		request.Header["Authorization"] = token
		requests = append(requests, request)
	}
	i := 0
	return func() {
		i++
		if _, err := r.guard.Check(requests[i%len(requests)]); err != nil {
			panic(err)
		}
	}
}

func posting() *http.Request {
	r := httptest.NewRequest(http.MethodPost, resource, http.NoBody)
	r.ContentLength = 120
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "User-Agent": "bench/1.0",
		"Mcp-Protocol-Version": "2025-06-18", "Accept-Encoding": "gzip", "Mcp-Session-Id": "0123456789abcdef0123456789abcdef",
	} {
		r.Header.Set(name, value)
	}
	return r
}

type attached struct{}

// attach is the least that a middleware can do that delivers anything.
var attach = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	noContent.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), attached{}, w)))
})

func same(*middleware.Config) {}

// hot has one token, at many addresses: a comparison must not get away with the pointer.
func hot(t testing.TB, change func(*middleware.Config)) *rig {
	r := newRig(t, 1, change)
	for range 63 {
		r.tokens = append(r.tokens, []string{strings.Clone(r.tokens[0][0])})
	}
	return r
}

func cold(c *middleware.Config) { c.NoTokenCache = true }

func forwarding(c *middleware.Config) { c.DangerouslyForwardCredential = true }

func inserting(c *middleware.Config) { c.TokenCache = 8 }

func BenchmarkGuard(b *testing.B) {
	seen, unseen, new := hot(b, same), newRig(b, 512, cold), newRig(b, 512, inserting)
	for _, of := range []struct {
		name string
		run  func()
	}{
		{"floor", seen.floor},
		{"attach", seen.serving(attach)},
		{"hot/Handler", seen.serving(seen.guard.Handler(noContent))},
		{"hot/Check", seen.checking()},
		{"cold/Handler", unseen.serving(unseen.guard.Handler(noContent))},
		{"cold/Handler+insert", new.serving(new.guard.Handler(noContent))},
	} {
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				of.run()
			}
		})
	}
}

// BenchmarkParallel is to be run with -cpu 1,2.
func BenchmarkParallel(b *testing.B) {
	r := hot(b, same)
	h := r.guard.Handler(noContent)
	for name, run := range map[string]func() func(){"Check": r.checking, "Handler": func() func() { return r.serving(h) }} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				one := run()
				for pb.Next() {
					one()
				}
			})
		})
	}
}

// BenchmarkRatio compares in slices that take turns, so that whatever else the machine
// does happens to both, and takes the slices that it happened to least: their first
// quartiles are compared. -benchtime is of no matter here.
func BenchmarkRatio(b *testing.B) {
	seen, unseen, new := hot(b, same), newRig(b, 512, cold), newRig(b, 512, inserting)
	for _, of := range []struct {
		name      string
		run, base func()
	}{
		{"floor/floor", seen.floor, seen.floor},
		{"hot/Handler/attach", seen.serving(seen.guard.Handler(noContent)), seen.serving(attach)},
		{"hot/Check/floor", seen.checking(), seen.floor},
		{"cold/Handler/floor", unseen.serving(unseen.guard.Handler(noContent)), unseen.floor},
		{"cold/Handler+insert/floor", new.serving(new.guard.Handler(noContent)), new.floor},
	} {
		b.Run(of.name, func(b *testing.B) {
			var run, base []float64
			for range 500 {
				run, base = append(run, slice(of.run)), append(base, slice(of.base))
			}
			for b.Loop() {
			}
			slices.Sort(run)
			slices.Sort(base)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(run[len(run)/4], "ns-run")
			b.ReportMetric(base[len(base)/4], "ns-base")
			b.ReportMetric(run[len(run)/4]/base[len(base)/4], "ratio")
		})
	}
}

// slice is what one run takes, over a millisecond of them.
func slice(run func()) float64 {
	began, n := time.Now(), 0
	for {
		for range 16 {
			run()
		}
		n += 16
		if took := time.Since(began); took > time.Millisecond {
			return float64(took) / float64(n)
		}
	}
}
