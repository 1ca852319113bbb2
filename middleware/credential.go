package middleware

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// What a request presented.
type credentialKind int

const (
	kindNone      credentialKind = iota
	kindAPIKey                   // X-API-Key
	kindToken                    // what is behind Bearer or DPoP, as yet unseen: one of those below
	kindJWT                      // a token of three parts: signed (RFC 7515 §7.1)
	kindEncrypted                // of five parts: encrypted (RFC 7516 §7.1)
	kindOpaque                   // any other token
)

// A credential is what one request presented. Its kind alone decides which
// authenticator sees it.
type credential struct {
	kind  credentialKind
	value string
	dpop  bool // came under the DPoP scheme (RFC 9449 §7.1)
}

// presented is the header lines that vouch for a caller, as they came. What decides looks
// nowhere else.
type presented struct {
	authorization []string
	apiKeys       []string
	proofs        []string // DPoP
	certificates  []string // what a proxy says of the connection it has with the caller
}

// present finds them.
func (g *Guard) present(h http.Header) presented {
	p := presented{authorization: h["Authorization"], apiKeys: h["X-Api-Key"], proofs: h["Dpop"]}
	if g.certHeader != "" {
		p.certificates = h[g.certHeader]
	}
	return p
}

// secrets are the headers that no handler gets to see: what a proxy, or a stranger, says of
// certificates and, unless it is forwarded, the credential.
func (g *Guard) secrets() []string {
	names := []string{clientCert, clientCertChain}
	if g.certHeader != "" && g.certHeader != clientCert {
		names = append(names, g.certHeader)
	}
	if g.forward {
		return names
	}
	return append(names, "Authorization", "X-Api-Key", "Dpop")
}

// hide returns a header without those called names: a copy, where there is any of them, as
// the request may be read by who wraps the guard at the same time, after
// http.TimeoutHandler for one. Without the credential a handler can neither log it nor
// pass it on: “The MCP server MUST NOT pass through the token it received from the MCP
// client” — MCP authorization, Access Token Privilege Restriction.
func hide(from http.Header, names ...string) http.Header {
	h := from
	for _, name := range names {
		if _, there := from[name]; !there {
			continue
		}
		if len(h) == len(from) { // the first of them
			h = maps.Clone(from)
		}
		delete(h, name)
	}
	return h
}

var (
	errMalformed = errors.New("malformed request")
	errScheme    = errors.New("unsupported authentication scheme")
)

// extract finds the one credential of a request. Where two could be meant, none
// is: a request that can be read in two ways is refused, not guessed at.
func extract(p *presented, query string) (credential, error) {
	if tokenInQuery(query) {
		return credential{}, fmt.Errorf("%w: a token in the query, where logs and referrers keep it, or a query that cannot be parsed", errMalformed)
	}
	authorization, keys := p.authorization, p.apiKeys
	if len(authorization) > 1 || len(keys) > 1 {
		return credential{}, fmt.Errorf("%w: more than one credential of a kind", errMalformed)
	}
	// “Clients MUST NOT use more than one method to transmit the token in each
	// request” — RFC 6750 §2. An API key beside a Bearer token is ignored, even
	// when the token is bad: otherwise whoever strips or spoils the token chooses
	// the weaker check.
	if len(authorization) == 1 {
		return extractToken(authorization[0])
	}
	if len(keys) == 1 {
		return credential{kind: kindAPIKey, value: keys[0]}, nil
	}
	return credential{}, nil
}

// extractToken reads "Bearer <token>" or "DPoP <token>" (RFC 6750 §2.1, RFC 9449 §7.1;
// RFC 9110 §11.1: the scheme in any case).
func extractToken(authorization string) (credential, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	dpop := strings.EqualFold(scheme, "DPoP")
	if !dpop && !strings.EqualFold(scheme, "Bearer") {
		return credential{}, errScheme
	}
	return credential{kindToken, strings.Trim(token, " "), dpop}, nil
}

// shape tells the sorts of token apart by their parts. An error means that it is not
// exactly one.
func shape(token string) (credentialKind, error) {
	// One by one: each takes a tenth of the time of strings.ContainsAny.
	if token == "" || strings.IndexByte(token, ' ') >= 0 || strings.IndexByte(token, '\t') >= 0 || strings.IndexByte(token, ',') >= 0 {
		return kindNone, fmt.Errorf("%w: the scheme takes exactly one token", errMalformed)
	}
	switch strings.Count(token, ".") {
	case 2:
		return kindJWT, nil
	case 4:
		return kindEncrypted, nil
	}
	return kindOpaque, nil
}

// tokenInQuery reports whether a token came in the query string, or might have. “Access tokens
// MUST NOT be included in the URI query string” — MCP authorization, Access Token
// Usage.
func tokenInQuery(query string) bool {
	if query == "" {
		return false
	}
	values, err := url.ParseQuery(query)
	// What we can't parse, another server behind us might, and find a token in it.
	return err != nil || values.Has("access_token")
}
