package mcprs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A threat is a line of the tables in SECURITY.md.
type threat struct {
	id, what, answer, shown string
}

var (
	threatLine = regexp.MustCompile(`^\| ([A-Z]\d+) \| (.+?) \| (.+?) \| (.+) \|$`)
	codeSpan   = regexp.MustCompile("`([^`]+)`")
	goTest     = regexp.MustCompile(`^(.+)\.((?:Test|Fuzz)\w+)$`)
)

// Each threat names a test that is there, or says why there is none; and none is lost:
// the numbers of each table have no gap.
func TestThreatsAreCovered(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	threats := threatsOf(string(text))
	if len(threats) < 120 {
		t.Errorf("only %d threats", len(threats))
	}
	last := map[string]int{}
	for _, one := range threats {
		table := one.id[:1]
		last[table]++
		if want := fmt.Sprint(table, last[table]); one.id != want {
			t.Errorf("%s comes where %s should", one.id, want)
		}
		for _, problem := range one.problems(isThere) {
			t.Errorf("%s: %s", one.id, problem)
		}
	}
	t.Logf("%d threats", len(threats))
}

func threatsOf(text string) (all []threat) {
	for line := range strings.Lines(text) {
		if m := threatLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			all = append(all, threat{m[1], m[2], m[3], m[4]})
		}
	}
	return all
}

// problems is what is wrong with a line, where there tells which tests there are.
func (one threat) problems(there func(name string) bool) (all []string) {
	if strings.HasPrefix(one.shown, "Out of scope: ") {
		return nil
	}
	for i, part := range strings.Split(one.shown, ", ") {
		m := codeSpan.FindStringSubmatch(part)
		switch {
		case m == nil || m[0] != part:
			all = append(all, fmt.Sprintf("entry %d is no test and no reason: %s", i+1, part))
		case !there(m[1]):
			all = append(all, m[1]+" does not exist")
		}
	}
	return all
}

// isThere looks for a test where its name says that it is.
func isThere(name string) bool {
	if flow, ok := strings.CutPrefix(name, "flow/"); ok {
		return isFile("testdata/flow/" + flow + ".txt")
	}
	if script, ok := strings.CutPrefix(name, "script/"); ok {
		return isFile("testdata/script/" + script + ".txtar")
	}
	m := goTest.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	dir := m[1]
	if dir == "mcprs" {
		dir = "."
	}
	files, _ := filepath.Glob(dir + "/*_test.go")
	declared := regexp.MustCompile(`(?m)^func ` + m[2] + `\(\w+ \*testing\.[TF]\) \{`)
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && declared.Match(text) {
			return true
		}
	}
	return false
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// The check of the table finds what is wrong with one.
func TestThreatsCheckFindsMistakes(t *testing.T) {
	for line, want := range map[string]int{
		"| A1 | threat | answer | `mcprs.TestThreatsAreCovered`, `flow/panic` |":      0,
		"| A1 | threat | answer | `jwks.FuzzVerify`, `script/leaks` |":                0,
		"| A1 | threat | answer | Out of scope: it is another's |":                    0,
		"| A1 | threat | answer | `mcprs.TestThreatsAreCovere` |":                     1,
		"| A1 | threat | answer | `mcprs.TestThreatsAreCoveredToo`, `flow/nothing` |": 2,
		"| A1 | threat | answer | `script/nothing`, `jwks.TestNothing` |":             2,
		"| A1 | threat | answer | `jwks.sources`, `nothing` |":                        2,
		"| A1 | threat | answer | review |":                                           1,
		"| A1 | threat | answer | `flow/panic` and more |":                            1,
		"| A1 | threat | answer | Out of scope |":                                     1,
	} {
		all := threatsOf("prose\n" + line + "\n")
		if len(all) != 1 {
			t.Errorf("%s: %d threats", line, len(all))
			continue
		}
		if got := all[0].problems(isThere); len(got) != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// What a stranger could guess byte by byte is compared in constant time, where it is
// compared: a clock that is good enough to fail a test does not exist, so this looks at
// the source.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	missing := map[string]bool{"apikey": true, "middleware": true}
	for _, s := range sources(t) {
		if _, asked := missing[s.dir]; !asked || s.test {
			continue
		}
		for name, path := range s.imports() {
			for selector := range s.selectors(name) {
				switch path + "." + selector {
				case "crypto/subtle.ConstantTimeCompare":
					missing[s.dir] = false
				case "bytes.Equal", "bytes.Compare", "reflect.DeepEqual":
					t.Errorf("%s compares with %s.%s, which ends at the first difference", s.name, path, selector)
				}
			}
		}
	}
	for dir, still := range missing {
		if still {
			t.Errorf("%s compares nothing in constant time", dir)
		}
	}
}
