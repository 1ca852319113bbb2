package apikey_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
)

func TestRotation(t *testing.T) {
	first, second := "alice "+hash("old")+" scopes=read", "alice "+hash("new")+" scopes=read,write"
	path := file(t, first)
	s := newStore(t, apikey.Config{Keys: []string{"plain"}, File: path})
	admitted(t, s, "old", "alice")
	refused(t, s, "new", apikey.ErrUnknown)

	rewrite(t, path, first, second) // both are good, each with its own scopes
	refused(t, s, "new", apikey.ErrUnknown)
	reload(t, s)
	if k := admitted(t, s, "old", "alice"); !slices.Equal(k.Scopes, []string{"read"}) {
		t.Errorf("the old key holds %q", k.Scopes)
	}
	if k := admitted(t, s, "new", "alice"); !slices.Equal(k.Scopes, []string{"read", "write"}) {
		t.Errorf("the new key holds %q", k.Scopes)
	}

	rewrite(t, path, second)
	reload(t, s)
	refused(t, s, "old", apikey.ErrUnknown)
	admitted(t, s, "new", "alice")

	rewrite(t, path, "# nobody")
	reload(t, s)
	refused(t, s, "new", apikey.ErrUnknown)
	admitted(t, s, "plain", "key-1")
	if s.Len() != 1 {
		t.Errorf("Len is %d", s.Len())
	}
}

func reload(t *testing.T, s *apikey.Store) {
	t.Helper()
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
}

func TestBadReloadKeepsTheKeys(t *testing.T) {
	good := "alice " + hash("old")
	for policy, spoil := range map[string]func(path string){
		"one bad line":       func(path string) { rewrite(t, path, "bob "+hash("new"), "carol "+canary) },
		"same key twice":     func(path string) { rewrite(t, path, "bob "+hash("new"), "carol "+hash("new")) },
		"same as plain":      func(path string) { rewrite(t, path, "bob "+hash("new"), "carol "+hash("plain")) },
		"name of plain":      func(path string) { rewrite(t, path, "bob "+hash("new"), "key-1 "+hash("other")) },
		"too long":           func(path string) { rewrite(t, path, "bob "+hash("new"), "#"+strings.Repeat(" ", 1<<20)) },
		"file is gone":       func(path string) { must(t, os.Remove(path)) },
		"directory in place": func(path string) { must(t, os.Remove(path)); must(t, os.Mkdir(path, 0o700)) },
	} {
		t.Run(policy, func(t *testing.T) {
			path := file(t, good)
			s := newStore(t, apikey.Config{Keys: []string{"plain"}, File: path})
			spoil(path)
			if got := mistakes(t, s.Reload()); len(got) != 1 {
				t.Errorf("mistakes are %q", got)
			}
			admitted(t, s, "old", "alice")
			admitted(t, s, "plain", "key-1")
			refused(t, s, "new", apikey.ErrUnknown)

			must(t, os.RemoveAll(path))
			rewrite(t, path, "bob "+hash("new"))
			reload(t, s)
			refused(t, s, "old", apikey.ErrUnknown)
			admitted(t, s, "new", "bob")
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnreadableFileIsAnError(t *testing.T) {
	_, err := apikey.New(apikey.Config{File: "/nowhere/" + canary})
	expect(t, mistakes(t, err), []string{"File: cannot be read: no such file"})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
	_, err = apikey.New(apikey.Config{File: t.TempDir()})
	expect(t, mistakes(t, err), []string{"File: cannot be read: it is not a regular file"})
}

func TestReloadWithoutAFileKeepsTheKeys(t *testing.T) {
	s := newStore(t, apikey.Config{Keys: []string{"plain"}})
	reload(t, s)
	admitted(t, s, "plain", "key-1")
}

// A key that is in the file before and after a Reload matches at every moment, and
// what was never there at none.
func TestMatchDuringReload(t *testing.T) {
	stays := "alice " + hash("stays")
	path := file(t, stays)
	s := newStore(t, apikey.Config{File: path})
	done := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if k, err := s.Match("stays"); err != nil || k.Name != "alice" {
					t.Errorf("Match = %v, %v", k, err)
					return
				}
				if _, err := s.Match("never"); !errors.Is(err, apikey.ErrUnknown) {
					t.Errorf("a key that never was: %v", err)
					return
				}
				_, _ = s.Len(), fmt.Sprint(s)
			}
		})
	}
	for i := range 100 {
		lines := []string{stays, fmt.Sprintf("turn-%d %s", i, hash(fmt.Sprint(i)))}
		if i%3 == 0 {
			lines = append(lines, "bad")
		}
		rewrite(t, path, lines...)
		if err := s.Reload(); (err != nil) != (i%3 == 0) {
			t.Errorf("reload %d: %v", i, err)
		}
	}
	close(done)
	callers.Wait()
}

// A slow Reload that read the file before a key was removed must not undo the Reload
// after it.
func TestSlowReloadBringsNoRemovedKeyBack(t *testing.T) {
	path := file(t, "alice "+hash("old"))
	s := newStore(t, apikey.Config{File: path})
	finishSlow, err := s.BeginReload()
	must(t, err)

	rewrite(t, path, "alice "+hash("new"))
	reload(t, s)
	finishSlow()
	refused(t, s, "old", apikey.ErrUnknown)
	admitted(t, s, "new", "alice")

	rewrite(t, path, "alice "+hash("newer")) // and it is in nobody's way
	reload(t, s)
	admitted(t, s, "newer", "alice")
}
