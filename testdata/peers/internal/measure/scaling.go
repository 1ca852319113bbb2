package measure

import (
	"sync"
	"time"
)

// Scaling is how many times more two goroutines get done than one of them alone: the
// median of all ratios. Each op belongs to one goroutine.
func (p Plan) Scaling(ops [2]func(i int) error) (float64, error) {
	alone := &Loop{Op: ops[0]}
	if err := alone.start(p.Slice); err != nil {
		return 0, err
	}
	n := 4 * alone.batch // so that starting goroutines does not count
	var all, good []float64
	for len(good) < p.Ratios && len(all) < patience*p.Ratios {
		one, lostOne, err := together(ops[:1], n)
		if err != nil {
			return 0, err
		}
		two, lostTwo, err := together(ops[:], n)
		if err != nil {
			return 0, err
		}
		ratio := 2 * float64(one) / float64(two)
		all = append(all, ratio)
		if !lostOne && !lostTwo {
			good = append(good, ratio)
		}
	}
	if !p.Enough(len(good)) {
		good = all
	}
	return quantile(good, 0.5), nil
}

// together is how long it takes until each has done n operations, and whether the
// process lost a processor meanwhile.
func together(ops []func(i int) error, n int) (time.Duration, bool, error) {
	var wg sync.WaitGroup
	errs := make([]error, len(ops))
	began, beganCPU := time.Now(), CPUTime()
	for g, op := range ops {
		wg.Go(func() {
			for i := range n {
				if errs[g] = op(i); errs[g] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	wall, cpu := time.Since(began), CPUTime()-beganCPU
	for _, err := range errs {
		if err != nil {
			return 0, false, err
		}
	}
	// The two do not end at the same moment, which is no loss.
	return wall, float64(cpu) < 0.90*float64(len(ops))*float64(wall), nil
}
