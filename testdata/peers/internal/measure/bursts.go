package measure

import (
	"errors"
	"time"
)

// A Burst is what a server in a process of its own got done, for clients that each send
// a request when they have the answer to the last.
type Burst struct {
	Requests int
	Wall     time.Duration
	CPU      time.Duration // of the server
}

// waited reports whether the server was idle, or did not have its processor, for much of
// the burst. It always is, for some of it: it shares the machine with its clients.
func (b Burst) waited() bool { return float64(b.CPU) < 0.75*float64(b.Wall) }

// each is the cost of one request.
func (b Burst) each() sample {
	n := float64(b.Requests)
	return sample{float64(b.Wall) / n, float64(b.CPU) / n}
}

// Served is how a server did in comparison with another: the ratios of all pairs of
// bursts.
type Served struct {
	Throughput Spread
	CPU        Spread  // for one request
	NS         float64 // of the server's CPU, for one request: the median burst
	BaseNS     float64
	Kept       int
	Pairs      int
}

// A Spread is a median and its quartiles.
type Spread struct{ Median, Q1, Q3 float64 }

// Bursts runs both in the order A B B A, as often as it takes for so many ratios and not
// more often, for bursts are long. A pair in which a server waited, for its clients or
// for its processor, does not count, unless hardly one is left.
func (p Plan) Bursts(base, subject func() (Burst, error)) (Served, error) {
	var all, good [][2]sample
	for len(all) < p.Ratios {
		var quad [4]Burst
		for i, run := range []func() (Burst, error){base, subject, subject, base} {
			var err error
			if quad[i], err = run(); err != nil {
				return Served{}, err
			}
			if quad[i].Requests <= 0 || quad[i].Wall <= 0 || quad[i].CPU <= 0 {
				return Served{}, errors.New("a burst in which nothing was done")
			}
		}
		for _, pair := range [][2]Burst{{quad[0], quad[1]}, {quad[3], quad[2]}} {
			each := [2]sample{pair[0].each(), pair[1].each()}
			all = append(all, each)
			if !pair[0].waited() && !pair[1].waited() {
				good = append(good, each)
			}
		}
	}
	kept := len(good)
	if !p.Enough(kept) {
		good = all
	}
	return servedOf(good, kept, len(all)), nil
}

func servedOf(pairs [][2]sample, kept, all int) Served {
	var throughput, cpu, ns, base []float64
	for _, p := range pairs {
		throughput = append(throughput, p[0].wall/p[1].wall)
		cpu = append(cpu, p[1].cpu/p[0].cpu)
		ns, base = append(ns, p[1].cpu), append(base, p[0].cpu)
	}
	return Served{
		Throughput: spreadOf(throughput), CPU: spreadOf(cpu),
		NS: quantile(ns, 0.5), BaseNS: quantile(base, 0.5),
		Kept: kept, Pairs: all,
	}
}

func spreadOf(list []float64) Spread {
	return Spread{Median: quantile(list, 0.5), Q1: quantile(list, 0.25), Q3: quantile(list, 0.75)}
}
