package middleware

import (
	"errors"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks"
)

var (
	errScope  = errors.New("insufficient scope")
	errDenied = errors.New("the caller is on the list of denied ones")
)

// A scopeError is a refusal that more scopes would lift. needed is all that the
// request needs, what the caller holds included: “include all scopes required for
// the current operation” — MCP authorization, Runtime Insufficient Scope Errors.
type scopeError struct{ needed []string }

func (e *scopeError) Error() string {
	return "insufficient scope: needed are " + strings.Join(e.needed, " ")
}
func (e *scopeError) Unwrap() error { return errScope }

// authorize decides what a known caller may do: whether it is denied by name,
// holds the scopes that every request needs, and what the policy says about the
// operations asked for. Expiry was decided before: an expired token is a 401 and
// never a 403, or its client would ask for scopes instead of a new token.
func (pol *policy) authorize(p *Principal, ops []Operation) error {
	if pol.denies(p) {
		return errDenied
	}
	needed, err := pol.needed(p, ops)
	switch {
	case err != nil:
		return err
	case pol.holds(p, needed...):
		return nil
	case p.Method == MethodAnonymous:
		return errNoCredential // nothing to step up from: the caller must sign in
	}
	return &scopeError{slices.Clone(needed)}
}

// holds reports whether p holds each of scopes, itself or by implication.
func (pol *policy) holds(p *Principal, scopes ...string) bool {
	if p.Method == MethodDisabled {
		return true // where nobody is asked who they are, nobody is asked for scopes
	}
	for _, scope := range scopes {
		if !slices.Contains(p.Scopes, scope) && !pol.implied(p.Scopes, scope) {
			return false
		}
	}
	return true
}

// implied reports whether scope comes with one of held.
func (pol *policy) implied(held []string, scope string) bool {
	for _, h := range held {
		for _, implied := range pol.closed[h] {
			prefix, wild := strings.CutSuffix(implied, "*")
			if implied == scope || wild && strings.HasPrefix(scope, prefix) {
				return true
			}
		}
	}
	return false
}

// denies reports whether p is denied by name.
func (pol *policy) denies(p *Principal) bool {
	for i := range pol.Denied {
		if pol.Denied[i].is(p) {
			return true
		}
	}
	return false
}

func (d *Denied) is(p *Principal) bool {
	same := func(want, got string) bool { return want == "" || want == got }
	id := ""
	if p.Claims != nil {
		id = p.Claims.ID
	}
	return same(d.Issuer, p.Issuer) && same(d.Subject, p.Subject) && same(d.Client, p.Client) && same(d.TokenID, id)
}

// scopesOf is what a token grants: as its issuer writes it, or in the claims that the
// policy names.
func (pol *policy) scopesOf(c *jwks.Claims) []string {
	if len(pol.ScopeClaims) == 0 {
		return c.Scopes
	}
	return c.ReadScopes(pol.ScopeClaims)
}

// words appends the words of list that are not there yet.
func words(list, to []string) []string {
	for _, text := range list {
		for word := range strings.SplitSeq(text, " ") { // RFC 6749 §3.3 knows no other space
			if word != "" && !slices.Contains(to, word) {
				to = append(to, word)
			}
		}
	}
	return to
}
