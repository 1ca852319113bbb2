package middleware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// watch makes the guard of c tell of its decisions.
func watch(t *testing.T, c middleware.Config) (*middleware.Guard, *[]middleware.Event) {
	t.Helper()
	var events []middleware.Event
	c.Observe = func(_ context.Context, e middleware.Event) { events = append(events, e) }
	return newGuard(t, c), &events
}

func TestOneEventPerDecision(t *testing.T) {
	c := config()
	c.Aliases = []string{alias}
	g, events := watch(t, c)
	h := g.For(alias).Handler(ok)

	serve(h, bearer(mint(nil)))
	serve(h, bearer(mint(map[string]any{"exp": started.Add(-time.Hour)})))
	preflight := request("OPTIONS", "Origin", "https://mcp.example.com", "Access-Control-Request-Method", "POST")
	serve(h, preflight) // nothing is decided
	stranger := request("GET", "Origin", "https://evil.example.net")
	serve(h, stranger)

	want := []middleware.Reason{"", "expired", "origin_refused"}
	if len(*events) != len(want) {
		t.Fatalf("%d events, want %d", len(*events), len(want))
	}
	for i, e := range *events {
		if e.Resource != alias || e.Path != "/mcp" || e.Remote == "" || !e.Time.Equal(started) {
			t.Errorf("event %d: %+v", i, e)
		}
		if (e.Denial == nil) == (e.Principal == nil) {
			t.Errorf("event %d is neither an admission nor a refusal, or both: %+v", i, e)
		}
		if e.Denial != nil && e.Denial.Reason != want[i] {
			t.Errorf("event %d: %s, want %s", i, e.Denial.Reason, want[i])
		}
	}
	if e := (*events)[0]; e.Principal == nil || e.Principal.Subject != "alice" || e.Verb != "POST" {
		t.Errorf("the admission: %+v", e)
	}
}

// Check is a question. Who asks it tells of the answer, or does not.
func TestCheckIsNotObserved(t *testing.T) {
	g, events := watch(t, config())
	_, _ = g.Check(bearer(mint(nil)))
	_, _ = g.Check(request("POST"))
	if len(*events) > 0 {
		t.Errorf("%d events", len(*events))
	}
}

// A handler that panics after it was reached makes a second event: the admission was
// a decision, and the operator has to learn of both.
func TestPanicIsAnEventOfItsOwn(t *testing.T) {
	g, events := watch(t, config())
	func() {
		defer func() { _ = recover() }()
		serve(g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") })), bearer(mint(nil)))
	}()
	if len(*events) != 2 || (*events)[0].Principal == nil || (*events)[1].Denial == nil {
		t.Fatalf("events %+v", *events)
	}
	if err := (*events)[1].Denial.Err.Error(); !strings.Contains(err, "bug") || !strings.Contains(err, "observe_test.go") {
		t.Errorf("the story does not tell what happened and where: %s", err)
	}
}

// Observe comes before the answer, so that who waits for the answer finds it counted.
func TestObserveComesBeforeTheAnswer(t *testing.T) {
	w := httptest.NewRecorder()
	c := config()
	early := false
	c.Observe = func(context.Context, middleware.Event) { early = w.Code == 200 && w.Body.Len() == 0 }
	newGuard(t, c).Handler(ok).ServeHTTP(w, request("POST"))
	if !early || w.Code != 401 {
		t.Error("the answer was written before")
	}
}

func TestEventsAreBounded(t *testing.T) {
	g, events := watch(t, config())
	r := httptest.NewRequest(strings.Repeat("M", 5000), "https://mcp.example.com/"+strings.Repeat("p", 5000), nil)
	serve(g.Handler(ok), r)
	if e := (*events)[0]; len(e.Verb) != 16 || len(e.Path) != 128 {
		t.Errorf("verb of %d bytes, path of %d", len(e.Verb), len(e.Path))
	}
}

// logOf runs one request and returns the lines that the guard wrote.
func logOf(t *testing.T, level slog.Level, change func(*middleware.Config), r *http.Request) []map[string]any {
	t.Helper()
	var b syncBuffer
	c := config()
	c.Logger = slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: level}))
	change(&c)
	func() {
		defer func() { _ = recover() }()
		g := newGuard(t, c)
		_ = g.Ready(t.Context()) // no token is quoted before the keys are there
		serve(g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Panic") != "" {
				panic("bug")
			}
		})), r)
	}()
	var lines []map[string]any
	for line := range strings.Lines(b.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		if msg := fields["msg"]; msg != "keys fetched" {
			lines = append(lines, fields)
		}
	}
	return lines
}

