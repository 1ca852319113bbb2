package demo_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/demo"
	"github.com/mcp-rs/mcp-rs/middleware"
)

func TestNotesNeedScopes(t *testing.T) {
	_, web := start(t)
	tests := []struct {
		name    string
		as      string
		allowed string // the tools that run
	}{
		{"all scopes, all tools", "alice", "notes_list notes_add notes_clear"},
		{"read alone lists", "reader", "notes_list"},
		{"write does not read", "writer", "notes_add"},
		{"no scopes, no tools", "noscopes", ""},
		{"an API key holds scopes too", "key", "notes_list notes_add notes_clear"},
		{"anonymous callers hold none", "anonymous", ""},
		{"with authentication disabled none are asked for", "disabled", "notes_list notes_add notes_clear"},
		{"without a guard nobody is let in", "nobody", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, scope := range map[string]string{"notes_list": "read", "notes_add": "write", "notes_clear": "admin"} {
				a := tool(t, web.URL+"/mcp", test.as, name, map[string]any{"text": "hello"})
				allowed := strings.Contains(test.allowed, name)
				if a.Result.IsError == allowed {
					t.Errorf("%s: error %v: %s", name, a.Result.IsError, a.text())
				}
				if !allowed && !strings.Contains(a.text(), `needs scope "`+scope+`"`) {
					t.Errorf("%s: the refusal does not name the scope: %s", name, a.text())
				}
			}
		})
	}
}

func TestNotesBelongToTheirAuthor(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	tool(t, url, "alice", "notes_add", map[string]any{"text": "secret of alice"})
	tool(t, url, "keyless", "notes_add", map[string]any{"text": "secret of another alice"})
	tests := []struct {
		as   string
		sees bool
	}{
		{"alice", true},
		{"tablet", true}, // the same person with another client
		{"bob", false},
		{"other", false}, // the same subject of another issuer
		{"key", false},   // an API key of the same name
		{"disabled", false},
	}
	for _, test := range tests {
		list := tool(t, url, test.as, "notes_list", nil)
		if list.Result.IsError || strings.Contains(list.text(), "secret") != test.sees {
			t.Errorf("as %s: %s", test.as, list.text())
		}
	}
	tool(t, url, "bob", "notes_clear", nil)
	if list := tool(t, url, "alice", "notes_list", nil); !strings.Contains(list.text(), "secret") {
		t.Error("notes_clear of bob removed a note of alice")
	}
	if cleared := tool(t, url, "alice", "notes_clear", nil); cleared.text() != "Removed 1 of your notes." {
		t.Error(cleared.text())
	}
	if list := tool(t, url, "alice", "notes_list", nil); list.text() != `{"notes":[]}` {
		t.Error(list.text())
	}
}

// Callers who cannot be told apart would share their notes.
func TestNotesNeedASubject(t *testing.T) {
	_, web := start(t)
	for _, name := range []string{"notes_list", "notes_add", "notes_clear"} {
		a := tool(t, web.URL+"/mcp", "nosubject", name, map[string]any{"text": "hello"})
		if !a.Result.IsError || !strings.Contains(a.text(), "names none") {
			t.Errorf("%s: %s", name, a.text())
		}
	}
}

func TestNoteTextIsBounded(t *testing.T) {
	_, web := start(t)
	tests := []struct {
		name string
		args any
		want string
	}{
		{"longest", map[string]any{"text": strings.Repeat("ü", 1000)}, "Added."},
		{"too long", map[string]any{"text": strings.Repeat("ü", 1001)}, "text is longer than 1000 characters"},
		{"blank", map[string]any{"text": " \n"}, "text is missing or blank: write what to remember"},
		{"missing", nil, "text is missing or blank: write what to remember"},
		{"no text", map[string]any{"text": 7}, "text is missing or blank: write what to remember"},
		{"no object", "text", "text is missing or blank: write what to remember"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := tool(t, web.URL+"/mcp", "alice", "notes_add", test.args)
			if a.text() != test.want || a.Result.IsError != (test.want != "Added.") {
				t.Errorf("%v: %s", a.Result.IsError, a.text())
			}
		})
	}
}

// Nobody has more than their share, however many calls they make at once, and
// what they have does not keep others from adding.
func TestNotesAreBounded(t *testing.T) {
	_, web := start(t)
	url := web.URL + "/mcp"
	var wg sync.WaitGroup
	refused := make(chan string, 120)
	for i := range 120 {
		wg.Go(func() {
			if a := tool(t, url, "alice", "notes_add", map[string]any{"text": fmt.Sprint(i)}); a.Result.IsError {
				refused <- a.text()
			}
		})
	}
	wg.Wait()
	if len(refused) != 20 {
		t.Fatalf("%d of 120 refused, want 20", len(refused))
	}
	if text := <-refused; !strings.Contains(text, "notes_clear") {
		t.Errorf("the refusal does not say what to do: %s", text)
	}
	if a := tool(t, url, "bob", "notes_add", map[string]any{"text": "hello"}); a.Result.IsError {
		t.Errorf("bob: %s", a.text())
	}
	tool(t, url, "alice", "notes_clear", nil)
	if a := tool(t, url, "alice", "notes_add", map[string]any{"text": "hello"}); a.Result.IsError {
		t.Errorf("after notes_clear: %s", a.text())
	}
}

// Everyone together has a bound too: fifty callers with a hundred notes each. Who
// removes theirs makes room.
func TestNotesAreBoundedTogether(t *testing.T) {
	s := demo.New(demo.Config{})
	defer s.Shutdown(context.Background())
	call := func(user int, name string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(toolCall(t, 1, name, map[string]any{"text": "hello"})))
		r.Header.Set("Content-Type", "application/json")
		p := &middleware.Principal{Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: fmt.Sprint(user), Scopes: demo.Scopes()}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r.WithContext(middleware.WithPrincipal(r.Context(), p)))
		return w.Body.String()
	}
	for i := range 5000 {
		if got := call(i/100, "notes_add"); !strings.Contains(got, "Added.") {
			t.Fatalf("note %d: %s", i, got)
		}
	}
	if got := call(51, "notes_add"); !strings.Contains(got, "no room") {
		t.Errorf("beyond the bound: %s", got)
	}
	call(7, "notes_clear")
	if got := call(51, "notes_add"); !strings.Contains(got, "Added.") {
		t.Errorf("after somebody made room: %s", got)
	}
}
