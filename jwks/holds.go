package jwks

import (
	"slices"
	"time"
)

// Holds reports whether the key that verified c, for this Verifier, is one that
// verifies now: who remembers claims asks before every use of them, or a key that the
// issuer withdrew would verify on. now is the time on the clock of Config. Nothing is
// fetched, nothing waits, and no lock is taken.
//
// It says nothing of c itself: that it is past its Until, for one, is for the caller to
// see. Where it says no, [Verifier.Verify] decides, and may well accept the token: keys
// that are to be refreshed hold nothing until a request has caused that.
func (v *Verifier) Holds(c *Claims, now time.Time) bool {
	if c.by == nil || c.by.verifier != v || c.by.keys.due(now) {
		return false
	}
	set := c.by.keys.atHand(now)
	return set != nil && set.holds(c.key)
}

// holds reports whether find would find the key again. It need not know all that find
// knows: with a key that came beside it and might fit as well, it says no.
func (s *keySet) holds(ref *keyRef) bool {
	if s.anyKid {
		return slices.Contains(s.keys, ref.key)
	}
	there := false
	for _, k := range s.keys {
		switch {
		case k == ref.key:
			there = true
		case ref.lone, k.rivals(ref.key):
			return false
		}
	}
	return there
}

// rivals reports whether a token that names other might mean k. Whose key k is does not
// count: to see a rival too many costs time alone.
func (k *key) rivals(other *key) bool {
	return k.id == other.id && k.kind == other.kind && (k.alg == other.alg || k.alg == "" || other.alg == "") && !k.equal(other)
}
