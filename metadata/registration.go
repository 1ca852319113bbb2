package metadata

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	registerMethods = "POST, OPTIONS"
	maxClientID     = 256
)

// clientID is RFC 6749 A.1, without the spaces that nobody sees.
var clientID = regexp.MustCompile(`^[\x21-\x7E]+$`)

// A Registration answers dynamic registration (RFC 7591) with one client that exists
// already, for clients that know no other way to a client_id. Nothing is registered or
// kept: whoever asks is told the same public client_id, if all their redirect URIs are
// on a list.
//
// The list is what stands between a stranger and the codes of our users, together with
// the provider's own: the provider has to know every URI on it, and to ask users for
// consent, since it cannot tell the clients apart (MCP 2026-07-28, Authorization,
// Security Considerations, Confused Deputy Problem).
type Registration struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// ClientID is the client at the provider. It has to be a public one: there is
	// no secret to be told, because one that anybody can ask for is none. Required.
	ClientID string

	// RedirectURIs are compared byte for byte: https, http to a loopback host, or a
	// private-use scheme (RFC 8252 §7). Only a loopback one without a port stands
	// for every port, as in http://127.0.0.1/callback (§7.3). Required.
	RedirectURIs []string

	// Limit takes one registration of whoever sent the request, and returns zero, or
	// how long to wait. It should count by address, without the port. Required,
	// because anybody may ask.
	Limit func(*http.Request) time.Duration

	// OnError hears why a registration was refused. What the client wrote is quoted
	// and short in it. It must be safe for concurrent use. Nil means nobody listens.
	OnError func(error)

	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Handler checks the configuration and returns the handler: POST and OPTIONS, open to
// the scripts of every page. The error joins a [*ConfigError] for each mistake.
func (r Registration) Handler() (http.Handler, error) {
	g := &registrar{Registration: r}
	if err := g.check(); err != nil {
		return nil, err
	}
	if g.Now == nil {
		g.Now = time.Now
	}
	if g.OnError == nil {
		g.OnError = func(error) {}
	}
	return g, nil
}

// A registrar is a Registration at work.
type registrar struct {
	Registration
	allowed []redirect
}

func (g *registrar) check() error {
	var errs []error
	switch {
	case g.ClientID == "":
		errs = append(errs, problem("ClientID", errors.New("is empty; write the id of a public client that exists at the provider")))
	case !clientID.MatchString(g.ClientID) || len(g.ClientID) > maxClientID:
		errs = append(errs, problem("ClientID", fmt.Errorf("holds a character that no client_id may hold, or more than %d (RFC 6749 A.1)", maxClientID)))
	}
	if len(g.RedirectURIs) == 0 {
		errs = append(errs, problem("RedirectURIs", errors.New("is empty; write every URI that a client may be sent back to")))
	}
	for i, uri := range g.RedirectURIs {
		allowed, err := parseRedirect(uri)
		errs = append(errs, problem(fmt.Sprintf("RedirectURIs[%d]", i), err))
		g.allowed = append(g.allowed, allowed)
	}
	if g.Limit == nil {
		errs = append(errs, problem("Limit", errors.New("is missing; anybody may ask, so say how often")))
	}
	return errors.Join(errs...)
}

// The whole vocabulary of refusals, RFC 7591 §3.2.2 and RFC 6749 §5.2.
var (
	badRedirect = refusal("invalid_redirect_uri", "a redirect URI is not on the list of this server")
	badMetadata = refusal("invalid_client_metadata", "send one JSON object with 1 to 20 redirect_uris, for the code flow of a public client")
	tooMany     = refusal("temporarily_unavailable", "too many registrations; Retry-After says when to try again")
	notPost     = refusal("invalid_request", "use POST")
)

func refusal(code, description string) []byte {
	body, _ := encode(struct { // two strings always encode
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{code, description})
	return body
}

func (g *registrar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodPost:
		g.post(w, r)
	case http.MethodOptions:
		preflight(w, r, registerMethods)
	default:
		w.Header().Set("Allow", registerMethods)
		refuse(w, r, http.StatusMethodNotAllowed, notPost)
	}
}

func (g *registrar) post(w http.ResponseWriter, r *http.Request) {
	if wait := g.Limit(r); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
		refuse(w, r, http.StatusTooManyRequests, tooMany)
		return
	}
	body, err := g.register(w, r)
	switch {
	case err == nil:
		w.Header().Set("Cache-Control", "no-store") // RFC 7591 §3.2.1
		write(w, r, http.StatusCreated, body)
		return
	case errors.Is(err, errRedirect):
		refuse(w, r, http.StatusBadRequest, badRedirect)
	default:
		refuse(w, r, http.StatusBadRequest, badMetadata)
	}
	g.OnError(fmt.Errorf("registration refused: %w", err))
}
