package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slowly are connections that want to stay, and how long they may.
var slowly = []struct {
	policy string
	first  string        // sent at once; KEY is an API key
	then   string        // sent every second, if anything
	atMost time.Duration // until we close it
}{
	{"nothing at all", "", "", 11 * time.Second},
	{"half of a request line", "POST /mc", "", 11 * time.Second},
	{"a header a second", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n", "X-A: b\r\n", 11 * time.Second},
	{"no credential, and no body", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n", "", 31 * time.Second},
	{"no credential, and a byte of it a second", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n", " ", 31 * time.Second},
	{"a bad key, and a chunk a second", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: bad\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", 31 * time.Second},
	{"a public document, and a body with it", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n", " ", 31 * time.Second},
	{"nothing that is there, and a body with it", "POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n", " ", 31 * time.Second},
	{"a good key, and no body", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: KEY\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n", "", 31 * time.Second},
	{"a good key, and a byte of it a second", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: KEY\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", " ", 31 * time.Second},
	{"a good key, and a chunk a second", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: KEY\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", 31 * time.Second},
	{"a request, and silence", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "", 121 * time.Second},
}

// A pipes is a listener whose connections are in memory, so that their time can be that of
// a bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// Some hundred connections that send their headers or bodies as slowly as they can: each
// is closed in its time, with the very settings that we serve with; good callers are
// served without a wait meanwhile; and nothing stays.
func TestSlowConnections(t *testing.T) {
	const each = 30
	synctest.Test(t, func(t *testing.T) {
		conf := mustRead(t, "MCP_AUTH_REQUIRED=true; MCP_HOST=127.0.0.1; MCP_PORT=1; MCP_API_KEYS="+apiKey)
		s := &server{conf: conf, logger: newLogger(io.Discard, conf)}
		if err := s.build(); err != nil {
			t.Fatal(err)
		}
		l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		go func() { _ = s.http.Serve(l) }()
		before := runtime.NumGoroutine()
		var clients sync.WaitGroup
		var closed atomic.Int64
		begin := time.Now()
		for _, row := range slowly {
			for range each {
				conn := l.dial()
				gone := make(chan struct{})
				clients.Go(func() {
					_, _ = io.Copy(io.Discard, conn) // the answers are read
					close(gone)
				})
				clients.Go(func() {
					if !sendSlowly(conn, gone, strings.Replace(row.first, "KEY", apiKey, 1), row.then) {
						t.Errorf("%s: still open after %v", row.policy, time.Since(begin))
					}
					if open := time.Since(begin); open > row.atMost {
						t.Errorf("%s: open for %v, want %v at the most", row.policy, open, row.atMost)
					}
					closed.Add(1)
				})
			}
		}
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n < len(slowly)*each {
			t.Errorf("%d goroutines: the connections are not there, this proves nothing", n)
		}
		for time.Since(begin) < 3*time.Minute {
			now := time.Now()
			if err := askAtOnce(l); err != nil {
				t.Errorf("a good caller, after %v: %v", now.Sub(begin), err)
			}
			if waited := time.Since(now); waited != 0 {
				t.Errorf("a good caller waited %v", waited)
			}
			time.Sleep(5 * time.Second)
		}
		clients.Wait()
		synctest.Wait() // who has closed a connection may not be at its end yet
		if now := runtime.NumGoroutine(); now > before {
			t.Errorf("%d goroutines, and there were %d", now, before)
		}
		t.Logf("%d connections tried, %d closed", len(slowly)*each, closed.Load())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := errors.Join(s.mcp.Shutdown(ctx), s.http.Shutdown(ctx)); err != nil {
			t.Error(err)
		}
	})
}

// Who does not read an answer that everybody can have does not keep the connection. Over
// a pipe nothing is written unless it is read.
func TestAnswersThatNobodyReads(t *testing.T) {
	for policy, sent := range map[string]string{
		"a public document":      "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"the resource's":         "GET /.well-known/oauth-protected-resource HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"nothing that is there":  "GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"a refusal":              "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
		"the refusal of a host":  "POST /mcp HTTP/1.1\r\nHost: evil.example.com\r\nContent-Length: 0\r\n\r\n",
		"the refusal of a query": "POST /mcp?access_token=x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			conf := mustRead(t, "MCP_AUTH_REQUIRED=true; MCP_HOST=127.0.0.1; MCP_PORT=1; MCP_API_KEYS="+apiKey)
			s := &server{conf: conf, logger: newLogger(io.Discard, conf)}
			if err := s.build(); err != nil {
				t.Fatal(err)
			}
			l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
			go func() { _ = s.http.Serve(l) }()
			conn := l.dial()
			send(conn, sent)
			time.Sleep(bodyTime + time.Second)
			if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("%s: the connection is held", policy)
			}
			_ = conn.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := errors.Join(s.mcp.Shutdown(ctx), s.http.Shutdown(ctx)); err != nil {
				t.Error(err)
			}
		})
	}
}

// sendSlowly reports whether the connection is closed within ten minutes, and returns
// as soon as it is.
func sendSlowly(conn net.Conn, gone <-chan struct{}, first, then string) bool {
	defer func() { _ = conn.Close() }()
	send(conn, first)
	for range 600 {
		select {
		case <-gone:
			return true
		case <-time.After(time.Second):
			send(conn, then)
		}
	}
	return false
}

// send leaves out to send nothing, which the other end of a pipe takes for a read. Who is
// gone is found out by reading.
func send(conn net.Conn, text string) {
	if text != "" {
		_, _ = io.WriteString(conn, text)
	}
}

// askAtOnce calls a tool over a connection of its own.
func askAtOnce(l *pipes) error {
	conn := l.dial()
	defer func() { _ = conn.Close() }()
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader(callWhoami))
	if err != nil {
		return err
	}
	r.Header.Set("X-API-Key", apiKey)
	r.Header.Set("Content-Type", "application/json")
	r.Close = true
	if err := r.Write(conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), `key-1`) {
		return fmt.Errorf("%d %s", response.StatusCode, body)
	}
	return err
}

// A few hundred real connections that do nothing: good callers are served, and when the
// others go, descriptors and goroutines come back.
func TestIdleConnectionsOverSockets(t *testing.T) {
	d := deploy(t)
	site, err := url.Parse(d.mcp)
	if err != nil {
		t.Fatal(err)
	}
	call := func(policy string) {
		t.Helper()
		begin := time.Now()
		if status, body := drained(t, raw(t, http.MethodPost, d.mcp, keyOf(apiKey), nil, callWhoami)); status != http.StatusOK {
			t.Errorf("%s: %d %s", policy, status, body)
		}
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%s: it took %v", policy, took)
		}
	}
	call("at first")
	descriptors, goroutines := descriptorsNow(t), runtime.NumGoroutine()
	var conns []net.Conn
	for i := range 400 {
		conn, err := net.Dial("tcp", site.Host)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		if _, err := io.WriteString(conn, strings.Replace(slowly[i%len(slowly)].first, "KEY", apiKey, 1)); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		call("among the idle")
	}
	if n := runtime.NumGoroutine() - goroutines; n < 100 {
		t.Errorf("%d goroutines more: the connections are not there, this proves nothing", n)
	}
	for _, conn := range conns {
		_ = conn.Close()
	}
	const few = 5
	for begin := time.Now(); descriptorsNow(t) > descriptors+few || runtime.NumGoroutine() > goroutines+few; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > patience/3 {
			t.Fatalf("%d descriptors and %d goroutines, and there were %d and %d", descriptorsNow(t), runtime.NumGoroutine(), descriptors, goroutines)
		}
	}
	call("in the end")
	t.Logf("%d idle connections, 22 good calls", len(conns))
}

func descriptorsNow(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil && !errors.Is(err, os.ErrNotExist) { // there is no such folder elsewhere
		t.Fatal(err)
	}
	return len(open)
}
