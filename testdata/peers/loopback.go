package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// burstSlices is how many slices of other sections one burst is long: it has to outlast
// that callers and server find their pace.
const burstSlices = 25

// loopback is what authentication takes from a real server.
func loopback(r *rig, s *report.Section) (err error) {
	b, length := r.bench("RS256"), burstSlices*r.plan.Slice
	s.Title = "A tools/call of mcp-go over the loopback interface, with the same RS256 token again"
	s.Note = fmt.Sprintf("Ratios to the same MCP server without authentication, which gets the same requests. The server is a process of its own with GOMAXPROCS=1, and serves both at two ports; %d connections send the next request when they have the answer to the last. Bursts of %d ms in the order A B B A. CPU is that of the server's process for one request, by getrusage: with what the system does for it, and the garbage collector. A pair of bursts does not count in which the server waited for more than a quarter of the time, for its callers or for its processor.", callersEach, length.Milliseconds())
	s.Header = []string{"", "throughput", "quartiles", "CPU", "quartiles", "us CPU without", "us CPU with"}
	list := r.libraries("RS256")
	server, err := startProcess(r.ctx, b, append([]peer.Peer{peer.NoAuth}, list...))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	// This side needs less than one processor, and must not take the server's.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, p := range list {
		if err := r.loopbackRow(s, b, server, p, length); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

func (r *rig) loopbackRow(s *report.Section, b *bench, server *process, p peer.Peer, length time.Duration) error {
	var bursts [2]func() (measure.Burst, error)
	for i, name := range []string{peer.NoAuth.Name, p.Name} {
		list, err := connect(r.ctx, server.addresses[name], b.tokens[0])
		if err != nil {
			return err
		}
		defer list.close()
		bursts[i] = func() (measure.Burst, error) { return list.burst(length, server.cpu) }
		if _, err := bursts[i](); err != nil { // the first is for getting warm
			return err
		}
	}
	got, err := r.plan.Bursts(bursts[0], bursts[1])
	if err != nil {
		return err
	}
	row := []string{p.Name}
	for _, n := range []struct {
		name   string
		spread measure.Spread
	}{{"tools/call throughput", got.Throughput}, {"tools/call CPU", got.CPU}} {
		s.Numbers = append(s.Numbers, report.Number{
			Library: p.Name, Case: n.name, Unit: "ratio", Value: n.spread.Median,
			Q1: n.spread.Q1, Q3: n.spread.Q3, Kept: got.Kept, Pairs: got.Pairs,
		})
		cell := report.Digits(n.spread.Median)
		if !r.plan.Enough(got.Kept) {
			cell = busy + cell
		}
		row = append(row, cell, report.Digits(n.spread.Q1)+"–"+report.Digits(n.spread.Q3))
	}
	s.Number(p.Name, "tools/call", "us CPU", got.NS/1000)
	s.Number(p.Name, "tools/call without authentication", "us CPU", got.BaseNS/1000)
	s.Row(append(row, report.Digits(got.BaseNS/1000), report.Digits(got.NS/1000))...)
	return nil
}
