package jwkstest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// RoundTripper reaches the issuer without sockets: see [Network].
func (is *Issuer) RoundTripper() http.RoundTripper { return Network(is) }

// Network returns a transport on which these issuers, and no other hosts, exist:
// whatever their URLs say, https included. Real HTTP runs over in-memory pipes, so
// that contexts, redirects, compression and broken connections are as on a network,
// and delays take no time inside a testing/synctest bubble. A connection is used
// once.
func Network(issuers ...*Issuer) http.RoundTripper {
	return &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return dial(ctx, "http", addr, issuers)
		},
		// What this returns counts as being past its handshake; so there is none.
		DialTLSContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return dial(ctx, "https", addr, issuers)
		},
	}
}

func dial(ctx context.Context, scheme, addr string, issuers []*Issuer) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var here tenants
	for _, is := range issuers {
		if is.site.Scheme == scheme && is.address() == addr {
			here = append(here, is)
		}
	}
	if len(here) == 0 {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: fmt.Errorf("no issuer at %s://%s", scheme, addr)}
	}
	client, server := net.Pipe()
	go func() { _ = newHTTPServer(here).Serve(&pipeListener{conn: server}) }()
	return client, nil
}

// address is host and port, as a transport dials them.
func (is *Issuer) address() string {
	port := is.site.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[is.site.Scheme]
	}
	return net.JoinHostPort(is.site.Hostname(), port)
}

// tenants are issuers on the same host.
type tenants []*Issuer

func (ts tenants) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, is := range ts {
		if is.routes[r.URL.Path] != nil {
			is.ServeHTTP(w, r)
			return
		}
	}
	ts[0].ServeHTTP(w, r)
}

// A pipeListener accepts one connection. Its server stops accepting after that and
// ends with the connection.
type pipeListener struct{ conn net.Conn }

func (l *pipeListener) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, errors.New("no more connections")
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (l *pipeListener) Close() error { return nil }

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
