package preset_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// A network is the hosts of one provider, and there are no others. Nothing of it is on a
// socket.
type network struct {
	t     *testing.T
	pages map[string][]byte // by URL: what is published

	mu       sync.Mutex // protects what follows
	answer   func(r *http.Request, body []byte) *http.Response
	question int // how often it was asked about a token
}

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	if page, ok := n.pages[r.URL.String()]; ok && r.Method == http.MethodGet {
		return reply(r, http.StatusOK, page), nil
	}
	if strings.Contains(r.URL.Path, "/.well-known/") {
		return reply(r, http.StatusNotFound, []byte(`{"error": "not found"}`)), nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.answer == nil {
		n.t.Errorf("the provider was asked for what it does not have: %s %s", r.Method, r.URL)
		return nil, fmt.Errorf("no such page")
	}
	n.question++
	return n.answer(r, body), nil
}

func reply(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"public, max-age=600"}},
		Body:   io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}

// network publishes the documents and keys of the group.
func (g *group) network(t *testing.T, provider string) *network {
	t.Helper()
	n := &network{t: t, pages: map[string][]byte{}}
	for at, name := range g.Documents {
		text, err := os.ReadFile(filepath.Join(fixtures, provider, name))
		if err != nil {
			t.Fatal(err)
		}
		n.pages[at] = text
	}
	for at, keys := range g.Keys {
		set := struct {
			Keys []any `json:"keys"`
		}{}
		for i := range keys {
			set.Keys = append(set.Keys, keys[i].published(i))
		}
		n.pages[at] = encode(t, map[string]any{"keys": marshalled(t, set.Keys)})
	}
	return n
}

func marshalled(t *testing.T, list []any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A key is as the provider publishes it: members are laid over those of a new key, and
// null leaves one out. One without algorithm is published as it is written.
type key struct {
	Kid, Alg string
	With     map[string]any
}

// pool is the keys of all fixtures, made when they are needed: an RSA key takes a while.
var pool sync.Map

// pair is the i-th key of its set.
func (k *key) pair(i int) *jwkstest.Key {
	made, _ := pool.LoadOrStore(fmt.Sprint(k.Alg, i), sync.OnceValue(func() *jwkstest.Key { return jwkstest.NewKey(k.Alg) }))
	return made.(func() *jwkstest.Key)()
}

func (k *key) published(i int) any {
	if k.Alg == "" {
		return k.With
	}
	members := map[string]any{"kid": k.Kid}
	maps.Copy(members, k.With)
	return k.pair(i).With(members)
}

// mint signs a token with a key of the group.
func (g *group) mint(t *testing.T, tok *token) string {
	t.Helper()
	header, claims := overlay(g.Header, tok.Header), encode(t, overlay(g.Claims, tok.Claims))
	if tok.Encrypted {
		return "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXZpdml2aXZpdg.c2VjcmV0.dGFndGFndGFndGFndGFn"
	}
	for _, keys := range g.Keys {
		for i := range keys {
			if keys[i].Alg == "" || tok.Key != "" && tok.Key != keys[i].Kid {
				continue
			}
			is, err := jwkstest.New("https://keys.example.com")
			if err != nil {
				t.Fatal(err)
			}
			pair := keys[i].pair(i)
			is.Publish(pair)
			how := jwkstest.Token{KeyID: pair.ID(), Alg: tok.Alg}
			if tok.Alg == "HS256" {
				how.Secret = []byte("the shared secret of an old project, long enough")
			}
			alg := keys[i].Alg
			if tok.Alg != "" {
				alg = tok.Alg
			}
			full := overlay(map[string]any{"alg": alg, "kid": keys[i].Kid}, header)
			return is.MintRaw(encode(t, full), claims, how)
		}
	}
	t.Fatalf("%s: there is no key %q", tok.Name, tok.Key)
	return ""
}

// A request is a question about a token, as the provider wants it. ${token} is the token.
type request struct {
	Method, URL, Body string
	Basic, Bearer     string // the credential, if there is one
	Type              string // of the body
	Header            map[string]string
}

// differs says how a question differs, or "".
func (q *request) differs(r *http.Request, body []byte, token string) string {
	fill := func(s string) string { return strings.ReplaceAll(s, "${token}", token) }
	want := ""
	if q.Bearer != "" {
		want = "Bearer " + fill(q.Bearer)
	}
	if q.Basic != "" {
		id, secret, _ := strings.Cut(q.Basic, ":")
		probe := &http.Request{Header: http.Header{}}
		probe.SetBasicAuth(id, secret)
		want = probe.Header.Get("Authorization")
	}
	wantBody := fill(q.Body)
	if q.Type == "application/x-www-form-urlencoded" {
		form, _ := url.ParseQuery(wantBody)
		wantBody = form.Encode()
	}
	for _, pair := range [...]struct{ what, got, want string }{
		{"method", r.Method, q.Method},
		{"URL", r.URL.String(), fill(q.URL)},
		{"Authorization", r.Header.Get("Authorization"), want},
		{"Content-Type", r.Header.Get("Content-Type"), q.Type},
		{"body", string(body), wantBody},
	} {
		if pair.got != pair.want {
			return fmt.Sprintf("the question has another %s: %q, want %q", pair.what, pair.got, pair.want)
		}
	}
	for name, value := range q.Header {
		if got := r.Header.Get(name); got != value {
			return fmt.Sprintf("the question has another %s: %q, want %q", name, got, value)
		}
	}
	return ""
}
