package jwkstest

import (
	"net/http"
	"slices"
	"time"
)

// A Document names what an issuer publishes. Documents can be combined with "|".
type Document uint8

// The documents. For an issuer whose URL has a path, each kind of discovery
// document has two places: with the well-known part inserted between host and path
// (RFC 8414 §3.1) and appended to the path (OpenID Connect Discovery §4). Without a
// path they are one place, and either name means it.
const (
	KeySet         Document = 1 << iota // <URL>/jwks
	OAuthInserted                       // /.well-known/oauth-authorization-server<path>
	OAuthAppended                       // <path>/.well-known/oauth-authorization-server
	OpenIDInserted                      // /.well-known/openid-configuration<path>
	OpenIDAppended                      // <path>/.well-known/openid-configuration

	OAuth      = OAuthInserted | OAuthAppended
	OpenID     = OpenIDInserted | OpenIDAppended
	Discovery  = OAuth | OpenID
	Everything = KeySet | Discovery
)

// An Answer says how a document is served. The zero value serves the document as it
// should be. Fields add up: Gzip with a large Pad is a decompression bomb.
type Answer struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Status is the status code; zero means 200, or 302 with Redirect.
	Status int

	// Header is laid over the usual header, such as Cache-Control, of which there
	// is none otherwise. An empty list removes a name.
	Header http.Header

	// Body is sent in place of the document, unless it is nil.
	Body []byte

	// Pad is the number of bytes of white space sent before the body. Valid JSON
	// stays valid JSON, only large. It is made while it is sent.
	Pad int64

	// Gzip compresses the body, whether or not the client asked for that.
	Gzip bool

	// Redirect is a Location. A request that is already at this URL is served the
	// document, so that a redirect to a query of the same address ends.
	Redirect string

	// Delay passes before anything is answered. It ends early when the client
	// goes, when the issuer is closed, and when the answer is replaced: then the
	// new one counts.
	Delay time.Duration

	// Drip passes before each byte of the body. When the answer is replaced
	// meanwhile, the connection breaks.
	Drip time.Duration

	// Hang sends half of the body and then nothing. The connection breaks when the
	// client goes, the issuer is closed, or the answer is replaced.
	Hang bool

	// Drop closes the connection without an answer: an outage.
	Drop bool
}

// SetAnswer sets how docs are served from now on. The zero Answer makes them good
// again.
func (is *Issuer) SetAnswer(docs Document, a Answer) {
	a.Header = a.Header.Clone()
	a.Body = slices.Clone(a.Body)
	is.mu.Lock()
	defer is.mu.Unlock()
	found := false
	for _, rt := range is.routes {
		if rt.docs&docs != 0 {
			rt.answer = &a
			found = true
		}
	}
	if !found {
		panic("jwkstest: SetAnswer: no such document")
	}
	is.mu.changed()
}

// A route is one path that has a document. The issuer's lock protects it.
type route struct {
	docs    Document // more than one bit where two places are the same
	answer  *Answer  // replaced, never changed
	fetches int
}

// routes lists the paths of an issuer whose own path is prefix.
func routes(prefix string) map[string]*route {
	const oauth, openID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	all := map[string]*route{}
	for _, place := range []struct {
		path string
		doc  Document
	}{
		{prefix + "/jwks", KeySet},
		{oauth + prefix, OAuthInserted},
		{prefix + oauth, OAuthAppended},
		{openID + prefix, OpenIDInserted},
		{prefix + openID, OpenIDAppended},
	} {
		if all[place.path] == nil {
			all[place.path] = &route{answer: &Answer{}}
		}
		all[place.path].docs |= place.doc
	}
	return all
}
