package jwkstest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

func start(t *testing.T) *jwkstest.Issuer {
	t.Helper()
	is := jwkstest.Start()
	t.Cleanup(is.Close)
	return is
}

// get is one request over a connection of its own, redirects not followed.
func get(ctx context.Context, url string) (*http.Response, error) {
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return transport.RoundTrip(req)
}

func mustGet(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := get(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestAnswers(t *testing.T) {
	is := start(t)
	good := string(is.JWKS())
	for _, tt := range []struct {
		policy string
		answer jwkstest.Answer
		status int
		header map[string]string
		body   string
	}{
		{"status, the document all the same", jwkstest.Answer{Status: 500}, 500, nil, good},
		{"body", jwkstest.Answer{Body: []byte("<html>")}, 200, nil, "<html>"},
		{"empty body", jwkstest.Answer{Body: []byte{}}, 200, nil, ""},
		{"status and body", jwkstest.Answer{Status: 404, Body: []byte("gone")}, 404, nil, "gone"},
		{"header added and replaced", jwkstest.Answer{Header: http.Header{"cache-control": {"max-age=60"}, "Content-Type": {"text/html"}}}, 200,
			map[string]string{"Cache-Control": "max-age=60", "Content-Type": "text/html"}, good},
		{"header removed", jwkstest.Answer{Header: http.Header{"Content-Type": nil, "Access-Control-Allow-Origin": {}}}, 200,
			map[string]string{"Content-Type": "", "Access-Control-Allow-Origin": ""}, good},
		{"padding", jwkstest.Answer{Pad: 100_000}, 200, nil, strings.Repeat(" ", 100_000) + good},
		{"drip", jwkstest.Answer{Body: []byte("drops"), Drip: time.Microsecond}, 200, nil, "drops"},
		{"redirect", jwkstest.Answer{Redirect: "https://other.example.com/jwks"}, 302,
			map[string]string{"Location": "https://other.example.com/jwks"}, good},
		{"redirect with a status", jwkstest.Answer{Status: 308, Redirect: "/jwks?moved"}, 308, map[string]string{"Location": "/jwks?moved"}, good},
		{"redirect to where the request is", jwkstest.Answer{Redirect: is.JWKSURL()}, 200, map[string]string{"Location": ""}, good},
		{"good again", jwkstest.Answer{}, 200, map[string]string{"Cache-Control": "", "Content-Type": "application/json"}, good},
	} {
		is.SetAnswer(jwkstest.KeySet, tt.answer)
		resp, body := mustGet(t, is.JWKSURL())
		if resp.StatusCode != tt.status || body != tt.body {
			t.Errorf("%s: %d with %d bytes %.60q, want %d with %d bytes", tt.policy, resp.StatusCode, len(body), body, tt.status, len(tt.body))
		}
		for name, want := range tt.header {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", tt.policy, name, got, want)
			}
		}
	}
}

func TestSetAnswerKeepsItsOwnCopy(t *testing.T) {
	is := start(t)
	a := jwkstest.Answer{Body: []byte("body"), Header: http.Header{"X": {"1"}}}
	is.SetAnswer(jwkstest.KeySet, a)
	a.Body[0], a.Header["X"][0] = 'X', "2"
	if resp, body := mustGet(t, is.JWKSURL()); body != "body" || resp.Header.Get("X") != "1" {
		t.Errorf("the answer changed with its argument: %q, %v", body, resp.Header)
	}
}

func TestAnswersAreForTheDocumentsNamed(t *testing.T) {
	const oauth, openID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	all := []string{"/t/jwks", oauth + "/t", "/t" + oauth, openID + "/t", "/t" + openID}
	for _, tt := range []struct {
		policy string
		path   string
		docs   jwkstest.Document
		off    []string
		on     []string
	}{
		{"key set", "/t", jwkstest.KeySet, all[:1], all[1:]},
		{"discovery", "/t", jwkstest.Discovery, all[1:], all[:1]},
		{"everything", "/t", jwkstest.Everything, all, nil},
		{"one form at both places", "/t", jwkstest.OAuth, all[1:3], all[3:]},
		{"both forms at one place", "/t", jwkstest.OAuthAppended | jwkstest.OpenIDAppended, []string{all[2], all[4]}, []string{all[1], all[3]}},
		{"one form at one place", "/t", jwkstest.OpenIDInserted, all[3:4], []string{all[1], all[2], all[4]}},
		{"without a path, inserted is appended", "", jwkstest.OpenIDAppended, []string{openID}, []string{oauth}},
		{"without a path, appended is inserted", "/", jwkstest.OAuthInserted, []string{oauth}, []string{openID}},
	} {
		is, err := jwkstest.New("https://login.example.com" + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		is.RemoveKey(is.KeyIDs()[0]) // spares the time that an RSA key takes
		is.SetAnswer(tt.docs, jwkstest.Answer{Status: 404})
		for _, path := range tt.off {
			if got := ask(is, "GET", path).Code; got != 404 {
				t.Errorf("%s: %s is %d, want 404", tt.policy, path, got)
			}
		}
		for _, path := range tt.on {
			if got := ask(is, "GET", path).Code; got != 200 {
				t.Errorf("%s: %s is %d, want 200", tt.policy, path, got)
			}
		}
	}
	mustPanic(t, "no document", func() { start(t).SetAnswer(0, jwkstest.Answer{}) })
}

func TestGzipIsSentUnaskedAndHoldsWhatItSays(t *testing.T) {
	is := start(t)
	const pad = 8 << 20
	is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Gzip: true, Pad: pad})
	resp, body := mustGet(t, is.JWKSURL())
	if resp.Header.Get("Content-Encoding") != "gzip" || len(body) > pad/500 {
		t.Errorf("%d bytes of %q for %d, want a bomb", len(body), resp.Header.Get("Content-Encoding"), pad)
	}
	zip, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil || len(text) != pad+len(is.JWKS()) || !bytes.HasSuffix(text, is.JWKS()) {
		t.Errorf("%d bytes inside, %v", len(text), err)
	}
}

