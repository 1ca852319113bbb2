package metadata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	defaultTimeout  = 5 * time.Second
	defaultMaxBytes = 1 << 20
	maxRedirects    = 3
	maxDrain        = 64 << 10 // what is read of an answer nobody wants, so that its connection can be used again
)

// defaultTransport is our own, because http.DefaultTransport has no bound on the
// time or the size of headers, and belongs to the whole program. It honours
// HTTPS_PROXY: that is how closed networks reach their provider, TLS still ends at
// the provider, and net/http never sends loopback requests to a proxy.
var defaultTransport http.RoundTripper = &http.Transport{
	Proxy:                  http.ProxyFromEnvironment,
	DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	TLSHandshakeTimeout:    5 * time.Second,
	ResponseHeaderTimeout:  10 * time.Second,
	MaxResponseHeaderBytes: 64 << 10,
	MaxIdleConns:           16,
	IdleConnTimeout:        30 * time.Second,
	ForceAttemptHTTP2:      true,
}

// A Document is one JSON object in valid UTF-8.
type Document struct {
	Body []byte

	// MaxAge is how long the server says the document stays fresh: max-age less
	// Age, or 0 for no-store and no-cache. It is -1 when the server said nothing
	// that can be understood.
	MaxAge time.Duration
}

// A Fetcher reads documents of providers, with no cookies and no credentials, within
// bounds of time, size and redirects. The zero value is ready to use. It is safe for
// concurrent use, and must not be changed once in use.
type Fetcher struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Transport carries the requests, and must honour their contexts. Nil means
	// one of our own, with bounded timeouts and headers.
	Transport http.RoundTripper

	// Timeout bounds one Fetch from the first to the last byte, redirects
	// included. Zero or less means 5 seconds.
	Timeout time.Duration

	// MaxBytes bounds the body, decompressed. Zero or less means 1 MiB.
	MaxBytes int64
}

// Fetch gets the JSON object at rawURL, which must pass [CheckURL]. Redirects are
// followed only to the same scheme, host and port: the operator named a host, and
// no other speaks for it. What fails after that check is a [*FetchError].
func (f *Fetcher) Fetch(ctx context.Context, rawURL string) (*Document, error) {
	if err := CheckURL(rawURL); err != nil {
		return nil, fmt.Errorf("cannot fetch a URL that %w", err)
	}
	timeout := f.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, &FetchError{URL: rawURL, Err: err}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mcp-rs")
	resp, err := f.client().Do(req)
	if err != nil {
		return nil, &FetchError{URL: rawURL, Err: cause(err)}
	}
	defer discard(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return nil, &FetchError{URL: rawURL, Status: resp.StatusCode, Err: fmt.Errorf("%w %d", ErrStatus, resp.StatusCode)}
	}
	body, err := f.read(resp)
	if err != nil {
		return nil, &FetchError{URL: rawURL, Err: cause(err)}
	}
	return &Document{Body: body, MaxAge: maxAge(resp.Header)}, nil
}

func (f *Fetcher) client() *http.Client {
	c := &http.Client{Transport: f.Transport, CheckRedirect: checkRedirect}
	if c.Transport == nil {
		c.Transport = defaultTransport
	}
	return c
}

func (f *Fetcher) read(resp *http.Response) ([]byte, error) {
	// net/http takes off the gzip it asked for, and this header with it.
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, fmt.Errorf("the body is %w: it is encoded as %q, which was not asked for", ErrNotJSON, clip(enc))
	}
	limit := f.MaxBytes
	if limit <= 0 {
		limit = defaultMaxBytes
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	if err != nil {
		return nil, err
	}
	return body, checkObject(body, resp.Header.Get("Content-Type"))
}

// checkObject does not insist on a Content-Type: key sets arrive under several.
func checkObject(body []byte, contentType string) error {
	start := bytes.TrimLeft(body, " \t\r\n")
	object := len(start) > 0 && start[0] == '{' && json.Valid(body)
	switch {
	case object && utf8.Valid(body):
		return nil
	case object:
		return fmt.Errorf("the body is %w: it is not valid UTF-8", ErrNotJSON)
	case len(start) == 0:
		return fmt.Errorf("the body is %w: it is empty", ErrNotJSON)
	case start[0] == '<' || strings.Contains(strings.ToLower(contentType), "html"):
		return fmt.Errorf("answered HTML, %w; is this the right address?", ErrNotJSON)
	default:
		return fmt.Errorf("the body is %w: one object is expected", ErrNotJSON)
	}
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	from, to := via[0].URL, req.URL
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("%w: more than %d in a row", ErrRedirect, maxRedirects)
	case to.Scheme != from.Scheme || hostPort(to) != hostPort(from):
		return fmt.Errorf("%w: it leads to %q; if that is right, write its URL instead", ErrRedirect, to.Scheme+"://"+clip(to.Host))
	case to.User != nil: // net/http would make an Authorization header of it
		return fmt.Errorf("%w: it holds user information", ErrRedirect)
	}
	return nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// cause takes off the *url.Error, which repeats method and URL, and names timeouts.
func cause(err error) error {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return fmt.Errorf("%w: %w", ErrTimeout, bare(err))
	}
	return bare(err)
}

func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// discard closes a body so that its connection is either used again or gone. The
// context of the request bounds the time it takes.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxDrain) // only the connection would profit
	_ = body.Close()
}
