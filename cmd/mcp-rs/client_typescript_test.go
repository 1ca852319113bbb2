package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// typescriptDir has the official TypeScript client and what is done with it.
var typescriptDir = filepath.Join("..", "..", "testdata", "typescript")

// needsTypeScript skips the test where the client cannot be had: it needs Node, and
// packages that are installed beforehand, so that no test needs the network. In CI
// they are, and if they are not then that is a mistake.
func needsTypeScript(t *testing.T) {
	t.Helper()
	needsPackages(t, "the TypeScript client", "testdata/typescript")
}

// needsPackages skips the test where the packages of a folder cannot be had.
func needsPackages(t *testing.T, what, folder string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not on PATH")
	}
	_, err := os.Stat(filepath.Join("..", "..", folder, "node_modules"))
	if err == nil {
		return
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	missing := what + " is not installed; run: npm ci --prefix " + folder
	if _, err := exec.LookPath("npm"); err == nil && os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// An sdk is a major version of the client, and the revision that it speaks with us;
// which version 2 does not choose by itself. Most clients are made with version 1.
type sdk struct {
	major     int
	pkg, name string
	speaks    string
	insist    bool
}

var sdks = []sdk{
	{1, "@modelcontextprotocol/sdk", "sdk 1", "2025-11-25", false},
	{2, "@modelcontextprotocol/client", "sdk 2", "2025-11-25", false},
	{2, "@modelcontextprotocol/client", "sdk 2 " + modern, modern, true},
}

// A script says what main.mjs is to do.
type script struct {
	SDK      int               `json:"sdk"`
	URL      string            `json:"url"`
	Revision string            `json:"revision,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Login    string            `json:"login,omitempty"` // browser or robot
	Robot    map[string]string `json:"robot,omitempty"`
	Expired  string            `json:"expired,omitempty"` // the token to go on with after a while
	StepUp   string            `json:"stepUp,omitempty"`  // a tool that the login is not wide enough for
}

// A report is what main.mjs says came of it.
type report struct {
	SDK, Revision          string
	Trace                  []string // every request, and the status of its answer
	Errors                 []string // what the SDK complained of beside what it returned
	Tools, Progress, Asked []string
	Countdown, Greeting    string
	Whoami, WhoamiAgain    struct {
		identity
		Scopes []string
	}
	Session, SessionAgain string
	SteppedUp             string
	Failure               *struct {
		Status  int
		Message string
	}
}

// run makes a client do what s says, and shortens the URLs that it reports.
func (k sdk) run(t *testing.T, d *deployment, s script) (r report) {
	t.Helper()
	s.SDK = k.major
	if k.insist {
		s.Revision = k.speaks
	}
	input, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, "node", "main.mjs")
	c.Dir, c.Stdin, c.Stdout, c.Stderr, c.WaitDelay = typescriptDir, bytes.NewReader(input), &stdout, &stderr, time.Second
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, &stdout)
	}
	if want := manifest(t).Dependencies[k.pkg]; r.SDK != want {
		t.Fatalf("%s %s is installed and %s wanted; run: npm ci --prefix testdata/typescript", k.pkg, r.SDK, want)
	}
	site := strings.TrimSuffix(d.mcp, endpointPath)
	if r.Failure == nil && r.Revision != k.speaks {
		t.Errorf("%s speaks %s", k.name, r.Revision)
	}
	for i, step := range r.Trace {
		r.Trace[i] = strings.NewReplacer(site, "server", d.issuer.URL, "issuer").Replace(step)
	}
	return r
}

// manifest is package.json.
func manifest(t *testing.T) (m struct{ Dependencies map[string]string }) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(typescriptDir, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What is listed to who may use everything, or could ask for it; and to a program
// without the scope admin, for which nobody could ask.
const (
	allTools   = "ask_name countdown notes_add notes_clear notes_list whoami"
	robotTools = "ask_name countdown notes_add notes_list whoami"
)

// check wants all that a client can do to have worked, and nothing else to have
// happened.
func (r report) check(t *testing.T, want identity, scopes, tools string) {
	t.Helper()
	if r.Failure != nil {
		t.Fatalf("%+v after\n%s", *r.Failure, strings.Join(r.Trace, "\n"))
	}
	if len(r.Errors) > 0 {
		t.Errorf("complaints: %q", r.Errors)
	}
	if r.Whoami.identity != want || strings.Join(r.Whoami.Scopes, " ") != scopes {
		t.Errorf("whoami says %+v", r.Whoami)
	}
	if got := strings.Join(r.Tools, " "); got != tools {
		t.Errorf("tools %s", got)
	}
	if r.Countdown != "Lift-off." || !slices.Equal(r.Progress, []string{"1/3", "2/3", "3/3"}) {
		t.Errorf("steps %q and then %q", r.Progress, r.Countdown)
	}
	if r.Greeting != "Hello, Ada." || !slices.Equal(r.Asked, []string{"What is your name?"}) {
		t.Errorf("asked %q, then told %q", r.Asked, r.Greeting)
	}
}

// checkSession wants a session that was listened to and ended, or none in the
// revision that has none.
func (r report) checkSession(t *testing.T, k sdk, url string, who credential) {
	t.Helper()
	count := func(method string) (n int) {
		for _, step := range r.Trace {
			if strings.HasPrefix(step, method+" server/mcp") && strings.HasSuffix(step, " 200") {
				n++
			}
		}
		return n
	}
	want := 1
	if k.speaks == modern {
		want = 0
	}
	if count("GET") != want || count("DELETE") != want || (r.Session != "") != (want == 1) {
		t.Errorf("session %q:\n%s", r.Session, strings.Join(r.Trace, "\n"))
	}
	if r.Session == "" {
		return
	}
	if status, _ := drained(t, raw(t, http.MethodPost, url, who, inSession(r.Session), listTools)); status != http.StatusNotFound {
		t.Errorf("the session after its end: %d", status)
	}
}

// checkLogin wants the client to have found its way without guessing: one refusal,
// the document that it names, the provider that the document names, a token; and
// nothing asked for that is not there.
func (r report) checkLogin(t *testing.T, path string, steps ...string) {
	t.Helper()
	steps = append([]string{
		"POST server" + path + " 401",
		"GET server/.well-known/oauth-protected-resource" + path + " 200",
		"GET issuer/.well-known/oauth-authorization-server 200",
	}, append(steps, "POST issuer/token 200", "POST server"+path+" 200")...)
	var found, refused []string
	for _, step := range r.Trace {
		if len(found) < len(steps) && step == steps[len(found)] {
			found = append(found, step)
		}
		if strings.Contains(step, " 4") {
			refused = append(refused, step)
		}
	}
	if !slices.Equal(found, steps) || !slices.Equal(refused, steps[:1]) {
		t.Errorf("steps\n%s", strings.Join(r.Trace, "\n"))
	}
}
