package apikey_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
)

// canary is a key that must appear nowhere. Its shape is that of a generated one.
const canary = "mcp_CANARYCANARYCANARYCANARY23"

// hash is what a file has in place of a key.
func hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// file writes lines to a new file and returns its path.
func file(t testing.TB, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	rewrite(t, path, lines...)
	return path
}

// rewrite replaces a file by a complete one, as the package comment asks for.
func rewrite(t testing.TB, path string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func newStore(t testing.TB, c apikey.Config) *apikey.Store {
	t.Helper()
	s, err := apikey.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// admitted fails the test unless the key matches and has this name.
func admitted(t testing.TB, s *apikey.Store, key, name string) *apikey.Key {
	t.Helper()
	k, err := s.Match(key)
	if err != nil {
		t.Fatalf("key of %s: %v", name, err)
	}
	if k.Name != name {
		t.Fatalf("name is %q, want %q", k.Name, name)
	}
	return k
}

// refused fails the test unless the key is refused for this reason.
func refused(t testing.TB, s *apikey.Store, key string, reason error) {
	t.Helper()
	k, err := s.Match(key)
	if k != nil || !errors.Is(err, reason) {
		t.Fatalf("Match(%q) = %v, %v; want %v", key, k, err, reason)
	}
}

// mistakes returns the configuration mistakes in err, as text, and fails the test if
// there is anything else in it, or the canary.
func mistakes(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		t.Fatal("accepted")
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%T is not a joined error", err)
	}
	var texts []string
	for _, one := range joined.Unwrap() {
		if _, ok := errors.AsType[*apikey.ConfigError](one); !ok {
			t.Fatalf("%T is not a *ConfigError: %v", one, one)
		}
		texts = append(texts, one.Error())
	}
	if strings.Contains(strings.ToLower(err.Error()), "canary") {
		t.Fatalf("the error repeats a key: %v", err)
	}
	return texts
}

// clock is a clock that tests move. Match reads it in the goroutine of the test.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }
