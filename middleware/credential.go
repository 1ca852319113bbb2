package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// What a request presented.
type credentialKind int

const (
	kindNone      credentialKind = iota
	kindAPIKey                   // X-API-Key
	kindJWT                      // a Bearer token of three parts: signed (RFC 7515 §7.1)
	kindEncrypted                // of five parts: encrypted (RFC 7516 §7.1)
	kindOpaque                   // any other Bearer token
)

// A credential is what one request presented. Its kind alone decides which
// authenticator sees it.
type credential struct {
	kind  credentialKind
	value string
	dpop  bool // came under the DPoP scheme (RFC 9449 §7.1)
}

// isToken reports whether the credential came in the Authorization header, of whatever
// shape.
func (c credential) isToken() bool { return c.kind != kindNone && c.kind != kindAPIKey }

var (
	errMalformed = errors.New("malformed request")
	errScheme    = errors.New("unsupported authentication scheme")
)

// extract finds the one credential of a request. Where two could be meant, none
// is: a request that can be read in two ways is refused, not guessed at.
func extract(r *http.Request) (credential, error) {
	if tokenInQuery(r.URL.RawQuery) {
		return credential{}, fmt.Errorf("%w: a token in the query, where logs and referrers keep it, or a query that cannot be parsed", errMalformed)
	}
	authorization, keys := r.Header["Authorization"], r.Header["X-Api-Key"]
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
// RFC 9110 §11.1: the scheme in any case). With an error, the credential says no more
// than the scheme.
func extractToken(authorization string) (credential, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	dpop := strings.EqualFold(scheme, "DPoP")
	if !dpop && !strings.EqualFold(scheme, "Bearer") {
		return credential{}, errScheme
	}
	token = strings.Trim(token, " ")
	if token == "" || strings.ContainsAny(token, " \t,") {
		return credential{dpop: dpop}, fmt.Errorf("%w: the scheme takes exactly one token", errMalformed)
	}
	return credential{shape(token), token, dpop}, nil
}

// shape tells the sorts of token apart by their parts.
func shape(token string) credentialKind {
	switch strings.Count(token, ".") {
	case 2:
		return kindJWT
	case 4:
		return kindEncrypted
	}
	return kindOpaque
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
