package apikey

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// A Config says which keys a [Store] holds. At least one of Keys and File is needed.
// It prints as a mask, but a Config in an unexported field of another struct does
// not, because fmt calls no methods there: make a Store of it and let it go.
type Config struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Keys are plain keys: any printable ASCII, up to 1 KiB each. Spaces around a
	// key are trimmed. An empty key, or one that is there twice, is an error.
	// Names go by position, so removing a key renames those after it: File has
	// names that stay.
	Keys []string

	// Scopes is what each of Keys holds. Those of File have their own. Empty means
	// nothing.
	Scopes []string

	// File is the path of a file of named keys; the package comment has its
	// format. Empty means none.
	File string

	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// A Store is a set of keys, held as digests. It is safe for concurrent use. A nil or
// zero Store holds no keys and matches nothing. It prints as the number of its keys.
type Store struct {
	file    string
	now     func() time.Time
	begun   atomic.Uint64            // how many times Reload began
	current atomic.Pointer[snapshot] // all that is secret: fmt does not follow it
}

// New makes a Store. It reads Config.File, once, and reports every mistake of the
// Config and of the file together, each a [*ConfigError]. The Config is copied.
func New(c Config) (*Store, error) {
	s := &Store{file: c.File, now: c.Now}
	if s.now == nil {
		s.now = time.Now
	}
	var errs []error
	if len(c.Keys) == 0 && c.File == "" {
		errs = append(errs, &ConfigError{Field: "Keys", Problem: "there are no keys and no File: set one of them, or use no Store"})
	}
	for i, scope := range c.Scopes {
		if problem := checkScope(scope); problem != "" {
			errs = append(errs, &ConfigError{Field: fmt.Sprintf("Scopes[%d]", i), Problem: problem})
		}
	}
	plain, mistakes := plainKeys(c.Keys, c.Scopes)
	first, more := s.load(plain)
	if errs = slices.Concat(errs, mistakes, more); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	s.current.Store(first)
	return s, nil
}

// Match returns the key that was presented. The error wraps [ErrUnknown] or
// [ErrExpired]. Its cost does not grow with the number of keys, and what is longer
// than any key can be, 1 KiB, is unknown without being hashed.
func (s *Store) Match(key string) (*Key, error) {
	if len(key) > maxKey {
		return nil, ErrUnknown
	}
	found := s.snapshot().find(sha256.Sum256([]byte(key)))
	if found == nil {
		return nil, ErrUnknown
	}
	if found.key.expired(s.now()) {
		return nil, fmt.Errorf("%w: %q ended at %s", ErrExpired, found.key.Name, found.key.Expires.Format(time.RFC3339))
	}
	return found.copy(), nil
}

// Reload reads Config.File again; nothing else does, so whoever watches the file calls
// it. Once it has returned nil, keys that were removed from the file match no more. If
// the file cannot be read or has a mistake, the keys stay as they were and the error
// says why: to withdraw all keys, empty the file instead of removing it. Without a
// File there is nothing to do.
func (s *Store) Reload() error {
	fresh, err := s.next()
	if err != nil {
		return err
	}
	s.replace(fresh)
	return nil
}

// next takes a turn and reads what the keys are to be.
func (s *Store) next() (*snapshot, error) {
	turn := s.begun.Add(1)
	var plain []*entry
	if old := s.current.Load(); old != nil {
		plain = old.plain
	}
	fresh, errs := s.load(plain)
	fresh.turn = turn
	return fresh, errors.Join(errs...)
}

// replace puts fresh in place, unless a Reload that began later was faster: what this
// one read may be older, and would bring removed keys back.
func (s *Store) replace(fresh *snapshot) {
	for {
		old := s.current.Load()
		if old != nil && old.turn > fresh.turn {
			return
		}
		if s.current.CompareAndSwap(old, fresh) {
			return
		}
	}
}

// Len is the number of keys, expired ones included.
func (s *Store) Len() int {
	if now := s.snapshot(); now != nil {
		return now.count
	}
	return 0
}

// snapshot returns the keys of this moment, or nil if there are none.
func (s *Store) snapshot() *snapshot {
	if s == nil {
		return nil
	}
	return s.current.Load()
}

// load makes a snapshot of the plain keys and of the file as it is now.
func (s *Store) load(plain []*entry) (*snapshot, []error) {
	filed, errs := readFile(s.file)
	fresh, clashes := newSnapshot(plain, filed)
	return fresh, append(errs, clashes...)
}
