package middleware

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// bodies are all that a refused caller reads, by status. They are constants, so
// that nothing of the request, the token or the server gets into an answer.
var bodies = map[int]string{
	http.StatusBadRequest:            `{"error":"invalid_request","error_description":"The request is malformed: send one credential, in one header."}`,
	http.StatusUnauthorized:          `{"error":"unauthorized","error_description":"A valid credential is needed. WWW-Authenticate says which and where to get it."}`,
	http.StatusForbidden:             `{"error":"forbidden","error_description":"This request is not allowed."}`,
	http.StatusRequestEntityTooLarge: `{"error":"request_too_large","error_description":"The request body is too large."}`,
	http.StatusTooManyRequests:       `{"error":"too_many_requests","error_description":"Too many requests. Retry-After says when to try again."}`,
	http.StatusServiceUnavailable:    `{"error":"temporarily_unavailable","error_description":"The credential cannot be checked at the moment. Try again later."}`,
	http.StatusInternalServerError:   `{"error":"server_error","error_description":"The server could not handle the request."}`,
}

// messageBodies are for refusals of what was sent to the MCP server: in its own
// language, so that clients report them as what they are (JSON-RPC 2.0 §5.1; MCP
// 2026-07-28, Streamable HTTP, Server Validation, for -32020). No id is echoed.
var messageBodies = map[Reason]string{
	"unsupported_content": `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"The content type must be application/json."}}`,
	"malformed_message":   `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"The body is not a message of the protocol."}}`,
	"ambiguous_message":   `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"The body can be read in more than one way."}}`,
	"unknown_session":     `{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"There is no such session."}}`,
	"batch_refused":       `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"This protocol revision has no batches."}}`,
	"header_mismatch":     `{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"The headers do not match the body."}}`,
}

// codeBodies are the bodies of the answers that carry an RFC 6750 code.
var codeBodies = map[string]string{
	"invalid_token":      `{"error":"invalid_token","error_description":"The credential is malformed, expired, revoked or not meant for this server."}`,
	"invalid_dpop_proof": `{"error":"invalid_dpop_proof","error_description":"The DPoP proof is malformed, was used before, or is for another request, token or time."}`,
	"use_dpop_nonce":     `{"error":"use_dpop_nonce","error_description":"The DPoP proof needs the nonce that is in the DPoP-Nonce header."}`,
	"insufficient_scope": `{"error":"insufficient_scope","error_description":"The credential lacks a scope that this request needs. WWW-Authenticate names all of them."}`,
}

// A body is one of these, as it is written.
type body struct {
	text   []byte
	length string
}

var (
	writtenBodies        = written(bodies)
	writtenMessageBodies = written(messageBodies)
	writtenCodeBodies    = written(codeBodies)
)

func written[K comparable](texts map[K]string) map[K]body {
	bodies := make(map[K]body, len(texts))
	for of, text := range texts {
		bodies[of] = body{[]byte(text), strconv.Itoa(len(text))}
	}
	return bodies
}

func bodyOf(d *Denial) body {
	if b, ok := writtenMessageBodies[d.Reason]; ok {
		return b
	}
	if b, ok := writtenCodeBodies[d.Code]; ok {
		return b
	}
	if b, ok := writtenBodies[d.Status]; ok {
		return b
	}
	return body{length: "0"}
}

// deny writes the refusal of a call; c is nil for one that did not come so far. All
// values of the header that are set here live in one piece of memory, which belongs to
// this answer alone.
func (g *Guard) deny(w http.ResponseWriter, c *call, d *Denial) {
	h := w.Header()
	b := bodyOf(d)
	values := &[...]string{"no-store", "application/json", "nosniff", b.length}
	h["Cache-Control"], h["Content-Type"] = values[0:1:1], values[1:2:2]
	h["X-Content-Type-Options"], h["Content-Length"] = values[2:3:3], values[3:4:4]
	switch {
	case d.Status == http.StatusUnauthorized || d.Code != "":
		g.challenge(h, c, d)
	case d.Status == http.StatusServiceUnavailable, d.Status == http.StatusTooManyRequests:
		h.Set("Retry-After", seconds(d.RetryAfter))
	}
	w.WriteHeader(d.Status)
	_, _ = w.Write(b.text)
}

