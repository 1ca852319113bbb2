package opaque_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// refused is every judgement. What could not be found out is none of them.
var refused = []error{
	opaque.ErrInactive, jwks.ErrIssuer, jwks.ErrAudience, jwks.ErrClient, jwks.ErrClaim, jwks.ErrExpired, jwks.ErrNotYet, jwks.ErrMalformed, jwks.ErrBound,
}

func isUnavailable(t *testing.T, err error) *opaque.UnavailableError {
	t.Helper()
	unavailable, ok := errors.AsType[*opaque.UnavailableError](err)
	if !ok || !errors.Is(err, opaque.ErrUnavailable) {
		t.Fatalf("error %v, want one that matches ErrUnavailable", err)
	}
	if unavailable.Issuer != login || unavailable.RetryAfter < time.Second || unavailable.Err == nil {
		t.Errorf("issuer %q, retry after %s: %v", unavailable.Issuer, unavailable.RetryAfter, unavailable.Err)
	}
	for _, judgement := range refused {
		if errors.Is(err, judgement) {
			t.Errorf("%v matches %v", err, judgement)
		}
	}
	return unavailable
}

// A client throws a token away that is refused, so nothing but an answer refuses.
func TestSilenceIsNoJudgement(t *testing.T) {
	basic := func(p *opaque.Provider) {
		p.Ask.Auth, p.Ask.ClientID, p.Ask.Secret = opaque.AuthBasic, "app", jwks.NewSecret([]byte("s"))
	}
	for _, row := range []struct {
		policy string
		change func(*opaque.Provider)
		answer func(question) (*http.Response, error)
	}{
		{"500", none, respond(500, `{"active":false}`)},
		{"502", none, respond(502, `bad gateway`)},
		{"204", none, respond(204, ``)},
		{"201", none, respond(201, good)},
		{"301 to where the answer is good", none, respond(301, `{"active":false}`, "Location", ask+"/")},
		{"307 to another host", none, respond(307, ``, "Location", "https://evil.example.com/")},
		{"HTML", none, respond(200, `<html>`, "Content-Type", "text/html")},
		{"an answer that says it is HTML", none, respond(200, good, "Content-Type", "text/html")},
		{"an answer that does not say what it is", none, respond(200, good, "Content-Type", "")},
		{"a signed answer", none, respond(200, good, "Content-Type", "application/token-introspection+jwt")},
		{"an encoded answer", none, respond(200, good, "Content-Encoding", "br")},
		{"half an answer", none, respond(200, good[:40])},
		{"more than anybody has to say", none, respond(200, strings.Replace(good, "{", "{"+strings.Repeat(" ", 64<<10), 1))},
		{"a connection that breaks", none, func(question) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }},
		{"401 of our own credentials", basic, respond(401, `{"error":"invalid_client"}`)},
		{"401 that is not listed", none, respond(401, `{}`)},
		{"404 that is not listed", none, respond(404, `{}`)},
		{"429", none, respond(429, `{}`)},
		{"429 where others are listed", func(p *opaque.Provider) { p.Ask.Bad = []int{400, 401, 404} }, respond(429, `{}`)},
		{"no active", none, respond(200, `{}`)},
		{"active in a text", none, respond(200, `{"active":"false"}`)},
		{"a header that is there twice", func(p *opaque.Provider) { p.Read.Client = []string{"header:X-Client"} }, func(q question) (*http.Response, error) {
			resp, err := respond(200, good)(q)
			resp.Header["X-Client"] = []string{"app", "evil"}
			return resp, err
		}},
		{"a parser that panics", none, func(question) (*http.Response, error) { panic("transport") }},
	} {
		t.Run(row.policy, func(t *testing.T) {
			n := &network{answer: row.answer}
			_, err := verify(t, newVerifier(t, n, row.change), token)
			isUnavailable(t, err)
			if n.count() != 1 {
				t.Errorf("%d requests", n.count())
			}
		})
	}
}

