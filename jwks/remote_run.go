package jwks

import (
	"context"
	"time"
)

// run fetches whenever a fetch is due, until ctx ends.
func (r *remote) run(ctx context.Context) {
	for ctx.Err() == nil {
		seen := r.current.Load()
		timer := time.NewTimer(r.untilDue(seen))
		select {
		case <-ctx.Done():
		case <-timer.C: // unless a request has had seen replaced meanwhile
			_ = r.wait(ctx, r.begin(ctx, r.now(), seen, ""))
		}
		timer.Stop()
	}
}

// untilDue is how long nothing needs to be fetched in place of snap.
func (r *remote) untilDue(snap *snapshot) time.Duration {
	now := r.now()
	r.mu.Lock()
	due := r.retryAt
	r.mu.Unlock()
	if snap != nil && snap.refreshAt.After(due) {
		due = snap.refreshAt
	}
	return max(due.Sub(now), 0)
}
