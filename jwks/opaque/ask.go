package opaque

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

const maxAnswer = 64 << 10 // bytes of an answer, decompressed

// ownTransport is ours, because http.DefaultTransport has no bound on the time or the
// size of headers, and belongs to the whole program.
var ownTransport http.RoundTripper = &http.Transport{
	Proxy:                  http.ProxyFromEnvironment,
	DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	TLSHandshakeTimeout:    5 * time.Second,
	ResponseHeaderTimeout:  10 * time.Second,
	MaxResponseHeaderBytes: 64 << 10,
	MaxIdleConns:           64,
	MaxIdleConnsPerHost:    maxAtOnce,
	IdleConnTimeout:        30 * time.Second,
	ForceAttemptHTTP2:      true,
}

// An asker makes the requests of an Ask. It is immutable, but for endpoint.
type asker struct {
	endpoint *endpoint
	client   *http.Client
	method   string
	place    string // form, json, query or bearer
	name     string // in that place
	auth     Auth
	clientID string
	secret   *jwks.Secret
	header   http.Header
	bad      []int
}

func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = ownTransport
	}
	// The request carries the token, and whoever a redirect names has no business with it.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Transport: transport, CheckRedirect: stay}
}

// ask makes one request. An error that is not ErrInactive means that nobody could tell.
func (a *asker) ask(ctx context.Context, token string) (*reply, error) {
	where, err := a.endpoint.url(ctx)
	if err != nil {
		return nil, err
	}
	said, err := a.askAt(ctx, where, token)
	if err != nil && !errors.Is(err, ErrInactive) && !peculiar(err) {
		a.endpoint.failed()
	}
	return said, err
}

func (a *asker) askAt(ctx context.Context, where, token string) (*reply, error) {
	req, err := a.request(ctx, where, token)
	if err != nil {
		return nil, cause(err)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, cause(err)
	}
	defer discard(resp.Body)
	if slices.Contains(a.bad, resp.StatusCode) {
		return nil, ErrInactive
	}
	if resp.StatusCode != http.StatusOK {
		return nil, a.status(resp)
	}
	body, err := content(resp)
	if err != nil {
		return nil, cause(err)
	}
	return &reply{body: body, header: resp.Header}, nil
}

func (a *asker) request(ctx context.Context, where, token string) (*http.Request, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	var contentType string
	switch a.place {
	case "form":
		form := url.Values{a.name: {token}}
		if a.auth == AuthPost {
			form.Set("client_id", a.clientID)
			form.Set("client_secret", reveal(a.secret))
		}
		body, contentType = strings.NewReader(form.Encode()), "application/x-www-form-urlencoded"
	case "json":
		text, _ := json.Marshal(map[string]string{a.name: token}) // of strings it cannot fail
		body, contentType = bytes.NewReader(text), "application/json"
	case "query":
		q := u.Query()
		q.Set(a.name, token)
		u.RawQuery = q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, a.method, u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mcp-rs")
	for name, values := range a.header {
		req.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	a.authorize(req, token)
	return req, nil
}

// authorize writes the one credential of the Authorization header, if there is any.
func (a *asker) authorize(req *http.Request, token string) {
	switch {
	case a.place == "bearer":
		req.Header.Set("Authorization", "Bearer "+token)
	case a.auth == AuthBearer:
		req.Header.Set("Authorization", "Bearer "+reveal(a.secret))
	case a.auth == AuthBasic:
		// “The client identifier is encoded using the
		// "application/x-www-form-urlencoded" encoding algorithm” — RFC 6749 §2.3.1, and
		// so is the secret.
		req.SetBasicAuth(url.QueryEscape(a.clientID), url.QueryEscape(reveal(a.secret)))
	}
}

// secrets are the forms in which a request has our secret: as it is, and as Basic has it,
// which whoever sees it can undo.
func (a *Ask) secrets() []*jwks.Secret {
	if a.Auth != AuthBasic {
		return []*jwks.Secret{a.Secret}
	}
	pair := url.QueryEscape(a.ClientID) + ":" + url.QueryEscape(reveal(a.Secret))
	return []*jwks.Secret{a.Secret, jwks.NewSecret([]byte(base64.StdEncoding.EncodeToString([]byte(pair))))}
}

// status says that an answer with this status does not tell. A 401 is about our own
// credentials (RFC 7662 §2.3), unless Ask.Bad says otherwise.
func (a *asker) status(resp *http.Response) error {
	code := resp.StatusCode
	s := &silence{err: fmt.Errorf("%w %d", metadata.ErrStatus, code)}
	switch {
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		s.after = a.retryAfter(resp.Header.Get("Retry-After"))
	case code == http.StatusUnauthorized && a.auth != AuthNone:
		s.err = fmt.Errorf("%w %d: it does not know our own credentials", metadata.ErrStatus, code)
	case code >= 300 && code < 400:
		s.err = fmt.Errorf("%w: %w %d", metadata.ErrRedirect, metadata.ErrStatus, code)
	case code >= 400 && code < 500:
		// It understood enough to dislike this one request; or us, where the token is not
		// the only credential in it.
		us := code == http.StatusUnauthorized || code == http.StatusForbidden
		s.peculiar = code != http.StatusProxyAuthRequired && code != http.StatusRequestTimeout && (!us || a.place == "bearer")
	}
	return s
}

// retryAfter reads delta-seconds or a date (RFC 9110 §10.2.3); 0 is neither.
func (a *asker) retryAfter(value string) time.Duration {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return max(time.Duration(n)*time.Second, minRetry)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(a.endpoint.now()), minRetry)
	}
	return 0
}

// content reads a body that says of itself that it is JSON. What is signed or encrypted
// instead (RFC 9701) cannot be read here.
func content(resp *http.Response) ([]byte, error) {
	// net/http takes off the gzip it asked for, and this header with it.
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, fmt.Errorf("the body is %w: it is encoded, which was not asked for", metadata.ErrNotJSON)
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil, fmt.Errorf("the body is %w: its Content-Type is %.80q", metadata.ErrNotJSON, kind)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fmt.Errorf("%w: more than %d bytes", metadata.ErrTooLarge, maxAnswer)
	}
	if err == nil && !json.Valid(body) {
		err = fmt.Errorf("the body is %w", metadata.ErrNotJSON)
	}
	return bytes.Clone(body), err
}

// cause takes off the *url.Error, which repeats the URL and with it, perhaps, the token;
// and names timeouts.
func cause(err error) error {
	inner := err
	if e, ok := errors.AsType[*url.Error](err); ok {
		inner = e.Err
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return fmt.Errorf("%w: %w", metadata.ErrTimeout, inner)
	}
	return inner
}

// discard closes a body so that its connection is either used again or gone. The context
// of the request bounds the time it takes.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxAnswer) // only the connection would profit
	_ = body.Close()
}
