package middleware_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := middleware.NewLimiter(6) // one in ten seconds
		take := func(key string, want bool) {
			t.Helper()
			left := l.Left(key)
			wait := l.Take(key)
			if (wait == 0) != want || (left == 0) != want || wait < 0 || wait > 10*time.Second {
				t.Errorf("Take(%q) after %v of Left: %v, want %v", key, left, wait, want)
			}
		}
		for range 6 {
			take("a", true)
		}
		take("a", false)
		take("a", false)
		take("b", true) // which is another matter
		wait := l.Left("a")
		time.Sleep(wait - time.Millisecond)
		take("a", false)
		time.Sleep(time.Millisecond)
		take("a", true)
		take("a", false)
		time.Sleep(time.Hour)
		for range 6 {
			take("a", true)
		}
		take("a", false) // what was not used is not saved up
	})
}

// Looking takes nothing.
func TestLimiterLeft(t *testing.T) {
	l := middleware.NewLimiter(1)
	for range 100 {
		if wait := l.Left("a"); wait != 0 {
			t.Fatalf("wait %v", wait)
		}
	}
	if l.Take("a") != 0 || l.Left("a") == 0 || l.Left("b") != 0 {
		t.Error("a limit of one is none, or anybody's")
	}
}

func TestLimiterPanicsOnMistakes(t *testing.T) {
	for _, n := range []int{0, -1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewLimiter(%d) is accepted", n)
				}
			}()
			middleware.NewLimiter(n)
		}()
	}
}

// A hundred thousand sources cost no more memory than the limiter allows itself, and
// the flood is still limited: most of what is remembered stays so.
func TestLimiterIsBounded(t *testing.T) {
	const flood = 100_000
	l := middleware.NewLimiter(1)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range flood {
		l.Take(fmt.Sprintf("2001:db8:%x::/64", i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d bytes for %d sources", grown, flood)
	}
	remembered := 0
	for i := range flood {
		if l.Left(fmt.Sprintf("2001:db8:%x::/64", i)) > 0 {
			remembered++
		}
	}
	if remembered != 16384 {
		t.Errorf("%d are remembered", remembered)
	}
}

func TestLimiterUnderLoad(t *testing.T) {
	l := middleware.NewLimiter(100)
	var taken atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				if l.Take("a") == 0 {
					taken.Add(1)
				}
				l.Take(fmt.Sprint(i, j))
				l.Left("a")
			}
		})
	}
	all.Wait()
	if n := taken.Load(); n < 100 || n > 110 { // a few may have come back meanwhile
		t.Errorf("%d of 100 were taken", n)
	}
}
