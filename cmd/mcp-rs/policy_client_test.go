package main

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
)

// mcp-go's own client logs in when it hears 401, and takes a 403 for an answer: its
// application gets an error that says insufficient_scope, and has to take the step
// itself. All that is needed for it is in the header.
func TestClientUnderScoped(t *testing.T) {
	d := deploy(t, "MCP_REQUIRED_SCOPES=read")
	for _, revision := range revisions {
		t.Run(revision, func(t *testing.T) {
			g := visit(t, d.mcp, revision, bearerOf(d.issuer.mint(map[string]any{"scope": "read"}))).handshake(t)
			_, err := g.call(t, "notes_add", map[string]any{"text": "milk"})
			if err == nil || !strings.Contains(err.Error(), "insufficient_scope") || client.IsAuthorizationRequiredError(err) {
				t.Errorf("error %v", err)
			}
			trips := g.wire.trips()
			last := trips[len(trips)-1]
			site := strings.TrimSuffix(d.mcp, endpointPath)
			want := `Bearer resource_metadata="` + site + `/.well-known/oauth-protected-resource/mcp", error="insufficient_scope", scope="read write"`
			if got := last.received.Values("Www-Authenticate"); last.status != http.StatusForbidden || got[0] != want {
				t.Errorf("%d with %q, want %s", last.status, got, want)
			}
			if notes := g.say(t, "notes_list", nil); notes != `{"notes":[]}` {
				t.Errorf("the tool ran: %s", notes)
			}
		})
	}
}

// A stepper is the network of a client that steps up: when it hears of scopes that it
// lacks, it asks for a token with those and sends the request once more.
type stepper struct {
	inner *http.Transport
	mint  func(scope string) string

	mu    sync.Mutex
	token string
	asked []string // scopes, as the challenges named them
}

var challenged = regexp.MustCompile(`^Bearer .*error="insufficient_scope".*scope="([^"]*)"`)

func (s *stepper) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.send(r)
	if err != nil || resp.StatusCode != http.StatusForbidden {
		return resp, err
	}
	m := challenged.FindStringSubmatch(resp.Header.Get("Www-Authenticate"))
	if m == nil {
		return resp, nil
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	s.mu.Lock()
	s.asked = append(s.asked, m[1])
	s.token = s.mint(m[1])
	s.mu.Unlock()
	return s.send(r)
}

func (s *stepper) send(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	token := s.token
	s.mu.Unlock()
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		r.Body = body
	}
	return s.inner.RoundTrip(r)
}

func (s *stepper) scopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// A client that steps up gets what it needs, tool by tool and not before, and its
// session is the same one all along.
func TestClientStepsUp(t *testing.T) {
	d := deploy(t, "MCP_REQUIRED_SCOPES=read")
	for _, revision := range revisions {
		t.Run(revision, func(t *testing.T) {
			s := &stepper{inner: &http.Transport{}, mint: func(scope string) string { return d.issuer.mint(map[string]any{"scope": scope}) }}
			t.Cleanup(s.inner.CloseIdleConnections)
			s.token = s.mint("read")
			g := visit(t, d.mcp, revision, nobody, transport.WithHTTPBasicClient(&http.Client{Transport: s})).handshake(t)
			id := g.GetSessionId()
			for _, step := range []struct {
				tool, want string
				asked      []string
			}{
				{"notes_list", `{"notes":[]}`, nil},
				{"notes_add", "Added.", []string{"read write"}},
				{"notes_add", "Added.", []string{"read write"}},
				{"notes_clear", "Removed 2 of your notes.", []string{"read write", "read admin"}},
				{"notes_add", "Added.", []string{"read write", "read admin"}}, // which admin implies
				{"notes_clear", "Removed 1 of your notes.", []string{"read write", "read admin"}},
			} {
				if got := g.say(t, step.tool, map[string]any{"text": "milk"}); got != step.want {
					t.Errorf("%s says %s", step.tool, got)
				}
				if got := s.scopes(); !slices.Equal(got, step.asked) {
					t.Errorf("%s: asked for %q, want %q", step.tool, got, step.asked)
				}
			}
			if g.GetSessionId() != id {
				t.Error("another session")
			}
		})
	}
}

