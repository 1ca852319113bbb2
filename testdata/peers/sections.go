package main

import (
	"fmt"
	"strings"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// sections is what there is to measure, in the order of the report.
var sections = []struct {
	name    string
	measure func(*rig, *report.Section) error
}{
	{report.ColdSection, cold("RS256", false)},
	{"cold-RS256-keys", cold("RS256", true)},
	{"cold-ES256", cold("ES256", false)},
	{"cold-HS256", cold("HS256", false)},
	{report.HotSection, hot},
	{"decision", decision},
	{"reject", reject},
	{"apikey", apiKey},
	{"fetches", fetches},
	{"admissions", admissions},
	{"inprocess", inProcess},
	{"loopback", loopback},
	{"policy", toolPolicy},
	{"memory", memory},
}

// chosen reports whether a section is meant by -only, a list of beginnings of names.
func chosen(name, only string) bool {
	for prefix := range strings.SplitSeq(only, ",") {
		if strings.HasPrefix(name, strings.TrimSpace(prefix)) {
			return true
		}
	}
	return false
}

func sectionNames() string {
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// busy marks a ratio for which disturbed pairs had to count.
const busy = "~"

// ratio measures and records a ratio, and returns how it stands in the table.
func (r *rig) ratio(s *report.Section, library, name string, base, subject *measure.Loop) (measure.Ratio, string, error) {
	got, err := r.plan.Paired(base, subject)
	if err != nil {
		return got, "", fmt.Errorf("%s, %s: %w", library, name, err)
	}
	s.Numbers = append(s.Numbers, report.Number{
		Library: library, Case: name, Unit: "ratio", Value: got.Wall,
		Q1: got.Q1, Q3: got.Q3, CPU: got.CPU, NS: got.NS, Kept: got.Kept, Pairs: got.Pairs,
	})
	cell := report.Digits(got.Wall)
	if !r.plan.Enough(got.Kept) {
		cell = busy + cell
	}
	return got, cell, nil
}

func spread(q measure.Ratio) string { return report.Digits(q.Q1) + "–" + report.Digits(q.Q3) }

// allocations records what one operation allocates, and returns both cells.
func (r *rig) allocations(s *report.Section, library string, l *measure.Loop) (allocs, bytes string, err error) {
	a, b, err := measure.Allocs(l, r.tokens)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", library, err)
	}
	s.Number(library, "allocations", "allocs/op", a)
	s.Number(library, "bytes", "B/op", b)
	return report.Count(a), report.Count(b), nil
}

// libraries is who knows an algorithm.
func (r *rig) libraries(algorithm string) []peer.Peer {
	var list []peer.Peer
	for _, p := range r.peers {
		if !p.Baseline && p.Knows(algorithm) {
			list = append(list, p)
		}
	}
	return list
}
