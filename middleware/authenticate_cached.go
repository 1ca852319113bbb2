package middleware

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// What remembering tokens costs: with all of its claims, one of the usual size takes
// 2 kB.
const (
	defaultTokens = 10_000
	maxTokens     = 1 << 20

	maxKept = 4 << 10 // bytes of a token; a longer one is verified each time

	ways = 8  // tokens that share a bucket
	tail = 32 // letters of a signature that say which: 192 bits of it
)

// A tokenCache remembers tokens that were verified, and who they speak for: a client
// sends the same one for minutes or hours, and its signature holds as well the second
// time. Only that is remembered. What a token may do, whether it is bound to a key, and
// who is denied is decided for every request behind this.
//
// It keeps successes alone, in whole, and compares them in whole: a hit is the very text
// that was verified, whatever hashes do. The price is that a dump of this memory has
// tokens in it that are still good, which it would not have with digests in their place;
// but it has those of the requests under way too. A digest that nobody can forge (SHA-256)
// takes four times as long as all the rest of a hit, and one under a key of ours as long,
// and that one is exact only while the key is secret. For who fears dumps more than time
// there is Config.NoTokenCache.
//
// Reading takes no lock, and writes once for each token that comes back. A token that
// came but once makes room before one that came back, so that a flood of the former
// leaves the latter alone. Only issuers can fill it, and nobody chooses a bucket: its seed
// is random.
type tokenCache struct {
	seed    maphash.Seed
	buckets []bucket
}

type bucket [ways]atomic.Pointer[remembered]

// A remembered token is immutable, but for its mark. The principal is part of it, to make
// one piece of memory of two; so the token is kept as long as somebody keeps that.
type remembered struct {
	hash      uint64
	token     string
	principal Principal
	from      int64       // when it began to be good, on our clock, in Unix nanoseconds
	read      *readBy     // what the principal's scopes were read by
	returned  atomic.Bool // the mark: it came again
}

func newTokenCache(size int) *tokenCache {
	return &tokenCache{seed: maphash.MakeSeed(), buckets: make([]bucket, (size+ways-1)/ways)}
}

// remembering makes the cache, if there is to be one.
func (b *builder) remembering(g *Guard) {
	const field = "TokenCache"
	switch {
	case b.TokenCache < 0:
		b.add(field, "is negative; write a number of tokens, or 0 for %d; NoTokenCache is for none", defaultTokens)
	case b.TokenCache > maxTokens:
		b.add(field, "is %d, which takes gigabytes; write at most %d", b.TokenCache, maxTokens)
	case b.NoTokenCache && b.TokenCache > 0:
		b.add(field, "is %d beside NoTokenCache; remove the one or the other", b.TokenCache)
	case b.NoTokenCache || g.tokens == nil:
	case b.TokenCache == 0:
		g.seen = newTokenCache(defaultTokens)
	default:
		g.seen = newTokenCache(b.TokenCache)
	}
}

// recall returns who a token speaks for, if it is remembered, and if verifying it now
// would come to the same; or nil. What would not is forgotten.
func (g *Guard) recall(token string, pol *policy, now time.Time) *Principal {
	if g.seen == nil || len(token) > maxKept {
		return nil
	}
	e := g.seen.find(token)
	if e == nil {
		return nil
	}
	if !e.inTime(now) || !g.tokens.Holds(e.principal.Claims, now) {
		g.seen.drop(e)
		return nil
	}
	if e.read != pol.read { // SetPolicy: its scopes are others now
		e = g.seen.keep(e.token, e.principal.Claims, pol, now)
	}
	return &e.principal
}

// remember keeps a token that was verified, and returns who it speaks for.
func (g *Guard) remember(token string, claims *jwks.Claims, pol *policy, now time.Time) *Principal {
	if g.seen == nil || len(token) > maxKept {
		p := principalOf(MethodJWT, claims, pol)
		return &p
	}
	// Cloned, or it would keep all of the header of its request. Claims are decoded, and
	// have memory of their own.
	return &g.seen.keep(strings.Clone(token), claims, pol, now).principal
}

// inTime is the rule that package jwks verifies by. The clock may have been put back.
func (e *remembered) inTime(now time.Time) bool {
	return now.Before(e.principal.Claims.Until) && now.UnixNano() >= e.from
}

// from is when a token begins to be accepted: the later of "nbf" and "iat", less what
// clocks may differ, which is also what Until has more than Expiry.
func from(c *jwks.Claims) int64 {
	later := c.NotBefore
	if c.IssuedAt.After(later) {
		later = c.IssuedAt
	}
	if later.IsZero() {
		return 0
	}
	return later.Add(c.Expiry.Sub(c.Until)).UnixNano() // which is past, and so in range
}

// is compares hashes first: the rest is reached by who has the signature.
func (e *remembered) is(hash uint64, token string) bool { return e.hash == hash && e.token == token }

// spread hashes the end of a token, which is a signature, and as good as random in each.
func (t *tokenCache) spread(token string) uint64 {
	return maphash.String(t.seed, token[max(0, len(token)-tail):])
}

func (t *tokenCache) bucket(hash uint64) *bucket {
	i, _ := bits.Mul64(hash, uint64(len(t.buckets)))
	return &t.buckets[i]
}

func (t *tokenCache) find(token string) *remembered {
	hash := t.spread(token)
	b := t.bucket(hash)
	for i := range b {
		if e := b[i].Load(); e != nil && e.is(hash, token) {
			if !e.returned.Load() { // processors share what is only read
				e.returned.Store(true)
			}
			return e
		}
	}
	return nil
}

func (t *tokenCache) drop(e *remembered) {
	b := t.bucket(e.hash)
	for i := range b {
		b[i].CompareAndSwap(e, nil)
	}
}

// keep puts a token in, in place of itself if it is there.
func (t *tokenCache) keep(token string, claims *jwks.Claims, pol *policy, now time.Time) *remembered {
	e := &remembered{
		hash: t.spread(token), token: token, from: from(claims),
		principal: principalOf(MethodJWT, claims, pol), read: pol.read,
	}
	room, there := t.bucket(e.hash).room(e, now)
	// Where others were faster, e is not kept this time.
	room.CompareAndSwap(there, e)
	return e
}

// room finds the place for e, and what is there: e's own, an empty one, or that of a
// token that has ended, that never came back, or, where all did, of any. These have to
// come back once more to be spared again.
func (b *bucket) room(e *remembered, now time.Time) (place *atomic.Pointer[remembered], there *remembered) {
	for i := range b {
		if old := b[i].Load(); old != nil && old.is(e.hash, e.token) {
			return &b[i], old
		}
	}
	for i := range b {
		if old := b[i].Load(); old == nil || !old.inTime(now) {
			return &b[i], old
		}
	}
	first := int(e.hash % ways) // any: the bucket was chosen by the other end of the hash
	for i := range b {
		at := &b[(first+i)%ways]
		if old := at.Load(); old != nil && !old.returned.Load() {
			return at, old
		}
	}
	for i := range b {
		if old := b[i].Load(); old != nil {
			old.returned.Store(false)
		}
	}
	return &b[first], b[first].Load()
}
