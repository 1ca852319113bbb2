package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// A Reason says why a request was refused, to operators: in logs, metrics and
// tests. Callers do not learn it. The set is closed.
type Reason string

// denials is the one place where what went wrong inside becomes an answer. An
// error that is not here is a 500 that says nothing.
var denials = [...]struct {
	err    error
	reason Reason
	status int
	code   string // RFC 6750 §3.1, RFC 9449 §7.1, or "" where they say to say nothing
}{
	{errHost, "host_refused", http.StatusForbidden, ""},
	{errOrigin, "origin_refused", http.StatusForbidden, ""},
	{errMalformed, "malformed_request", http.StatusBadRequest, "invalid_request"},
	// “If the request lacks any authentication information … the resource server
	// SHOULD NOT include an error code” — RFC 6750 §3.1, which counts an
	// unsupported method among these.
	{errNoCredential, "no_credential", http.StatusUnauthorized, ""},
	{errScheme, "unsupported_scheme", http.StatusUnauthorized, ""},
	// We cannot tell, as with keys below. What it wraps may well have a line of its own.
	{opaque.ErrUnavailable, "introspection_unavailable", http.StatusServiceUnavailable, ""},
	{errJWTDisabled, "jwt_disabled", http.StatusUnauthorized, "invalid_token"},
	{errAPIKeyDisabled, "api_key_disabled", http.StatusUnauthorized, "invalid_token"},
	{opaque.ErrUnrouted, "opaque_token", http.StatusUnauthorized, "invalid_token"},
	{apikey.ErrUnknown, "unknown_api_key", http.StatusUnauthorized, "invalid_token"},
	{apikey.ErrExpired, "expired_api_key", http.StatusUnauthorized, "invalid_token"},
	{opaque.ErrInactive, "inactive_token", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrMalformed, "malformed_token", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrEncrypted, "encrypted_token", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrIssuer, "wrong_issuer", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrAlgorithm, "wrong_algorithm", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrKey, "unknown_key", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrSignature, "bad_signature", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrExpired, "expired", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrNotYet, "not_yet_valid", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrAudience, "wrong_audience", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrClient, "wrong_client", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrType, "wrong_type", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrClaim, "missing_claim", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrBound, "sender_bound", http.StatusUnauthorized, "invalid_token"},
	{errBindingRequired, "binding_required", http.StatusUnauthorized, "invalid_token"},
	{errUnbound, "unbound_token", http.StatusUnauthorized, "invalid_token"},
	{jwks.ErrProof, "invalid_proof", http.StatusUnauthorized, "invalid_dpop_proof"}, // RFC 9449 §7.1
	{errReplayed, "replayed_proof", http.StatusUnauthorized, "invalid_dpop_proof"},
	{errNonce, "proof_nonce", http.StatusUnauthorized, "use_dpop_nonce"}, // RFC 9449 §9
	{errReplays, "replays_unavailable", http.StatusServiceUnavailable, ""},
	// We cannot tell, so we do not call the token bad: a client that hears 401
	// throws it away.
	{jwks.ErrUnavailable, "keys_unavailable", http.StatusServiceUnavailable, ""},
	{errTooMany, "too_many_requests", http.StatusTooManyRequests, ""},
	// “the server MUST respond to requests containing that session ID with HTTP 404
	// Not Found” — MCP 2025-11-25, Transports, Session Management
	{errSession, "unknown_session", http.StatusNotFound, ""},
	{errDenied, "denied_caller", http.StatusForbidden, ""},
	{errScope, "insufficient_scope", http.StatusForbidden, "insufficient_scope"},
	{errForbidden, "forbidden_operation", http.StatusForbidden, ""},
	{rpc.ErrContentType, "unsupported_content", http.StatusUnsupportedMediaType, ""},
	{rpc.ErrMismatch, "header_mismatch", http.StatusBadRequest, ""},
	{rpc.ErrAmbiguous, "ambiguous_message", http.StatusBadRequest, ""},
	{rpc.ErrBatch, "batch_refused", http.StatusBadRequest, ""},
	{rpc.ErrMalformed, "malformed_message", http.StatusBadRequest, ""},
	{errBodyTooLarge, "body_too_large", http.StatusRequestEntityTooLarge, ""},
	{errBody, "unreadable_body", http.StatusBadRequest, ""},
	{errPanic, "panic", http.StatusInternalServerError, ""},
}

// ReasonInternal is the reason of an error that nobody foresaw.
const ReasonInternal Reason = "internal"

// A Denial is a refusal: what the caller is told, and what the operator is.
type Denial struct {
	Reason     Reason
	Status     int           // HTTP
	Code       string        // the "error" of RFC 6750 §3.1 or RFC 9449 §7.1, or ""
	RetryAfter time.Duration // on a 429 or 503: when to try again
	Scopes     []string      // on an insufficient_scope: all that the request needs
	Err        error         // the whole story, for operators only
}

func (d *Denial) Error() string { return fmt.Sprintf("%s: %v", d.Reason, d.Err) }

// Unwrap returns d.Err.
func (d *Denial) Unwrap() error { return d.Err }

// DenialOf returns the refusal that an error of [Guard.Check] stands for.
func DenialOf(err error) *Denial {
	d := &Denial{Reason: ReasonInternal, Status: http.StatusInternalServerError, Err: err}
	if row := rowOf(err, len(denials)); row < len(denials) {
		d.Reason, d.Status, d.Code = denials[row].reason, denials[row].status, denials[row].code
	}
	switch {
	case d.Status == http.StatusServiceUnavailable, d.Status == http.StatusTooManyRequests:
		d.RetryAfter = retryAfter(err)
	case d.Code == "insufficient_scope":
		if short, ok := errors.AsType[*scopeError](err); ok {
			d.Scopes = short.needed
		}
	}
	return d
}

func retryAfter(err error) (after time.Duration) {
	if limit, ok := errors.AsType[*limitError](err); ok {
		after = limit.after
	}
	if unavailable, ok := errors.AsType[*jwks.UnavailableError](err); ok {
		after = unavailable.RetryAfter
	}
	if unavailable, ok := errors.AsType[*opaque.UnavailableError](err); ok {
		after = unavailable.RetryAfter
	}
	return after
}

// Reasons returns every reason there is, for those who count them.
func Reasons() []Reason {
	reasons := []Reason{ReasonInternal}
	for i := range denials {
		reasons = append(reasons, denials[i].reason)
	}
	return reasons
}