func TestRedirectWithinTheIssuerEnds(t *testing.T) {
	is := start(t)
	is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Redirect: is.JWKSURL() + "?moved"})
	resp, err := http.Get(is.JWKSURL())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Request.URL.RawQuery != "moved" || is.JWKSFetches() != 2 {
		t.Errorf("%d from %s after %d fetches", resp.StatusCode, resp.Request.URL, is.JWKSFetches())
	}
}

func TestDropIsAnOutageAndEnds(t *testing.T) {
	is := start(t)
	for range 3 { // the default client keeps connections, and repeats requests on broken ones
		if _, _, err := read(http.DefaultClient, is.JWKSURL()); err != nil {
			t.Fatal(err)
		}
	}
	is.SetAnswer(jwkstest.Everything, jwkstest.Answer{Drop: true})
	for range 2 {
		if resp, err := get(t.Context(), is.JWKSURL()); !errors.Is(err, io.EOF) {
			t.Errorf("%v, %v, want the connection closed", resp, err)
		}
	}
	if status, _, err := read(http.DefaultClient, is.JWKSURL()); err == nil {
		t.Errorf("answered %d", status)
	}
	if n := is.JWKSFetches(); n != 6 {
		t.Errorf("%d fetches, want 6: one for each attempt", n)
	}
	is.SetAnswer(jwkstest.Everything, jwkstest.Answer{})
	if resp, body := mustGet(t, is.JWKSURL()); resp.StatusCode != 200 || body != string(is.JWKS()) {
		t.Errorf("after the outage: %d, %s", resp.StatusCode, body)
	}
}

func TestHangSendsHalf(t *testing.T) {
	is := start(t)
	is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Hang: true, Body: []byte("123456")})
	resp, err := get(t.Context(), is.JWKSURL())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	half := make([]byte, 3)
	if _, err := io.ReadFull(resp.Body, half); err != nil || string(half) != "123" {
		t.Errorf("%q, %v", half, err)
	}
	is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{})
	if rest, err := io.ReadAll(resp.Body); len(rest) != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the rest is %q, %v, want none and a broken connection", rest, err)
	}
}

// What a client that gives up leaves behind must end, or a flood of slow fetches
// would pile up in the issuer and be counted as in flight.
func TestHeldRequestsEndWithTheirClient(t *testing.T) {
	is := start(t)
	for _, tt := range []struct {
		policy string
		answer jwkstest.Answer
	}{
		{"delay", jwkstest.Answer{Delay: time.Hour}},
		{"hang", jwkstest.Answer{Hang: true}},
		{"drip", jwkstest.Answer{Drip: time.Hour}},
		{"endless body", jwkstest.Answer{Pad: 1 << 50}},
	} {
		is.SetAnswer(jwkstest.KeySet, tt.answer)
		ctx, cancel := context.WithCancel(t.Context())
		n := is.JWKSFetches()
		done := make(chan struct{})
		go func() {
			defer close(done)
			if resp, err := get(ctx, is.JWKSURL()); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}()
		if err := is.AwaitFetches(t.Context(), jwkstest.KeySet, n+1); err != nil {
			t.Fatal(err)
		}
		cancel()
		<-done
		if !eventually(func() bool { return is.InFlight() == 0 }) {
			t.Errorf("%s: still being answered after the client left", tt.policy)
		}
	}
}

// A request whose client has gone gets no answer from a handler that a caller
// mounted either.
func TestHeldRequestIsNotAnsweredAfterItsClientLeft(t *testing.T) {
	is := newIssuer(t)
	is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	defer func() {
		if got := recover(); got != http.ErrAbortHandler || w.Body.Len() != 0 {
			t.Errorf("panic %v and %d bytes, want http.ErrAbortHandler and none", got, w.Body.Len())
		}
	}()
	is.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/tenant/jwks", nil))
}

func eventually(ok func() bool) bool {
	for range 1000 {
		if ok() {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

func TestStartListensOnLoopback(t *testing.T) {
	is := start(t)
	host, _, err := net.SplitHostPort(strings.TrimPrefix(is.URL, "http://"))
	if err != nil || host != "127.0.0.1" {
		t.Errorf("URL %s, want one of 127.0.0.1 without a path", is.URL)
	}
	slash := jwkstest.StartPath("/tenant/")
	defer slash.Close()
	if _, body := mustGet(t, slash.URL+".well-known/openid-configuration"); !strings.Contains(body, `"issuer":"`+slash.URL+`"`) {
		t.Errorf("document of %s: %s", slash.URL, body)
	}
	mustPanic(t, "query in a path", func() { jwkstest.StartPath("?a=b") })
}
