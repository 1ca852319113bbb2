package middleware_test

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// Over a connection to this machine alone, in whatever way the server says so, a page's own
// name is no Host (DNS rebinding).
func TestHostOverLoopback(t *testing.T) {
	h := newGuard(t, config()).Handler(noContent)
	for _, row := range []struct {
		to   net.Addr
		host string
		want int
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "rebound.example.net", http.StatusForbidden},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 80}, "rebound.example.net", http.StatusForbidden},
		{&net.TCPAddr{IP: net.ParseIP("::ffff:127.0.0.1"), Port: 80}, "rebound.example.net", http.StatusForbidden},
		{&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "rebound.example.net", http.StatusForbidden}, // HTTP/3
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "localhost:80", http.StatusNoContent},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, "another.example.net", http.StatusNoContent},
		{(*net.TCPAddr)(nil), "another.example.net", http.StatusNoContent},
		{&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, "another.example.net", http.StatusNoContent},
	} {
		r := bearer(mint(nil))
		r.Host = row.host
		w := serve(h, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, row.to)))
		if w.Code != row.want {
			t.Errorf("%s to %v: %d, want %d", row.host, row.to, w.Code, row.want)
		}
	}
}
