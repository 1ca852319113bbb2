package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
)

// A server is mcp-rs as a process of its own, built from this tree.
type server struct {
	url    string
	apiKey string

	dir     string
	command *exec.Cmd
	history *history
	address chan string
	read    chan struct{} // closed when the log is at its end

	mu       sync.Mutex // protects what follows
	problems []string   // what the log says that it should not
}

// startServer returns when the server has its keys.
func startServer(ctx context.Context, p *provider) (*server, error) {
	s := &server{apiKey: apikey.Generate(), history: &p.history, address: make(chan string, 1), read: make(chan struct{})}
	var err error
	if s.dir, err = os.MkdirTemp("", "mcp-rs-load-"); err != nil {
		return nil, err
	}
	if err = s.build(ctx); err == nil {
		err = s.start(ctx, p)
	}
	if err == nil {
		err = s.await(ctx)
	}
	if err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// build builds in the module of mcp-rs, which alone knows what the command needs.
func (s *server) build(ctx context.Context) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/mcp-rs/mcp-rs").Output()
	if err != nil {
		return fmt.Errorf("where mcp-rs is: %w", err)
	}
	out, err := exec.CommandContext(ctx, "go", "build", "-C", strings.TrimSpace(string(root)), "-o", s.binary(), "./cmd/mcp-rs").CombinedOutput()
	if err != nil {
		return fmt.Errorf("building mcp-rs: %w\n%s", err, out)
	}
	return nil
}

func (s *server) binary() string { return filepath.Join(s.dir, "mcp-rs") }

func (s *server) start(ctx context.Context, p *provider) error {
	s.command = exec.CommandContext(ctx, s.binary())
	s.command.Env = []string{
		"MCP_AUTH_REQUIRED=true",
		"MCP_HOST=127.0.0.1",
		"MCP_PORT=0",
		"MCP_RESOURCE_URL=" + resource,
		"MCP_OAUTH_SERVER_URL=" + p.URL,
		"MCP_JWT_ALGORITHM=RS256,ES256",
		"MCP_JWT_LEEWAY=" + leeway.String(),
		"MCP_API_KEYS=" + s.apiKey,
		"MCP_LOG_FORMAT=json",
	}
	log, err := s.command.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.command.Start(); err != nil {
		return err
	}
	go s.follow(log)
	return nil
}

// await waits for the address and the first keys.
func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case address := <-s.address:
		s.url = address + "/mcp"
	case <-s.read:
		return errors.New("mcp-rs ended at once: " + strings.Join(s.found(), "; "))
	case <-ctx.Done():
		return fmt.Errorf("mcp-rs did not start: %w", ctx.Err())
	}
	for {
		now := time.Now()
		if states := s.history.states(now, now); len(states) == 1 && states[0].kids != nil {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("mcp-rs has no keys: %w", ctx.Err())
		}
	}
}

// stop ends the server as an operator does, and returns what was wrong with it.
func (s *server) stop() []string {
	late := time.AfterFunc(patience, s.kill)
	defer late.Stop()
	err := s.command.Process.Signal(syscall.SIGTERM)
	<-s.read
	problems := s.found()
	if err := errors.Join(err, s.command.Wait()); err != nil {
		problems = append(problems, "mcp-rs did not stop as it should: "+err.Error())
	}
	return problems
}

// kill leaves nothing behind, whatever has happened. It may be called again.
func (s *server) kill() {
	if s.command != nil && s.command.Process != nil {
		_ = s.command.Process.Kill()
		<-s.read
		_ = s.command.Wait() // an error if stop has waited
	}
	_ = os.RemoveAll(s.dir)
}

// follow reads the log to its end.
func (s *server) follow(log io.Reader) {
	defer close(s.read)
	lines := bufio.NewReader(log)
	for {
		text, err := lines.ReadBytes('\n')
		if len(text) > 0 {
			s.line(text)
		}
		if err != nil {
			return
		}
	}
}

// line takes from the log where the server is, that it has done with a fetch, and every
// error but that it cannot tell while it has no keys, which the answers are checked for.
func (s *server) line(text []byte) {
	var entry struct{ Level, Msg, Address, Reason string }
	if json.Unmarshal(text, &entry) != nil {
		s.problem("mcp-rs said: " + string(bytes.TrimSpace(text)))
		return
	}
	switch {
	case entry.Msg == "listening":
		s.address <- entry.Address
	case entry.Msg == "keys fetched", entry.Msg == "keys unavailable", strings.HasPrefix(entry.Msg, "keys not refreshed"):
		s.history.logged(time.Now())
	case entry.Level == "ERROR" && entry.Reason != "keys_unavailable":
		s.problem("mcp-rs logged: " + string(bytes.TrimSpace(text)))
	}
}

// problem keeps the first few: one is enough to be wrong.
func (s *server) problem(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.problems) < maxExamples {
		s.problems = append(s.problems, text)
	}
}

func (s *server) found() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}
