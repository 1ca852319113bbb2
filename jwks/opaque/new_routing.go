package opaque

import (
	"slices"
	"strings"
)

// routing checks that it is clear which tokens go to the provider i: of all that
// are configured, one takes a token or none does.
func (p *problems) routing(all []Provider, i int) {
	from := &all[i]
	switch from.JWT {
	case JWTVerified, JWTAsked, JWTBoth:
	default:
		p.add("JWT", "is %q; write %q or %q, or leave it empty", from.JWT, JWTAsked, JWTBoth)
	}
	if from.JWT == JWTAsked && (len(all) > 1 || len(from.Prefixes) > 0) {
		p.add("JWT", "is %q, which takes every token; leave out the other providers and Prefixes", JWTAsked)
	}
	for _, prefix := range from.Prefixes {
		p.beginning(prefix)
	}
	for j := range all[:i] {
		p.apart(&all[j], from)
	}
}

func (p *problems) beginning(prefix string) {
	switch {
	case prefix == "" || strings.ContainsFunc(prefix, notToken):
		p.add("Prefixes", "has the entry %q, which no token begins with; write characters that tokens are made of", prefix)
	case couldBeJWT(prefix):
		p.add("Prefixes", "has the entry %q, which signed tokens begin with too; write %q into JWT to have those asked about", prefix, JWTAsked)
	}
}

// couldBeJWT reports whether a JWT could begin so, or with more of it: its first bytes are
// those of an opening brace and a quotation mark or white space, in base64url.
func couldBeJWT(prefix string) bool {
	return slices.ContainsFunc([]string{"ey", "ew"}, func(start string) bool {
		return strings.HasPrefix(prefix, start) || strings.HasPrefix(start, prefix)
	})
}

// apart checks that no token goes to both of two providers.
func (p *problems) apart(other, from *Provider) {
	if len(other.Prefixes) == 0 && len(from.Prefixes) == 0 {
		p.add("Prefixes", "is empty, as it is for another provider, so that both would take the same tokens; write how the tokens of one begin")
	}
	for _, a := range from.Prefixes {
		for _, b := range other.Prefixes {
			if a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
				p.add("Prefixes", "has the entry %q, and another provider has %q: some tokens begin with both; write more of one", a, b)
			}
		}
	}
	if from.JWT == JWTBoth && other.JWT == JWTBoth && from.Issuer == other.Issuer {
		p.add("Issuer", "is that of another provider, and both are to be asked about its signed tokens; leave %q to one", JWTBoth)
	}
}
