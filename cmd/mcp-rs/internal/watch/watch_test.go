package watch_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
)

// patience bounds waiting for the operating system; nothing is measured by it.
const patience = 20 * time.Second

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFilesTellsOfNewContent(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "keys")
	write(t, path, "one")
	changes := make(chan struct{}, 16)
	if err := watch.Files(t.Context(), func() { changes <- struct{}{} }, path); err != nil {
		t.Fatal(err)
	}
	await := func(what string) {
		t.Helper()
		select {
		case <-changes:
		case <-time.After(patience):
			t.Fatalf("%s went unnoticed", what)
		}
	}

	write(t, path, "two")
	await("writing in place")

	other := filepath.Join(folder, "new")
	write(t, other, "three")
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	await("renaming over it")

	// Neighbours and rewriting the same content are no news: the next thing heard
	// must be the change after them.
	write(t, other, "neighbour")
	write(t, path, "three")
	time.Sleep(time.Second)
	select {
	case <-changes:
		t.Fatal("told of a change without one")
	default:
	}
	write(t, path, "four")
	await("writing after quiet")
}

// A neighbour that is written all the time, such as a log, keeps no change from being seen.
func TestFilesSeesBesideABusyNeighbour(t *testing.T) {
	folder := t.TempDir()
	path, neighbour := filepath.Join(folder, "list"), filepath.Join(folder, "log")
	write(t, path, "one")
	changes := make(chan struct{}, 16)
	if err := watch.Files(t.Context(), func() { changes <- struct{}{} }, path); err != nil {
		t.Fatal(err)
	}
	end := time.After(patience)
	write(t, path, "two")
	for {
		write(t, neighbour, time.Now().String())
		select {
		case <-changes:
			return
		case <-end:
			t.Fatal("a change went unnoticed")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestFilesFollowsALinkedFolder(t *testing.T) {
	folder := t.TempDir()
	for _, version := range []string{"v1", "v2"} {
		if err := os.Mkdir(filepath.Join(folder, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, version, "tls.crt"), version)
	}
	data, path := filepath.Join(folder, "..data"), filepath.Join(folder, "tls.crt")
	for link, target := range map[string]string{data: "v1", path: filepath.Join("..data", "tls.crt")} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	changes := make(chan struct{}, 16)
	if err := watch.Files(t.Context(), func() { changes <- struct{}{} }, path); err != nil {
		t.Fatal(err)
	}
	next := filepath.Join(folder, "..next")
	if err := os.Symlink("v2", next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, data); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changes:
	case <-time.After(patience):
		t.Fatal("moving the link went unnoticed")
	}
}

func TestFilesNeedsTheFolder(t *testing.T) {
	err := watch.Files(context.Background(), func() {}, filepath.Join(t.TempDir(), "none", "keys"))
	if err == nil {
		t.Fatal("watching a folder that does not exist began")
	}
}
