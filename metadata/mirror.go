package metadata

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	minFresh     = time.Minute
	maxFresh     = time.Hour
	defaultFresh = 5 * time.Minute
	retryAfter   = 30 * time.Second

	// patience bounds one search for the provider's document: clients give up
	// after ten seconds, and shall get our answer before.
	patience = 8 * time.Second
)

// errIncomplete is a provider where nobody can log in.
var errIncomplete = errors.New("the provider's document has no authorization_endpoint or no token_endpoint, and they are not configured")

// A Mirror is the provider's document at our own [ServerPrefix], for the clients
// that look there instead of following RFC 9728. Its issuer stays the provider's.
type Mirror struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Issuer is the provider, byte for byte as it calls itself. Required.
	Issuer string

	// Discovery is where the search starts. Empty means Issuer.
	Discovery string

	// What to publish whatever the provider says. Empty means what it says. With
	// the first two, the provider needs no document at all.
	AuthorizationEndpoint, TokenEndpoint, RegistrationEndpoint, JWKSURI string

	// Fetcher asks the provider. Nil means the zero Fetcher.
	Fetcher *Fetcher

	// OnError hears why the provider's document could not be had, once for each
	// attempt and one at a time, on a goroutine of ours. It must not block. Nil
	// means nobody listens.
	OnError func(error)

	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Handler checks the configuration and returns the handler: GET, HEAD and OPTIONS,
// open to the scripts of every page. The provider is first asked when the first
// request comes. Its document is kept for as long as it says, within 1 minute and 1
// hour (5 minutes if it says nothing), and is served while a new one is fetched,
// without limit if that fails: an old document of endpoints does less harm than
// none. Without one, failures are 503, and tell clients nothing of their cause. The
// error joins a [*ConfigError] for each mistake.
func (m Mirror) Handler() (http.Handler, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	return m.serve(m.render), nil
}

// serve is the handler of what render makes of the provider's document.
func (m Mirror) serve(render func(*Server) ([]byte, error)) http.Handler {
	if m.Fetcher == nil {
		m.Fetcher = &Fetcher{}
	}
	if m.Now == nil {
		m.Now = time.Now
	}
	if m.OnError == nil {
		m.OnError = func(error) {}
	}
	return document((&mirror{of: m, render: render}).get)
}

func (m Mirror) check() error {
	err := checkIssuer(m.Issuer)
	if isTemplate(m.Issuer) { // no client would believe it: RFC 8414 §3.3
		err = errors.New("is a template for many issuers, which clients refuse; patch the document instead of mirroring it")
	}
	return m.checkWith(err)
}

// checkWith is check, where unfit is what is wrong with the Issuer.
func (m Mirror) checkWith(unfit error) error {
	errs := []error{problem("Issuer", unfit)}
	for _, o := range []struct{ field, value string }{
		{"AuthorizationEndpoint", m.AuthorizationEndpoint},
		{"TokenEndpoint", m.TokenEndpoint},
		{"RegistrationEndpoint", m.RegistrationEndpoint},
	} {
		if o.value != "" {
			errs = append(errs, problem(o.field, CheckURL(o.value)))
		}
	}
	for _, o := range []struct{ field, value string }{{"Discovery", m.Discovery}, {"JWKSURI", m.JWKSURI}} {
		if o.value != "" {
			errs = append(errs, problem(o.field, CheckSource(o.value, m.Issuer)))
		}
	}
	if errors.Join(errs...) == nil {
		_, err := ServerURLs(cmp.Or(m.Discovery, m.Issuer))
		errs = append(errs, problem("Discovery", err))
	}
	return errors.Join(errs...)
}

// render puts the configured endpoints, and what every client needs, over the
// provider's members; s is nil when there is no document.
func (m Mirror) render(s *Server) ([]byte, error) {
	members := map[string]json.RawMessage{}
	if s != nil {
		members = maps.Clone(s.members)
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return strings.ContainsFunc(name, folds) })
	delete(members, "signed_metadata") // “MUST take precedence over” what we put in (RFC 8414 §2.1)
	for name, value := range map[string]string{
		"issuer":                 m.Issuer,
		"authorization_endpoint": m.AuthorizationEndpoint,
		"token_endpoint":         m.TokenEndpoint,
		"registration_endpoint":  m.RegistrationEndpoint,
		"jwks_uri":               m.JWKSURI,
	} {
		if value != "" {
			members[name], _ = encode(value) // a string always encodes
		}
	}
	if members["authorization_endpoint"] == nil || members["token_endpoint"] == nil {
		return nil, errIncomplete
	}
	for name, value := range map[string]string{
		"response_types_supported": `["code"]`,
		"grant_types_supported":    `["authorization_code","refresh_token"]`,
	} {
		if members[name] == nil {
			members[name] = json.RawMessage(value)
		}
	}
	// MCP clients refuse a server that does not list S256; plain is no protection.
	members["code_challenge_methods_supported"] = json.RawMessage(`["S256"]`)
	return encode(members)
}

// folds reports whether a letter of a name is another in the eyes of who folds case. No
// specification has a member with one, and a reader that folds would take it for another:
// "Signed_metadata", "iſsuer".
func folds(r rune) bool { return 'A' <= r && r <= 'Z' || r >= utf8.RuneSelf }

// A mirror is a Mirror or a Patch at work. Its lock is never held over I/O.
type mirror struct {
	of     Mirror
	render func(*Server) ([]byte, error) // what to publish, from a document or from nil

	mu   sync.Mutex
	body []byte        // the last good document
	err  error         // why there is none
	due  time.Time     // when to ask the provider again
	busy chan struct{} // closed when the running search ends; nil while none runs
}

var (
	unavailable = failure("temporarily_unavailable", "the metadata of the authorization server cannot be had now")
	noLogin     = failure("not found", "the authorization server has no endpoint to log in at")
	noPatch     = failure("not found", "the metadata of the authorization server is not published here")
)

func (m *mirror) get(w http.ResponseWriter, r *http.Request) {
	body, due, err := m.document(r.Context())
	switch {
	case body != nil:
		publish(w, r, body)
	case errors.Is(err, errIncomplete):
		refuse(w, r, http.StatusNotFound, noLogin)
	case errors.Is(err, ErrPatch):
		refuse(w, r, http.StatusNotFound, noPatch)
	default:
		wait := max(time.Second, due.Sub(m.of.Now()))
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		refuse(w, r, http.StatusServiceUnavailable, unavailable)
	}
}

// document is what is known, after at most one search that all callers share. Only
// who would get nothing waits for it.
func (m *mirror) document(ctx context.Context) (body []byte, due time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy == nil && !m.of.Now().Before(m.due) {
		m.busy = make(chan struct{})
		go m.search()
	}
	if busy := m.busy; busy != nil && m.body == nil {
		m.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
		}
		m.mu.Lock()
	}
	return m.body, m.due, m.err
}

// search runs alone, and outlives the request that began it: others wait too.
func (m *mirror) search() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	fresh := retryAfter
	s, err := m.of.Fetcher.Discover(ctx, m.of.Discovery, m.of.Issuer)
	var body []byte
	if err == nil {
		fresh = freshFor(s.MaxAge)
		body, err = m.render(s)
	}
	if err != nil {
		m.of.OnError(fmt.Errorf("authorization server metadata: %w", err))
	}
	m.settle(body, err, fresh)
}

// settle takes in the outcome of a search and lets go those who wait for it. A
// document that must not be patched is the provider's word, not an outage: what was
// made of its last one is withdrawn.
func (m *mirror) settle(body []byte, err error, fresh time.Duration) {
	if body == nil {
		if alone, e := m.render(nil); e == nil {
			body, fresh = alone, defaultFresh
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil || m.body == nil || errors.Is(err, ErrPatch) {
		m.body, m.err = body, err
	}
	m.due = m.of.Now().Add(fresh)
	close(m.busy)
	m.busy = nil
}

func freshFor(maxAge time.Duration) time.Duration {
	if maxAge < 0 {
		return defaultFresh
	}
	return min(max(maxAge, minFresh), maxFresh)
}
