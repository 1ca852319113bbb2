package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// checkLoopback demands both ratios of everybody, with their quartiles.
func checkLoopback(t *testing.T, rep *report.Report) {
	t.Helper()
	for _, p := range peer.Libraries() {
		for _, name := range []string{"tools/call throughput", "tools/call CPU"} {
			n, ok := rep.Find("loopback", p.Name, name)
			if !ok || n.Pairs == 0 || n.Q1 <= 0 || n.Q1 > n.Value || n.Q3 < n.Value {
				t.Errorf("%s, %s: %+v", p.Name, name, n)
			}
		}
	}
}

// startTwo starts a server of two, and does not stop it.
func startTwo(t *testing.T, ctx context.Context) (*process, *bench) {
	t.Helper()
	b := newBench(fixture.NewKey("RS256"), 1)
	t.Cleanup(b.provider.Close)
	p, err := startProcess(ctx, b, []peer.Peer{peer.NoAuth, peer.Libraries()[0]})
	if err != nil {
		t.Fatal(err)
	}
	return p, b
}

// TestServer shows that a server stands behind what is said to stand before it, uses
// CPU, and ends when its input does.
func TestServer(t *testing.T) {
	p, b := startTwo(t, t.Context())
	before, err := p.cpu()
	if err != nil {
		t.Error(err)
	}
	for name, address := range p.addresses {
		for _, token := range []string{b.tokens[0], "no.token.atall"} {
			list, err := connect(t.Context(), address, token)
			if admitted, want := err == nil, token == b.tokens[0] || name == peer.NoAuth.Name; admitted != want {
				t.Errorf("%s admits %.20s: %v, %v", name, token, admitted, err)
			}
			list.close()
		}
	}
	after, err := p.cpu()
	if err != nil || after <= before {
		t.Errorf("CPU was %v and is %v, %v", before, after, err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// TestServerEndsWithContext shows that nothing is left of a run that was interrupted.
func TestServerEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, _ := startTwo(t, ctx)
	cancel()
	if err := p.command.Wait(); err == nil {
		t.Error("the server ended by itself, and not with the context")
	}
}

// TestServerRefuses shows that a server that cannot do what it was told says so.
func TestServerRefuses(t *testing.T) {
	b := newBench(fixture.NewKey("RS256"), 0)
	t.Cleanup(b.provider.Close)
	p, err := startProcess(t.Context(), b, []peer.Peer{{Name: "stranger"}})
	if err == nil {
		t.Fatal(p.stop(), "a stranger is served")
	}
	if !strings.Contains(err.Error(), `nobody is called "stranger"`) {
		t.Error(err)
	}
	for _, in := range []string{"", "{", "{}"} {
		if serve(strings.NewReader(in), io.Discard) == nil {
			t.Errorf("%q is an order", in)
		}
	}
}
