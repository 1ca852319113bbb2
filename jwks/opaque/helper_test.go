package opaque_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

const (
	login = "https://login.example.com"
	ask   = login + "/introspect"
	here  = "https://mcp.example.com/mcp"
	token = "token-of-alice"
)

// good is what a provider says of a token that is for us.
const good = `{"active":true,"iss":"` + login + `","sub":"alice","client_id":"app","aud":"` + here + `","scope":"read write","exp":4102444800}`

// A question is a request as the provider sees it.
type question struct {
	method, url, body string
	header            http.Header
}

// A network is a fake transport: one answer to everything, and a record of what was asked.
type network struct {
	mu     sync.Mutex
	asked  []question
	answer func(question) (*http.Response, error)
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	q := question{method: r.Method, url: r.URL.String(), header: r.Header.Clone()}
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		q.body = string(b)
	}
	n.mu.Lock()
	n.asked = append(n.asked, q)
	answer := n.answer
	n.mu.Unlock()
	resp, err := answer(q)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

func (n *network) set(answer func(question) (*http.Response, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = answer
}

func (n *network) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.asked)
}

func (n *network) last() question {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[len(n.asked)-1]
}

// respond makes an answer; headers are name, value, name, value.
func respond(status int, body string, headers ...string) func(question) (*http.Response, error) {
	return func(question) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func saying(body string) *network { return &network{answer: respond(http.StatusOK, body)} }

// provider is the smallest that New takes, changed by whoever asks for it.
func provider(change ...func(*opaque.Provider)) opaque.Provider {
	p := opaque.Provider{Issuer: login, Ask: opaque.Ask{URL: ask}, Audiences: []string{here}}
	for _, c := range change {
		c(&p)
	}
	return p
}

func newVerifier(t testing.TB, n *network, change ...func(*opaque.Provider)) *opaque.Verifier {
	t.Helper()
	c := opaque.Config{Providers: []opaque.Provider{provider(change...)}}
	if n != nil {
		c.Transport = n
	}
	return newFrom(t, c)
}

func newFrom(t testing.TB, c opaque.Config) *opaque.Verifier {
	t.Helper()
	v, err := opaque.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func verify(t testing.TB, v *opaque.Verifier, token string) (*jwks.Claims, error) {
	t.Helper()
	claims, err := v.Verify(t.Context(), token)
	if (claims == nil) == (err == nil) {
		t.Fatalf("claims %v and error %v: exactly one is expected", claims, err)
	}
	return claims, err
}

// nobody is a Lookup that must not be reached.
func nobody(t testing.TB) func(context.Context, string) ([]byte, error) {
	return func(context.Context, string) ([]byte, error) {
		t.Error("the provider was asked")
		return nil, io.EOF
	}
}
