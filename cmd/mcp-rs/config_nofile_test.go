//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
)

// within calls f, which must not wait for ever.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s takes for ever", what)
	}
}

// Whatever is named where a file should be, there is one mistake, at once: nothing waits
// for a pipe, and nothing reads a device to its end.
func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	fifo := filepath.Join(folder, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	f := newPEMFiles(t)
	const github = atHome + "MCP_OAUTH_PROVIDER=github; MCP_OAUTH_CLIENT_ID=a; "
	for variable, settings := range map[string]string{
		"MCP_API_KEYS_FILE":                    "MCP_HOST=127.0.0.1",
		"MCP_JWT_SECRET_FILE":                  withIssuer + "; MCP_JWT_ALGORITHM=HS256",
		"MCP_JWT_PUBLIC_KEY_FILE":              withIssuer,
		"MCP_OAUTH_CLIENT_SECRET_FILE":         github,
		"MCP_INTROSPECTION_CLIENT_SECRET_FILE": withIssuer + "; MCP_INTROSPECTION_CLIENT_ID=a",
		"MCP_SESSION_KEYS_FILE":                withKey,
		"MCP_POLICY_FILE":                      withKey,
		"MCP_DENYLIST_FILE":                    withKey,
		"MCP_CONFIG_FILE":                      withKey,
		"MCP_SSL_CERT_FILE":                    withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_KEY_FILE=" + f.key,
		"MCP_SSL_KEY_FILE":                     withKey + "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.cert,
	} {
		for what, path := range map[string]string{"a pipe": fifo, "a directory": folder, "a device": "/dev/zero", "larger than 1048576 bytes": f.huge} {
			var err error
			within(t, variable+" that is "+what, func() { _, err = read(settings + "; " + variable + "=" + path) })
			if got := fields(err); !slices.Equal(got, []string{variable}) {
				t.Errorf("%s is %s: got %q\n%v", variable, what, got, err)
				continue
			}
			if variable == "MCP_API_KEYS_FILE" { // which package apikey reads
				what = "cannot be read"
			}
			if !strings.Contains(err.Error(), what) {
				t.Errorf("%s is %s: %v", variable, what, err)
			}
		}
	}
	for what, path := range map[string]string{"a directory": folder, "a device": "/dev/zero", "larger than": f.huge} {
		var err error
		within(t, "--env-file that is "+what, func() { _, err = load([]string{"MCP_AUTH_ENABLED=false"}, path) })
		if got := fields(err); !slices.Equal(got, []string{"--env-file"}) || !strings.Contains(err.Error(), what) {
			t.Errorf("--env-file is %s: %v", what, err)
		}
	}
}

// “--env-file <(command)” is a pipe with somebody at its other end, whose text may come in
// parts; and whoever never ends is not waited for.
func TestEnvFileOfACommand(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		policy string
		texts  []string
		ends   bool
		want   string
	}{
		{"in parts", []string{"MCP_PORT=1", "234\n"}, true, ""},
		{"that never ends", []string{"MCP_PORT=1234\n"}, false, "closed it within"},
		{"without end", []string{strings.Repeat("#", 64<<10), strings.Repeat("#", watch.MaxFile)}, true, "larger than"},
	} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for _, text := range row.texts {
				_, _ = writer.WriteString(text) // the reader may have gone
			}
			if row.ends {
				_ = writer.Close()
			}
		}()
		wait := envPatience
		if !row.ends {
			wait = time.Millisecond
		}
		var text []byte
		within(t, row.policy, func() { text, err = readEnvText(fmt.Sprintf("/dev/fd/%d", reader.Fd()), wait) })
		if row.want == "" && (err != nil || string(text) != strings.Join(row.texts, "")) || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %d bytes, %v, want %q", row.policy, len(text), err, row.want)
		}
		_, _ = reader.Close(), writer.Close()
	}
}

// A pipe that nobody writes to is not waited for either.
func TestEnvFileOfNobody(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	within(t, "a pipe of nobody", func() {
		if _, err := readEnvText(fifo, time.Millisecond); err == nil || !strings.Contains(err.Error(), "nobody wrote to it") {
			t.Errorf("got %v", err)
		}
	})
	if f, err := os.OpenFile(fifo, os.O_WRONLY, 0); err == nil { // for who waits still
		_ = f.Close()
	}
}

// What takes the place of a file that is read again changes nothing but the log, and the
// file that comes back is read.
func TestWhatIsNoFileIsNotReloaded(t *testing.T) {
	folder := t.TempDir()
	policy, list, keys, next := filepath.Join(folder, "policy"), filepath.Join(folder, "list"), filepath.Join(folder, "keys"), filepath.Join(folder, "next")
	good := map[string]string{policy: "tools: {whoami: {scopes: [read]}}", list: "- subject: mallory", keys: "somebody sha256:" + strings.Repeat("0", 64) + "\n"}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range good {
		write(path, text)
	}
	d := deploy(t, "MCP_POLICY_FILE="+policy, "MCP_DENYLIST_FILE="+list, "MCP_API_KEYS_FILE="+keys)
	replace := func(path, logged string) {
		t.Helper()
		had := strings.Count(d.log.String(), logged)
		if err := os.Rename(next, path); err != nil {
			t.Fatal(err)
		}
		d.awaitMore(t, path, logged, had)
	}
	for path, logged := range map[string]string{
		policy: `"error":"MCP_POLICY_FILE: cannot be read: it is a pipe`,
		list:   `"error":"MCP_DENYLIST_FILE: cannot be read: it is a pipe`,
		keys:   `"msg":"API keys not reloaded, the old ones stay in use"`,
	} {
		if err := syscall.Mkfifo(next, 0o600); err != nil {
			t.Fatal(err)
		}
		replace(path, logged)
		write(next, good[path])
		replace(path, ` reloaded"`)
	}
}
