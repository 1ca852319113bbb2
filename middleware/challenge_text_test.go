package middleware_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// parameters are what clients look for with a regular expression, anywhere in the
// header, and take the first they find: in a description, it would be the wrong one.
var parameters = regexp.MustCompile(`(?i)\b(scope|error|error_description|error_uri|resource_metadata|realm|algs)\s*=`)

// TestChallengeText looks at every refusal of the flow files, which TestFlow wants one
// of for each Reason, and at the answer to an error that nobody foresaw.
func TestChallengeText(t *testing.T) {
	files, err := filepath.Glob("../testdata/flow/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no flow files: %v", err)
	}
	challenges := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parseFlow(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if f.response < "4" {
			continue // not refused
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			s := newFlowServer(t, f.config, f.opaque)
			response, body := s.exchange(t, s.expand(t, f.request))
			checkText(t, response.Header, body)
			challenges += len(response.Header.Values("WWW-Authenticate"))
		})
	}
	if challenges == 0 {
		t.Error("no challenge was looked at")
	}
	w := httptest.NewRecorder()
	newGuard(t, config()).Refuse(w, httptest.NewRequest("POST", "/mcp", nil), errors.New(`scope="x"`))
	checkText(t, w.Header(), w.Body.String())
}

// TestTextIsSeen shows that checkText sees what it is for.
func TestTextIsSeen(t *testing.T) {
	for _, text := range []string{`use scope=mcp:tools`, `Error="x"`, `send resource_metadata = "x"`} {
		if parameters.FindString(text) == "" {
			t.Errorf("nothing found in %s", text)
		}
	}
	if twice := repeated([]string{`Bearer scope="a"`, `DPoP scope="b"`}); len(twice) != 1 {
		t.Errorf("two values of one parameter: found %q", twice)
	}
	if twice := repeated([]string{`Bearer scope="a", error="scope=b"`}); len(twice) != 1 {
		t.Errorf("a parameter inside another: found %q", twice)
	}
}

func checkText(t *testing.T, h http.Header, body string) {
	t.Helper()
	for _, text := range repeated(h.Values("WWW-Authenticate")) {
		t.Errorf("a client may find the wrong one: %s", text)
	}
	if body == "" {
		return // of a HEAD
	}
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Errorf("a refusal that is not JSON: %s", body)
	}
	if found := parameters.FindString(body); found != "" {
		t.Errorf("%q in %s", found, body)
	}
}

// repeated is the parameters that have one value here and another there, where a client
// that does not take challenges apart reads the first.
func repeated(lines []string) (found []string) {
	values := map[string]string{}
	for _, line := range lines {
		for _, at := range parameters.FindAllStringSubmatchIndex(line, -1) {
			name := strings.ToLower(line[at[2]:at[3]])
			value, _, _ := strings.Cut(line[at[1]:], ", ")
			if before, ok := values[name]; ok && before != value {
				found = append(found, line[at[0]:])
			}
			values[name] = value
		}
	}
	return found
}
