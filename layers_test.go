package mcprs_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/mcp-rs/mcp-rs/"

// layers is DESIGN.md's table: what of ours each package may import. Imports point
// down only. What is below an internal folder counts as that folder, and "*" is
// everything. A package that is not here has no place in the house yet.
var layers = map[string][]string{
	"apikey":               {},
	"metadata":             {},
	"jwks/strictjson":      {},
	"jwks/internal":        {"jwks/strictjson"},
	"jwks":                 {"jwks/internal", "jwks/strictjson", "metadata"},
	"jwks/opaque":          {"jwks", "jwks/internal", "jwks/strictjson", "metadata"},
	"jwks/jwkstest":        {},
	"middleware/internal":  {"jwks/strictjson"},
	"middleware":           {"apikey", "jwks", "jwks/opaque", "metadata", "middleware/internal"},
	"middleware/condition": {"jwks", "jwks/strictjson", "middleware", "middleware/internal"},
	"middleware/mcpgo":     {"middleware", "middleware/internal"},
	"cmd/mcp-rs":           {"*"},
	"cmd/mcp-rs/internal":  {"*"},
}

// thirdParty is who may import what others wrote, by the beginning of the import path.
// A place is a package, a package with "/*" for all below it, or a file.
var thirdParty = map[string][]string{
	// Moving to another version must be a change inside jwks.
	"github.com/lestrrat-go/jwx/v2/jwa": {"jwks"},
	"github.com/lestrrat-go/jwx/v2/jwk": {"jwks"},
	"github.com/lestrrat-go/jwx/v2/jws": {"jwks"},

	"github.com/mark3labs/mcp-go":          {"middleware/mcpgo", "cmd/mcp-rs/*"},
	"golang.org/x/sync":                    {"jwks/opaque"},
	"github.com/sony/gobreaker/v2":         {"jwks/opaque"},
	"github.com/hashicorp/golang-lru/v2":   {"jwks/opaque"},
	"golang.org/x/time/rate":               {"middleware"},
	"github.com/google/cel-go":             {"middleware/condition"},
	"go.yaml.in/yaml/v3":                   {"cmd/mcp-rs/*"},
	"github.com/kelseyhightower/envconfig": {"cmd/mcp-rs/config.go"},
	"github.com/joho/godotenv":             {"cmd/mcp-rs/*"},
	"github.com/spf13/cobra":               {"cmd/mcp-rs/*"},
	"github.com/fsnotify/fsnotify":         {"cmd/mcp-rs/*"},
}

// serving is all that package jwks may use of jwx: a parser of one key and the
// primitive that checks one signature, with the types that they speak of. What else
// the library has decides things that are ours to decide.
var serving = []string{
	"jwk.ParseKey", "jwk.RSAPublicKey",
	"jws.NewVerifier", "jws.Verifier", "jwa.SignatureAlgorithm",
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.dir == "." {
			continue
		}
		allowed, known := layers[layerOf(s.dir)]
		if !known {
			t.Errorf("%s: package %s is not in the table of layers", s.name, s.dir)
			continue
		}
		for _, p := range s.imports() {
			own, ours := strings.CutPrefix(p, module)
			if ours && !slices.Contains(allowed, layerOf(own)) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s, which is not below it", s.name, own)
			}
			if foreign(p) {
				if err := mayImport(s, p); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// layerOf is the line of the table for a package.
func layerOf(dir string) string {
	if above, _, ok := strings.Cut(dir, "/internal/"); ok {
		return above + "/internal"
	}
	return dir
}

func mayImport(s source, p string) error {
	for prefix, places := range thirdParty {
		if p != prefix && !strings.HasPrefix(p, prefix+"/") {
			continue
		}
		for _, place := range places {
			below, all := strings.CutSuffix(place, "/*")
			if s.dir == place || s.name == place || all && (s.dir == below || strings.HasPrefix(s.dir, below+"/")) {
				return nil
			}
		}
		return fmt.Errorf("%s imports %s, which only %s may", s.name, prefix, strings.Join(places, ", "))
	}
	return fmt.Errorf("%s imports %s, which is no dependency of ours", s.name, p)
}

// Every line of the tables is about something that is there: a table that has been
// left behind holds nothing.
func TestTablesAreUsed(t *testing.T) {
	dirs, used := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		dirs[layerOf(s.dir)] = true
		for _, p := range s.imports() {
			for prefix := range thirdParty {
				if !s.test && (p == prefix || strings.HasPrefix(p, prefix+"/")) {
					used[prefix] = true
				}
			}
		}
	}
	for layer := range layers {
		if !dirs[layer] && !strings.HasSuffix(layer, "/internal") {
			t.Errorf("layer %s does not exist", layer)
		}
	}
	for prefix := range thirdParty {
		if !used[prefix] {
			t.Errorf("nothing imports %s", prefix)
		}
	}
}

// A program can run the fake issuer, so it must not bring in package testing and its flags.
func TestNoTestingInPrograms(t *testing.T) {
	for _, s := range sources(t) {
		for _, p := range s.imports() {
			if !s.test && (p == "testing" || strings.HasPrefix(p, "testing/") || p == "net/http/httptest") {
				t.Errorf("%s imports %s", s.name, p)
			}
		}
	}
}

// Only what serving lists is used of jwx, and so nothing of its package jwt.
func TestOnlyPrimitivesOfJWX(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		for name, p := range s.imports() {
			if !strings.HasPrefix(p, "github.com/lestrrat-go/") || s.test {
				continue
			}
			if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
				t.Errorf("%s imports %s under no name", s.name, p)
			}
			for selector := range s.selectors(name) {
				known := path.Base(p) + "." + selector
				used[known] = true
				if !slices.Contains(serving, known) {
					t.Errorf("%s uses %s", s.name, known)
				}
			}
		}
	}
	for _, known := range serving {
		if !used[known] {
			t.Errorf("%s is not used any more", known)
		}
	}
}

