package main

import (
	"context"
	"log/slog"
	"sync"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// An adviser logs, beside the first refusal of each sort, what to do about it. The
// refusals themselves are logged by the guard.
type adviser struct {
	logger *slog.Logger
	hints  map[middleware.Reason]string
	said   sync.Map // of middleware.Reason
}

func newAdviser(logger *slog.Logger, hints map[middleware.Reason]string) *adviser {
	return &adviser{logger: logger, hints: hints}
}

func (a *adviser) observe(ctx context.Context, e middleware.Event) {
	if e.Denial == nil {
		return
	}
	if _, again := a.said.LoadOrStore(e.Denial.Reason, true); again {
		return
	}
	a.logger.LogAttrs(ctx, slog.LevelInfo, "what to do about it",
		slog.String("reason", string(e.Denial.Reason)), slog.String("hint", a.hints[e.Denial.Reason]))
}
