package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// A streamServer is a guard in a bubble of its own time, before a handler that goes
// on until its context ends.
type streamServer struct {
	t     *testing.T
	guard *middleware.Guard
	began time.Time
}

func newStreamServer(t *testing.T, change ...func(*middleware.Config)) *streamServer {
	s := &streamServer{t: t, began: time.Now()}
	c := config()
	c.Policy = &middleware.Policy{}
	c.Now = func() time.Time { return started.Add(time.Since(s.began)) }
	for _, f := range change {
		f(&c)
	}
	s.guard = newGuard(t, c)
	return s
}

// token is a token of subject that is accepted for as long as lasts says, leeway and
// all.
func (s *streamServer) token(subject string, lasts time.Duration) string {
	issued := started.Add(time.Since(s.began))
	return mint(map[string]any{"sub": subject, "iat": issued, "exp": issued.Add(lasts - time.Minute)})
}

// A recording is a request under way, and its answer once it has ended.
type recording struct {
	*httptest.ResponseRecorder
	done chan struct{}
}

func (r *recording) ended() bool {
	synctest.Wait()
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// begin serves r to a handler that streams until it is cancelled, or three hours
// later.
func (s *streamServer) begin(r *http.Request) *recording {
	return s.beginWith(r, "text/event-stream")
}

func (s *streamServer) beginWith(r *http.Request, contentType string) *recording {
	rec := &recording{httptest.NewRecorder(), make(chan struct{})}
	h := s.guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, ": hello\n\n")
		select {
		case <-r.Context().Done():
		case <-time.After(3 * time.Hour):
			_, _ = io.WriteString(w, "finished")
		}
	}))
	go func() {
		defer close(rec.done)
		h.ServeHTTP(rec, r)
	}()
	synctest.Wait()
	return rec
}

func get(token, session string) *http.Request {
	r := request("GET", "Authorization", "Bearer "+token)
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
	}
	return r
}

func listening(token string, id string) *http.Request {
	body := `{"jsonrpc":"2.0","id":` + id + `,"method":"subscriptions/listen","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"},"notifications":{}}}`
	if id == "" {
		body = strings.Replace(body, `"id":,`, "", 1)
	}
	return post(token, body, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "subscriptions/listen")
}

// lasts makes sure that a stream goes on until then, and no longer.
func (s *streamServer) lasts(rec *recording, until time.Duration) {
	s.t.Helper()
	time.Sleep(time.Until(s.began.Add(until - time.Second)))
	if rec.ended() {
		s.t.Fatalf("the stream has ended %v after the start, and should go on until %v", time.Since(s.began), until)
	}
	time.Sleep(2 * time.Second)
	if !rec.ended() {
		s.t.Errorf("the stream goes on after %v", until)
		s.guard.EndStreams()
	}
}

func TestStreamsEndWithTheirToken(t *testing.T) {
	for name, open := range map[string]func(string) *http.Request{
		"GET":                  func(token string) *http.Request { return get(token, "s") },
		"GET without session":  func(token string) *http.Request { return get(token, "") },
		"subscriptions/listen": func(token string) *http.Request { return listening(token, "1") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStreamServer(t)
				s.lasts(s.begin(open(s.token("alice", 5*time.Minute))), 5*time.Minute)
			})
		})
	}
}

// A GET is a stream without a Policy too.
func TestStreamsEndWithoutAPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t, func(c *middleware.Config) { c.Policy = nil })
		s.lasts(s.begin(get(s.token("alice", 5*time.Minute), "")), 5*time.Minute)
	})
}

func TestStreamsOfKeysEndWithTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t, func(c *middleware.Config) { c.APIKeys = store(t, "mcp:tools") })
		r := request("GET", "X-API-Key", goodKey)
		rec := s.begin(r)
		time.Sleep(2 * time.Hour)
		if rec.ended() {
			t.Error("the key has no end, and the stream has one")
		}
		time.Sleep(2 * time.Hour)
	})
}

// Calls that are under way finish: whoever may begin one may have its answer.
func TestCallsOutliveTheirToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t)
		rec := s.begin(post(s.token("alice", 2*time.Minute), tool("slow")))
		time.Sleep(2 * time.Hour)
		s.guard.EndStreams()
		if rec.ended() {
			t.Error("the call was cut")
		}
		time.Sleep(2 * time.Hour)
		if !rec.ended() || !strings.HasSuffix(rec.Body.String(), "finished") {
			t.Errorf("got %q", rec.Body)
		}
	})
}

// A call with a newer token of the same caller, on the same session, keeps it open.
func TestStreamsAreExtended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t)
		rec := s.begin(get(s.token("alice", 5*time.Minute), "s"))
		time.Sleep(3 * time.Minute)
		fresh := s.token("alice", 10*time.Minute)
		serve(s.guard.Handler(ok), post(fresh, message("ping", nil), "Mcp-Session-Id", "s"))
		time.Sleep(time.Minute)
		serve(s.guard.Handler(ok), post(s.token("alice", 2*time.Minute), message("ping", nil), "Mcp-Session-Id", "s")) // shorter: changes nothing
		s.lasts(rec, 13*time.Minute)
	})
}

func TestStreamsAreNotExtendedByOthers(t *testing.T) {
	for name, other := range map[string]func(*streamServer) *http.Request{
		"another caller": func(s *streamServer) *http.Request {
			return post(s.token("bob", time.Hour), message("ping", nil), "Mcp-Session-Id", "s")
		},
		"another session": func(s *streamServer) *http.Request {
			return post(s.token("alice", time.Hour), message("ping", nil), "Mcp-Session-Id", "t")
		},
		"no session": func(s *streamServer) *http.Request { return post(s.token("alice", time.Hour), message("ping", nil)) },
		"another client": func(s *streamServer) *http.Request {
			return post(mint(map[string]any{"exp": started.Add(time.Hour), "client_id": "other"}), message("ping", nil), "Mcp-Session-Id", "s")
		},
		"a refused call": func(s *streamServer) *http.Request {
			return post(mint(map[string]any{"exp": started.Add(time.Hour), "scope": "none"}), message("ping", nil), "Mcp-Session-Id", "s")
		},
		"a forged token": func(s *streamServer) *http.Request {
			token := s.token("alice", time.Hour)
			return post(token[:len(token)-8]+"AAAAAAAA", message("ping", nil), "Mcp-Session-Id", "s")
		},
		"the same token": func(s *streamServer) *http.Request {
			return post(s.token("alice", 5*time.Minute), message("ping", nil), "Mcp-Session-Id", "s")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStreamServer(t)
				rec := s.begin(get(s.token("alice", 5*time.Minute), "s"))
				serve(s.guard.Handler(ok), other(s))
				s.lasts(rec, 5*time.Minute)
			})
		})
	}
}

// What has ended is not brought back.
func TestStreamsDoNotRise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t)
		rec := s.begin(get(s.token("alice", 5*time.Minute), "s"))
		s.guard.EndStreams()
		serve(s.guard.Handler(ok), post(s.token("alice", time.Hour), message("ping", nil), "Mcp-Session-Id", "s"))
		if !rec.ended() {
			t.Error("goes on")
		}
	})
}
