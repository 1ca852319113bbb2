package opaque

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/mcp-rs/mcp-rs/jwks"
)

const (
	cacheSize = 10_000           // of good answers, and as many bad ones, for each provider
	keepBad   = 10 * time.Second // a token may become good: it was made a moment ago
)

// A key stands for a token and for what is asked of it. The token itself is kept
// nowhere.
type key struct {
	sum [sha256.Size]byte
	how purpose
}

// A verdict is a judgement: claims, or why the token is refused.
type verdict struct {
	claims *jwks.Claims
	err    error
}

// An entry is a verdict and when it holds. Where the clock was set back it does not.
type entry struct {
	verdict
	from, until time.Time
}

// A cache keeps verdicts. Good and bad ones are apart, so that no flood of tokens that
// somebody made up can push out a good one.
type cache struct{ good, bad *lru.Cache[key, entry] }

func newCache() cache {
	good, _ := lru.New[key, entry](cacheSize) // fails for sizes below 1 only
	bad, _ := lru.New[key, entry](cacheSize)
	return cache{good, bad}
}

func (c cache) find(k key, now time.Time) (verdict, bool) {
	for _, entries := range [...]*lru.Cache[key, entry]{c.good, c.bad} {
		e, ok := entries.Get(k)
		if ok && now.Before(e.until) && !now.Before(e.from) {
			return e.verdict, true
		}
	}
	return verdict{}, false
}

// keep holds on to a good verdict for as long as keepFor says, and never past the end
// of the token. A bad one replaces a good one.
func (c cache) keep(k key, v verdict, now time.Time, keepFor time.Duration) {
	if v.err != nil {
		c.good.Remove(k)
		c.bad.Add(k, entry{v, now, now.Add(min(keepBad, keepFor))})
		return
	}
	until := now.Add(keepFor)
	if end := v.claims.Until; !end.IsZero() && end.Before(until) {
		until = end
	}
	c.bad.Remove(k)
	c.good.Add(k, entry{v, now, until})
}
