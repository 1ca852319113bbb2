package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
)

// patience is how long to wait for what takes no time.
const patience = 20 * time.Second

// A process is this program once more, as the server: see serve. It has one processor.
type process struct {
	addresses map[string]string // by the name of the peer

	command *exec.Cmd
	in      io.WriteCloser
	replies *json.Decoder
	stderr  bytes.Buffer // to be read when the process has ended
}

// startProcess returns when all peers listen. The process ends with stop, with ctx, and
// with this process.
func startProcess(ctx context.Context, b *bench, list []peer.Peer) (*process, error) {
	o, err := newOrder(b, list)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{addresses: map[string]string{}, command: exec.CommandContext(ctx, self, servingWord)}
	p.command.Env = append(os.Environ(), "GOMAXPROCS=1")
	p.command.Stderr = &p.stderr
	p.command.WaitDelay = patience
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.replies = json.NewDecoder(out)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	r, err := p.ask(o)
	if err == nil && len(r.Addresses) != len(list) {
		err = fmt.Errorf("the server listens at %d addresses, not %d", len(r.Addresses), len(list))
	}
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	for i, address := range r.Addresses {
		p.addresses[list[i].Name] = address
	}
	return p, nil
}

// ask sends one line and waits for the reply. A server that gives none is killed.
func (p *process) ask(question any) (r reply, err error) {
	late := time.AfterFunc(patience, p.kill)
	defer late.Stop()
	if err := json.NewEncoder(p.in).Encode(question); err != nil {
		return r, fmt.Errorf("asking the server: %w", err)
	}
	if err := p.replies.Decode(&r); err != nil {
		return r, fmt.Errorf("the server's reply: %w", err)
	}
	return r, nil
}

// cpu is what the server has used until now.
func (p *process) cpu() (time.Duration, error) {
	r, err := p.ask("CPU")
	return time.Duration(r.CPU), err
}

// stop lets the server end, and says what it had to say if it did not end well.
func (p *process) stop() error {
	late := time.AfterFunc(patience, p.kill)
	defer late.Stop()
	_ = p.in.Close()
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("the server: %w\n%s", err, p.stderr.Bytes())
	}
	return nil
}

func (p *process) kill() { _ = p.command.Process.Kill() }
