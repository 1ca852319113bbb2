package opaque_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// A provider that comes and goes under traffic, and revokes tokens meanwhile. Who is
// admitted was called active no longer ago than verdicts are kept; a good token is never
// called bad, though perhaps nobody can tell; and while it is away the provider is asked
// as often as the gate lets through.
func TestProviderFlapsUnderTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keepFor, callers = time.Minute, 20
		var down atomic.Bool
		var whileDown, good200, unavailable, bad atomic.Int64
		var mu sync.Mutex // protects what follows
		revoked := map[string]time.Time{}
		revokedAt := func(token string) time.Time {
			mu.Lock()
			defer mu.Unlock()
			return revoked[token]
		}
		v := newVerifier(t, nil, func(p *opaque.Provider) {
			p.Ask, p.KeepFor = opaque.Ask{}, keepFor
			p.Lookup = func(_ context.Context, token string) ([]byte, error) {
				time.Sleep(10 * time.Millisecond)
				if down.Load() {
					whileDown.Add(1)
					return nil, io.ErrUnexpectedEOF
				}
				if !revokedAt(token).IsZero() {
					return []byte(`{"active":false}`), nil
				}
				return []byte(good), nil
			}
		})
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					token := fmt.Sprintf("token-%d-%d", i, n/100) // a new one now and then
					asked := time.Now()
					_, err := v.Verify(context.Background(), token)
					at := revokedAt(token)
					switch {
					case err == nil && !at.IsZero() && asked.Sub(at) > keepFor:
						t.Errorf("admitted %v after it was revoked", asked.Sub(at))
					case errors.Is(err, opaque.ErrInactive) && at.IsZero():
						t.Error("a good token is called bad")
					case err == nil:
						good200.Add(1)
					case errors.Is(err, opaque.ErrUnavailable):
						unavailable.Add(1)
					case errors.Is(err, opaque.ErrInactive):
						bad.Add(1)
					default:
						t.Error(err)
					}
					if n%100 == 50 && i%2 == 0 {
						mu.Lock()
						revoked[token] = time.Now()
						mu.Unlock()
					}
					time.Sleep(2 * time.Second)
				}
			})
		}
		const cycles, away = 10, 45 * time.Second
		for range cycles {
			time.Sleep(30 * time.Second)
			down.Store(true)
			time.Sleep(away)
			down.Store(false)
		}
		time.Sleep(time.Minute)
		stop()
		wg.Wait()
		// Each time: five in a row and those that were on their way with them, and then
		// one every ten seconds.
		if n, most := whileDown.Load(), int64(cycles*(callers+5+int(away/(10*time.Second))+1)); n > most {
			t.Errorf("%d questions to a provider that is away, want %d at the most", n, most)
		}
		if good200.Load() == 0 || unavailable.Load() == 0 || bad.Load() == 0 {
			t.Error("one of the outcomes never came: this proves nothing")
		}
		t.Logf("%d admitted, %d refused, %d could not be told; %d questions while away", good200.Load(), bad.Load(), unavailable.Load(), whileDown.Load())
	})
}

// What a provider can send instead of an answer, over a real connection: nobody is
// admitted, nobody is called bad, it ends in time, and it takes little memory.
func TestHostileAnswers(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write(bytes.Repeat([]byte{' '}, 1<<20)) // a bytes.Buffer takes all
	_ = w.Close()
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, good)
	}))
	defer other.Close()
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for _, row := range []struct {
		policy string
		answer func(w http.ResponseWriter, r *http.Request)
	}{
		{"gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			for range 1 << 10 { // a gibibyte in all
				if _, err := w.Write(bomb.Bytes()); err != nil {
					return
				}
			}
		}},
		{"an answer without an end", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		}},
		{"one that is nested deeply", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Replace(good, "{", `{"x":`+deep+`,`, 1))
		}},
		{"brackets alone", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("[", 60_000)) }},
		{"half of it", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000")
			_, _ = io.WriteString(w, good)
		}},
		{"two answers", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, good+good) }},
		{"another server", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}},
		{"another server, to be looked at", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusSeeOther) }},
	} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			row.answer(w, r)
		}))
		v := newVerifier(t, nil, func(p *opaque.Provider) { p.Ask.URL = web.URL })
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		_, err := verify(t, v, token)
		isUnavailable(t, err)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 { // of both sides
			t.Errorf("%s: %d bytes allocated", row.policy, got)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: it took %v", row.policy, took)
		}
		web.CloseClientConnections()
		web.Close()
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d questions, each with a token in it, went to another server", n)
	}
}

// The clock jumps: a verdict outlives neither its token nor the time that it is kept, and
// is not used for a time before it was made.
func TestClockStepsOfVerdicts(t *testing.T) {
	var off atomic.Int64
	clock := func() time.Time { return now.Add(time.Duration(off.Load())) }
	n := saying(set("exp", fmt.Sprint(now.Add(time.Hour).Unix())))
	v := newFrom(t, opaque.Config{Providers: []opaque.Provider{provider(func(p *opaque.Provider) { p.KeepFor = 30 * time.Minute })}, Transport: n, Now: clock})
	for _, step := range []struct {
		at        time.Duration
		admitted  bool
		questions int // in all
	}{
		{0, true, 1}, {29 * time.Minute, true, 1}, {31 * time.Minute, true, 2}, {5 * time.Hour, false, 3},
		{0, true, 4}, {-5 * time.Hour, true, 5}, {0, true, 6}, {59 * time.Minute, true, 7}, {62 * time.Minute, false, 8}, {72 * time.Hour, false, 9},
	} {
		off.Store(int64(step.at))
		_, err := verify(t, v, token)
		if (err == nil) != step.admitted || n.count() != step.questions {
			t.Errorf("at %v: %v after %d questions, want admitted %t after %d", step.at, err, n.count(), step.admitted, step.questions)
		}
	}
}
