package measure_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
)

// played is a server whose bursts are these, in turn.
func played(log *string, name string, bursts ...measure.Burst) func() (measure.Burst, error) {
	n := 0
	return func() (measure.Burst, error) {
		*log += name
		b := bursts[n%len(bursts)]
		n++
		return b, nil
	}
}

func TestBursts(t *testing.T) {
	ms := time.Millisecond
	full := measure.Burst{Requests: 2000, Wall: 100 * ms, CPU: 80 * ms} // 40 us of CPU each
	half := measure.Burst{Requests: 800, Wall: 80 * ms, CPU: 64 * ms}   // 80 us, 10 instead of 20 in a ms
	idle := measure.Burst{Requests: 200, Wall: 100 * ms, CPU: 74 * ms}  // 370 us, and too little of them
	for name, test := range map[string]struct {
		base, subject               []measure.Burst
		throughput, cpu, ns, baseNS float64
		ratios, kept, pairs         int
		runs                        string
		q1, q3                      float64
	}{
		"half as fast":                  {[]measure.Burst{full}, []measure.Burst{half}, 0.5, 2, 80_000, 40_000, 4, 4, 4, "abbaabba", 0.5, 0.5},
		"pairs are whole rounds":        {[]measure.Burst{full}, []measure.Burst{half}, 0.5, 2, 80_000, 40_000, 3, 4, 4, "abbaabba", 0.5, 0.5},
		"one disturbed pair":            {[]measure.Burst{full}, []measure.Burst{half, idle}, 0.5, 2, 80_000, 40_000, 2, 1, 2, "abba", 0.5, 0.5},
		"a disturbed base":              {[]measure.Burst{idle, full}, []measure.Burst{half}, 0.5, 2, 80_000, 40_000, 2, 1, 2, "abba", 0.5, 0.5},
		"all count where none is left":  {[]measure.Burst{full}, []measure.Burst{idle}, 0.1, 9.25, 370_000, 40_000, 2, 0, 2, "abba", 0.1, 0.1},
		"pairs are of bursts in a row":  {[]measure.Burst{full, half}, []measure.Burst{full, half}, 1, 1, 80_000, 80_000, 2, 2, 2, "abba", 1, 1},
		"quartiles of different bursts": {[]measure.Burst{full}, []measure.Burst{full, half}, 1, 2, 80_000, 40_000, 4, 4, 4, "abbaabba", 0.5, 1},
	} {
		log := ""
		got, err := measure.Plan{Ratios: test.ratios}.Bursts(played(&log, "a", test.base...), played(&log, "b", test.subject...))
		if err != nil {
			t.Fatal(err)
		}
		for what, pair := range map[string][2]float64{
			"throughput": {got.Throughput.Median, test.throughput}, "CPU": {got.CPU.Median, test.cpu},
			"ns": {got.NS, test.ns}, "ns of the base": {got.BaseNS, test.baseNS},
			"lower quartile": {got.Throughput.Q1, test.q1}, "upper quartile": {got.Throughput.Q3, test.q3},
		} {
			if math.Abs(pair[0]/pair[1]-1) > 1e-9 {
				t.Errorf("%s: %s is %v, not %v", name, what, pair[0], pair[1])
			}
		}
		if got.Kept != test.kept || got.Pairs != test.pairs || log != test.runs {
			t.Errorf("%s: %d of %d pairs, runs %s", name, got.Kept, got.Pairs, log)
		}
	}
}

func TestBurstsThatFail(t *testing.T) {
	log, full := "", measure.Burst{Requests: 1, Wall: 1, CPU: 1}
	good := func() func() (measure.Burst, error) { return played(&log, "", full) }
	broken := func() (measure.Burst, error) { return full, errOp }
	if _, err := plan.Bursts(broken, good()); !errors.Is(err, errOp) {
		t.Errorf("base: %v", err)
	}
	if _, err := plan.Bursts(good(), broken); !errors.Is(err, errOp) {
		t.Errorf("subject: %v", err)
	}
	for _, empty := range []measure.Burst{{Wall: 1, CPU: 1}, {Requests: 1, CPU: 1}, {Requests: 1, Wall: 1}} {
		if _, err := plan.Bursts(good(), played(&log, "", empty)); err == nil {
			t.Errorf("%+v: a ratio to nothing", empty)
		}
	}
}
