package middleware_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// A flow is one file of testdata/flow: one exchange, and the rule that it shows. The
// request is sent as it stands over a socket, because a client library would tidy up
// what some of the files are about.
type flow struct {
	reason   string // why the guard refuses; "" if it does not
	config   []string
	opaque   []string // providers that can be asked about tokens, one a line
	asked    []string // those that are asked, by their issuers
	request  string
	response string
}

// TestFlow runs every exchange. Each Reason must have one, and only a Reason that is
// can be named in one.
func TestFlow(t *testing.T) {
	files, err := filepath.Glob("../testdata/flow/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no flow files: %v", err)
	}
	shown := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parseFlow(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if f.reason != "" && !slices.Contains(middleware.Reasons(), middleware.Reason(f.reason)) {
			t.Errorf("%s: there is no reason %q", file, f.reason)
		}
		shown[f.reason] = true
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), f.run)
	}
	for _, reason := range middleware.Reasons() {
		// Nobody can provoke what nobody foresaw; TestUnforeseen shows its answer.
		if !shown[string(reason)] && reason != middleware.ReasonInternal {
			t.Errorf("no flow file shows reason %q", reason)
		}
	}
}

// parseFlow takes a file apart: prose, "name: value" lines, request, response.
func parseFlow(text string) (*flow, error) {
	head, rest, ok := strings.Cut(text, "\n-- request --\n")
	request, response, ok2 := strings.Cut(rest, "\n-- response --\n")
	if !ok || !ok2 {
		return nil, fmt.Errorf("needs -- request -- and -- response --")
	}
	if !strings.Contains(request, "\n\n") {
		request += "\n" // the end of the header is the blank line above the response
	}
	f := &flow{request: request, response: response}
	prose, settings, _ := strings.Cut(head, "\n\n")
	if strings.TrimSpace(prose) == "" || regexp.MustCompile(`(?m)^(reason|config|opaque|asked): `).MatchString(prose) {
		return nil, fmt.Errorf("needs prose that says which rule it shows, and a blank line under it")
	}
	for line := range strings.Lines(settings) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "":
		case "reason":
			f.reason = value
		case "config":
			f.config = strings.Fields(value)
		case "opaque":
			f.opaque = append(f.opaque, value)
		case "asked":
			f.asked = strings.Fields(value)
		default:
			return nil, fmt.Errorf("unknown setting %q", line)
		}
	}
	return f, nil
}

func (f *flow) run(t *testing.T) {
	s := newFlowServer(t, f.config, f.opaque)
	response, body := s.exchange(t, s.expand(t, f.request))
	f.compare(t, response, body)
	s.check(t, f.reason, response, body)
	s.network.check(t, f.asked)
}

// exchange sends a text with LF line ends as a request with CR LF ones.
func (s *flowServer) exchange(t *testing.T, text string) (*http.Response, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(s.handler)
	server.Config.ErrorLog = log.New(&s.complaints, "", 0)
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// compare holds the answer against the file: the status, every header line that is
// named (all lines of that name, in order; "!Name" stands for none), and the body if
// there is one in the file.
func (f *flow) compare(t *testing.T, response *http.Response, body string) {
	head, wantBody, hasBody := strings.Cut(f.response, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	if lines[0] != strconv.Itoa(response.StatusCode) {
		t.Errorf("status %d, want %s", response.StatusCode, lines[0])
	}
	want := http.Header{}
	for _, line := range lines[1:] {
		if name, absent := strings.CutPrefix(line, "!"); absent {
			want[http.CanonicalHeaderKey(name)] = nil
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		want.Add(name, value)
	}
	for name, values := range want {
		if got := response.Header[name]; !slices.Equal(got, values) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, values)
		}
	}
	if hasBody && strings.TrimSpace(body) != strings.TrimSpace(wantBody) {
		t.Errorf("body:\n got %s\nwant %s", body, wantBody)
	}
}

// check is what must hold of every exchange, whatever its file says.
func (s *flowServer) check(t *testing.T, reason string, response *http.Response, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var reasons []string
	for _, d := range s.denials {
		reasons = append(reasons, string(d.Reason))
	}
	if want := strings.Fields(reason); !slices.Equal(reasons, want) {
		t.Errorf("refused for %q, want %q", reasons, want)
	}
	for i, line := range response.Header.Values("WWW-Authenticate") {
		c, err := parseChallenge(line)
		if err != nil {
			t.Errorf("a challenge that some client does not read: %v", err)
		}
		if bearers := s.issuers && !strings.Contains(c.scheme, "Bearer"); i == 0 && bearers {
			t.Errorf("the first challenge is %s, and some clients read no other", c.scheme)
		}
	}
	if reason != "" && response.Header.Get("Cache-Control") != "no-store" {
		t.Error("a refusal may be cached")
	}
	if s.complaints.Len() > 0 {
		t.Errorf("net/http complained: %s", &s.complaints)
	}
	var all bytes.Buffer
	_ = response.Header.Write(&all)
	fmt.Fprint(&all, body, &s.logged)
	for _, secret := range s.secrets {
		if strings.Contains(all.String(), secret) {
			t.Errorf("the credential got out:\n%s", &all)
		}
	}
}
