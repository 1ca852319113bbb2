package preset_test

import (
	"go/scanner"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
)

// plain are the words of names and titles that mean something beside a provider: a
// protocol, or what everybody says.
var plain = []string{"actions", "connect", "id", "oidc", "openid"}

// names are the words by which people know the providers of the presets.
func names(t *testing.T) []string {
	t.Helper()
	var words []string
	for _, name := range preset.Names() {
		title, _ := raw(t, name)["title"].(string)
		words = append(words, strings.FieldsFunc(strings.ToLower(name+" "+title), func(r rune) bool { return r == ' ' || r == '-' })...)
	}
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(word string) bool { return slices.Contains(plain, word) })
}

// address is the path of a module, whose host is nobody's preset.
var address = regexp.MustCompile(`\b(github\.com|gitlab\.com|google\.golang\.org)/[\w./-]+`)

// named are the tokens of Go code that name one of words: comments, texts and identifiers.
func named(code []byte, words []string) []string {
	names := regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
	var s scanner.Scanner
	s.Init(gotoken.NewFileSet().AddFile("", -1, len(code)), code, nil, scanner.ScanComments)
	var found []string
	for {
		_, kind, text := s.Scan()
		if kind == gotoken.EOF {
			return found
		}
		if names.MatchString(address.ReplaceAllString(text, "")) {
			found = append(found, text)
		}
	}
}

// A provider is data: what the program does, and what it says where no preset is chosen,
// depends on none of them.
func TestCodeNamesNoProvider(t *testing.T) {
	const root = "../../../.."
	words, files := names(t), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		code, err := os.ReadFile(path)
		for _, text := range named(code, words) {
			t.Errorf("%s names a provider: %.200s", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files: this test is not where it should be", files)
	}
}

// The test above finds what it is for, and nothing else.
func TestNamedFindsProviders(t *testing.T) {
	words := names(t)
	for code, want := range map[string]int{
		"// write tenant.eu.auth0.com": 1, `var hint = "Ory and Zitadel do so"`: 1, "/* Entra */ var okta int": 2, `x := "https://github.com/login"`: 0,
		`import "github.com/google/cel-go"`: 0, `import "google.golang.org/protobuf"`: 0, "// the memory of a factory": 0, "// an ID token of OpenID Connect": 0,
		"// ask GitHub": 1, `const host = "keycloak.example.com"`: 1,
	} {
		if got := named([]byte(code), words); len(got) != want {
			t.Errorf("%s: got %q, want %d", code, got, want)
		}
	}
}
