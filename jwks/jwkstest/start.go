package jwkstest

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// headerTimeout ends connections that never send a request.
const headerTimeout = 10 * time.Second

// Start returns an issuer that listens on a free port of 127.0.0.1, over plain
// http. It panics if it cannot, as httptest does. Close it in the end.
func Start() *Issuer { return StartPath("") }

// StartPath is [Start] for an issuer whose URL has a path, such as "/tenant", or
// ends in a slash ("/"), as those of some providers do.
func StartPath(path string) *Issuer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("jwkstest: cannot listen: %v", err))
	}
	is, err := New("http://" + l.Addr().String() + path)
	if err != nil {
		_ = l.Close()
		panic(err.Error())
	}
	is.server = serve(l, is)
	return is
}

// A server is a running http.Server that can be ended to the last connection.
type server struct {
	http     *http.Server
	listener net.Listener
	done     chan struct{} // closed when nothing is accepted any more
}

func serve(l net.Listener, h http.Handler) *server {
	s := &server{newHTTPServer(h), l, make(chan struct{})}
	// http.Transport sends a request again, unasked, when a reused connection
	// breaks. One request per connection keeps the counts of a test exact.
	s.http.SetKeepAlivesEnabled(false)
	go func() {
		defer close(s.done)
		if err := s.http.Serve(l); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			panic(fmt.Sprintf("jwkstest: stopped accepting: %v", err))
		}
	}()
	return s
}

func newHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}

// close ends the accept loop before it closes connections: one accepted while
// http.Server.Close runs would be nobody's.
func (s *server) close() {
	_ = s.listener.Close()
	<-s.done
	_ = s.http.Close()
}
