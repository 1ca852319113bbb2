package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

// Whoever sends a header byte by byte, or nothing at all, holds a connection for a while
// and no longer; and streams, which take hours, are not ended by the same limits.
func TestServerIsImpatient(t *testing.T) {
	s := &server{conf: mustRead(t, withKey), logger: slog.New(slog.DiscardHandler)}
	if err := s.build(); err != nil {
		t.Fatal(err)
	}
	if d := s.http.ReadHeaderTimeout; d <= 0 || d > 10*time.Second {
		t.Errorf("headers may take %s", d)
	}
	if d := s.http.IdleTimeout; d <= 0 || d > 2*time.Minute {
		t.Errorf("connections may idle for %s", d)
	}
	if n := s.http.MaxHeaderBytes; n <= 0 || n > 64<<10 {
		t.Errorf("headers may have %d bytes", n)
	}
	if s.http.ReadTimeout != 0 || s.http.WriteTimeout != 0 {
		t.Error("streams end")
	}
	s.http.ReadHeaderTimeout = 200 * time.Millisecond // what follows need not take ten seconds
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.http.Serve(listener) }()
	t.Cleanup(func() { _ = errors.Join(s.mcp.Shutdown(context.Background()), s.http.Close()); <-ended })
	dripped(t, listener.Addr().String())
	resp, err := http.Get("http://" + listener.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %d", resp.StatusCode)
	}
}

// dripped sends a header that never ends, a byte at a time, until the server has enough.
func dripped(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	over := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, bufio.NewReader(conn))
		over <- err
	}()
	_, err = io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
	for begin := time.Now(); time.Since(begin) < patience; {
		select {
		case <-over:
			return
		case <-time.After(10 * time.Millisecond):
			_, err = io.WriteString(conn, "a")
		}
	}
	t.Errorf("the server still listens: %v", err)
}
