package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// maxExamples is how many wrong answers are told of.
const maxExamples = 8

// A tally counts the answers of one phase after the other.
type tally struct {
	mu       sync.Mutex // protects what follows
	phase    string
	counts   map[string]map[answer]int // by phase
	sent     int
	wrong    int
	examples []string
}

// An answer is what somebody got; without a status, none.
type answer struct {
	kind   string
	status int
}

func newTally() *tally { return &tally{counts: map[string]map[answer]int{}} }

func (t *tally) begin(phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phase, t.counts[phase] = phase, map[answer]int{}
}

func (t *tally) count(kind string, status int, wrong string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	t.counts[t.phase][answer{kind, status}]++
	if wrong == "" {
		return
	}
	t.wrong++
	if len(t.examples) < maxExamples {
		t.examples = append(t.examples, fmt.Sprintf("%s, %s, at %s: %s", t.phase, kind, time.Now().Format("15:04:05.000"), wrong))
	}
}

// kinds is who got an answer in a phase.
func (t *tally) kinds(phase string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []string
	for a := range t.counts[phase] {
		list = append(list, a.kind)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// of is how often a kind got each status in a phase.
func (t *tally) of(phase, kind string) map[int]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := map[int]int{}
	for a, n := range t.counts[phase] {
		if a.kind == kind {
			list[a.status] += n
		}
	}
	return maps.Clone(list)
}

func (t *tally) totals() (sent, wrong int, examples []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent, t.wrong, slices.Clone(t.examples)
}