// Where no scope would help, none is named, and a client that would step up does not
// ask its user in vain.
func TestClientHasNoStepToTake(t *testing.T) {
	d := deploy(t, "MCP_POLICY_FILE="+writeFile(t, "tools: {notes_clear: {deny: true}, notes_list: {when: 'principal.subject != \"alice\"'}}"))
	s := &stepper{inner: &http.Transport{}, mint: func(scope string) string { return d.issuer.mint(map[string]any{"scope": scope}) }}
	t.Cleanup(s.inner.CloseIdleConnections)
	s.token = s.mint("read")
	g := visit(t, d.mcp, "2025-11-25", nobody, transport.WithHTTPBasicClient(&http.Client{Transport: s})).handshake(t)
	for _, tool := range []string{"notes_clear", "notes_list", "notes_add"} { // denied, by condition, without a rule
		if _, err := g.call(t, tool, nil); err == nil || !strings.Contains(err.Error(), "forbidden") {
			t.Errorf("%s: %v", tool, err)
		}
	}
	if asked := s.scopes(); len(asked) > 0 {
		t.Errorf("asked for %q", asked)
	}
}

// The transport of 2024-11-05 answers 202 before it looks. The guard has looked by
// then.
func TestPolicyOverSSE(t *testing.T) {
	d := deploy(t, "MCP_SSE_ENABLED=true")
	at := strings.TrimSuffix(d.mcp, endpointPath) + "/sse"
	g, err := visitSSE(t, at, bearerOf(d.issuer.mint(map[string]any{"scope": "read"})))
	if err != nil {
		t.Fatal(err)
	}
	g.handshake(t)
	if _, err := g.call(t, "notes_add", map[string]any{"text": "milk"}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("error %v", err)
	}
	if notes := g.say(t, "notes_list", nil); notes != `{"notes":[]}` {
		t.Errorf("the tool ran: %s", notes)
	}
}

// listen begins a session and opens its stream.
func listen(t *testing.T, url string, who credential) (id string, stream *http.Response) {
	t.Helper()
	id = visit(t, url, "2025-11-25", who).handshake(t).GetSessionId()
	stream = raw(t, http.MethodGet, url, who, inSession(id), "")
	if stream.StatusCode != http.StatusOK {
		t.Fatalf("GET: %d", stream.StatusCode)
	}
	return id, stream
}

// ended waits for the end of a stream.
func ended(t *testing.T, stream *http.Response) {
	t.Helper()
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Errorf("the stream breaks: %v", err)
	}
}

// Who gets on the list is heard of at once: also on what is open already.
func TestStreamEndsWithItsCaller(t *testing.T) {
	file := writeFile(t, "[]")
	d := deploy(t, "MCP_DENYLIST_FILE="+file)
	mallory, alice := d.as("mallory"), d.as("alice")
	id, stream := listen(t, d.mcp, mallory)
	own, other := listen(t, d.mcp, alice)
	if err := os.WriteFile(file, []byte("- subject: mallory"), 0o600); err != nil {
		t.Fatal(err)
	}
	ended(t, stream)
	if status, body := drained(t, raw(t, http.MethodPost, d.mcp, mallory, inSession(id), listTools)); status != http.StatusForbidden {
		t.Errorf("a denied caller goes on: %d %s", status, body)
	}
	if status, body := drained(t, raw(t, http.MethodDelete, d.mcp, alice, inSession(own), "")); status != http.StatusOK {
		t.Errorf("another caller's session: %d %s", status, body)
	}
	ended(t, other)
}

// A stream ends with the token that opened it, unless its caller has shown a newer one
// in that session. The session goes on either way.
func TestStreamEndsWithItsToken(t *testing.T) {
	d := deploy(t, "MCP_JWT_LEEWAY=1s")
	short := bearerOf(d.issuer.mint(map[string]any{"exp": time.Now().Add(3 * time.Second)}))
	long := d.as("alice")
	lapsed, lapsing := listen(t, d.mcp, short)
	kept, extended := listen(t, d.mcp, short)
	if status, body := drained(t, raw(t, http.MethodPost, d.mcp, long, inSession(kept), listTools)); status != http.StatusOK {
		t.Fatalf("the newer token: %d %s", status, body)
	}
	ended(t, lapsing)
	if status, _ := drained(t, raw(t, http.MethodPost, d.mcp, short, inSession(lapsed), listTools)); status != http.StatusUnauthorized {
		t.Errorf("the token has not ended with the stream: %d", status)
	}
	if status, _ := drained(t, raw(t, http.MethodPost, d.mcp, long, inSession(lapsed), listTools)); status != http.StatusOK {
		t.Errorf("the session has ended with the stream: %d", status)
	}
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, extended.Body)
		close(over)
	}()
	select {
	case <-over:
		t.Error("the stream that was extended has ended too")
	case <-time.After(500 * time.Millisecond):
	}
	if status, _ := drained(t, raw(t, http.MethodDelete, d.mcp, long, inSession(kept), "")); status != http.StatusOK {
		t.Errorf("DELETE: %d", status)
	}
	<-over
}
