package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"text/tabwriter"
	"time"
)

// Goals.
const (
	slowdown    = 2        // p99 of good callers in the storm, to the quiet one
	extraMemory = 16 << 20 // beside a quarter: the runtime keeps what the storm needed for some minutes
)

// A result is what one run found.
type result struct {
	plan          plan
	tally         *tally
	quiet, storm  []time.Duration
	measured      bool // whether before and after are known
	before, after usage

	fetches, failed   int
	signed, withdrawn int // keys
	problems          []string
}

// judge says what is wrong.
func (r *result) judge(latency bool) {
	wrongIf := func(wrong bool, format string, args ...any) {
		if wrong {
			r.problems = append(r.problems, fmt.Sprintf(format, args...))
		}
	}
	_, wrong, examples := r.tally.totals()
	wrongIf(wrong > 0, "%d answers are wrong, such as", wrong)
	r.problems = append(r.problems, examples...)
	wrongIf(r.failed == 0, "no outage was met")
	wrongIf(r.signed < 2 || r.withdrawn == 0, "no rotation was met")
	wrongIf(r.fetches > r.plan.fetches(), "%d fetches of the key set; at most %d are needed", r.fetches, r.plan.fetches())
	if r.measured {
		wrongIf(r.after.memory > r.before.memory+r.before.memory/4+extraMemory, "memory grew from %s to %s", mega(r.before.memory), mega(r.after.memory))
		wrongIf(r.after.descriptors > r.before.descriptors, "descriptors grew from %d to %d", r.before.descriptors, r.after.descriptors)
		wrongIf(r.after.sockets > r.before.sockets, "sockets grew from %d to %d", r.before.sockets, r.after.sockets)
	}
	slower := ratio(quantile(r.storm, 99), quantile(r.quiet, 99))
	wrongIf(latency && slower > slowdown, "good callers' p99 is %.2f times the quiet one", slower)
}

// print writes the table, and what is wrong.
func (r *result) print(w io.Writer) error {
	sent, wrong, _ := r.tally.totals()
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	r.printAnswers(table)
	fmt.Fprintf(table, "\n\tquiet\tstorm\tratio\n")
	for _, percent := range []int{50, 99} {
		q, s := quantile(r.quiet, percent), quantile(r.storm, percent)
		fmt.Fprintf(table, "good callers' p%d\t%s\t%s\t%.2f\n", percent, milli(q), milli(s), ratio(s, q))
	}
	if r.measured {
		fmt.Fprintf(table, "\n\tafter quiet\tafter settling\n")
		fmt.Fprintf(table, "resident memory\t%s\t%s\n", mega(r.before.memory), mega(r.after.memory))
		fmt.Fprintf(table, "descriptors\t%d\t%d\n", r.before.descriptors, r.after.descriptors)
		fmt.Fprintf(table, "sockets\t%d\t%d\n", r.before.sockets, r.after.sockets)
		fmt.Fprintf(table, "threads (not judged)\t%d\t%d\n", r.before.threads, r.after.threads) // Go ends none
	}
	fmt.Fprintf(table, "\nfetches of the keys\t%d, of which %d met an outage; at most %d\n", r.fetches, r.failed, r.plan.fetches())
	fmt.Fprintf(table, "keys\t%d signed, %d withdrawn\n", r.signed, r.withdrawn)
	fmt.Fprintf(table, "wrong answers\t%d of %d\n", wrong, sent)
	for _, problem := range r.problems {
		fmt.Fprintf(table, "\nWRONG: %s\n", problem)
	}
	return table.Flush()
}

// printAnswers writes who got what in each phase.
func (r *result) printAnswers(w io.Writer) {
	statuses := []int{http.StatusOK, http.StatusUnauthorized, http.StatusServiceUnavailable}
	fmt.Fprintf(w, "\t\tsent\t200\t401\t503\tother\n")
	for _, phase := range []string{warmUp, quiet, storm, settling} {
		for _, kind := range r.tally.kinds(phase) {
			got, sent := r.tally.of(phase, kind), 0
			for _, n := range got {
				sent += n
			}
			fmt.Fprintf(w, "%s\t%s\t%d", phase, kind, sent)
			for _, status := range statuses {
				fmt.Fprintf(w, "\t%s", blank(got[status]))
				sent -= got[status]
			}
			fmt.Fprintf(w, "\t%s\n", blank(sent))
		}
	}
}

// blank leaves out what is not there, so that what is there can be seen.
func blank(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func milli(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }

func mega(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }
