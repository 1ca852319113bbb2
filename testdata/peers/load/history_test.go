package main

import (
	"slices"
	"testing"
	"time"
)

// TestAllowed holds the model to what is right, and to allowing no more than that.
func TestAllowed(t *testing.T) {
	start := time.Now()
	at := func(second float64) time.Time { return start.Add(time.Duration(second * float64(time.Second))) }
	good := fetch{began: at(1), done: at(2), kids: []string{"a", "b"}}
	failed := fetch{began: at(11), done: at(12)}
	next := fetch{began: at(21), done: at(22), kids: []string{"b", "c"}}
	for policy, row := range map[string]struct {
		kid      string
		from, to float64
		want     []int
	}{
		"known":                               {"a", 3, 4, []int{200}},
		"unknown":                             {"c", 3, 4, []int{401}},
		"known, while the provider is down":   {"a", 13, 14, []int{200}},
		"unknown, while the provider is down": {"c", 13, 14, []int{503}},
		"known before the failure and after":  {"a", 10, 13, []int{200}},
		"unknown, and the provider goes down": {"c", 10, 13, []int{401, 503}},
		"withdrawn, and fetched now":          {"a", 20, 21.5, []int{200, 401}},
		"withdrawn, and fetched perhaps":      {"a", 21.5, 23, []int{200, 401}},
		"withdrawn, and fetched surely":       {"a", 22.5, 23, []int{401}},
		"withdrawn, and not fetched":          {"a", 19, 20, []int{200}},
		"new, and fetched now":                {"c", 20, 21.5, []int{200, 503}},
		"new, and fetched surely":             {"c", 22.5, 23, []int{200}},
		"unknown until the first fetch":       {"b", 0.5, 30, []int{200, 401}},
		"known since the first fetch":         {"b", 2.5, 30, []int{200}},
	} {
		h := &history{fetches: []fetch{good, failed, next}}
		got := h.allowed(row.kid, at(row.from), at(row.to))
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, not %v", policy, got, row.want)
		}
	}
}

// TestHistory is a fetch as it goes by.
func TestHistory(t *testing.T) {
	h := new(history)
	if h.knows("a") {
		t.Error("a key is known before anything was fetched")
	}
	n := h.begin(time.Now())
	h.served(n, []string{"a"})
	if h.knows("a") {
		t.Error("a key is known before the server has done with the fetch")
	}
	h.logged(time.Now())
	h.logged(time.Now()) // of nothing
	if !h.knows("a") {
		t.Error("a key that was fetched is not known")
	}
	h.begin(time.Now())
	if all, failed := h.count(); all != 2 || failed != 1 {
		t.Errorf("%d fetches, %d failed", all, failed)
	}
}
