package jwkstest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

func dialTCP(t *testing.T, is *jwkstest.Issuer) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(is.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// light is an issuer without an RSA key, which no test here needs.
func light(t *testing.T, url string) *jwkstest.Issuer {
	t.Helper()
	is, err := jwkstest.New(url)
	if err != nil {
		t.Fatal(err)
	}
	is.RemoveKey(is.KeyIDs()[0])
	return is
}

func read(client *http.Client, url string) (int, string, error) {
	resp, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func TestNetworkHasTheseIssuersAndNoOthers(t *testing.T) {
	a, b := light(t, "https://a.example.com"), light(t, "http://b.example.com:8080/tenant")
	c := light(t, "http://b.example.com:8080/other")
	client := &http.Client{Transport: jwkstest.Network(a, b, c)}
	for _, is := range []*jwkstest.Issuer{a, b, c} {
		if status, body, err := read(client, is.JWKSURL()); err != nil || status != 200 || body != string(is.JWKS()) {
			t.Errorf("%s: %d, %s, %v", is.URL, status, body, err)
		}
		if is.JWKSFetches() != 1 {
			t.Errorf("%s: %d fetches", is.URL, is.JWKSFetches())
		}
	}
	if status, _, err := read(client, "http://b.example.com:8080/jwks"); err != nil || status != 404 {
		t.Errorf("a path that no issuer of the host has: %d, %v", status, err)
	}
	for _, url := range []string{
		"https://c.example.com/jwks", "http://a.example.com/jwks", "https://a.example.com:444/jwks", "http://a.example.com:443/jwks", "http://127.0.0.1/jwks",
	} {
		var failed *net.OpError
		if _, _, err := read(client, url); !errors.As(err, &failed) || failed.Op != "dial" {
			t.Errorf("%s: %v, want a dial error", url, err)
		}
	}
}

func TestInProcessRedirectReachesAnotherIssuer(t *testing.T) {
	a, b := light(t, "https://a.example.com"), light(t, "https://b.example.com")
	a.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Redirect: b.JWKSURL()})
	client := &http.Client{Transport: jwkstest.Network(a, b)}
	if _, body, err := read(client, a.JWKSURL()); err != nil || body != string(b.JWKS()) {
		t.Errorf("%s, %v", body, err)
	}
}

func TestInProcessIsLikeARealTransport(t *testing.T) {
	is := light(t, "https://a.example.com")
	client := &http.Client{Transport: is.RoundTripper()}
	is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Gzip: true})
	if _, body, err := read(client, is.JWKSURL()); err != nil || body != string(is.JWKS()) {
		t.Errorf("compression unasked: %q, %v", body, err)
	}
	is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Drop: true})
	if _, _, err := read(client, is.JWKSURL()); !errors.Is(err, io.EOF) {
		t.Errorf("outage: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, is.JWKSURL(), nil)
	if _, err := client.Do(req); !errors.Is(err, context.Canceled) || is.JWKSFetches() != 2 {
		t.Errorf("context over: %v after %d fetches", err, is.JWKSFetches())
	}
}

func TestDelaysPassInABubble(t *testing.T) {
	shared := light(t, "https://shared.example.com") // made outside, to be used by many tests
	synctest.Test(t, func(t *testing.T) {
		for _, is := range []*jwkstest.Issuer{light(t, "https://a.example.com"), shared} {
			for _, tt := range []struct {
				policy string
				answer jwkstest.Answer
				takes  time.Duration
				ok     bool
			}{
				{"no delay", jwkstest.Answer{}, 0, true},
				{"delay", jwkstest.Answer{Delay: 3 * time.Second}, 3 * time.Second, true},
				{"delay before an outage", jwkstest.Answer{Delay: time.Second, Drop: true}, time.Second, false},
				{"longer delay than the client waits", jwkstest.Answer{Delay: time.Hour}, 5 * time.Second, false},
				{"hang", jwkstest.Answer{Hang: true}, 5 * time.Second, false},
				{"drip, in time", jwkstest.Answer{Body: []byte("1234"), Drip: time.Second}, 4 * time.Second, true},
				{"drip, too slow", jwkstest.Answer{Body: []byte("123456"), Drip: time.Second}, 5 * time.Second, false},
			} {
				is.SetAnswer(jwkstest.KeySet, tt.answer)
				began := time.Now()
				_, _, err := read(&http.Client{Transport: is.RoundTripper(), Timeout: 5 * time.Second}, is.JWKSURL())
				if took := time.Since(began); took != tt.takes || (err == nil) != tt.ok {
					t.Errorf("%s: took %v, want %v; %v", tt.policy, took, tt.takes, err)
				}
				synctest.Wait()
				if is.InFlight() != 0 {
					t.Errorf("%s: still being answered", tt.policy)
				}
			}
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := shared.AwaitFetches(soon, jwkstest.KeySet, 1000); err == nil {
			t.Error("waited for what did not happen")
		}
	})
	// Nothing of the bubble may be left in it: touching that would end the program.
	shared.SetAnswer(jwkstest.KeySet, jwkstest.Answer{})
	shared.Close()
}

// How to test single flight: hold the answer, let everybody ask, look, let go.
func TestAnswersCanBeHeldAndLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := light(t, "https://a.example.com")
		is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Delay: time.Hour})
		client := &http.Client{Transport: is.RoundTripper()}
		began := time.Now()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if status, _, err := read(client, is.JWKSURL()); err != nil || status != 503 {
					t.Errorf("%d, %v, want the answer set last", status, err)
				}
			})
		}
		if err := is.AwaitFetches(t.Context(), jwkstest.KeySet, 5); err != nil {
			t.Error(err)
		}
		if is.InFlight() != 5 {
			t.Errorf("%d in flight, want 5", is.InFlight())
		}
		is.SetAnswer(jwkstest.Discovery, jwkstest.Answer{Status: 500})
		synctest.Wait()
		if is.InFlight() != 5 {
			t.Error("an answer for other documents let these go")
		}
		is.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Status: 503, Delay: time.Second})
		all.Wait()
		if took := time.Since(began); took != time.Second || is.MaxInFlight() != 5 {
			t.Errorf("took %v, want the delay of the new answer; at most %d in flight", took, is.MaxInFlight())
		}
	})
}
