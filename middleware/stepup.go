package middleware

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
)

// RequireScopes lets a handler behind a [Guard] ask for scopes that depend on what
// it finds, such as the owner of a document. It returns nil if the caller holds all
// of them, by the policy's implications too. Otherwise its error should be returned
// at once: if nothing of the answer has been written yet, the caller gets the 403
// that names these scopes and those the request needed anyway, in place of whatever
// the handler answers. Once an event stream has begun (a tool that reports
// progress), a status can't be sent any more, and the handler's own answer is all
// there is. So ask before doing anything.
//
// Without a Guard or without [Config.Policy], only the error tells.
func RequireScopes(ctx context.Context, scopes ...string) error {
	c := callFrom(ctx)
	if c == nil || c.principal == nil {
		return errors.New("middleware: RequireScopes: no guard handled this request")
	}
	pol := c.policy
	if pol == nil {
		pol = new(policy)
	}
	if pol.holds(c.principal, scopes...) {
		return nil
	}
	err := pol.stepUp(c, scopes)
	c.late.set(err)
	return err
}

// stepUp is the refusal of a call for want of scopes, in the order of authorize:
// who has not signed in must do that first.
func (pol *policy) stepUp(c *call, scopes []string) error {
	for _, s := range scopes {
		if !isScope(s) { // which nobody could get, and a challenge could not quote
			return fmt.Errorf("%w: what it asks for is no scope", errForbidden)
		}
	}
	needed, err := pol.needed(c.principal, c.operations)
	switch {
	case err != nil:
		return err
	case c.principal.Method == MethodAnonymous:
		return errNoCredential
	}
	return &scopeError{words(scopes, slices.Clone(needed))}
}

// late is a refusal that a handler asked for: the first.
type late struct{ first atomic.Pointer[error] }

func (l *late) set(err error) { l.first.CompareAndSwap(nil, &err) }

func (l *late) get() error {
	if err := l.first.Load(); err != nil {
		return *err
	}
	return nil
}

// A lateWriter is the server's http.ResponseWriter until the first byte, and once
// more after it: in between it looks whether the handler asked for a refusal. It
// is an http.Flusher, because mcp-go streams to nothing else, and unwraps.
type lateWriter struct {
	http.ResponseWriter
	late    *late
	header  http.Header     // as it was before the handler
	refuse  func(err error) // writes the refusal
	began   bool            // the status is out
	refused bool            // it was the refusal's, and the handler's answer is dropped
}

// Unwrap is for http.ResponseController.
func (w *lateWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *lateWriter) WriteHeader(status int) {
	if w.began {
		if !w.refused {
			w.ResponseWriter.WriteHeader(status)
		}
		return
	}
	if status >= 200 { // before that come hints, and then the status
		w.began = true
		if err := w.late.get(); err != nil {
			w.refused = true
			clear(w.Header()) // of an answer that is not given, such as its encoding
			maps.Copy(w.Header(), w.header)
			w.refuse(err)
			return
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *lateWriter) Write(b []byte) (int, error) {
	if !w.began {
		w.WriteHeader(http.StatusOK)
	}
	if w.refused {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (w *lateWriter) Flush() {
	if !w.began {
		w.WriteHeader(http.StatusOK)
	}
	if !w.refused {
		_ = http.NewResponseController(w.ResponseWriter).Flush()
	}
}

// end looks once more, for a handler that wrote nothing.
func (w *lateWriter) end() {
	if !w.began && w.late.get() != nil {
		w.WriteHeader(http.StatusOK)
	}
}
