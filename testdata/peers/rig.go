package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
)

// A rig is how much to measure, and the benches that are set up for it.
type rig struct {
	ctx    context.Context // of everything that libraries start
	peers  []peer.Peer
	plan   measure.Plan
	tokens int // distinct ones for each algorithm
	bad    int // distinct ones of each kind that is refused
	flood  int // requests of strangers

	benches map[string]*bench
	decoys  []*fixture.Key
}

func newRig(ctx context.Context, rounds int, quick bool) *rig {
	r := &rig{ctx: ctx, peers: peer.All(), plan: measure.Plan{Slice: 4 * time.Millisecond, Ratios: rounds}, tokens: 4096, bad: 256, flood: 10_000, benches: map[string]*bench{}}
	if quick {
		r.plan.Slice = time.Millisecond
		r.tokens, r.bad, r.flood = 192, 24, 200
	}
	return r
}

func (r *rig) close() {
	for _, b := range r.benches {
		b.provider.Close()
	}
}

// A bench is one issuer with one key and its tokens.
type bench struct {
	provider *fixture.Provider
	key      *fixture.Key
	tokens   []string
	spare    string // one more, for requests that do not count
}

// bench is the one of an algorithm, published as its only key.
func (r *rig) bench(algorithm string) *bench {
	b := r.benches[algorithm]
	if b == nil {
		b = newBench(fixture.NewKey(algorithm), r.tokens)
		r.benches[algorithm] = b
	}
	b.provider.Publish(b.key)
	return b
}

// among is a bench whose key is the last of many: ten others for RSA, and one for EC.
func (r *rig) among(algorithm string) *bench {
	if r.decoys == nil {
		r.decoys = []*fixture.Key{fixture.NewKey("ES256")}
		for range 9 {
			r.decoys = append(r.decoys, fixture.NewKey("RS256"))
		}
	}
	b := r.bench(algorithm)
	b.provider.Publish(append(r.decoys[:len(r.decoys):len(r.decoys)], b.key)...)
	return b
}

func newBench(key *fixture.Key, tokens int) *bench {
	b := &bench{provider: fixture.Start(key), key: key}
	for n := range tokens {
		b.tokens = append(b.tokens, b.provider.Good(key, n))
	}
	b.spare = b.provider.Good(key, tokens)
	return b
}

// guarded is h behind a new middleware, which has admitted one request and so has
// its keys.
func (b *bench) guarded(ctx context.Context, p peer.Peer, h http.Handler) (http.Handler, error) {
	wrap, err := p.New(ctx, peer.For(b.provider, b.key))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	if status := statusOf(wrap(noContent), b.spare); status != http.StatusNoContent {
		return nil, fmt.Errorf("%s: a good token is answered %d", p.Name, status)
	}
	return wrap(h), nil
}

// noContent is the handler behind everything but MCP servers.
var noContent = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

// statusOf sends one token.
func statusOf(h http.Handler, token string) int {
	var w fixture.Writer
	h.ServeHTTP(&w, fixture.Request(token))
	return w.Status
}
