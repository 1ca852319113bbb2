package jwkstest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// ours counts goroutines that are in this package's code or in an http.Server.
func ours() int {
	stacks := make([]byte, 1<<20)
	n := 0
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "jwkstest.(*") || strings.Contains(stack, "http.(*conn).serve") {
			n++
		}
	}
	return n
}

func TestCloseEndsEverything(t *testing.T) {
	for _, tt := range []struct {
		policy string
		answer jwkstest.Answer
		read   bool // whether the client reads
	}{
		{"nothing going on", jwkstest.Answer{}, true},
		{"delay", jwkstest.Answer{Delay: time.Hour}, true},
		{"hang", jwkstest.Answer{Hang: true}, true},
		{"drip", jwkstest.Answer{Drip: time.Hour}, true},
		{"endless body, read", jwkstest.Answer{Pad: 1 << 50}, true},
		{"endless body, not read", jwkstest.Answer{Pad: 1 << 50}, false},
		{"bomb", jwkstest.Answer{Pad: 1 << 50, Gzip: true}, true},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			is := jwkstest.Start()
			is.SetAnswer(jwkstest.KeySet, tt.answer)
			var clients sync.WaitGroup
			leave := make(chan struct{})
			for _, transport := range []http.RoundTripper{&http.Transport{}, is.RoundTripper()} {
				clients.Go(func() { fetchUntil(transport, is.JWKSURL(), tt.read, leave) })
			}
			if err := is.AwaitFetches(t.Context(), jwkstest.KeySet, 2); err != nil {
				t.Fatal(err)
			}
			is.Close()
			if n := is.InFlight(); n != 0 {
				t.Errorf("%d requests are still being answered", n)
			}
			is.Close()
			close(leave)
			clients.Wait()
			if !eventually(func() bool { return ours() == 0 }) {
				t.Errorf("goroutines left: %d", ours())
			}
		})
	}
}

func fetchUntil(transport http.RoundTripper, url string, read bool, leave <-chan struct{}) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		panic(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return // closed before there was an answer
	}
	defer resp.Body.Close()
	if read {
		_, _ = io.Copy(io.Discard, resp.Body)
	}
	<-leave
}

func TestClosedIssuerAnswersNothing(t *testing.T) {
	is := jwkstest.Start()
	mounted := httptest.NewServer(is)
	defer mounted.Close()
	transport := is.RoundTripper()
	is.Close()
	if resp, err := get(t.Context(), is.JWKSURL()); err == nil {
		t.Errorf("socket: answered %d", resp.StatusCode)
	}
	if resp, err := get(t.Context(), mounted.URL+"/jwks"); err == nil {
		t.Errorf("mounted: answered %d", resp.StatusCode)
	}
	if resp, err := (&http.Client{Transport: transport}).Get(is.JWKSURL()); err == nil {
		t.Errorf("in process: answered %d", resp.StatusCode)
	}
	if is.JWKSFetches() != 0 {
		t.Errorf("%d fetches counted", is.JWKSFetches())
	}
	if _, err := verify(is.JWKS(), is.Mint(jwkstest.Token{})); err != nil {
		t.Errorf("tokens of a closed issuer: %v", err)
	}
	if err := is.AwaitFetches(t.Context(), jwkstest.KeySet, 1); err == nil {
		t.Error("a closed issuer will not be asked, and says so to nobody who waits")
	}
}

// Connections that say nothing are nobody's request, and end all the same.
func TestCloseEndsSilentConnections(t *testing.T) {
	is := jwkstest.Start()
	var conns []net.Conn
	for range 3 {
		conn := dialTCP(t, is)
		defer conn.Close()
		conns = append(conns, conn)
	}
	mustGet(t, is.JWKSURL()) // accepted after them
	is.Close()
	for _, conn := range conns {
		// Below the server's own time limit for headers.
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v, want the connection closed", err)
		}
	}
}

func TestAwaitFetchesEndsWithItsContext(t *testing.T) {
	is := newIssuer(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := is.AwaitFetches(ctx, jwkstest.KeySet, 1); err != context.DeadlineExceeded {
		t.Errorf("%v, want the error of the context", err)
	}
	if err := is.AwaitFetches(ctx, jwkstest.KeySet, 0); err != nil {
		t.Errorf("what has happened needs no waiting: %v", err)
	}
}

// Everything that can be called, at once: for the race detector.
func TestConcurrentUse(t *testing.T) {
	is := start(t)
	is.RemoveKey(is.KeyIDs()[0])
	k := jwkstest.UnknownKey("odd") // no rotation takes it away
	is.Publish(k)
	client := &http.Client{Transport: is.RoundTripper()}
	var all sync.WaitGroup
	for _, f := range []func(){
		func() { is.Rotate() },
		func() { is.AddKey("EdDSA") },
		func() { is.Publish(k); is.EditKey(k.ID(), map[string]any{"alg": nil}) },
		func() { is.Mint(jwkstest.Token{}) },
		func() { is.SetAudience("a"); is.SetNow(time.Now) },
		func() { is.SetMetadata(map[string]any{"a": 1}) },
		func() { is.SetAnswer(jwkstest.Everything, jwkstest.Answer{Delay: time.Microsecond}) },
		func() { _, _, _ = is.JWKSFetches(), is.MaxInFlight(), is.KeyIDs() },
		func() { ask(is, "GET", "/.well-known/openid-configuration") },
		func() {
			if resp, err := client.Get(is.JWKSURL()); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		},
	} {
		all.Go(func() {
			for range 20 {
				f()
			}
		})
	}
	all.Wait()
}
