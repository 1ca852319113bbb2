package jwkstest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
)

// A reply is one document on its way to a client.
type reply struct {
	io.Writer
	control *http.ResponseController
	route   *route
	answer  *Answer
}

// send writes body as the answer says. After an error the client has less than all.
func (is *Issuer) send(ctx context.Context, to *reply, body []byte) error {
	if !to.answer.Gzip {
		return is.sendPlain(ctx, to, body)
	}
	zip := gzip.NewWriter(to.Writer)
	to.Writer = zip
	return errors.Join(is.sendPlain(ctx, to, body), zip.Close())
}

func (is *Issuer) sendPlain(ctx context.Context, to *reply, body []byte) error {
	if err := pad(to, to.answer.Pad); err != nil {
		return err
	}
	if to.answer.Hang {
		return is.hang(ctx, to, body[:len(body)/2])
	}
	if to.answer.Drip > 0 {
		return is.drip(ctx, to, body)
	}
	_, err := to.Write(body)
	return err
}

// hang sends what it is given and never succeeds.
func (is *Issuer) hang(ctx context.Context, to *reply, half []byte) error {
	_, err := to.Write(half)
	if err == nil {
		err = to.control.Flush()
	}
	if err == nil {
		err = is.hold(ctx, ctx, to.route, to.answer)
	}
	return errors.Join(errGone, err)
}

func (is *Issuer) drip(ctx context.Context, to *reply, body []byte) error {
	for i := range body {
		if err := is.pause(ctx, to.route, to.answer, to.answer.Drip); err != nil {
			return err
		}
		if _, err := to.Write(body[i : i+1]); err != nil {
			return err
		}
		if err := to.control.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// pad writes n bytes of white space without holding them.
func pad(w io.Writer, n int64) error {
	blank := bytes.Repeat([]byte{' '}, int(min(max(n, 0), 64<<10)))
	for n > 0 {
		part := blank[:min(n, int64(len(blank)))]
		if _, err := w.Write(part); err != nil {
			return err
		}
		n -= int64(len(part))
	}
	return nil
}
