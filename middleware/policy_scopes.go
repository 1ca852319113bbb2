package middleware

import "errors"

var errScope = errors.New("insufficient scope")

// authorize decides what a known caller may do. Here: whether it holds the scopes
// that every caller needs. Expiry was decided before: an expired token is a 401
// and never a 403, or its client would ask for scopes instead of a new token.
func (g *Guard) authorize(p *Principal) error {
	if p.Method == MethodAnonymous && len(g.scopes) > 0 {
		return errNoCredential // nothing to step up from: the caller must sign in
	}
	if !p.HasScopes(g.scopes...) {
		return errScope
	}
	return nil
}
