package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// fetches is who asks the provider for its keys, and when.
func fetches(r *rig, s *report.Section) error {
	s.Title = "Fetches of the key set"
	s.Note = fmt.Sprintf("After one good request: %d RS256 tokens with as many unknown key ids; as many with bad signatures under the known key; and a token under a key that was published since, before and after one token with a made-up key id.", r.flood)
	s.Header = []string{"", "unknown kid", "bad signature", "new key, first request", "the same after a stranger"}
	old, fresh := fixture.NewKey("RS256"), fixture.NewKey("RS256")
	for _, p := range r.libraries("RS256") {
		row := []string{p.Name}
		for _, name := range []string{"unknown kid", "bad signature"} {
			n, err := r.flooded(p, old, kind(name))
			if err != nil {
				return err
			}
			s.Number(p.Name, name, "fetches", float64(n))
			row = append(row, fmt.Sprint(n))
		}
		for _, strangers := range []int{0, 1} {
			status, err := rotated(r.ctx, p, old, fresh, strangers)
			if err != nil {
				return err
			}
			s.Number(p.Name, fmt.Sprintf("new key after %d strangers", strangers), "status", float64(status))
			row = append(row, verdict(status))
		}
		s.Row(row...)
	}
	return nil
}

// kind finds a kind of bad token by its name.
func kind(name string) fixture.Kind {
	for _, k := range append(fixture.Rejected, fixture.Forged...) {
		if k.Name == name {
			return k
		}
	}
	panic("no kind of token: " + name)
}

func verdict(status int) string {
	if status == http.StatusNoContent {
		return "admitted"
	}
	return fmt.Sprintf("refused (%d)", status)
}

// flooded counts the fetches that bad tokens cause, none of which may be admitted.
func (r *rig) flooded(p peer.Peer, key *fixture.Key, bad fixture.Kind) (int64, error) {
	b := newBench(key, 0)
	defer b.provider.Close()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	h, err := b.guarded(ctx, p, noContent)
	if err != nil {
		return 0, err
	}
	before := b.provider.Fetches()
	for n := range r.flood {
		if status := statusOf(h, bad.Make(b.provider, key, n)); status/100 != 4 {
			return 0, fmt.Errorf("%s: %s is answered %d", p.Name, bad.Name, status)
		}
	}
	return b.provider.Fetches() - before, nil
}

// rotated is the answer to the first token under a key that was published since.
func rotated(ctx context.Context, p peer.Peer, old, fresh *fixture.Key, strangers int) (int, error) {
	b := newBench(old, 0)
	defer b.provider.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h, err := b.guarded(ctx, p, noContent)
	if err != nil {
		return 0, err
	}
	for n := range strangers {
		statusOf(h, kind("unknown kid").Make(b.provider, old, n))
	}
	b.provider.Publish(fresh, old)
	return statusOf(h, b.provider.Good(fresh, 0)), nil
}
