package middleware

import (
	"hash/maphash"
	"math"
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

// A bucket has a label for each token beside it, which tells enough to pass over the token
// without a look: memory that was not looked at for long is slow. A label may be older or
// newer than its token for a moment, or for good where two were put in at once. Then that
// token is verified once more, or makes room out of turn; what is found is compared.
type bucket struct {
	labels [ways]atomic.Uint64
	tokens [ways]atomic.Pointer[remembered]
}

// A label is the second from which a token is old, in 32 bits, of which the largest means
// that it never is; and 32 of its hash, of which the last makes way for the mark. No label
// is zero: that is an empty place.
func (e *remembered) label() uint64 {
	old := min(max(e.principal.Claims.Until.Unix()+1, 1), never)
	return uint64(old)<<32 | e.hash&math.MaxUint32&^returned
}

const (
	returned uint64 = 1              // the mark: the token came again
	never           = math.MaxUint32 // in the year 2106
)

func sameHash(label, hash uint64) bool { return uint32(label)>>1 == uint32(hash)>>1 }

func isOld(label uint64, now time.Time) bool {
	old := int64(label >> 32)
	return old <= now.Unix() && old != never || label == 0
}

// A remembered token is immutable. The principal is part of it, to make one piece of
// memory of two; so the token is kept as long as somebody keeps that.
type remembered struct {
	hash      uint64
	token     string
	principal Principal
	from      int64   // when it began to be good, on our clock, in Unix nanoseconds
	read      *readBy // what the principal's scopes were read by
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
	// Cloned, which is most of what remembering costs: it could keep all of the header of
	// its request, or lie in a buffer that a server other than net/http's uses again, and
	// what is compared must not change. Claims have memory of their own.
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
	for i := range b.labels {
		label := b.labels[i].Load()
		if !sameHash(label, hash) {
			continue
		}
		// Hashes first: the rest is reached by who has the signature.
		if e := b.tokens[i].Load(); e != nil && e.hash == hash && e.token == token {
			if label&returned == 0 { // processors share what is only read
				b.labels[i].Or(returned)
			}
			return e
		}
	}
	return nil
}

func (t *tokenCache) drop(e *remembered) {
	b := t.bucket(e.hash)
	for i := range b.tokens {
		label := b.labels[i].Load()
		if b.tokens[i].CompareAndSwap(e, nil) {
			b.labels[i].CompareAndSwap(label, 0)
		}
	}
}

// keep puts a token in, in place of itself if it is there.
func (t *tokenCache) keep(token string, claims *jwks.Claims, pol *policy, now time.Time) *remembered {
	e := &remembered{
		hash: t.spread(token), token: token, from: from(claims),
		principal: principalOf(MethodJWT, claims, pol), read: pol.read,
	}
	b := t.bucket(e.hash)
	i := b.room(e.hash, now)
	b.tokens[i].Store(e)
	b.labels[i].Store(e.label())
	return e
}

// room finds the place for a token: its own, an empty one, or that of a token that is
// old, that never came back, or, where all did, of any. These have to come back once more
// to be spared again.
func (b *bucket) room(hash uint64, now time.Time) int {
	for i := range b.labels {
		if sameHash(b.labels[i].Load(), hash) {
			return i
		}
	}
	for i := range b.labels {
		if isOld(b.labels[i].Load(), now) {
			return i
		}
	}
	first := int(hash % ways) // any: the bucket was chosen by the other end of the hash
	for i := range b.labels {
		at := (first + i) % ways
		if b.labels[at].Load()&returned == 0 {
			return at
		}
	}
	for i := range b.labels {
		b.labels[i].And(^returned)
	}
	return first
}
