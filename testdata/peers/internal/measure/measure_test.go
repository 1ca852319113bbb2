package measure_test

import (
	"errors"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
)

var plan = measure.Plan{Slice: 200 * time.Microsecond, Ratios: 4}

var errOp = errors.New("op failed")

func idle(int) error { return nil }

// TestRenew shows that no operation is done twice between two renewals.
func TestRenew(t *testing.T) {
	seen, renewed := map[int]bool{}, 0
	const every = 4 // less than there are slices, however slow the machine is
	l := &measure.Loop{Every: every, Op: func(i int) error {
		if i >= every || seen[i] {
			t.Fatalf("operation %d again", i)
		}
		seen[i] = true
		return nil
	}, Renew: func() error {
		clear(seen)
		renewed++
		return nil
	}}
	if _, err := plan.Paired(&measure.Loop{Op: idle}, l); err != nil {
		t.Fatal(err)
	}
	if _, _, err := measure.Allocs(l, 1000); err != nil {
		t.Fatal(err)
	}
	if renewed < 3 {
		t.Errorf("renewed %d times", renewed)
	}
}

func TestErrorsEndIt(t *testing.T) {
	bad := func() *measure.Loop {
		return &measure.Loop{Op: func(i int) error {
			if i > 2 { // however slow the machine is, it gets as far
				return errOp
			}
			return nil
		}}
	}
	good := &measure.Loop{Op: idle}
	if _, err := plan.Paired(good, bad()); !errors.Is(err, errOp) {
		t.Errorf("subject: %v", err)
	}
	if _, err := plan.Paired(bad(), good); !errors.Is(err, errOp) {
		t.Errorf("base: %v", err)
	}
	if _, _, err := measure.Allocs(bad(), 10); !errors.Is(err, errOp) {
		t.Errorf("allocations: %v", err)
	}
	if _, err := plan.Scaling([2]func(int) error{idle, bad().Op}); !errors.Is(err, errOp) {
		t.Errorf("scaling: %v", err)
	}
	if _, err := plan.Paired(good, &measure.Loop{Op: idle, Renew: func() error { return errOp }}); !errors.Is(err, errOp) {
		t.Errorf("renewal: %v", err)
	}
}

var sink []byte

func TestAllocs(t *testing.T) {
	l := &measure.Loop{Op: func(int) error { sink = make([]byte, 1024); return nil }}
	allocs, bytes, err := measure.Allocs(l, 1000)
	if err != nil || allocs != 1 || bytes < 1024 || bytes > 1200 {
		t.Errorf("%v allocations of %v bytes, %v", allocs, bytes, err)
	}
}

func TestHeap(t *testing.T) {
	grown, err := measure.Heap(func() (any, error) { return make([]byte, 1<<22), nil })
	if err != nil || grown < 1<<22 || grown > 1<<23 {
		t.Errorf("grown by %d, %v", grown, err)
	}
	if _, err := measure.Heap(func() (any, error) { return nil, errOp }); !errors.Is(err, errOp) {
		t.Errorf("error: %v", err)
	}
}

// TestPaired leaves much room: ten times the work is surely more than twice the time.
func TestPaired(t *testing.T) {
	work := func(n int) *measure.Loop {
		return &measure.Loop{Op: func(int) error {
			for range n {
				sink = append(sink[:0], "0123456789abcdef"...)
			}
			return nil
		}}
	}
	got, err := plan.Paired(work(100), work(1000))
	if err != nil || got.Wall < 2 || got.Q1 > got.Wall || got.Q3 < got.Wall || got.NS < got.BaseNS {
		t.Errorf("%+v, %v", got, err)
	}
}
