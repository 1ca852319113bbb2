package metadata_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func TestMirrorKeepsAsLongAsTheProviderSays(t *testing.T) {
	for _, tt := range []struct {
		policy, cache string
		fresh         time.Duration
	}{
		{"5 minutes when it says nothing", "", 5 * time.Minute},
		{"what it says", "max-age=600", 10 * time.Minute},
		{"at least a minute", "no-store", time.Minute},
		{"at most an hour", "max-age=86400", time.Hour},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &provider{}
				p.set(place, answer{body: document + `,"x":1}`, header: http.Header{"Cache-Control": {tt.cache}}})
				h := mirror(t, p, metadata.Mirror{})
				if n := p.count(); n != 0 {
					t.Errorf("%d requests before the first", n)
				}
				says := func(want float64, asked int) {
					t.Helper()
					if got := object(t, text(t, call(h, "GET", "/")))["x"]; got != want {
						t.Errorf("x is %v, want %v", got, want)
					}
					synctest.Wait()
					if p.count() != asked {
						t.Errorf("%d requests, want %d", p.count(), asked)
					}
				}
				says(1, 1)
				p.set(place, answer{body: document + `,"x":2}`})
				time.Sleep(tt.fresh - time.Second)
				says(1, 1)
				time.Sleep(time.Second)
				says(1, 2) // nobody waits for the new one
				says(2, 2)
			})
		})
	}
}

func TestMirrorOutlivesAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed []error
		p := &provider{}
		p.set(place, answer{body: document + `,"x":1}`})
		h := mirror(t, p, metadata.Mirror{OnError: func(err error) { failed = append(failed, err) }})
		call(h, "GET", "/")
		p.fail(errors.New("connection refused"))
		time.Sleep(5 * time.Minute)
		for range 100 { // for 50 minutes, a request every 30 s
			resp := call(h, "GET", "/")
			if resp.StatusCode != http.StatusOK || object(t, text(t, resp))["x"] != 1.0 {
				t.Fatal("the last good document is gone")
			}
			time.Sleep(30 * time.Second)
		}
		synctest.Wait()
		if len(failed) != 100 || p.count() != 1+2*100 {
			t.Errorf("%d errors, %d requests", len(failed), p.count())
		}
		wantError(t, failed[0], "connection refused", place)
		p.fail(nil)
		p.set(place, answer{body: document + `,"x":2}`})
		call(h, "GET", "/")
		synctest.Wait()
		if got := object(t, text(t, call(h, "GET", "/")))["x"]; got != 2.0 {
			t.Errorf("x is %v after the outage", got)
		}
	})
}

func TestMirrorWithoutProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{down: errors.New("dial tcp 10.1.2.3:443: secret topology")}
		h := mirror(t, p, metadata.Mirror{})
		for range 50 {
			resp := call(h, "GET", "/")
			body := text(t, resp)
			if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "30" || strings.Contains(body, "topology") {
				t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, body)
			}
		}
		if n := p.count(); n != 2 { // one search, two places
			t.Errorf("%d requests for 50 of ours", n)
		}
		time.Sleep(10500 * time.Millisecond)
		if got := call(h, "GET", "/").Header.Get("Retry-After"); got != "20" {
			t.Errorf("Retry-After %s, 19.5 s before the next attempt", got)
		}
		p.fail(nil)
		p.set(place, answer{body: document + `}`})
		time.Sleep(19500 * time.Millisecond)
		if resp := call(h, "GET", "/"); resp.StatusCode != http.StatusOK {
			t.Errorf("%d once the provider is up", resp.StatusCode)
		}
	})
}

func TestMirrorFallsBackToWhatIsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{down: errors.New("connection refused")}
		h := mirror(t, p, metadata.Mirror{AuthorizationEndpoint: issuer + "/authorize", TokenEndpoint: issuer + "/token"})
		has := func(member string) bool { return object(t, text(t, call(h, "GET", "/")))[member] != nil }
		if !has("issuer") || has("scopes_supported") {
			t.Error("not the configured document")
		}
		p.fail(nil)
		p.set(place, answer{body: document + `,"scopes_supported":["read"]}`})
		time.Sleep(5*time.Minute - time.Second)
		has("")
		synctest.Wait()
		if p.count() != 2 {
			t.Errorf("%d requests: a provider that may have no document is asked too often", p.count())
		}
		time.Sleep(time.Second)
		has("")
		synctest.Wait()
		if !has("scopes_supported") {
			t.Error("the provider's document is not taken up once it is there")
		}
		p.fail(errors.New("connection refused"))
		time.Sleep(5 * time.Minute)
		has("")
		synctest.Wait()
		if !has("scopes_supported") {
			t.Error("the last good document was dropped for the configured one")
		}
	})
}

// A slow provider hears one search, however many clients wait.
func TestMirrorSearchesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowProvider{delay: 3 * time.Second, body: document + `}`}
		h, err := metadata.Mirror{Issuer: issuer, Fetcher: &metadata.Fetcher{Transport: slow}}.Handler()
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		statuses := make(chan int, 100)
		for range 100 {
			wg.Go(func() { statuses <- call(h, "GET", "/").StatusCode })
		}
		wg.Wait()
		close(statuses)
		for s := range statuses {
			if s != http.StatusOK {
				t.Errorf("status %d", s)
			}
		}
		if slow.asked != 1 {
			t.Errorf("%d requests", slow.asked)
		}
	})
}

// Who leaves is let go at once, and the search goes on for the next.
func TestMirrorLetsLeaversGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowProvider{delay: 3 * time.Second, body: document + `}`}
		h, err := metadata.Mirror{Issuer: issuer, Fetcher: &metadata.Fetcher{Transport: slow}}.Handler()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
		if d := time.Since(start); d != time.Second {
			t.Errorf("kept for %v", d)
		}
		if resp := call(h, "GET", "/"); resp.StatusCode != http.StatusOK || slow.asked != 1 {
			t.Errorf("%d after %d requests", resp.StatusCode, slow.asked)
		}
	})
}

// Clients give up after ten seconds: they are told before.
func TestMirrorAnswersBeforeClientsGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := metadata.Mirror{Issuer: issuer, Fetcher: &metadata.Fetcher{Transport: &slowProvider{delay: time.Hour}}}.Handler()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if resp := call(h, "GET", "/"); resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("status %d", resp.StatusCode)
		}
		if d := time.Since(start); d != 8*time.Second {
			t.Errorf("answered after %v", d)
		}
	})
}

func TestMirrorUsesItsClock(t *testing.T) {
	var now time.Time
	p := &provider{}
	h := mirror(t, p, metadata.Mirror{Now: func() time.Time { return now }})
	now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	call(h, "GET", "/")
	call(h, "GET", "/")
	now = now.Add(30 * time.Second)
	call(h, "GET", "/")
	if p.count() != 4 {
		t.Errorf("%d requests, want two searches of two", p.count())
	}
}

// A slowProvider answers after a delay.
type slowProvider struct {
	mu    sync.Mutex
	asked int
	delay time.Duration
	body  string
}

func (p *slowProvider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.asked++
	p.mu.Unlock()
	select {
	case <-time.After(p.delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(p.body)), Request: r}, nil
}
