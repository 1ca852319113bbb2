package jwks

import (
	"errors"
	"fmt"
	"time"
)

// Why a token was refused. Every error of [Verifier.Verify] wraps exactly one of
// these; the text around it is for operators and never for callers.
var (
	ErrMalformed   = errors.New("not a well-formed signed token")
	ErrEncrypted   = errors.New("token is encrypted (JWE), only signed tokens can be checked")
	ErrAlgorithm   = errors.New("algorithm not accepted")
	ErrIssuer      = errors.New("wrong issuer")
	ErrKey         = errors.New("unknown key")
	ErrSignature   = errors.New("signature does not verify")
	ErrExpired     = errors.New("token expired")
	ErrNotYet      = errors.New("token not valid yet")
	ErrAudience    = errors.New("wrong audience")
	ErrClient      = errors.New("wrong client")
	ErrType        = errors.New("wrong token type")
	ErrClaim       = errors.New("claim missing or unusable")
	ErrBound       = errors.New("token is bound to a key that this request did not prove")
	ErrUnavailable = errors.New("keys unavailable")
)

// An UnavailableError says that the keys which could judge a token cannot be had
// now. It matches ErrUnavailable: the token may well be good.
type UnavailableError struct {
	Issuer     string
	RetryAfter time.Duration // when the next attempt is due
	Err        error         // why the last attempt failed
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("keys unavailable: issuer %q: %v", e.Issuer, e.Err)
}

// Unwrap makes errors.Is(err, ErrUnavailable) true.
func (e *UnavailableError) Unwrap() []error { return []error{ErrUnavailable, e.Err} }
