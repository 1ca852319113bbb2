package main

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// A rotation is the keys of the provider, one after the other, and tokens of each.
//
// It does what good providers do: a key is published long before it signs, and is
// withdrawn some time after it has ceased to. Long before means, for real ones, a day;
// here it means until the key set with it has been fetched. So a good caller's token is
// never refused, and not because the server is lenient: what it says to tokens of keys
// that are too new, or withdrawn, is asked as well.
type rotation struct {
	provider *provider
	keys     []*signer

	withdrawn atomic.Int64 // how many of keys, the first ones
	current   atomic.Int64 // which of keys signs
	published atomic.Int64 // how many of keys are published, or were
}

// A signer is one key with the tokens that it ever signs but one. They are made before
// anything is measured.
type signer struct {
	key     *jwkstest.Key
	tokens  []string // by user
	expired []string
}

// expiredTokens is how many there are for each key.
const expiredTokens = 8

// newRotation makes all keys and tokens, and publishes the first keys.
func newRotation(p *provider) *rotation {
	r := &rotation{provider: p}
	for n := range 1 + ahead + steps {
		k := jwkstest.NewKey([]string{"ES256", "RS256"}[n%2])
		p.Publish(k)
		r.keys = append(r.keys, newSigner(p, k))
		p.RemoveKey(k.ID())
	}
	for range 1 + ahead {
		r.publish()
	}
	return r
}

func newSigner(p *provider, k *jwkstest.Key) *signer {
	s := &signer{key: k}
	for n := range users {
		s.tokens = append(s.tokens, p.Mint(jwkstest.Token{KeyID: k.ID(), Claims: map[string]any{"sub": user(n)}}))
	}
	for n := range expiredTokens {
		claims := map[string]any{"sub": user(n), "exp": time.Now().Add(-2 * leeway)}
		s.expired = append(s.expired, p.Mint(jwkstest.Token{KeyID: k.ID(), Claims: claims}))
	}
	return s
}

func user(n int) string { return fmt.Sprintf("user-%d", n) }

// step publishes a key, goes on to the next one if the server has it, and withdraws one.
func (r *rotation) step() {
	r.publish()
	if next := r.current.Load() + 1; next < r.published.Load() && r.provider.history.knows(r.keys[next].key.ID()) {
		r.current.Store(next)
	}
	if first := r.withdrawn.Load(); first+behind < r.current.Load() {
		r.provider.RemoveKey(r.keys[first].key.ID())
		r.withdrawn.Store(first + 1)
	}
}

func (r *rotation) publish() {
	if n := r.published.Load(); int(n) < len(r.keys) {
		r.provider.Publish(r.keys[n].key)
		r.published.Store(n + 1)
	}
}

// signing is the key of good tokens.
func (r *rotation) signing() *signer { return r.keys[r.current.Load()] }

// old is a key that was withdrawn, or nil if none was.
func (r *rotation) old() *signer { return r.oneOf(0, r.withdrawn.Load()) }

// fresh is a key that is published and does not sign yet, or nil.
func (r *rotation) fresh() *signer { return r.oneOf(r.current.Load()+1, r.published.Load()) }

func (r *rotation) oneOf(from, to int64) *signer {
	if from >= to {
		return nil
	}
	return r.keys[from+rand.Int64N(to-from)]
}
