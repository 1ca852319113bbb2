// Package measure compares two pieces of work on a machine that others use too: in
// short slices that alternate, so that whatever slows one down slows the other too.
package measure

import (
	"syscall"
	"time"
)

// A Plan is how long one piece runs before the other has its turn, and how many
// ratios are wanted.
type Plan struct {
	Slice  time.Duration
	Ratios int
}

// Enough reports whether so many undisturbed pairs can stand for all.
func (p Plan) Enough(kept int) bool { return kept >= max(p.Ratios/4, 1) }

// A Loop is work that can be done again and again.
type Loop struct {
	Op func(i int) error // i counts the operations since the start, or since Renew

	// Renew, if there is one, is called off the clock before Op gets to see Every.
	Renew func() error
	Every int

	next  int
	batch int
}

// A sample is the cost of one operation in one slice.
type sample struct {
	wall, cpu float64 // nanoseconds
}

// lost reports whether the process did not have its processor for all of the slice.
func (s sample) lost() bool { return s.cpu < 0.95*s.wall }

// start prepares the loop from its beginning, and finds how many operations fill a
// slice.
func (l *Loop) start(slice time.Duration) error {
	l.next, l.batch = 0, 1
	if err := l.renew(); err != nil {
		return err
	}
	for {
		began := time.Now()
		if _, err := l.run(); err != nil {
			return err
		}
		took := time.Since(began)
		if took > slice/4 || l.batch == l.Every {
			l.setBatch(int(float64(l.batch) * float64(slice) / float64(took)))
			return nil
		}
		l.setBatch(2 * l.batch)
	}
}

func (l *Loop) setBatch(n int) {
	l.batch = max(n, 1)
	if l.Every > 0 {
		l.batch = min(l.batch, l.Every)
	}
}

func (l *Loop) renew() error {
	if l.Renew == nil {
		return nil
	}
	l.next = 0
	return l.Renew()
}

// run runs one slice.
func (l *Loop) run() (sample, error) {
	if l.Every > 0 && l.next+l.batch > l.Every {
		if err := l.renew(); err != nil {
			return sample{}, err
		}
	}
	began, beganCPU := time.Now(), CPUTime()
	for i := range l.batch {
		if err := l.Op(l.next + i); err != nil {
			return sample{}, err
		}
	}
	wall, cpu := time.Since(began), CPUTime()-beganCPU
	l.next += l.batch
	n := float64(l.batch)
	return sample{float64(wall) / n, float64(cpu) / n}, nil
}

// CPUTime is what the whole process has used, with the garbage collector on other
// processors.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
