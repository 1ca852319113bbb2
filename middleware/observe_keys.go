package middleware

import (
	"context"
	"log/slog"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// onKeys logs a finished fetch of an issuer's keys. A failure with old keys to go
// on with is a warning: somebody has until they are too old.
func (b *builder) onKeys(e jwks.Event) {
	if b.Logger == nil {
		return
	}
	ctx, issuer := context.Background(), slog.String("issuer", e.Issuer)
	switch {
	case e.Err != nil && e.Keys > 0:
		b.Logger.LogAttrs(ctx, slog.LevelWarn, "keys not refreshed, old ones stay in use", issuer,
			slog.Duration("age", e.Age), slog.Time("next", e.Next), slog.String("error", e.Err.Error()))
	case e.Err != nil:
		b.Logger.LogAttrs(ctx, slog.LevelError, "keys unavailable", issuer,
			slog.Time("next", e.Next), slog.String("error", e.Err.Error()))
	default:
		b.Logger.LogAttrs(ctx, slog.LevelInfo, "keys fetched", issuer,
			slog.Int("keys", e.Keys), slog.Int("skipped", len(e.Skipped)), slog.Time("next", e.Next))
	}
	for _, skipped := range e.Skipped {
		b.Logger.LogAttrs(ctx, slog.LevelInfo, "key not usable", issuer, slog.String("error", skipped.Error()))
	}
}

// onLookup logs that a provider has stopped or begun to answer.
func (b *builder) onLookup(e opaque.Event) {
	if b.Logger == nil {
		return
	}
	ctx, issuer := context.Background(), slog.String("issuer", e.Issuer)
	if e.Err != nil {
		b.Logger.LogAttrs(ctx, slog.LevelWarn, "provider does not answer about tokens", issuer, slog.String("error", e.Err.Error()))
		return
	}
	b.Logger.LogAttrs(ctx, slog.LevelInfo, "provider answers about tokens again", issuer)
}
