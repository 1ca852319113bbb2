package measure

import (
	"runtime"
	"slices"
)

// A Ratio is how much more one loop costs than its base: the median of the ratios of
// all pairs of slices, and their quartiles.
type Ratio struct {
	Wall, Q1, Q3 float64
	CPU          float64
	NS           float64 // of one operation: the median slice
	BaseNS       float64
	Kept, Pairs  int
}

// patience is how many times more pairs are tried than wanted, where the machine is
// busy.
const patience = 4

// Paired runs both in slices of the order A B B A until there are as many good pairs as
// wanted. A pair in which the process lost its processor does not count, unless
// the machine is so busy that hardly one is left.
func (p Plan) Paired(base, subject *Loop) (Ratio, error) {
	if err := base.start(p.Slice); err != nil {
		return Ratio{}, err
	}
	if err := subject.start(p.Slice); err != nil {
		return Ratio{}, err
	}
	runtime.GC() // neither pays for what was before
	if err := warm(subject); err != nil {
		return Ratio{}, err
	}
	var all, good [][2]sample
	for len(good) < p.Ratios && len(all) < patience*p.Ratios {
		var quad [4]sample
		for i, l := range []*Loop{base, subject, subject, base} {
			var err error
			if quad[i], err = l.run(); err != nil {
				return Ratio{}, err
			}
		}
		for _, pair := range [][2]sample{{quad[0], quad[1]}, {quad[3], quad[2]}} {
			all = append(all, pair)
			if !pair[0].lost() && !pair[1].lost() {
				good = append(good, pair)
			}
		}
	}
	kept := len(good)
	if !p.Enough(kept) {
		good = all
	}
	return ratioOf(good, kept, len(all)), nil
}

// warmth is for how many slices a loop is warmed at most.
const warmth = 64

// warm runs a loop until the heap was once as large as it gets, which a collection ends:
// memory is slow where it is used for the first time.
func warm(l *Loop) error {
	before := collections()
	for range warmth {
		if _, err := l.run(); err != nil {
			return err
		}
		if collections() > before {
			break
		}
	}
	return nil
}

func collections() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumGC
}

func ratioOf(pairs [][2]sample, kept, all int) Ratio {
	var wall, cpu, ns, base []float64
	for _, p := range pairs {
		wall = append(wall, p[1].wall/p[0].wall)
		if p[0].cpu > 0 {
			cpu = append(cpu, p[1].cpu/p[0].cpu)
		}
		ns, base = append(ns, p[1].wall), append(base, p[0].wall)
	}
	return Ratio{
		Wall: quantile(wall, 0.5), Q1: quantile(wall, 0.25), Q3: quantile(wall, 0.75),
		CPU: quantile(cpu, 0.5), NS: quantile(ns, 0.5), BaseNS: quantile(base, 0.5),
		Kept: kept, Pairs: all,
	}
}

func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
