//go:build unix

package watch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
)

// pipe makes a pipe that nobody writes to: whoever opens it to read waits.
func pipe(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

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

func TestReadRefusesWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	fifo, linked := filepath.Join(folder, "fifo"), filepath.Join(folder, "linked")
	pipe(t, fifo)
	if err := os.Symlink(fifo, linked); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{fifo: "a pipe", linked: "a pipe", folder: "a directory", "/dev/zero": "a device"} {
		within(t, want, func() {
			if text, err := watch.Read(path); err == nil || !strings.Contains(err.Error(), want) || text != nil {
				t.Errorf("%s: %d bytes, %v", want, len(text), err)
			}
		})
	}
	if _, err := watch.Read(filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestReadIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	write(t, path, "")
	for size, want := range map[int64]error{watch.MaxFile: nil, watch.MaxFile + 1: watch.ErrTooLarge, 1 << 30: watch.ErrTooLarge} {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		if text, err := watch.Read(path); !errors.Is(err, want) || want == nil && int64(len(text)) != size || want != nil && text != nil {
			t.Errorf("%d bytes: got %d, %v", size, len(text), err)
		}
	}
}

// What takes the place of a file is told of as a change, for which there is an error, and
// so is the file that comes back.
func TestFilesTellsOfWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	path, next := filepath.Join(folder, "keys"), filepath.Join(folder, "next")
	write(t, path, "one")
	changes := make(chan struct{}, 16)
	if err := watch.Files(t.Context(), func() { changes <- struct{}{} }, path); err != nil {
		t.Fatal(err)
	}
	put := func(what string) {
		t.Helper()
		if err := os.Rename(next, path); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changes:
		case <-time.After(patience):
			t.Fatalf("%s went unnoticed", what)
		}
	}
	pipe(t, next)
	put("a pipe")
	write(t, next, "two")
	put("a file in the place of a pipe")
	if err := os.Symlink("/dev/zero", next); err != nil {
		t.Fatal(err)
	}
	put("a device")
	write(t, next, "three")
	put("a file in the place of a device")
	write(t, next, strings.Repeat("x", watch.MaxFile+1))
	put("a file without end")
}

// A pipe that is there from the start does not keep the program from starting.
func TestFilesBeginsAtAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	pipe(t, path)
	within(t, "watching a pipe", func() {
		if err := watch.Files(t.Context(), func() {}, path); err != nil {
			t.Error(err)
		}
	})
}