func TestLogLevels(t *testing.T) {
	same := func(*middleware.Config) {}
	tests := []struct {
		name   string
		change func(*middleware.Config)
		r      *http.Request
		level  string
		msg    string
		reason any
	}{
		{"an admission is Debug", same, bearer(mint(nil)), "DEBUG", "admitted", nil},
		{"a refusal is Info", same, request("POST"), "INFO", "denied", "no_credential"},
		{"a missing scope is Info", same, bearer(mint(map[string]any{"scope": nil})), "INFO", "denied", "insufficient_scope"},
		{"what could not be decided is an Error", func(c *middleware.Config) { c.Transport = outage{} }, bearer(mint(nil)), "ERROR", "undecided", "keys_unavailable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := logOf(t, slog.LevelDebug, tt.change, tt.r)
			lines = slices.DeleteFunc(lines, func(l map[string]any) bool { return l["msg"] == "keys unavailable" })
			if len(lines) != 1 {
				t.Fatalf("%d lines: %v", len(lines), lines)
			}
			if l := lines[0]; l["level"] != tt.level || l["msg"] != tt.msg || l["reason"] != tt.reason {
				t.Errorf("line %v", l)
			}
		})
	}
	if lines := logOf(t, slog.LevelInfo, same, bearer(mint(nil))); len(lines) > 0 {
		t.Errorf("at level Info an admission is logged: %v", lines)
	}
	lines := logOf(t, slog.LevelInfo, same, request("POST", "Authorization", "Bearer "+mint(nil), "X-Panic", "1"))
	if len(lines) != 1 || lines[0]["level"] != "ERROR" || lines[0]["reason"] != "panic" {
		t.Errorf("a panic: %v", lines)
	}
}

// Who called what, and as whom.
func TestLogOfAnAdmission(t *testing.T) {
	l := logOf(t, slog.LevelDebug, func(*middleware.Config) {}, bearer(mint(nil)))[0]
	for name, want := range map[string]string{
		"verb": "POST", "path": "/mcp", "remote": "192.0.2.1:1234",
		"method": "jwt", "issuer": issuer().URL, "subject": "alice", "client": "cli",
	} {
		if l[name] != want {
			t.Errorf("%s = %v, want %s", name, l[name], want)
		}
	}
}

// The log tells apart what callers must not, and quotes an issuer whose keys are there.
func TestLogOfARefusal(t *testing.T) {
	l := logOf(t, slog.LevelInfo, func(*middleware.Config) {}, bearer(mint(map[string]any{"aud": "https://other.example.com/mcp"})))[0]
	if l["reason"] != "wrong_audience" || l["status"] != 401.0 || !strings.Contains(l["error"].(string), "https://other.example.com/mcp") {
		t.Errorf("line %v", l)
	}
}

// Fetches of keys are logged as what they mean for the operator.
func TestLogOfKeys(t *testing.T) {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		t.Fatal(err)
	}
	is.RemoveKey(is.KeyIDs()[0])
	is.Publish(jwkstest.UnknownKey("lattice"))
	is.SetAudience(resource)
	clock := started
	is.SetNow(func() time.Time { return clock })
	var b syncBuffer
	c := config()
	c.Transport, c.Now = is.RoundTripper(), func() time.Time { return clock }
	c.Logger = slog.New(slog.NewTextHandler(&b, nil))
	g := newGuard(t, c)

	is.SetAnswer(jwkstest.Everything, jwkstest.Answer{Drop: true})
	if err := g.Ready(t.Context()); err == nil {
		t.Fatal("ready without keys")
	}
	is.SetAnswer(jwkstest.Everything, jwkstest.Answer{})
	clock = clock.Add(time.Minute)
	if err := g.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	is.SetAnswer(jwkstest.Everything, jwkstest.Answer{Drop: true})
	clock = clock.Add(2 * time.Hour)
	if _, err := g.Check(bearer(is.Mint(jwkstest.Token{Claims: map[string]any{"scope": "mcp:tools"}}))); err != nil {
		t.Fatalf("old keys do not serve: %v", err)
	}
	for _, want := range []string{
		`level=ERROR msg="keys unavailable" issuer=https://login.example.com`,
		`level=INFO msg="keys fetched" issuer=https://login.example.com keys=1 skipped=1`,
		`level=INFO msg="key not usable" issuer=https://login.example.com error="key 2: key type \"LATTICE\" is not supported"`,
		`level=WARN msg="keys not refreshed, old ones stay in use" issuer=https://login.example.com age=2h`,
	} {
		if !eventually(func() bool { return strings.Contains(b.String(), want) }) {
			t.Errorf("%s\nis not in the log:\n%s", want, &b)
		}
	}
}

// eventually waits for what a goroutine of the guard will do.
func eventually(done func() bool) bool {
	for range 1000 {
		if done() {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

func TestUnforeseen(t *testing.T) {
	const secret = "dial tcp 10.0.0.1: canary"
	err := errors.New(secret)
	d := middleware.DenialOf(err)
	if d.Reason != middleware.ReasonInternal || d.Status != 500 || d.Code != "" || !errors.Is(d, err) {
		t.Errorf("denial %+v", d)
	}
	w := httptest.NewRecorder()
	newGuard(t, config()).Refuse(w, request("POST"), err)
	var all bytes.Buffer
	_ = w.Result().Header.Write(&all)
	all.Write(w.Body.Bytes())
	if w.Code != 500 || strings.Contains(all.String(), "canary") || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("%d %s", w.Code, &all)
	}
}
