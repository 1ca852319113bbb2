package middleware

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// An Event is one decision, and all there is to say about it without a secret.
type Event struct {
	Time      time.Time
	Duration  time.Duration // of the decision, not of the request
	Principal *Principal    // whose credential came; nil as long as nobody vouches for that
	Denial    *Denial       // why not; nil on an admission
	Verb      string        // HTTP method, at most 16 bytes
	Path      string        // at most 128 bytes
	Remote    string        // address of the caller: the peer, or whom a trusted proxy names
	Resource  string        // which resource was asked for
	Operation string        // what the request asks for, such as "tools/call whoami", at most 128 bytes; "" without a Policy
}

// maxVerb and maxPath cap what a caller can write into a log.
const (
	maxVerb = 16
	maxPath = 128
)

// observe tells of one decision: to Config.Observe and to the log.
func (g *Guard) observe(r *http.Request, began time.Time, c *call, d *Denial) {
	level, message := levelOf(d)
	logs := g.logger != nil && g.logger.Enabled(r.Context(), level)
	if g.observer == nil && !logs {
		return
	}
	e := Event{
		Time:     began,
		Duration: g.now().Sub(began),
		Denial:   d,
		Verb:     r.Method[:min(len(r.Method), maxVerb)],
		Path:     r.URL.Path[:min(len(r.URL.Path), maxPath)],
		Remote:   g.remote(r),
		Resource: g.at.resource,
	}
	if c != nil {
		e.Principal, e.Operation = c.principal, summary(c.operations)
	}
	if g.observer != nil {
		g.observer(r.Context(), e)
	}
	if logs {
		g.logger.LogAttrs(r.Context(), level, message, e.attrs()...)
	}
}

// summary names the first operation, and how many more there are.
func summary(ops []Operation) string {
	if len(ops) == 0 {
		return ""
	}
	text := ops[0].Method
	if ops[0].Name != "" {
		text += " " + ops[0].Name
	}
	text = text[:min(len(text), maxPath)]
	if more := len(ops) - 1; more > 0 {
		text += " +" + strconv.Itoa(more)
	}
	return text
}

// capped bounds what a provider can write into a log.
func capped(s string) string { return s[:min(len(s), 2*maxPath)] }

// levelOf is where a decision is logged: admissions at Debug, refusals at Info, and what
// could not be decided at Error.
func levelOf(d *Denial) (level slog.Level, message string) {
	switch {
	case d == nil:
		return slog.LevelDebug, "admitted"
	case d.Status >= http.StatusInternalServerError && !errors.Is(d.Err, context.Canceled): // else it was the caller who gave up
		return slog.LevelError, "undecided"
	}
	return slog.LevelInfo, "denied"
}

func (e *Event) attrs() []slog.Attr {
	attrs := append(make([]slog.Attr, 0, 12),
		slog.String("verb", e.Verb),
		slog.String("path", e.Path),
		slog.String("remote", e.Remote),
		slog.Duration("took", e.Duration),
	)
	if p := e.Principal; p != nil {
		attrs = append(attrs,
			slog.String("method", string(p.Method)),
			slog.String("issuer", p.Issuer),
			slog.String("subject", capped(p.Subject)),
			slog.String("client", capped(p.Client)),
		)
		if e.Operation != "" {
			attrs = append(attrs, slog.String("operation", e.Operation))
		}
	}
	if d := e.Denial; d != nil {
		attrs = append(attrs,
			slog.String("reason", string(d.Reason)),
			slog.Int("status", d.Status),
			slog.String("error", d.Err.Error()),
		)
	}
	return attrs
}
