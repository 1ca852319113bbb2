// Package jwkstest is a fake issuer: it publishes keys and discovery documents as
// an OAuth provider does, mints the tokens that go with them, and misbehaves when
// it is told to.
//
// It is for tests and local development ONLY. Whoever holds an [Issuer] can mint
// any token for it; private keys are plain memory of the process, are never stored,
// and are gone when it ends. Nothing here belongs in front of real users.
//
// A test of a guarded handler needs one issuer and one token:
//
//	is := jwkstest.Start()
//	defer is.Close()
//	is.SetAudience("https://mcp.example.com/mcp")
//
//	guard, err := middleware.New(middleware.Config{
//		Resource: "https://mcp.example.com/mcp",
//		Issuers:  []jwks.Issuer{{URL: is.URL}},
//	})
//	…
//	req.Header.Set("Authorization", "Bearer "+is.Mint(jwkstest.Token{}))
//
// [Issuer.Mint] fills in what a good token has and lets every part be spoilt;
// [Issuer.Rotate], [Issuer.Publish] and [Issuer.SetAnswer] do to the provider what
// happens to real ones; [Issuer.JWKSFetches] tells what that cost. Without sockets,
// and inside a testing/synctest bubble, use [New] and [Issuer.RoundTripper].
//
// The package does not import testing, so that a program can run it. What no test
// would do on purpose, such as signing with a key that does not exist, panics.
package jwkstest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// An Issuer is a fake provider. Make one with [New], [Start] or [StartPath]. It is
// an http.Handler for its documents; every method is safe for concurrent use.
type Issuer struct {
	// URL is the exact "iss" of its tokens, and where its documents are. It is
	// there to be read; changing it changes nothing.
	URL string

	issuer  string            // URL as New got it
	site    *url.URL          // the same, parsed
	base    string            // the same without a terminating slash: RFC 8414 §3.1 drops it from paths
	routes  map[string]*route // by path; the map itself never changes
	server  *server           // nil unless Start made the issuer
	closing sync.Once

	mu        monitor // protects what follows, and the content of each route
	closed    bool
	audience  []string
	now       func() time.Time
	metadata  map[string]any // laid over the discovery document
	keys      []*Key         // published, in order
	withdrawn []*Key         // published once; they can still sign
	answering map[*http.ResponseController]struct{}
	most      int // the largest that answering has been
}

// New returns the issuer of that URL: absolute, http or https, nothing after its
// path. It listens nowhere: mount it as a handler, or reach it through
// [Issuer.RoundTripper]. It starts with one RS256 (2048 bits) and one ES256 key; an
// RSA key is generated when it is first needed, which takes a moment.
func New(issuer string) (*Issuer, error) {
	u, err := url.Parse(issuer)
	switch {
	case err != nil:
		return nil, errors.New("jwkstest: issuer URL cannot be parsed") // the cause would repeat it, password and all
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("jwkstest: issuer URL %q: must be absolute, http or https", u.Redacted())
	case u.User != nil, strings.ContainsAny(issuer, "?#"):
		return nil, fmt.Errorf("jwkstest: issuer URL %q: no user, query or fragment (RFC 8414 §2)", u.Redacted())
	}
	is := &Issuer{
		URL:       issuer,
		issuer:    issuer,
		site:      u,
		base:      strings.TrimSuffix(issuer, "/"),
		routes:    routes(strings.TrimSuffix(u.Path, "/")),
		now:       time.Now,
		answering: map[*http.ResponseController]struct{}{},
	}
	// RS256 first, so that it signs by default: it is what a verifier accepts
	// when nobody told it which algorithms to accept.
	is.AddKey("RS256")
	is.AddKey("ES256")
	return is, nil
}

// SetAudience sets the "aud" of tokens that name none. One value becomes a string,
// several an array; none, as at the start, leaves the claim out.
func (is *Issuer) SetAudience(aud ...string) {
	is.mu.Lock()
	defer is.mu.Unlock()
	is.audience = append([]string(nil), aud...)
}

// SetNow sets the clock that iat and exp come from. Nil means time.Now.
func (is *Issuer) SetNow(now func() time.Time) {
	if now == nil {
		now = time.Now
	}
	is.mu.Lock()
	defer is.mu.Unlock()
	is.now = now
}

// Close ends the issuer: it stops listening, closes every connection and returns
// when nothing is being answered any more. Every later request for a document is
// dropped without an answer. Tokens can still be minted. Closing twice is harmless.
func (is *Issuer) Close() {
	is.closing.Do(func() {
		is.abort()
		if is.server != nil {
			is.server.close()
		}
		// Nothing below can take long: all that a handler waits for ends with abort.
		_ = is.mu.wait(context.Background(), func() bool { return len(is.answering) == 0 })
	})
}

// abort wakes every handler that waits and breaks off those that write to a client
// that does not read.
func (is *Issuer) abort() {
	is.mu.Lock()
	defer is.mu.Unlock()
	is.closed = true
	for w := range is.answering {
		_ = w.SetWriteDeadline(time.Unix(1, 0)) // a writer without deadlines cannot block either
	}
	is.mu.changed()
}
