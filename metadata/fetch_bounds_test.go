package metadata_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func TestFetchBoundIsConfigurable(t *testing.T) {
	const url = "https://login.example.com/doc"
	p := &provider{}
	p.set(url, answer{body: `{"a":1}`})
	for limit, ok := range map[int64]bool{6: false, 7: true, 1<<63 - 1: true, 0: true, -1: true} {
		f := metadata.Fetcher{Transport: p, MaxBytes: limit}
		if _, err := f.Fetch(t.Context(), url); (err == nil) != ok {
			t.Errorf("MaxBytes %d: %v", limit, err)
		}
	}
}

// 80 MiB of JSON in some 80 KiB of gzip: refused after the first MiB.
func TestFetchGzipBomb(t *testing.T) {
	bomb := slices.Concat(packed(t, `{"a":"`), bytes.Repeat(packed(t, strings.Repeat("x", 1<<20)), 80), packed(t, `"}`))
	url, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip not asked for: the test does not test")
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := fetcher(t).Fetch(t.Context(), url)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, metadata.ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("%d MiB allocated for a document of at most 1 MiB", used>>20)
	}
}

func TestFetchUnpacksGzip(t *testing.T) {
	url, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed(t, `{"a":1}`))
	})
	doc, err := fetcher(t).Fetch(t.Context(), url)
	if err != nil || string(doc.Body) != `{"a":1}` {
		t.Errorf("%v %v", doc, err)
	}
}

// packed is one gzip member; members one after the other are one stream.
func packed(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, writeErr := io.WriteString(z, s)
	if err := errors.Join(writeErr, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFetchTimeout(t *testing.T) {
	for _, tt := range []struct {
		policy string
		h      http.HandlerFunc
	}{
		{"no headers", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"half a body", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"a":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
		{"half the page of a 500", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
		{"a body that drips", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"a":"`)
			for r.Context().Err() == nil {
				fmt.Fprint(w, "x")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}},
		{"a redirect to itself that takes its time", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(60 * time.Millisecond)
			http.Redirect(w, r, "/", http.StatusFound)
		}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			url, opened, closed := serve(t, tt.h)
			f := fetcher(t)
			f.Timeout = 100 * time.Millisecond
			start := time.Now()
			_, err := f.Fetch(t.Context(), url)
			if want := metadata.ErrTimeout; tt.policy == "half the page of a 500" {
				if !errors.Is(err, metadata.ErrStatus) { // the status is known; only the drain has to end
					t.Errorf("%v", err)
				}
			} else if !errors.Is(err, want) {
				t.Errorf("%v", err)
			}
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %v", d)
			}
			eventually(t, func() bool { return opened.Load() == closed.Load() })
		})
	}
}

func TestFetchCancelled(t *testing.T) {
	url, _, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := fetcher(t).Fetch(ctx, url)
	if !errors.Is(err, context.Canceled) || errors.Is(err, metadata.ErrTimeout) {
		t.Errorf("%v", err)
	}
}

// A server that fails must not cost a connection for each attempt.
func TestFetchLeaksNoConnection(t *testing.T) {
	for _, tt := range []struct {
		policy string
		reused bool
		h      http.HandlerFunc
	}{
		{"after an error page", true, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = w.Write(bytes.Repeat([]byte("x"), 20<<10))
		}},
		{"after HTML", true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }},
		{"after an endless body", false, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"a":"`)
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
					return
				}
			}
		}},
		{"after an endless error page", false, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
					return
				}
			}
		}},
		{"after a redirect elsewhere", true, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://other.example.com/", http.StatusFound)
		}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			url, opened, closed := serve(t, tt.h)
			f := fetcher(t)
			for range 10 {
				if _, err := f.Fetch(t.Context(), url); err == nil || errors.Is(err, metadata.ErrTimeout) {
					t.Fatalf("%v", err)
				}
			}
			if tt.reused && opened.Load() != 1 {
				t.Errorf("%d connections for 10 answers", opened.Load())
			}
			if !tt.reused {
				eventually(t, func() bool { return opened.Load() == closed.Load() })
			}
		})
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for range 200 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("did not come to be within 2 s")
}
