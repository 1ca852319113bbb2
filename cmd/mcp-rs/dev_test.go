package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A transcript is what a program printed so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{}
}

func newTranscript() *transcript { return &transcript{grew: make(chan struct{}, 1)} }

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case t.grew <- struct{}{}:
	default:
	}
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// await returns the text once it contains what is waited for.
func (t *transcript) await(ctx context.Context, tb testing.TB, what string) string {
	tb.Helper()
	for {
		if text := t.String(); strings.Contains(text, what) {
			return text
		}
		select {
		case <-t.grew:
		case <-ctx.Done():
			tb.Fatalf("never printed %q: %s", what, t)
		}
	}
}

// startDev runs mcp-rs dev until the test ends, and returns what it printed.
func startDev(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	stdout, stderr := newTranscript(), newTranscript()
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"dev", "--port", "0", "--issuer-port", "0"}, program{stdout: stdout, stderr: stderr})
	}()
	t.Cleanup(func() {
		cancel()
		if c := <-code; c != 0 {
			t.Errorf("exit code %d: %s", c, stderr)
		}
		if token := bearer.FindString(stdout.String()); strings.Contains(stderr.String(), strings.TrimPrefix(token, "Bearer ")) {
			t.Error("the token is in the log")
		}
	})
	return stdout.await(ctx, t, "Ctrl-C stops both.")
}

var bearer = regexp.MustCompile(`Bearer eyJ[\w.-]+`)

// pasted is one curl command of the text, as a request.
func pasted(t *testing.T, command string) *http.Request {
	t.Helper()
	find := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(command)
		if m == nil {
			t.Fatalf("no %s in %s", pattern, command)
		}
		return m[1]
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, find(`curl -s (\S+)`), strings.NewReader(find(`-d '(.*)'`)))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range regexp.MustCompile(`-H "([^:]+): ([^"]*)"`).FindAllStringSubmatch(command, -1) {
		r.Header.Set(header[1], header[2])
	}
	return r
}

func post(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestDevPrintsWhatWorks(t *testing.T) {
	text := startDev(t)
	commands := strings.Split(text, "curl ")
	if len(commands) != 3 {
		t.Fatalf("%d curl commands, want 2: %s", len(commands)-1, text)
	}
	list, call := "curl "+commands[1], "curl "+commands[2]

	status, body := post(t, pasted(t, list))
	if status != http.StatusOK || !strings.Contains(body, `"name":"whoami"`) {
		t.Errorf("the first command: %d %s", status, body)
	}
	status, body = post(t, pasted(t, call))
	var answer struct {
		Result struct {
			StructuredContent struct {
				Subject, Method string
				Scopes          []string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if who := answer.Result.StructuredContent; status != http.StatusOK || who.Subject != "alice" || who.Method != "jwt" || len(who.Scopes) != 3 {
		t.Errorf("the second command: %d %s", status, body)
	}

	r := pasted(t, list)
	r.Header.Del("Authorization")
	if status, _ := post(t, r); status != http.StatusUnauthorized {
		t.Errorf("without the token: %d", status)
	}
}
