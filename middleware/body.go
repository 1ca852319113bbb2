package middleware

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
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
