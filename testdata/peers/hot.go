package main

import (
	"context"
	"net/http"
	"runtime"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// attaching delivers claims and looks at nothing.
var attaching = peer.Peer{
	Name: "only attaching claims", Baseline: true,
	New: func(context.Context, peer.Setup) (peer.Middleware, error) { return peer.Attaching, nil },
}

// hot is the same RS256 token again, as a client sends it for an hour.
func hot(r *rig, s *report.Section) error {
	b := r.bench("RS256")
	s.Title = "Hot: the same RS256 token again"
	s.Note = "Complete handlers, one token at 64 addresses. The last column is how many times more two goroutines get done than one."
	s.Header = []string{"", "ratio to the RS256 floor", "ratio to only attaching claims", "ns/op", "allocs/op", "B/op", "two at once"}
	for _, p := range append([]peer.Peer{attaching}, r.libraries("RS256")...) {
		h, err := b.guarded(r.ctx, p, noContent)
		if err != nil {
			return err
		}
		if err := r.hotRow(s, b, p.Name, func() func(int) error { return b.again(h) }); err != nil {
			return err
		}
	}
	return nil
}

// again is an exchange with the same token.
func (b *bench) again(h http.Handler) func(int) error {
	return (&exchange{handler: h, requests: b.same(), want: http.StatusNoContent}).do
}

// decision is Check alone, which only we can be asked: no answer, and no context.
func decision(r *rig, s *report.Section) error {
	b := r.bench("RS256")
	s.Title = "The decision alone, about the same RS256 token again"
	s.Note = "Guard.Check with a request that is there already."
	s.Header = []string{"", "ratio to the RS256 floor", "ratio to only attaching claims", "ns/op", "allocs/op", "B/op", "two at once"}
	names, guards, err := peer.Guards(peer.For(b.provider, b.key))
	if err != nil {
		return err
	}
	for i, name := range names {
		op := func() func(int) error {
			list := b.same()
			return func(n int) error {
				_, err := guards[i].Check(list[n%len(list)])
				return err
			}
		}
		if err := r.hotRow(s, b, name, op); err != nil {
			return err
		}
	}
	return nil
}

// hotRow measures an operation. Each call of op makes one for a goroutine of its own.
func (r *rig) hotRow(s *report.Section, b *bench, name string, op func() func(int) error) error {
	l := &measure.Loop{Op: op()}
	floor, err := b.cold(r, peer.Floor)
	if err != nil {
		return err
	}
	_, toFloor, err := r.ratio(s, name, report.HotCase, floor, l)
	if err != nil {
		return err
	}
	base := &measure.Loop{Op: b.again(peer.Attaching(noContent))}
	got, toAttaching, err := r.ratio(s, name, "ratio to only attaching claims", base, l)
	if err != nil {
		return err
	}
	allocs, bytes, err := r.allocations(s, name, l)
	if err != nil {
		return err
	}
	two, err := r.scaling(s, name, op)
	if err != nil {
		return err
	}
	s.Row(name, toFloor, toAttaching, report.Count(got.NS), allocs, bytes, two)
	return nil
}

// scaling measures two goroutines against one.
func (r *rig) scaling(s *report.Section, name string, op func() func(int) error) (string, error) {
	if runtime.GOMAXPROCS(0) < 2 {
		return "one processor", nil
	}
	got, err := measure.Plan{Slice: r.plan.Slice, Ratios: max(r.plan.Ratios/4, 2)}.Scaling([2]func(int) error{op(), op()})
	if err != nil {
		return "", err
	}
	s.Number(name, "two goroutines", "times one", got)
	return report.Digits(got) + "×", nil
}

// addresses is how many copies of one token are sent in turn.
const addresses = 64

// same is requests with one token, at as many addresses.
func (b *bench) same() []*http.Request {
	list := make([]*http.Request, addresses)
	for i := range list {
		list[i] = fixture.Request(b.tokens[0])
	}
	return list
}
