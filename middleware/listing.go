package middleware

import "context"

// Visible reports whether a list should show op to the caller in ctx: always if it
// may use it, and otherwise as [Policy.Listing] says. The arguments of op are not
// known when it is listed, so conditions do not hide anything. Outside a Guard with
// a [Config.Policy] everything is visible.
func Visible(ctx context.Context, op Operation) bool {
	c := callFrom(ctx)
	if c == nil || c.policy == nil {
		return true
	}
	return c.policy.visible(c.principal, op)
}

func (pol *policy) visible(p *Principal, op Operation) bool {
	if p.Method == MethodDisabled {
		return true // as every call is let through
	}
	rules, err := pol.rules(op)
	if err != nil {
		return false // nobody can ever use it
	}
	needed := pol.base
	for _, r := range rules {
		if r.Deny {
			return false
		}
		needed = words(r.Scopes, needed)
	}
	if pol.holds(p, needed...) || pol.Listing == ListingShow {
		return true
	}
	return pol.Listing == ListingAuto && p.canStepUp()
}

// canStepUp reports whether somebody could give the caller more scopes while it
// waits: a user with a token, or one who has not signed in yet. A program's token
// (client credentials) and an API key are what they are.
func (p *Principal) canStepUp() bool {
	switch p.Method {
	case MethodAnonymous:
		return true
	case MethodJWT, MethodOpaque:
		// RFC 9068 §2.2: without a resource owner, "sub" is the client. Who makes up
		// another subject for it says so in "gty".
		return p.Subject != "" && p.Subject != p.Client && (p.Claims == nil || p.Claims.Text("gty") != "client-credentials")
	}
	return false
}
