package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// faultIssuer is a provider with one ES256 key, over a network that can be broken.
func faultIssuer(t *testing.T, url string, clock func() time.Time) *jwkstest.Issuer {
	t.Helper()
	is, err := jwkstest.New(url)
	if err != nil {
		t.Fatal(err)
	}
	is.RemoveKey(is.KeyIDs()[0])
	is.SetAudience(resource)
	if clock != nil {
		is.SetNow(clock)
	}
	return is
}

func faultConfig(is *jwkstest.Issuer, clock func() time.Time) middleware.Config {
	return middleware.Config{
		Resource: resource, Issuers: []jwks.Issuer{{URL: is.URL, Algorithms: []string{"ES256"}}}, Scopes: []string{"mcp:tools"},
		Transport: is.RoundTripper(), Now: clock,
	}
}

func mintAt(is *jwkstest.Issuer, kid string, exp time.Time) string {
	return is.Mint(jwkstest.Token{KeyID: kid, Claims: map[string]any{"scope": "mcp:tools", "client_id": "cli", "exp": exp}})
}

// A counts is what a process must not lose bit by bit.
type counts struct{ goroutines, descriptors int }

func countNow(t *testing.T) counts {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil && !errors.Is(err, os.ErrNotExist) { // there is no such folder elsewhere
		t.Fatal(err)
	}
	return counts{runtime.NumGoroutine(), len(open)}
}

// backTo fails unless both counts come back to what they were, give or take a few that
// the runtime has for itself.
func (c counts) backTo(t *testing.T) {
	t.Helper()
	const few = 5
	now := countNow(t)
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		if now = countNow(t); now.goroutines <= c.goroutines+few && now.descriptors <= c.descriptors+few {
			return
		}
	}
	t.Errorf("%+v, and it was %+v", now, c)
}

// Another key under the same kid: what the old one vouched for falls with it, remembered
// or not, and the new one is taken.
func TestSwappedKeyEndsRememberedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Minute)
		is := faultIssuer(t, "https://login.example.com", nil)
		g := newGuard(t, faultConfig(is, nil))
		kid := is.KeyIDs()[0]
		old := mintAt(is, kid, time.Now().Add(24*time.Hour))
		if !remembers(t, g, old) {
			t.Fatal("nothing is remembered: this proves nothing")
		}
		is.RemoveKey(kid)
		other := jwkstest.NewKey("ES256").With(map[string]any{"kid": kid})
		is.Publish(other)
		next := mintAt(is, other.ID(), time.Now().Add(24*time.Hour))
		if got := reasonOf(g, bearer(next)); got != "bad_signature" {
			t.Errorf("new key, before the refresh: %q", got)
		}
		time.Sleep(14 * time.Minute)
		_, _ = g.Check(bearer(next)) // causes the refresh
		synctest.Wait()
		if got := reasonOf(g, bearer(old)); got != "bad_signature" {
			t.Errorf("old key, remembered: %q", got)
		}
		admitted(t, g, bearer(next))
		if n := is.JWKSFetches(); n != 2 {
			t.Errorf("%d fetches, want 2", n)
		}
	})
}

