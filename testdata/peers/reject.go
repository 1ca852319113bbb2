package main

import (
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// reject is what strangers can make a server do.
func reject(r *rig, s *report.Section) error {
	b := r.bench("RS256")
	s.Title = "Refused: RS256 tokens that are no good"
	s.Note = "Complete handlers, as ratios to the RS256 floor. Who fetches the key set for a bad token pays for that here, on the loopback interface."
	s.Header = []string{""}
	var kinds [][]string
	for _, k := range fixture.Rejected {
		s.Header = append(s.Header, k.Name)
		tokens := make([]string, r.bad)
		for n := range tokens {
			tokens[n] = k.Make(b.provider, b.key, n)
		}
		kinds = append(kinds, tokens)
	}
	for _, p := range r.libraries("RS256") {
		if err := r.rejectRow(s, b, p, kinds); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) rejectRow(s *report.Section, b *bench, p peer.Peer, kinds [][]string) error {
	h, err := b.guarded(r.ctx, p, noContent)
	if err != nil {
		return err
	}
	row := []string{p.Name}
	for i, k := range fixture.Rejected {
		floor, err := b.cold(r, peer.Floor)
		if err != nil {
			return err
		}
		x := &exchange{handler: h, requests: requests(kinds[i])}
		_, cell, err := r.ratio(s, p.Name, k.Name, floor, &measure.Loop{Op: x.do})
		if err != nil {
			return err
		}
		row = append(row, cell)
	}
	s.Row(row...)
	return nil
}
