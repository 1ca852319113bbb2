package metadata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Why a fetch failed. A failure of the network itself matches none of these.
var (
	ErrStatus   = errors.New("answered with status")
	ErrTooLarge = errors.New("the answer is too large")
	ErrRedirect = errors.New("redirect refused")
	ErrTimeout  = errors.New("no complete answer in time")
	ErrNotJSON  = errors.New("not JSON")
)

// ErrPatch is a document of a provider that [Patch] does not publish as ours.
var ErrPatch = errors.New("the provider's document is not to be patched")

// maxCause bounds the part of an error text that a server can write.
const maxCause = 300

// A ConfigError is one mistake in a configuration. Constructors join all they
// find.
type ConfigError struct {
	Field   string // where, such as "ScopesSupported[0]"
	Problem string // what is wrong and what to write instead
}

func (e *ConfigError) Error() string { return e.Field + ": " + e.Problem }

// problem makes err, which may be nil, the ConfigError of a field.
func problem(field string, err error) error {
	if err == nil {
		return nil
	}
	return &ConfigError{Field: field, Problem: err.Error()}
}

// A FetchError says which document could not be had, and why.
type FetchError struct {
	URL    string
	Status int   // the HTTP status, when Err is ErrStatus
	Err    error // wraps a sentinel of this package, or is an error of the network
}

func (e *FetchError) Error() string { return "GET " + e.URL + ": " + clip(e.Err.Error()) }

// Unwrap lets errors.Is find the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// An IssuerError is a document whose "issuer" is not the one asked for, byte for
// byte: “If these values are not identical, the data contained in the response MUST
// NOT be used” — RFC 8414 §3.3.
type IssuerError struct {
	URL  string // where the document is
	Want string // the configured issuer
	Got  string // what the document says; empty if it says nothing
}

func (e *IssuerError) Error() string {
	switch got := clip(e.Got); {
	case got == "":
		return fmt.Sprintf("the document at %s names no issuer", e.URL)
	case isTemplate(got) && !isTemplate(e.Want):
		return fmt.Sprintf("the document at %s is a template for many issuers (%q); write the URL of your own tenant", e.URL, got)
	default:
		return fmt.Sprintf("the provider calls itself %q (in %s), not %q; write exactly that", got, e.URL, e.Want)
	}
}

// A DiscoveryError says why no document of an issuer was usable.
type DiscoveryError struct {
	Issuer   string
	Attempts []error // one for each URL tried, in order
}

// Error puts a differing issuer first: it is the mistake that the operator can
// mend.
func (e *DiscoveryError) Error() string {
	var first, rest []string
	for _, err := range e.Attempts {
		if _, ok := errors.AsType[*IssuerError](err); ok {
			first = append(first, err.Error())
		} else {
			rest = append(rest, err.Error())
		}
	}
	return fmt.Sprintf("no usable document of issuer %q: %s", e.Issuer, strings.Join(slices.Concat(first, rest), "; "))
}

// Unwrap lets errors.Is and errors.As find the attempts.
func (e *DiscoveryError) Unwrap() []error { return e.Attempts }

// clip keeps what a server wrote from flooding a log.
func clip(s string) string {
	if len(s) <= maxCause {
		return s
	}
	return strings.ToValidUTF8(s[:maxCause], "") + "…"
}