// Only the program's configuration reads the environment, so that --print-config can
// tell everything that decides.
func TestEnvironmentIsReadInOnePlace(t *testing.T) {
	readers := map[string][]string{
		"os":      {"Getenv", "LookupEnv", "Environ", "ExpandEnv"},
		"syscall": {"Getenv", "Environ"},
	}
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.name, "cmd/mcp-rs/config") {
			continue
		}
		for name, p := range s.imports() {
			for selector := range s.selectors(name) {
				if slices.Contains(readers[p], selector) && (s.name != "cmd/mcp-rs/main.go" || selector != "Environ") {
					t.Errorf("%s reads the environment: %s.%s", s.name, p, selector)
				}
			}
		}
	}
}

// adapters are packages that are there to speak to one library, and carry its types.
var adapters = map[string]string{"middleware/mcpgo": "github.com/mark3labs/mcp-go/"}

// No other exported signature of a library package carries a type that others wrote.
func TestNoForeignTypesInSignatures(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.dir, "cmd/") {
			continue
		}
		for name, p := range s.imports() {
			if own := adapters[s.dir]; !foreign(p) || own != "" && strings.HasPrefix(p, own) {
				continue
			}
			for _, decl := range s.file.Decls {
				for _, part := range signature(decl) {
					if mentions(part, name) {
						t.Errorf("%s: an exported declaration mentions %s", s.fset.Position(part.Pos()), p)
					}
				}
			}
		}
	}
}

// The checks above are made of these; here they meet code that breaks the rules.
func TestChecksFindBreaches(t *testing.T) {
	s := source{name: "metadata/x.go", dir: "metadata", fset: token.NewFileSet()}
	var err error
	s.file, err = parser.ParseFile(s.fset, s.name, `package metadata
import ("os"; other "github.com/lestrrat-go/jwx/v2/jwk"; "example.com/x/v3")
type T struct{ hidden other.Key; Shown []other.Key }
type hidden struct{ Shown other.Key }
type Alias = other.Set
var V = other.Parse(os.Getenv("X"))
func F(func(map[string]*other.Key)) {}
func (hidden) M(other.Key) {}
func (*T) M() other.Key { return x.Y }
func g(other.Key) {}
`, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"os": "os", "other": "github.com/lestrrat-go/jwx/v2/jwk", "x": "example.com/x/v3"}
	if got := s.imports(); !maps.Equal(got, want) {
		t.Errorf("imports %v", got)
	}
	for _, p := range []string{want["other"], want["x"]} {
		if mayImport(s, p) == nil {
			t.Errorf("metadata may import %s", p)
		}
	}
	if got := slices.Sorted(maps.Keys(s.selectors("other"))); !slices.Equal(got, []string{"Key", "Parse", "Set"}) {
		t.Errorf("selectors %v", got)
	}
	var lines []int
	for _, decl := range s.file.Decls {
		for _, part := range signature(decl) {
			if mentions(part, "other") {
				lines = append(lines, s.fset.Position(part.Pos()).Line)
			}
		}
	}
	if want := []int{3, 5, 6, 7, 9}; !slices.Equal(lines, want) {
		t.Errorf("breaches in lines %v, want %v", lines, want)
	}
}