// The same of a real network.
func TestSilenceOfServers(t *testing.T) {
	reset := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer reset.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	defer untrusted.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"active":%t,"sub":"alice","aud":%q,"exp":4102444800}`, r.FormValue("token") == token, here)
	}))
	defer answers.Close()
	for _, row := range []struct{ policy, url, cause string }{
		{"reset", reset.URL, "EOF"},
		{"a certificate of nobody", untrusted.URL, "certificate"},
		{"nobody listens", gone.URL, "refused"},
	} {
		t.Run(row.policy, func(t *testing.T) {
			v := newVerifier(t, nil, func(p *opaque.Provider) { p.Ask.URL = row.url })
			_, err := verify(t, v, token)
			if text := isUnavailable(t, err).Error(); !strings.Contains(text, row.cause) {
				t.Errorf("%s, want the cause %q", text, row.cause)
			}
		})
	}
	v := newVerifier(t, nil, func(p *opaque.Provider) { p.Ask.URL = answers.URL })
	if _, err := verify(t, v, token); err != nil {
		t.Error(err)
	}
	if _, err := verify(t, v, "another"); !errors.Is(err, opaque.ErrInactive) {
		t.Error(err)
	}
}

func TestListedStatusIsAJudgement(t *testing.T) {
	n := &network{answer: respond(404, `not json`, "Content-Type", "text/plain")}
	v := newVerifier(t, n, func(p *opaque.Provider) { p.Ask.Bad = []int{400, 404} })
	if _, err := verify(t, v, token); !errors.Is(err, opaque.ErrInactive) {
		t.Error(err)
	}
}

func TestLookup(t *testing.T) {
	for _, row := range []struct {
		policy string
		body   string
		err    error
		want   error
	}{
		{"answer accepted", good, nil, nil},
		{"inactive refused", "", fmt.Errorf("gone: %w", opaque.ErrInactive), opaque.ErrInactive},
		{"error is no judgement", "", io.EOF, opaque.ErrUnavailable},
		{"nothing is no judgement", "", nil, opaque.ErrUnavailable},
		{"too much is no judgement", good + strings.Repeat(" ", 64<<10), nil, opaque.ErrUnavailable},
	} {
		t.Run(row.policy, func(t *testing.T) {
			v := newVerifier(t, nil, func(p *opaque.Provider) {
				p.Ask = opaque.Ask{}
				p.Lookup = func(context.Context, string) ([]byte, error) { return []byte(row.body), row.err }
			})
			if _, err := verify(t, v, token); !errors.Is(err, row.want) {
				t.Errorf("error %v, want %v", err, row.want)
			}
		})
	}
}

// Neither a provider that says nothing nor a lookup that heeds nobody holds anybody up.
func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := make(chan struct{})
		defer close(deaf)
		for policy, lookup := range map[string]func(context.Context, string) ([]byte, error){
			"in time": func(ctx context.Context, _ string) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() },
			"deaf":    func(context.Context, string) ([]byte, error) { <-deaf; return nil, io.EOF },
		} {
			v := newVerifier(t, nil, func(p *opaque.Provider) {
				p.Ask, p.Lookup, p.Timeout = opaque.Ask{}, lookup, 2*time.Second
			})
			start := time.Now()
			_, err := verify(t, v, token)
			isUnavailable(t, err)
			if took := time.Since(start); took < 2*time.Second || took > 3*time.Second {
				t.Errorf("%s: took %s", policy, took)
			}
		}
	})
}

// Who goes away is told that nobody knows, and the question goes on for the others.
func TestCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVerifier(t, nil, func(p *opaque.Provider) {
			p.Ask = opaque.Ask{}
			p.Lookup = func(ctx context.Context, _ string) ([]byte, error) {
				select {
				case <-time.After(3 * time.Second):
					return []byte(good), nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
		})
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := v.Verify(ctx, token)
			isUnavailable(t, err)
		}()
		time.Sleep(time.Millisecond)
		if _, err := verify(t, v, token); err != nil {
			t.Error(err)
		}
	})
}
