package main

import (
	"fmt"
	"net/http"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
)

// An exchange sends requests to a handler in turn, and looks at each answer.
type exchange struct {
	handler  http.Handler
	requests []*http.Request
	want     int // the status; zero means one of 400 to 499, and then always the same
	body     *fixture.Body
	writer   fixture.Writer
}

func (x *exchange) do(i int) error {
	r := x.requests[i%len(x.requests)]
	if x.body != nil {
		x.body.On(r)
	}
	x.writer.Reset()
	x.handler.ServeHTTP(&x.writer, r)
	if x.writer.Status == x.want {
		return nil
	}
	if x.want == 0 && x.writer.Status/100 == 4 {
		x.want = x.writer.Status
		return nil
	}
	return fmt.Errorf("request %d is answered %d, not %d", i, x.writer.Status, x.want)
}

func requests(tokens []string) []*http.Request {
	list := make([]*http.Request, len(tokens))
	for i, token := range tokens {
		list[i] = fixture.Request(token)
	}
	return list
}

// cold is a loop over all tokens of the bench, in which the peer sees none twice as long
// as it remembers them.
func (b *bench) cold(r *rig, p peer.Peer) (*measure.Loop, error) {
	x := &exchange{requests: requests(b.tokens), want: http.StatusNoContent}
	renew := func() (err error) {
		x.handler, err = b.guarded(r.ctx, p, noContent)
		return err
	}
	if p.Remembers {
		return &measure.Loop{Op: x.do, Every: len(b.tokens), Renew: renew}, nil
	}
	return &measure.Loop{Op: x.do}, renew()
}
