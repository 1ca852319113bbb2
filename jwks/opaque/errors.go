package opaque

import (
	"errors"
	"fmt"
	"time"
)

// Why a token was refused, beside jwks.ErrIssuer, ErrAudience, ErrClient, ErrClaim,
// ErrExpired, ErrNotYet, ErrMalformed and ErrBound, which mean the same of an answer.
var (
	ErrInactive    = errors.New("the provider says that the token is not active")
	ErrUnrouted    = errors.New("no provider takes tokens of this form")
	ErrUnavailable = errors.New("the provider cannot be asked")
)

// An UnavailableError says that a provider did not tell whether a token is good. It
// matches ErrUnavailable: the token may well be good.
type UnavailableError struct {
	Issuer     string
	RetryAfter time.Duration // when to ask again
	Err        error         // why; never with a token in it
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("the provider cannot be asked: %q: %v", e.Issuer, e.Err)
}

// Unwrap makes errors.Is(err, ErrUnavailable) true.
func (e *UnavailableError) Unwrap() []error { return []error{ErrUnavailable, e.Err} }
