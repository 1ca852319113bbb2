package main

import (
	"math"
	"time"
)

// Bounds of -for. The longest leaves every token good to the end of the run.
const (
	shortest = 2 * time.Second
	longest  = 15 * time.Minute
)

// What is sent. Together it is some thousandth of what one processor can serve many
// times over: below saturation, so that waiting is somebody's fault.
const (
	users    = 100
	callers  = 8                     // good ones, each with one connection
	pace     = 20 * time.Millisecond // between two requests of a caller: 400/s in all
	strange  = 8                     // strangers, each with one connection
	frenzy   = 16 * time.Millisecond // between two requests of a stranger: 500/s in all
	patience = 30 * time.Second      // with one request, or one step that is not measured
)

// How the provider changes its keys: one step publishes a key, signs with the next
// one that is known, and withdraws the one that was retired so many steps before.
const (
	steps  = 12 // in a storm
	ahead  = 8  // keys that are published and not used yet
	behind = 2  // keys that are not used any more and still published
)

// What mcp-rs promises (jwks/remote.go), as far as it can be seen from outside.
const (
	missInterval = 30 * time.Second // between two fetches for unknown keys
	minRefresh   = 48 * time.Second // between two others
	leeway       = time.Minute      // for which an expired token passes: MCP_JWT_LEEWAY
)

// A plan is when what happens.
type plan struct {
	phase   time.Duration // quiet, and storm
	settle  time.Duration
	rotate  time.Duration
	outages []outage // in the storm
}

// An outage lasts from one time of the storm to another.
type outage struct{ from, to time.Duration }

// planFor has one outage begin with the storm: the first stranger makes mcp-rs ask for
// keys, so that an outage is met even by a storm shorter than missInterval.
func planFor(phase time.Duration) plan {
	return plan{
		phase:   phase,
		settle:  max(phase/4, time.Second),
		rotate:  phase / steps,
		outages: []outage{{0, phase / 6}, {phase * 6 / 10, phase * 8 / 10}},
	}
}

// fetches is how many there may be, with n that fail: one at the start, one for each
// interval in which a stranger came, one for each refresh that is due, one for each
// retry, whose wait doubles from a second up, and for each outage that was met one
// more when it is over.
func (p plan) fetches() int {
	whole := 2*p.phase + p.settle
	n := 1 + int(whole/minRefresh) + 1 + int((p.phase+p.settle)/missInterval)
	for _, o := range p.outages {
		n += int(math.Log2(1+(o.to-o.from).Seconds())) + 3
	}
	return n
}
