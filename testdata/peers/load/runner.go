package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// The phases.
const (
	warmUp   = "warm-up"
	quiet    = "quiet"
	storm    = "storm"
	settling = "settling"
)

// A runner runs the phases.
type runner struct {
	plan     plan
	provider *provider
	keys     *rotation
	server   *server
	tally    *tally
	progress *progress
	clients  []*client // of the good callers, from beginning to end
}

func (r *runner) run(ctx context.Context) (*result, error) {
	for range callers {
		r.clients = append(r.clients, newClient(r.server.url))
	}
	defer func() {
		for _, c := range r.clients {
			c.close()
		}
	}()
	res := &result{plan: r.plan, tally: r.tally}
	r.phase(warmUp, r.plan.settle, func(end time.Time) { r.good(ctx, end) })
	r.phase(quiet, r.plan.phase, func(end time.Time) { res.quiet = r.good(ctx, end) })
	res.before, res.measured = usageOf(r.server.command.Process.Pid)
	r.phase(storm, r.plan.phase, func(end time.Time) { res.storm = r.storm(ctx, end) })
	r.phase(settling, r.plan.settle, func(end time.Time) { r.good(ctx, end) })
	res.after = r.settled(ctx, res.before)
	res.fetches, res.failed = r.provider.history.count()
	res.signed, res.withdrawn = int(r.keys.current.Load())+1, int(r.keys.withdrawn.Load())
	return res, ctx.Err()
}

func (r *runner) phase(name string, long time.Duration, f func(end time.Time)) {
	r.tally.begin(name)
	r.progress.begin(name, long)
	f(time.Now().Add(long))
}

// storm is all that happens at once. It returns how long good callers waited.
func (r *runner) storm(ctx context.Context, end time.Time) (took []time.Duration) {
	began := time.Now()
	var wg sync.WaitGroup
	wg.Go(func() { took = r.good(ctx, end) })
	wg.Go(func() { r.outages(ctx, began) })
	wg.Go(func() { r.strangers(ctx, end) })
	wg.Go(func() { r.expiring(ctx, end) })
	wg.Go(func() { paced(ctx, end, r.plan.rotate, r.plan.rotate, func(int, time.Time) { r.keys.step() }) })
	wg.Wait()
	return took
}

func (r *runner) outages(ctx context.Context, began time.Time) {
	defer r.provider.up()
	for _, o := range r.plan.outages {
		if !until(ctx, began.Add(o.from)) {
			return
		}
		r.provider.down()
		if !until(ctx, began.Add(o.to)) {
			return
		}
		r.provider.up()
	}
}

// until waits, and reports whether the time has come.
func until(ctx context.Context, at time.Time) bool {
	select {
	case <-time.After(time.Until(at)):
		return true
	case <-ctx.Done():
		return false
	}
}

// settled is what the server holds when it has noticed that the strangers are gone.
func (r *runner) settled(ctx context.Context, before usage) usage {
	for end := time.Now().Add(patience); ; {
		now, _ := usageOf(r.server.command.Process.Pid)
		if now.descriptors <= before.descriptors || time.Now().After(end) || !until(ctx, time.Now().Add(50*time.Millisecond)) {
			return now
		}
	}
}

// quantile is the time that so many of a hundred requests do not exceed.
func quantile(took []time.Duration, percent int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[(len(sorted)-1)*percent/100]
}
