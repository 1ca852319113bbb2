package main

import (
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// cold is every request with a token that was not seen before.
func cold(algorithm string, manyKeys bool) func(*rig, *report.Section) error {
	return func(r *rig, s *report.Section) error {
		b, keys := r.bench(algorithm), ""
		if manyKeys {
			b, keys = r.among(algorithm), ", the last of 10 RSA keys and one EC key"
		}
		s.Title = "Cold: each request with a new " + algorithm + " token" + keys
		s.Note = "Complete handlers. Ratios are to the floor: SHA-256 of what was signed, and the standard library's check of the signature. Like the floor, jws.Verify and jwtauth know one key and look up none; go-oidc is made for ID tokens; the log of tuannvm is silent."
		s.Header = []string{"", "ratio", "quartiles", "CPU", "ns/op", "allocs/op", "B/op"}
		for _, p := range r.peers {
			if !p.Knows(algorithm) {
				continue
			}
			if err := r.coldRow(s, b, p); err != nil {
				return err
			}
		}
		return nil
	}
}

func (r *rig) coldRow(s *report.Section, b *bench, p peer.Peer) error {
	base, err := b.cold(r, peer.Floor)
	if err != nil {
		return err
	}
	l, err := b.cold(r, p)
	if err != nil {
		return err
	}
	got, cell, err := r.ratio(s, p.Name, report.ColdCase, base, l)
	if err != nil {
		return err
	}
	allocs, bytes, err := r.allocations(s, p.Name, l)
	if err != nil {
		return err
	}
	s.Row(p.Name, cell, spread(got), report.Digits(got.CPU), report.Count(got.NS), allocs, bytes)
	return nil
}
