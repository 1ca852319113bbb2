package jwks

import (
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// deciding are the claims that from, beside the standards, makes decide whether a
// token passes. A variant of one is as ambiguous as one of knownClaims. Required
// claims without a value are not among them: a variant meets no such requirement,
// and to some providers it is a claim of its own.
func deciding(from *Issuer, required, refused []requirement) []string {
	names := []string{from.TenantClaim}
	clients := from.Names.Client
	if len(clients) == 0 && len(from.Clients) > 0 {
		clients = defaultClient
	}
	for _, name := range clients {
		object, _, _ := strings.Cut(name, ".")
		names = append(names, name, object)
	}
	for _, r := range required {
		for _, c := range r.any {
			if c.exact {
				names = append(names, c.claim)
			}
		}
	}
	for _, r := range refused {
		for _, c := range r.any {
			names = append(names, c.claim)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		// Who configures two variants of a name has said what each of them means.
		return name == "" || slices.Contains(knownClaims, name) ||
			slices.ContainsFunc(names, func(other string) bool { return other != name && strings.EqualFold(other, name) })
	})
}

// checkVariants makes sure that no claim is nearly one of those that decide.
func (is *issuer) checkVariants(c *Claims) error {
	if len(is.deciding) == 0 {
		return nil
	}
	return malformedClaims(strictjson.NoVariants(c.room.members, is.deciding...))
}
