package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
)

// servingWord is the one argument that makes this program the server of the section
// loopback, for the process that started it. It is no flag: nobody else has use for it.
const servingWord = "serve-for-the-section-loopback"

// served reports whether the program was started as that server. If so, it has been it until
// its standard input ended, as it does when whoever started it dies.
func served(args []string) bool {
	if len(args) != 2 || args[1] != servingWord {
		return false
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
	return true
}

// An order is what the server is to serve. It comes first, in a line of its own; all
// lines after it ask for the CPU time.
type order struct {
	Peers     []string
	Issuer    string
	JWKSURL   string
	Algorithm string
	Key       []byte // PKIX
	KeySet    []byte
}

// newOrder cannot be for HS256, whose secrets stay where they are.
func newOrder(b *bench, list []peer.Peer) (order, error) {
	s := peer.For(b.provider, b.key)
	key, err := x509.MarshalPKIXPublicKey(s.Key)
	o := order{Issuer: s.Issuer, JWKSURL: s.JWKSURL, Algorithm: s.Algorithm, Key: key, KeySet: s.KeySet}
	for _, p := range list {
		o.Peers = append(o.Peers, p.Name)
	}
	return o, err
}

func (o order) setup() (peer.Setup, error) {
	key, err := x509.ParsePKIXPublicKey(o.Key)
	return peer.Setup{Issuer: o.Issuer, JWKSURL: o.JWKSURL, Algorithm: o.Algorithm, Key: key, KeySet: o.KeySet}, err
}

// A reply is where the peers of an order are, or how much CPU the process has used.
type reply struct {
	Addresses []string `json:",omitempty"`
	CPU       int64    `json:",omitempty"` // nanoseconds
}

// serve is the server's life.
func serve(in io.Reader, out io.Writer) error {
	lines, replies := bufio.NewScanner(in), json.NewEncoder(out)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		return errors.Join(errors.New("no order"), lines.Err())
	}
	var o order
	if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	addresses, err := o.listen(ctx)
	if err != nil {
		return err
	}
	if err := replies.Encode(reply{Addresses: addresses}); err != nil {
		return err
	}
	for lines.Scan() {
		if err := replies.Encode(reply{CPU: int64(measure.CPUTime())}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// listen puts each peer in front of the same MCP server, at a port of its own: so a
// request for one differs in nothing else from a request for another. The ports close
// with the process.
func (o order) listen(ctx context.Context) ([]string, error) {
	setup, err := o.setup()
	if err != nil {
		return nil, err
	}
	mcpGo, everybody := mcpServer(), peer.All()
	var addresses []string
	for _, name := range o.Peers {
		i := slices.IndexFunc(everybody, func(p peer.Peer) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("nobody is called %q", name)
		}
		wrap, err := everybody[i].New(ctx, setup)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		server := &http.Server{Handler: wrap(mcpGo)}
		go func() { _ = server.Serve(l) }() // its clients see what is wrong
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
