package middleware_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// take says "new", "seen" or the error.
func take(t *testing.T, m middleware.Replays, id string, until time.Time) string {
	t.Helper()
	switch fresh, err := m.Take(t.Context(), id, until); {
	case err != nil:
		return err.Error()
	case fresh:
		return "new"
	}
	return "seen"
}

func TestMemoryForgetsInTime(t *testing.T) {
	clock := started
	m := middleware.NewMemory(func() time.Time { return clock })
	for i := range 60 { // wherever in its slot the time is
		until := started.Add(time.Minute + time.Duration(i)*time.Second/2)
		id := fmt.Sprintf("k.%d", i)
		clock = started
		if got := take(t, m, id, until); got != "new" {
			t.Fatal(got)
		}
	}
	for i := range 60 {
		until := started.Add(time.Minute + time.Duration(i)*time.Second/2)
		clock = until
		if got := take(t, m, fmt.Sprintf("k.%d", i), until); got != "seen" {
			t.Fatalf("%d is forgotten too early: %s", i, got)
		}
	}
	clock = started.Add(2 * time.Minute)
	if got := take(t, m, "k.0", clock); got != "new" {
		t.Errorf("never forgotten: %s", got)
	}
}

// Who fills the memory is refused, and not what others sent before.
func TestMemoryIsBounded(t *testing.T) {
	clock := started
	m := middleware.NewMemory(func() time.Time { return clock })
	until := started.Add(time.Minute)
	const callers = middleware.MaxProofs / middleware.MaxProofsPerCaller
	for caller := range callers {
		for i := range middleware.MaxProofsPerCaller {
			if got := take(t, m, fmt.Sprintf("%d.%d", caller, i), until.Add(time.Duration(i%2)*20*time.Second)); got != "new" {
				t.Fatalf("%d of caller %d: %s", i, caller, got)
			}
		}
		if got := take(t, m, fmt.Sprintf("%d.more", caller), until); got != "no room for more proofs of this caller" {
			t.Fatalf("caller %d: %s", caller, got)
		}
	}
	if got := take(t, m, "other.0", until); got != "no room for more proofs" {
		t.Error(got)
	}
	if got := take(t, m, "0.0", until); got != "seen" {
		t.Errorf("what was there is lost: %s", got)
	}
	clock = until.Add(10 * time.Second) // half of them may go
	if got := take(t, m, "other.0", clock); got != "new" {
		t.Error(got)
	}
	if got := take(t, m, "0.more", clock); got != "new" {
		t.Error(got)
	}
	if got := take(t, m, "0.1", clock); got != "seen" {
		t.Error(got)
	}
}

// Of all who come with one proof at the same time, one is let in.
func TestMemoryIsAtomic(t *testing.T) {
	m := middleware.NewMemory(now)
	var fresh atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if ok, err := m.Take(t.Context(), "k.1", started.Add(time.Minute)); ok && err == nil {
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	if n := fresh.Load(); n != 1 {
		t.Errorf("%d were let in", n)
	}
}
