package jwks

import (
	"slices"
	"strings"
)

// A requirement is an entry of Issuer.RequiredClaims or RefusedClaims: conditions of
// which one is enough.
type requirement struct {
	text string
	any  []condition
}

// A condition is a claim that is there and, where exact, has a value: it is that
// string, or an array of strings with it.
type condition struct {
	claim, value string
	exact        bool
}

// requirements reads the entries of field.
func requirements(field string, entries []string, p *problems) []requirement {
	var list []requirement
	for _, entry := range entries {
		r := requirement{text: entry}
		for alternative := range strings.SplitSeq(entry, "|") {
			var c condition
			c.claim, c.value, c.exact = strings.Cut(alternative, "=")
			r.any = append(r.any, c)
		}
		switch {
		case slices.ContainsFunc(r.any, condition.incomplete):
			p.add(field, `has the entry %q; write the name of a claim, or name=value, or several of these with "|" between them`, entry)
		case r.cutsValue():
			p.add(field, `has the entry %q, where "|" ends a value and no value follows; write name=value behind it too, as a value cannot hold "|"`, entry)
		}
		list = append(list, r)
	}
	return list
}

func (c condition) incomplete() bool { return c.claim == "" || c.exact && c.value == "" }

// cutsValue reports whether a bare name stands behind a value. Most likely it is the
// rest of that value, and would loosen the requirement.
func (r *requirement) cutsValue() bool {
	valued := false
	for _, c := range r.any {
		if valued && !c.exact {
			return true
		}
		valued = valued || c.exact
	}
	return false
}

func (r *requirement) holds(c *Claims) bool {
	for _, alternative := range r.any {
		if alternative.holds(c) {
			return true
		}
	}
	return false
}

func (c condition) holds(claims *Claims) bool {
	if c.exact {
		return slices.Contains(claims.List(c.claim), c.value)
	}
	return claims.Has(c.claim)
}

// refuses is holds for what must not be there: a claim that cannot be compared with
// the refused value counts as having it.
func (r *requirement) refuses(c *Claims) bool {
	return r.holds(c) || slices.ContainsFunc(r.any, func(a condition) bool {
		return a.exact && c.Has(a.claim) && c.List(a.claim) == nil
	})
}
