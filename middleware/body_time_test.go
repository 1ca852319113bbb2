package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A patient is a connection that notes the deadlines it is given.
type patient struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (p *patient) SetReadDeadline(t time.Time) error {
	p.deadlines = append(p.deadlines, t)
	return nil
}

// net/http reads away what is left of a body before it sends a refusal: without a
// deadline, a body that never comes holds its connection for ever.
func TestBodiesOfRefusedRequestsAreTimed(t *testing.T) {
	h := newGuard(t, config()).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, row := range []struct {
		policy   string
		prepare  func(*http.Request)
		lifted   bool
		deadline bool
	}{
		{"no credential", func(r *http.Request) { r.Header.Del("Authorization") }, false, true},
		{"preflight", func(r *http.Request) {
			r.Method = http.MethodOptions
			r.Header.Set("Origin", "https://mcp.example.com")
			r.Header.Set("Access-Control-Request-Method", "POST")
		}, false, true},
		{"a stranger's page", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") }, false, true},
		{"length unknown", func(r *http.Request) { r.Header.Del("Authorization"); r.ContentLength = -1 }, false, true},
		{"admitted, length unknown", func(r *http.Request) { r.ContentLength = -1 }, true, true},
		{"admitted, and nobody has read it", func(*http.Request) {}, true, false},
		{"without a body", func(r *http.Request) { r.ContentLength = 0 }, false, false},
	} {
		r := bearer(mint(nil))
		r.Method, r.Body, r.ContentLength = http.MethodPost, http.NoBody, 100
		row.prepare(r)
		if row.policy == "length unknown" {
			r.Body = http.MaxBytesReader(nil, r.Body, 1)
		}
		p := &patient{ResponseRecorder: httptest.NewRecorder()}
		h.ServeHTTP(p, r)
		var last time.Time
		if n := len(p.deadlines); n > 0 {
			last = p.deadlines[n-1]
		}
		if got := len(p.deadlines) > 0; got != row.deadline {
			t.Errorf("%s: deadline set: %t", row.policy, got)
		}
		if row.deadline && last.IsZero() != row.lifted {
			t.Errorf("%s: lifted: %t", row.policy, last.IsZero())
		}
		if strings.Contains(row.policy, "admitted") && p.Code != http.StatusOK {
			t.Errorf("%s: %d", row.policy, p.Code)
		}
	}
}
