package apikey

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"
)

type digest [sha256.Size]byte

// prefix is what entries are indexed by.
func (d *digest) prefix() uint64 { return binary.BigEndian.Uint64(d[:8]) }

// An entry is a key that is held. It is immutable.
type entry struct {
	digest digest
	key    Key
	at     place
}

// copy returns a Key that the caller may change without changing what is granted.
func (e *entry) copy() *Key {
	key := e.key
	key.Scopes = slices.Clone(key.Scopes)
	return &key
}

// A snapshot is all keys of one moment. It is immutable once it is stored.
type snapshot struct {
	entries map[uint64][]*entry // by prefix of the digest
	count   int
	plain   []*entry // those of Config.Keys, which every Reload keeps
	turn    uint64   // which Reload made it
}

// find returns the entry with exactly this digest, or nil.
//
// The map is asked for eight bytes of the digest, in a time that may depend on them.
// That tells a caller nothing useful: the map hashes the eight bytes with a random seed
// of its own and compares them as one word, so a near miss looks like any other, and
// stored digests can't be felt out byte by byte. Were the eight bytes known all the
// same, they'd be a part of a digest, from which no random key is found. What decides
// is the comparison of the whole digests, whose time depends on nothing secret.
func (s *snapshot) find(d digest) *entry {
	if s == nil {
		return nil
	}
	var found *entry
	for _, e := range s.entries[d.prefix()] {
		if subtle.ConstantTimeCompare(e.digest[:], d[:]) == 1 {
			found = e
		}
	}
	return found
}

// newSnapshot indexes the keys and reports those that clash. A digest that is there
// twice would leave open which scopes it grants.
func newSnapshot(plain, filed []*entry) (*snapshot, []error) {
	s := &snapshot{entries: make(map[uint64][]*entry, len(plain)+len(filed)), plain: plain}
	var errs []error
	for _, e := range slices.Concat(plain, filed) {
		if first := s.find(e.digest); first != nil {
			errs = append(errs, e.at.mistake(fmt.Sprintf("the same key as %s: remove one of them", first.at)))
			continue
		}
		s.entries[e.digest.prefix()] = append(s.entries[e.digest.prefix()], e)
		s.count++
	}
	return s, append(errs, s.checkNames(plain, filed)...)
}

// checkNames reports names in the file that would mislead: the name of a plain key,
// because logs and policy could not tell the two apart, and a key in the place of a
// name, because names are logged.
func (s *snapshot) checkNames(plain, filed []*entry) []error {
	taken := map[string]place{}
	for _, e := range plain {
		taken[e.key.Name] = e.at
	}
	var errs []error
	for _, e := range filed {
		if at, ok := taken[e.key.Name]; ok {
			errs = append(errs, e.at.mistake(fmt.Sprintf("the name is that of %s: choose another", at)))
		}
		if s.find(sha256.Sum256([]byte(e.key.Name))) != nil {
			errs = append(errs, e.at.mistake("the name is itself a key, and names are logged: choose another name"))
		}
	}
	return errs
}
