package opaque

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// rules are what an answer has to say.
type rules struct {
	issuer             string
	audiences, clients []string
	audienceOptional   bool
	endless            bool
	leeway             time.Duration
	required, refused  []requirement
}

// A requirement is met by any one of its alternatives.
type requirement []alternative

// An alternative is a member that is there and, where exact, has a value: is that text,
// or an array with it.
type alternative struct {
	name, value string
	exact       bool
}

func (r requirement) String() string {
	names := make([]string, len(r))
	for i, a := range r {
		names[i] = a.name
	}
	return strings.Join(names, "|")
}

// holds reports whether any alternative is met; unclear is what it says of one that
// cannot be read.
func (r requirement) holds(members []strictjson.Member, unclear bool) bool {
	return slices.ContainsFunc(r, func(a alternative) bool {
		value, err := descend(members, a.name)
		switch {
		case err != nil:
			return unclear
		case value == nil || strictjson.IsNull(value):
			return false
		case !a.exact || string(value) == a.value: // numbers, true and false are as they are written
			return true
		}
		if kind := strictjson.Kind(value); kind == 't' || kind == 'f' {
			return false
		}
		list, err := listOf(value)
		if err != nil {
			return unclear
		}
		return slices.Contains(list, a.value)
	})
}

// judge says why a token is refused, or completes what is said of it.
func (r *rules) judge(s *said, how purpose, now time.Time) error {
	if s.inactive {
		return ErrInactive
	}
	if s.issuer != "" && s.issuer != r.issuer {
		return fmt.Errorf("%w: the answer names another", jwks.ErrIssuer)
	}
	s.Issuer = r.issuer
	if err := r.dates(s, now); err != nil {
		return err
	}
	if s.bound != nil {
		return fmt.Errorf("%w: %w", jwks.ErrBound, s.bound)
	}
	if how == repeated { // all else was verified
		return nil
	}
	if s.Until.IsZero() && !r.endless {
		return fmt.Errorf("%w: exp", jwks.ErrClaim)
	}
	if err := r.audience(s); err != nil {
		return err
	}
	for _, need := range r.required {
		if !need.holds(s.Members, false) {
			return fmt.Errorf("%w: %s", jwks.ErrClaim, need)
		}
	}
	for _, mark := range r.refused {
		if mark.holds(s.Members, true) {
			return fmt.Errorf("%w: %s is there, which marks another kind of token", jwks.ErrClaim, mark)
		}
	}
	// Servers are asked about these too (RFC 7662 §2.1), and the client may not send one
	// to anybody but who made it.
	if s.refresh {
		return fmt.Errorf("%w: a refresh token", jwks.ErrType)
	}
	if s.Subject == "" && s.Client == "" {
		return fmt.Errorf("%w: neither a subject nor a client", jwks.ErrClaim)
	}
	return nil
}

// dates sets Until, and refuses what has ended or not begun.
func (r *rules) dates(s *said, now time.Time) error {
	if !s.Expiry.IsZero() {
		if until := s.Expiry.Add(r.leeway); s.Until.IsZero() || until.Before(s.Until) {
			s.Until = until
		}
	}
	if !s.Until.IsZero() && !now.Before(s.Until) {
		return jwks.ErrExpired
	}
	if soon := now.Add(r.leeway); s.NotBefore.After(soon) || s.IssuedAt.After(soon) {
		return jwks.ErrNotYet
	}
	return nil
}

// audience makes sure that the token is for us: by its audience or, where the provider
// writes none, by the client that it was made for.
func (r *rules) audience(s *said) error {
	named := slices.ContainsFunc(s.Audience, func(aud string) bool { return slices.Contains(r.audiences, aud) })
	client := slices.Contains(r.clients, s.Client)
	switch {
	case s.audience && !named:
		return fmt.Errorf("%w: the token is for %.200q, accepted is %q", jwks.ErrAudience, strings.Join(s.Audience, " "), r.audiences)
	case !s.audience && !r.audienceOptional:
		return fmt.Errorf("%w: the answer names none", jwks.ErrAudience)
	case len(r.clients) > 0 && !client:
		return fmt.Errorf("%w: the token was made for %.200q", jwks.ErrClient, s.Client)
	}
	return nil
}
