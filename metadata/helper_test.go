package metadata_test

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A provider is a fake transport: documents by URL, and a record of what was
// asked. Whatever is not there is 404.
type provider struct {
	mu        sync.Mutex
	documents map[string]answer
	asked     []string
	down      error // what every request fails with
	open      int   // bodies not closed yet
}

type answer struct {
	status int // zero means 200
	header http.Header
	body   string
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.URL.String())
	if err := cmp.Or(r.Context().Err(), p.down); err != nil {
		return nil, err
	}
	a, ok := p.documents[r.URL.String()]
	if !ok {
		a = answer{status: http.StatusNotFound, body: "no such page"}
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	p.open++
	return &http.Response{StatusCode: a.status, Header: a.header, Body: &body{strings.NewReader(a.body), p}, Request: r}, nil
}

// A body tells its provider that it was closed.
type body struct {
	io.Reader
	from *provider
}

func (b *body) Close() error {
	b.from.mu.Lock()
	defer b.from.mu.Unlock()
	b.from.open--
	return nil
}

func (p *provider) set(url string, a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.documents == nil {
		p.documents = map[string]answer{}
	}
	p.documents[url] = a
}

func (p *provider) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = err
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "metadata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// call sends one request; headers are name, value, name, value.
func call(h http.Handler, method, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t testing.TB, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func object(t testing.TB, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("not a JSON object: %v\n%s", err, body)
	}
	return m
}

// wantError fails unless err holds every one of parts; none means no error.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	switch {
	case len(parts) == 0 && err != nil:
		t.Errorf("unexpected error: %v", err)
	case len(parts) > 0 && err == nil:
		t.Errorf("no error, want one with %q", parts)
	case err != nil:
		for _, p := range parts {
			if !strings.Contains(err.Error(), p) {
				t.Errorf("error %q does not say %q", err, p)
			}
		}
	}
}