// The clock jumps by hours under traffic, forward and back: each decision is right for one
// of the times that the clock showed meanwhile, and what has been remembered makes none
// last longer.
func TestClockStepsUnderTraffic(t *testing.T) {
	var clock clock
	is := faultIssuer(t, "https://login.example.com", clock.now)
	c := faultConfig(is, clock.now)
	g := newGuard(t, c)
	token := is.Mint(jwkstest.Token{Claims: map[string]any{"scope": "mcp:tools", "iat": started.Add(-time.Hour), "nbf": started.Add(-time.Hour), "exp": started.Add(time.Hour)}})
	admitted(t, g, bearer(token))
	good := func(off int64) bool {
		d := time.Duration(off)
		return d > -time.Hour-time.Minute && d < time.Hour+time.Minute
	}

	var steps atomic.Int64 // odd while the clock is being changed
	var callers sync.WaitGroup
	var tried, accepted atomic.Int64
	for range 8 {
		callers.Go(func() {
			for steps.Load() >= 0 {
				before := steps.Load()
				want := good(clock.sinceStart.Load())
				_, err := g.Check(bearer(token))
				if before%2 != 0 || steps.Load() != before {
					continue // nobody can say which time counted
				}
				tried.Add(1)
				if err == nil {
					accepted.Add(1)
				}
				if (err == nil) != want {
					t.Errorf("%v after the start: %v", time.Duration(clock.sinceStart.Load()), err)
					return
				}
			}
		})
	}
	n := int64(0)
	for _, hours := range []int{0, 2, 0, -2, 0, 1, 5, -5, 0, 12, -12, 3, 0, -1, 0} {
		steps.Store(n*2 + 1)
		clock.set(started.Add(time.Duration(hours) * time.Hour))
		n++
		steps.Store(n * 2)
		time.Sleep(40 * time.Millisecond)
	}
	steps.Store(-1)
	callers.Wait()
	if f := is.JWKSFetches(); f > 2*int(n) {
		t.Errorf("%d fetches in %d steps", f, n)
	}
	if accepted.Load() == 0 || accepted.Load() == tried.Load() {
		t.Errorf("%d of %d were accepted: this proves nothing", accepted.Load(), tried.Load())
	}
	t.Logf("%d tried, %d refused, %d accepted, %d fetches", tried.Load(), tried.Load()-accepted.Load(), accepted.Load(), is.JWKSFetches())
}

// The provider is killed and started again, on the same port, under traffic. Known keys
// pass without a pause; others are never called bad while nobody can tell; and no
// connection and no goroutine stays behind.
func TestProviderIsKilledUnderTraffic(t *testing.T) {
	before := countNow(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	const speed = 60 // a minute of the guard's clock in a second: the intervals pass
	begin := time.Now()
	fast := func() time.Time { return begin.Add(time.Since(begin) * speed) }
	is := faultIssuer(t, "http://"+address, fast)
	start := func(l net.Listener) *http.Server {
		s := &http.Server{Handler: is, ErrorLog: discard, ReadHeaderTimeout: time.Second}
		go func() { _ = s.Serve(l) }()
		return s
	}
	provider := start(listener)
	transport := &http.Transport{}
	c := faultConfig(is, fast)
	c.Transport = transport
	g := newGuard(t, c)
	kid := is.KeyIDs()[0]
	admitted(t, g, bearer(mintAt(is, kid, fast().Add(time.Hour))))

	ctx, stop := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	var known, unknown, unavailable atomic.Int64
	for i := range 8 {
		callers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if got := reasonOf(g, bearer(mintAt(is, kid, fast().Add(time.Hour)))); got != "" {
					t.Errorf("known key: %s", got)
					return
				}
				known.Add(1)
				stranger := is.Mint(jwkstest.Token{KeyID: kid, Header: map[string]any{"kid": fmt.Sprintf("forged-%d-%d", i, n)}})
				switch got := reasonOf(g, bearer(stranger)); got {
				case "unknown_key":
					unknown.Add(1)
				case "keys_unavailable":
					unavailable.Add(1)
				default:
					t.Errorf("unknown kid: %q", got)
				}
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	_ = provider.Close()
	time.Sleep(time.Second)
	if listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	provider = start(listener)
	time.Sleep(time.Second)
	added := is.AddKey("ES256")
	time.Sleep(time.Second)
	if got := reasonOf(g, bearer(mintAt(is, added, fast().Add(time.Hour)))); got != "" {
		t.Errorf("rotation after the restart: %s", got)
	}
	stop()
	callers.Wait()
	if n, most := is.JWKSFetches(), 2+int(time.Since(begin)*speed/(30*time.Second)); n > most {
		t.Errorf("%d fetches, want %d at the most", n, most)
	}
	if unavailable.Load() == 0 || unknown.Load() == 0 {
		t.Error("nobody noticed that the provider was gone, or back: this proves nothing")
	}
	_ = provider.Close()
	transport.CloseIdleConnections()
	before.backTo(t)
	t.Logf("%d with a known key accepted; of unknown keys %d refused and %d told to come back; %d fetches", known.Load(), unknown.Load(), unavailable.Load(), is.JWKSFetches())
}
