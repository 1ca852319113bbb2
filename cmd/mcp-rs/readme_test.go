package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(sourceFolder, "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fenced returns the code blocks of one language.
func fenced(text, language string) []string {
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// TestReadmeCommands runs what README says to type, in its order, in one folder. A
// command that it does not know fails the test.
func TestReadmeCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	b := bench{t: t}
	copyFile(t, filepath.Join(b.root(), ".env.mcp.example"), ".env.mcp.example")
	t.Setenv("MCP_PORT", b.port())
	const program = "go run ./cmd/mcp-rs"
	for _, block := range fenced(readme(t), "sh") {
		for command := range strings.Lines(block) {
			command = strings.TrimSpace(command)
			args, ours := strings.CutPrefix(command, program)
			switch {
			case command == program+" dev": // TestDevPrintsWhatWorks pastes what it prints
			case command == "go test ./...": // which this is a part of
			case strings.HasPrefix(command, "cp "):
				copyFile(t, strings.Fields(command)[1], strings.Fields(command)[2])
			case strings.HasPrefix(command, "curl "):
				b.curl(command)
			case strings.HasPrefix(command, "go mod edit "):
				b.modEdit(command)
			case ours && strings.Contains(args, "<"):
				b.explain(strings.Fields(args))
			case ours && strings.TrimSpace(args) == "--env-file .env.mcp":
				b.start(strings.Fields(args))
			case ours:
				b.succeeds(strings.Fields(args))
			default:
				t.Errorf("README has a command that nobody tries: %s", command)
			}
		}
	}
}

// A bench is where README's commands are run.
type bench struct{ t *testing.T }

func (b bench) root() string {
	_, err := os.Stat("go.mod")
	if err == nil {
		b.t.Fatal("in the repository")
	}
	return filepath.Join(sourceFolder, "..", "..")
}

// sourceFolder is where the test began.
var sourceFolder, _ = os.Getwd()

func (b bench) port() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func (b bench) start(args []string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	stderr := newTranscript()
	code := make(chan int)
	go func() {
		code <- run(ctx, args, program{stdout: newTranscript(), stderr: stderr, environ: os.Environ()})
	}()
	b.t.Cleanup(func() {
		cancel()
		if c := <-code; c != 0 {
			b.t.Errorf("exit code %d: %s", c, stderr)
		}
	})
	stderr.await(ctx, b.t, "listening")
}

func (b bench) succeeds(args []string) string {
	b.t.Helper()
	stdout, stderr := newTranscript(), newTranscript()
	if code := run(b.t.Context(), args, program{stdout: stdout, stderr: stderr, environ: os.Environ()}); code != 0 || stdout.String() == "" {
		b.t.Errorf("%v: exit code %d: %s", args, code, stderr)
	}
	return stdout.String()
}

// explain needs an issuer, which the development block has not: so it says why a
// token is of no use there.
func (b bench) explain(args []string) {
	b.t.Helper()
	is := jwkstest.Start()
	defer is.Close()
	stdout := newTranscript()
	code := run(b.t.Context(), args[:3], program{
		stdin: strings.NewReader(is.Mint(jwkstest.Token{})), stdout: stdout, stderr: newTranscript(), environ: os.Environ(),
	})
	if code != exitFailed || !strings.Contains(stdout.String(), "jwt_disabled") || args[3] != "<" {
		b.t.Errorf("%v: exit code %d: %s", args, code, stdout)
	}
}

func (b bench) curl(command string) {
	b.t.Helper()
	m := regexp.MustCompile(`^curl -X POST (\S+) .* -d '(.*)'$`).FindStringSubmatch(command)
	if m == nil {
		b.t.Fatalf("not understood: %s", command)
	}
	url := strings.Replace(m[1], ":8000", ":"+os.Getenv("MCP_PORT"), 1)
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, url, strings.NewReader(m[2]))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, header := range regexp.MustCompile(`-H "([^:]+): ([^"]*)"`).FindAllStringSubmatch(command, -1) {
		r.Header.Set(header[1], header[2])
	}
	if status, body := post(b.t, r); status != http.StatusOK || !strings.Contains(body, `"name":"whoami"`) {
		b.t.Errorf("%s: %d %s", command, status, body)
	}
}

// modEdit runs the command on an empty module.
func (b bench) modEdit(command string) {
	b.t.Helper()
	if err := os.Mkdir("yours", 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile("yours/go.mod", []byte("module example.com/yours\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	c := exec.CommandContext(b.t.Context(), "go", strings.Fields(command)[1:]...)
	c.Dir = "yours"
	if out, err := c.CombinedOutput(); err != nil {
		b.t.Errorf("%s: %v: %s", command, err, out)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestReadmeGo compiles README's Go, in the place of a file that is not there.
func TestReadmeGo(t *testing.T) {
	blocks := fenced(readme(t), "go")
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of Go, want 2", len(blocks))
	}
	source := `package main

import (
	"context"
	"log"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
)

func main() {
	mux := http.NewServeMux()
	s := server.NewMCPServer("readme", "1")
	h := server.NewStreamableHTTPServer(s)
` + blocks[0] + blocks[1] + "}\n"
	folder := t.TempDir()
	file, overlay := filepath.Join(folder, "main.go"), filepath.Join(folder, "overlay.json")
	absent := filepath.Join(sourceFolder, "..", "..", "cmd", "readme", "main.go")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {absent: file}})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{file: source, overlay: string(replace)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", filepath.Join(folder, "out"), "../readme")
	c.Dir = sourceFolder
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if lines := strings.Count(strings.TrimSpace(blocks[0]), "\n") + 1; lines > 10 {
		t.Errorf("the ten lines are %d", lines)
	}
}

func TestReadmeVariables(t *testing.T) {
	text := readme(t)
	known := map[string]bool{}
	for _, v := range new(config).variables() {
		known[v.name] = true
		if !strings.Contains(text, "`"+v.name+"`") {
			t.Errorf("README does not mention %s", v.name)
		}
	}
	for _, name := range regexp.MustCompile(`MCP_[A-Z_]+[A-Z]`).FindAllString(text, -1) {
		if !known[name] {
			t.Errorf("README mentions %s, which is no variable", name)
		}
	}
}
