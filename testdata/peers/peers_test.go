package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// TestMain lets this program be the server of the section loopback too.
func TestMain(m *testing.M) {
	if served(os.Args) {
		return
	}
	os.Exit(m.Run())
}

// TestEverybodyWorks keeps the comparison honest: everybody admits good tokens, with
// one key and with many, and nobody is fast by not looking at the signature.
func TestEverybodyWorks(t *testing.T) {
	r := newRig(t.Context(), 1, true)
	t.Cleanup(r.close)
	for _, algorithm := range []string{"RS256", "ES256", "HS256"} {
		for name, set := range map[string]func(string) *bench{"one key": r.bench, "many keys": r.among} {
			b := set(algorithm)
			stranger := newBench(fixture.NewKey(algorithm), 0)
			stranger.provider.Close()
			stranger.key.ID = b.key.ID
			forged := b.provider.Good(stranger.key, 1)
			for _, p := range peer.All() {
				if !p.Knows(algorithm) {
					continue
				}
				h, err := b.guarded(t.Context(), p, noContent)
				if err != nil {
					t.Errorf("%s, %s: %v", algorithm, name, err)
					continue
				}
				for i, token := range b.tokens[:3] {
					if status := statusOf(h, token); status != http.StatusNoContent {
						t.Errorf("%s, %s, %s: good token %d is answered %d", algorithm, name, p.Name, i, status)
					}
				}
				if status := statusOf(h, forged); status/100 != 4 && p.Name != peer.NoAuth.Name {
					t.Errorf("%s, %s, %s: a stranger's token is answered %d", algorithm, name, p.Name, status)
				}
			}
		}
	}
}

// TestToolCall shows that what is measured in process is a call that succeeds.
func TestToolCall(t *testing.T) {
	b := newRig(t.Context(), 1, true).bench("RS256")
	t.Cleanup(b.provider.Close)
	for _, p := range append([]peer.Peer{attaching}, peer.Libraries()...) {
		h, err := b.guarded(t.Context(), p, mcpServer())
		if err != nil {
			t.Fatal(err)
		}
		r, w := fixture.Request(b.tokens[0]), httptest.NewRecorder()
		callOf(16).On(r)
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"text":"done"`) {
			t.Errorf("%s: tools/call is answered %d %s", p.Name, w.Code, w.Body)
		}
	}
}

// TestRun is a whole run, with everything that it writes.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	jsonFile, svgFile := filepath.Join(dir, "results.json"), filepath.Join(dir, "plot.svg")
	var stdout strings.Builder
	if err := run(t.Context(), []string{"-quick", "-json", jsonFile, "-svg", svgFile}, &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	var rep report.Report
	if err := json.Unmarshal(readFile(t, jsonFile), &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Sections) != len(sections) {
		t.Fatalf("%d sections, not %d", len(rep.Sections), len(sections))
	}
	for i, s := range rep.Sections {
		if s.Name != sections[i].name || len(s.Rows) == 0 || len(s.Numbers) == 0 || !strings.Contains(stdout.String(), "## "+s.Title+"\n") {
			t.Errorf("section %q: %d rows, %d numbers", s.Name, len(s.Rows), len(s.Numbers))
		}
		for _, n := range s.Numbers {
			if n.Unit == "ratio" && n.Value <= 0 {
				t.Errorf("%s, %s, %s: ratio %v", s.Name, n.Library, n.Case, n.Value)
			}
		}
	}
	for _, p := range peer.Libraries() {
		for _, module := range p.Modules {
			if rep.Versions[module] == "" {
				t.Errorf("%s: no version of %s", p.Name, module)
			}
		}
	}
	checkAdmissions(t, &rep)
	checkFetches(t, &rep)
	checkLoopback(t, &rep)
	checkPlot(t, string(readFile(t, svgFile)))
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// checkAdmissions demands an answer of everybody to everything, and of us that it is no.
func checkAdmissions(t *testing.T, rep *report.Report) {
	t.Helper()
	right := []string{"good for two more seconds (and admitted rightly)", "key withdrawn, before any refresh", "a token under the new key (and admitted rightly)"}
	i := slices.IndexFunc(rep.Sections, func(s report.Section) bool { return s.Name == "admissions" })
	for _, row := range rep.Sections[i].Rows {
		for _, p := range peer.Libraries() {
			n, ok := rep.Find("admissions", p.Name, row[0])
			if !ok {
				t.Errorf("%s was not asked: %s", p.Name, row[0])
			}
			if want := slices.Contains(right, row[0]); isOurs(p) && (n.Value == 1) != want {
				t.Errorf("%s: %s: admitted is %v", p.Name, row[0], n.Value == 1)
			}
		}
	}
}

// checkFetches holds us to one fetch for unknown keys, none for bad signatures, and the
// first request under a new key.
func checkFetches(t *testing.T, rep *report.Report) {
	t.Helper()
	for _, p := range peer.Libraries() {
		if !isOurs(p) {
			continue
		}
		for name, want := range map[string]float64{"bad signature": 0, "unknown kid": 1, "new key after 0 strangers": http.StatusNoContent} {
			if n, ok := rep.Find("fetches", p.Name, name); !ok || n.Value != want {
				t.Errorf("%s, %s: %v, not %v", p.Name, name, n.Value, want)
			}
		}
	}
}

// isOurs reports whether a peer is a way to configure us.
func isOurs(p peer.Peer) bool { return strings.HasPrefix(p.Name, "mcp-rs") }

// checkPlot wants an image that stands alone, with two bars for everybody.
func checkPlot(t *testing.T, svg string) {
	t.Helper()
	bars, decoder := 0, xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case element.Name.Local == "rect":
			bars++
		case slices.Contains([]string{"script", "image", "use", "a", "foreignObject"}, element.Name.Local):
			t.Errorf("the plot has an element %s", element.Name.Local)
		}
	}
	if want := 2*len(peer.Libraries()) + 2; bars != want { // and the legend
		t.Errorf("%d bars, not %d", bars, want)
	}
	if strings.Count(svg, "http") != 1 || strings.Contains(svg, "url(") { // the name space
		t.Error("the plot refers to something else")
	}
}

func TestFlags(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown section":   {"-quick", "-only", "warm"},
		"no flag":           {"quick"},
		"negative rounds":   {"-rounds", "-1"},
		"plot of nothing":   {"-quick", "-only", "memory", "-svg", filepath.Join(t.TempDir(), "plot.svg")},
		"file nowhere":      {"-quick", "-only", "memory", "-json", filepath.Join(t.TempDir(), "no", "such.json")},
		"unknown flag":      {"-slow"},
		"rounds, no number": {"-rounds", "many"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