// challenge adds one challenge for each scheme that could succeed (RFC 9110
// §11.6.1). Bearer comes first, in a line of its own: some clients read only the
// first. No parameter is ever empty, because other clients then refuse the header.
//
// DPoP comes after it, and only for who used it, has a token for it, or can use nothing
// else: many clients join all lines and take the first parameter of a name, wherever it
// stands. So the error is in one line alone, that of the scheme which was used.
func (g *Guard) challenge(h http.Header, c *call, d *Denial) {
	tokens := g.tokens != nil || g.opaque != nil
	dpop := tokens && (g.requireBound || c != nil && (c.dpop || c.bound))
	used := dpop && (g.requireBound || c.dpop)
	lines := make([]string, 0, 3)
	if tokens && !g.requireBound || g.apiKeyBearer {
		lines = append(lines, g.tokenChallenge("Bearer", d, !used))
	}
	if dpop {
		algorithms := strings.Join(jwks.ProofAlgorithms(), " ")
		lines = append(lines, g.tokenChallenge("DPoP", d, used)+`, algs="`+algorithms+`"`) // RFC 9449 §7.1
		g.offerNonce(h)
	}
	if g.apiKeys != nil {
		lines = append(lines, `ApiKey header="X-API-Key"`)
	}
	if len(lines) > 0 {
		h["Www-Authenticate"] = append(slices.Clip(h["Www-Authenticate"]), lines...)
	}
}

// offerNonce gives the client the nonce for its next proof, with or without an error:
// “responses that include the DPoP-Nonce HTTP header should be uncacheable” — RFC 9449
// §8.2.
func (g *Guard) offerNonce(h http.Header) {
	if g.nonces != nil {
		h.Set("Cache-Control", "no-store")
		h.Set("DPoP-Nonce", g.nonces.issue(g.now()))
	}
}

// tokenChallenge is the challenge of a denial. The scopes of every 401 are the same,
// because clients register with those of the first.
func (g *Guard) tokenChallenge(scheme string, d *Denial, withError bool) string {
	code := d.Code
	if !withError {
		code = ""
	}
	switch {
	case d.Code == "insufficient_scope":
		return g.at.challenge(scheme, code, g.asked(d.Scopes))
	case scheme == "Bearer" && code == "":
		return g.at.signIn
	case scheme == "Bearer" && code == "invalid_token":
		return g.at.badToken
	}
	return g.at.challenge(scheme, code, g.challengeScopes)
}

// challenges makes those that nearly every refusal has.
func (at *endpoint) challenges(scopes []string) {
	at.signIn = at.challenge("Bearer", "", scopes)
	at.badToken = at.challenge("Bearer", "invalid_token", scopes)
}

// challenge follows RFC 6750 §3 and RFC 9728 §5.1.
func (at *endpoint) challenge(scheme, code string, scopes []string) string {
	var b strings.Builder
	b.WriteString(scheme)
	b.WriteString(` resource_metadata="`)
	b.WriteString(at.metadataURL)
	b.WriteByte('"')
	if code != "" {
		b.WriteString(`, error="`)
		b.WriteString(code)
		b.WriteByte('"')
	}
	if len(scopes) > 0 {
		b.WriteString(`, scope="`)
		b.WriteString(strings.Join(scopes, " "))
		b.WriteByte('"')
	}
	return b.String()
}

// asked is how clients write scopes when they ask for them.
func (g *Guard) asked(scopes []string) []string {
	if g.scopePrefix == "" {
		return scopes
	}
	list := make([]string, len(scopes))
	for i, scope := range scopes {
		list[i] = g.scopePrefix + scope
	}
	return list
}

// seconds rounds up, so that a client that waits as told is not too early.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
