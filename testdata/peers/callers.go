package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
)

// callersEach is how many callers a server has at a time.
const callersEach = 16

// A caller is one connection on which the same request is sent again and again. It
// is no http.Client, so that little of the machine is spent on this side.
type caller struct {
	conn    net.Conn
	answers *bufio.Reader
	request []byte
	body    bytes.Buffer
}

// call sends the request, and looks at the whole answer.
func (c *caller) call() error {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	resp, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return err
	}
	c.body.Reset()
	_, err = c.body.ReadFrom(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(c.body.Bytes(), []byte(`"text":"done"`)) {
		return fmt.Errorf("tools/call is answered %d %.200q", resp.StatusCode, c.body.Bytes())
	}
	return nil
}

// callers are those of one server.
type callers []*caller

// connect opens the connections, and calls once on each: whoever remembers tokens has
// seen this one then, and all have their keys.
func connect(ctx context.Context, address, token string) (list callers, err error) {
	r := fixture.Request(token)
	r.Host = address // mcp-go answers no other name on this interface
	callOf(16).On(r)
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			list.close()
		}
	}()
	for range callersEach {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return list, err
		}
		c := &caller{conn: conn, answers: bufio.NewReader(conn), request: text.Bytes()}
		list = append(list, c)
		if err := c.call(); err != nil {
			return list, err
		}
	}
	return list, nil
}

func (list callers) close() {
	for _, c := range list {
		_ = c.conn.Close()
	}
}

// burst lets all of them call for a while, and asks the server what that took.
func (list callers) burst(length time.Duration, cpu func() (time.Duration, error)) (measure.Burst, error) {
	before, err := cpu()
	if err != nil {
		return measure.Burst{}, err
	}
	var wg sync.WaitGroup
	calls, errs := make([]int, len(list)), make([]error, len(list))
	began := time.Now()
	for i, c := range list {
		wg.Go(func() {
			n := 0
			for errs[i] == nil && time.Since(began) < length {
				errs[i] = c.call()
				n++
			}
			calls[i] = n
		})
	}
	wg.Wait()
	b := measure.Burst{Wall: time.Since(began)}
	after, err := cpu()
	if err := errors.Join(append(errs, err)...); err != nil {
		return b, err
	}
	for _, n := range calls {
		b.Requests += n
	}
	b.CPU = after - before
	return b, nil
}
