package jwkstest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

var (
	errGone     = errors.New("client gone or issuer closed")
	errReplaced = errors.New("another answer was set")
)

// ServeHTTP serves the documents: GET and HEAD, for pages of any origin. Every other
// path is a 404 in JSON, so that a caller can mount more beside it.
func (is *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Content-Type", "application/json")
	rt := is.routes[r.URL.Path]
	switch {
	case rt == nil:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error":"not_found"}`+"\n")
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		is.answer(w, r, rt)
	case r.Method == http.MethodOptions: // clients in pages send MCP-Protocol-Version, so browsers ask first
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "*")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		w.WriteHeader(http.StatusMethodNotAllowed)
		_, _ = io.WriteString(w, `{"error":"method_not_allowed"}`+"\n")
	}
}

// answer serves the document of rt as its Answer says. Where that is to break off,
// it panics as net/http asks: the connection is closed and nothing logged.
func (is *Issuer) answer(w http.ResponseWriter, r *http.Request, rt *route) {
	rc := http.NewResponseController(w)
	if !is.begin(rt, rc) {
		panic(http.ErrAbortHandler)
	}
	defer is.end(rc)
	a, err := is.settle(r.Context(), rt)
	if err != nil || a.Drop {
		panic(http.ErrAbortHandler)
	}
	body := a.Body
	if body == nil {
		body = is.document(rt)
	}
	w.WriteHeader(is.head(w.Header(), r, a))
	if r.Method == http.MethodHead {
		return
	}
	if err := is.send(r.Context(), &reply{w, rc, rt, a}, body); err != nil {
		panic(http.ErrAbortHandler) // what the client has is incomplete, and must look so
	}
}

// settle waits as long as the answer of rt says and returns the one then in force.
func (is *Issuer) settle(ctx context.Context, rt *route) (*Answer, error) {
	for {
		is.mu.Lock()
		a := rt.answer
		is.mu.Unlock()
		err := is.pause(ctx, rt, a, a.Delay)
		if !errors.Is(err, errReplaced) {
			return a, err
		}
	}
}

// pause lets d pass. It says so if that ended early, and why.
func (is *Issuer) pause(ctx context.Context, rt *route, a *Answer, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timed, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return is.hold(ctx, timed, rt, a)
}

// hold waits for the end of timed, which is a child of ctx or ctx itself.
func (is *Issuer) hold(ctx, timed context.Context, rt *route, a *Answer) error {
	gone, replaced := false, false
	err := is.mu.wait(timed, func() bool {
		gone, replaced = is.closed, rt.answer != a
		return gone || replaced
	})
	switch {
	case ctx.Err() != nil, gone:
		return errGone
	case err == nil && replaced:
		return errReplaced
	}
	return nil
}

// head fills in the header and returns the status.
func (is *Issuer) head(h http.Header, r *http.Request, a *Answer) int {
	status := http.StatusOK
	if a.Redirect != "" && is.site.Scheme+"://"+is.site.Host+r.URL.RequestURI() != a.Redirect {
		h.Set("Location", a.Redirect)
		status = http.StatusFound
	}
	if a.Status != 0 {
		status = a.Status
	}
	if a.Gzip {
		h.Set("Content-Encoding", "gzip")
	}
	for name, values := range a.Header {
		h[http.CanonicalHeaderKey(name)] = values // net/http leaves out a name with no values
	}
	return status
}
