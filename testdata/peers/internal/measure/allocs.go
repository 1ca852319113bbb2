package measure

import (
	"math"
	"runtime"
)

// Allocs is what one operation allocates, over n of them, or as many as the loop has
// before it must be renewed.
func Allocs(l *Loop, n int) (allocs, bytes float64, err error) {
	if l.Every > 0 {
		n = min(n, l.Every)
	}
	if err := l.renew(); err != nil {
		return 0, 0, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range n {
		if err := l.Op(i); err != nil {
			return 0, 0, err
		}
	}
	runtime.ReadMemStats(&after)
	each := func(now, then uint64) float64 { return math.Round(float64(now-then) / float64(n)) }
	return each(after.Mallocs, before.Mallocs), each(after.TotalAlloc, before.TotalAlloc), nil
}

// Heap is how much the heap grows by what fill leaves behind, once all else is
// collected. What it returns is kept until then.
func Heap(fill func() (any, error)) (uint64, error) {
	before := live()
	kept, err := fill()
	if err != nil {
		return 0, err
	}
	after := live()
	runtime.KeepAlive(kept)
	return after - min(before, after), nil
}

func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the first may leave to the second what has a finalizer, or lies in a pool
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
