// Package watch reads files, and tells when they get new content.
package watch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long after a change nothing more must happen before we look:
// editors and certificate tools write in several steps.
const settle = 200 * time.Millisecond

// patience is how long after the first change we look all the same: a log in the same
// folder may never be quiet, and callers could see to that.
const patience = 5 * settle

// Files calls changed, from one goroutine, each time the content of one of paths
// is another than before, until ctx ends. It watches the folders, not the files,
// because files are mostly replaced: by renaming another over them, or, in
// Kubernetes, by moving a symbolic link further up.
//
// The error tells why watching cannot begin. A file that is missing for a while is
// not an error: it changes when it is back.
func Files(ctx context.Context, changed func(), paths ...string) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching files: %w", err)
	}
	folders := map[string]bool{}
	for _, path := range paths {
		folders[filepath.Dir(path)] = true
	}
	for folder := range folders {
		if err := watcher.Add(folder); err != nil {
			return errors.Join(fmt.Errorf("watching %s: %w", folder, err), watcher.Close())
		}
	}
	seen := digests(paths)
	go func() {
		defer func() { _ = watcher.Close() }()
		loop(ctx, watcher, paths, seen, changed)
	}()
	return nil
}

func loop(ctx context.Context, watcher *fsnotify.Watcher, paths []string, seen []digest, changed func()) {
	timer := time.NewTimer(settle)
	defer timer.Stop()
	var latest time.Time // to look, after a change; zero without one
	wait := func() {
		if latest.IsZero() {
			latest = time.Now().Add(patience)
		}
		timer.Reset(min(settle, time.Until(latest)))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-watcher.Events:
			if !ok {
				return
			}
			wait()
		case <-watcher.Errors: // events were lost; look
			wait()
		case <-timer.C:
			latest = time.Time{}
			if now := digests(paths); !slices.Equal(now, seen) {
				seen = now
				changed()
			}
		}
	}
}

type digest [sha256.Size]byte

// digests is what tells contents apart; a file that can't be read, or is none, has none.
func digests(paths []string) []digest {
	list := make([]digest, len(paths))
	for i, path := range paths {
		if content, err := Read(path); err == nil {
			list[i] = sha256.Sum256(content)
		}
	}
	return list
}
