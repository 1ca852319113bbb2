package main

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// A history is the fetches of the key set, as the provider served them, with the time
// at which the server said in its log that it had done with each.
//
// It is what makes every answer checkable while keys change. A token's right answer
// depends on the keys that the server has at the moment, and those are of the last
// fetch that was served. In the time between a fetch and the line in the log nobody
// outside can tell, and the answer may be that of before or that of after.
type history struct {
	mu      sync.Mutex // protects what follows
	fetches []fetch
	done    int // of fetches, by the log
}

// A fetch is one attempt of the server to get the keys. There is never more than one
// at a time, so the log has them in the same order.
type fetch struct {
	began, done time.Time
	kids        []string // nil if it failed
}

// begin records a fetch as a failed one, until served says otherwise.
func (h *history) begin(now time.Time) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fetches = append(h.fetches, fetch{began: now})
	return len(h.fetches) - 1
}

// served must be called before the server can have the answer.
func (h *history) served(n int, kids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fetches[n].kids = kids
}

// logged records that the server has done with one more fetch.
func (h *history) logged(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.done < len(h.fetches) {
		h.fetches[h.done].done = now
		h.done++
	}
}

// A state is what the server can know at one moment.
type state struct {
	kids    []string // of the last fetch that was served
	failing bool     // the last fetch failed
}

// states are those that the server may have been in from one time to another: after
// the last fetch that was surely over, and after each that may have been.
func (h *history) states(from, to time.Time) []state {
	h.mu.Lock()
	defer h.mu.Unlock()
	var now state
	var list []state
	for _, f := range h.fetches {
		if f.began.After(to) {
			break
		}
		over := !f.done.IsZero() && f.done.Before(from)
		if !over && list == nil {
			list = []state{now}
		}
		now.failing = f.kids == nil
		if f.kids != nil {
			now.kids = f.kids
		}
		if !over {
			list = append(list, now)
		}
	}
	if list == nil {
		list = []state{now}
	}
	return list
}

// allowed are the right answers to a token that is good but for its key. A key that
// the server has is good. One that it has not is bad, unless the provider is down:
// then it may be a new one, and the server has to say that it cannot tell.
func (h *history) allowed(kid string, from, to time.Time) []int {
	var list []int
	for _, s := range h.states(from, to) {
		switch {
		case slices.Contains(s.kids, kid):
			list = append(list, http.StatusOK)
		case s.failing:
			list = append(list, http.StatusServiceUnavailable)
		default:
			list = append(list, http.StatusUnauthorized)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// knows reports whether the server surely has a key now.
func (h *history) knows(kid string) bool {
	now := time.Now()
	for _, s := range h.states(now, now) {
		if !slices.Contains(s.kids, kid) {
			return false
		}
	}
	return true
}

// count is how many fetches there were, and how many of them failed.
func (h *history) count() (all, failed int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.fetches {
		if f.kids == nil {
			failed++
		}
	}
	return len(h.fetches), failed
}
