package middleware

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const defaultMaxBody = 4 << 20

var (
	errBodyTooLarge = errors.New("request body too large")
	errBody         = errors.New("request body could not be read")
)

// boundBody refuses bodies over the limit. A body whose length is announced is
// held to it by net/http and passes untouched. One of unknown length is read here,
// where too much of it is still a clear answer, and put back.
func (g *Guard) boundBody(r *http.Request) error {
	if r.ContentLength > g.maxBody {
		return fmt.Errorf("%w: %d bytes announced, %d allowed", errBodyTooLarge, r.ContentLength, g.maxBody)
	}
	if r.ContentLength >= 0 || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, g.maxBody+1))
	if err != nil {
		return fmt.Errorf("%w: %w", errBody, err)
	}
	if int64(len(body)) > g.maxBody {
		return fmt.Errorf("%w: more than %d bytes", errBodyTooLarge, g.maxBody)
	}
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	return nil
}

// bodyTime is how long a body may take to arrive that we read, or that net/http
// reads away behind a refusal. Its own ReadTimeout is no help: it ends event streams.
const bodyTime = 30 * time.Second

// reads reports whether we read the body ourselves.
func (g *Guard) reads(r *http.Request) bool { return g.readsBody || r.ContentLength < 0 }

// timeBody bounds the reading of a body, if there is one and w can: it may not be a
// connection, in a test for one.
func timeBody(w http.ResponseWriter, r *http.Request) (timed bool) {
	return r.ContentLength != 0 && http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) == nil
}

// timeAnswer bounds the writing of a refusal: who does not read it would hold the
// connection.
func timeAnswer(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bodyTime))
}

// endTime lifts the bound, for the handler of an admitted request.
func endTime(w http.ResponseWriter) { _ = http.NewResponseController(w).SetReadDeadline(time.Time{}) }

// firstRead is how much memory an announced length is worth before a byte arrives.
const firstRead = 64 << 10

// readBody reads a body whole and puts an equal one back.
func (g *Guard) readBody(r *http.Request) ([]byte, error) {
	if err := g.boundBody(r); err != nil {
		return nil, err
	}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, nil
	}
	var body bytes.Buffer
	body.Grow(int(min(r.ContentLength, firstRead)) + bytes.MinRead)
	if _, err := io.CopyN(&body, r.Body, r.ContentLength); err != nil {
		return nil, fmt.Errorf("%w: %w", errBody, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
	return body.Bytes(), nil
}
