package main

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// kindGood is what latency is measured of.
const kindGood = "good callers"

// paced calls f at fixed times until the end, one call after the other. f gets the time
// at which it was due: who is late because the server is slow has waited since then.
func paced(ctx context.Context, end time.Time, offset, every time.Duration, f func(i int, due time.Time)) {
	due := time.Now().Add(offset)
	for i := 0; due.Before(end); i++ {
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return
		}
		f(i, due)
		due = due.Add(every)
	}
}

// good sends the good callers' requests until the end, each caller over its own
// connection, and returns how long each request took.
func (r *runner) good(ctx context.Context, end time.Time) []time.Duration {
	took := make([][]time.Duration, callers)
	var wg sync.WaitGroup
	for n, c := range r.clients {
		wg.Go(func() {
			paced(ctx, end, pace*time.Duration(n)/callers, pace, func(i int, due time.Time) {
				r.send(ctx, c, r.goodRequest(n+i*callers))
				took[n] = append(took[n], time.Since(due))
			})
		})
	}
	wg.Wait()
	var all []time.Duration
	for _, each := range took {
		all = append(all, each...)
	}
	return all
}

// goodRequest is the i-th: of all users in turn, every fourth for the list of tools.
func (r *runner) goodRequest(i int) *request {
	req := r.of(kindGood, r.keys.signing(), i)
	req.list = i/callers%4 == 3
	return req
}

// of is a request with the token of a user, under a key that may be good or not.
func (r *runner) of(kind string, s *signer, i int) *request {
	n, kid := i%users, s.key.ID()
	return &request{
		kind: kind, header: "Authorization", value: "Bearer " + s.tokens[n], subject: user(n),
		allowed: func(from, to time.Time) []int { return r.provider.history.allowed(kid, from, to) },
	}
}

// send sends a request and counts its answer, unless the run is broken off.
func (r *runner) send(ctx context.Context, c *client, req *request) {
	status, wrong := c.do(req)
	if ctx.Err() == nil {
		r.tally.count(req.kind, status, wrong)
	}
}

// withAPIKey is a request of a program.
func (r *runner) withAPIKey() *request {
	return &request{kind: "API key", header: "X-API-Key", value: r.server.apiKey, subject: "key-1", allowed: exactly(http.StatusOK)}
}
