package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Handlers that panic in the middle of an event stream take nobody with them: the others
// are served meanwhile, the broken streams look broken, and nothing of them stays.
func TestPanicsInTheMiddleOfStreams(t *testing.T) {
	const streams = 100
	g := newGuard(t, config())
	admitted(t, g, bearer(mint(nil)))
	before := countNow(t)
	var begun sync.WaitGroup
	begun.Add(streams)
	blow := make(chan struct{})
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			_, _ = io.WriteString(w, "ok")
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: half\n\n")
		_ = http.NewResponseController(w).Flush()
		begun.Done()
		<-blow
		panic("bug")
	}))
	web := httptest.NewUnstartedServer(h)
	web.Config.ErrorLog = discard
	web.Start()
	token := mint(nil)
	send := func(method string) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, web.URL, nil)
		if err != nil {
			return "", err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := web.Client().Do(r)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return string(body), err
	}
	var callers sync.WaitGroup
	for range streams {
		callers.Go(func() {
			if body, err := send(http.MethodGet); err == nil || !strings.HasPrefix(body, "data: half") {
				t.Errorf("a broken stream seems complete: %q, %v", body, err)
			}
		})
	}
	begun.Wait()
	close(blow)
	for range 50 {
		if body, err := send(http.MethodPost); err != nil || body != "ok" {
			t.Errorf("beside the panics: %q, %v", body, err)
		}
	}
	callers.Wait()
	web.Close()
	web.Client().CloseIdleConnections()
	before.backTo(t)
	if left := g.Streams(); left != 0 {
		t.Errorf("%d streams are still counted", left)
	}
}
