package jwks

import (
	"github.com/mcp-rs/mcp-rs/jwks/internal/answer"
	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// ClaimsOf is for package jwks/opaque: what a provider said of a token is as good as
// claims that it signed, if it was asked as it must be. Nobody else can make an
// answer that is worth anything: without its Permit it gives nil.
func ClaimsOf(a answer.Answer) *Claims {
	if !a.Permit.Valid() {
		return nil
	}
	c := &Claims{
		Issuer: a.Issuer, Subject: a.Subject, ID: a.ID, Client: a.Client, User: a.User,
		Audience: a.Audience, Scopes: a.Scopes,
		Expiry: a.Expiry, Until: a.Until, NotBefore: a.NotBefore, IssuedAt: a.IssuedAt,
	}
	for _, m := range a.Members {
		c.members = append(c.members, strictjson.MemberOf[string]{Name: string(m.Name), Value: string(m.Value)})
	}
	if a.Key != "" || a.Certificate != "" {
		c.Confirmation = &Confirmation{Key: a.Key, Certificate: a.Certificate}
	}
	return c
}

// SecretOf is for package jwks/opaque, which sends secrets to the providers that they
// are for. Nobody else can make the permit, and without it there is nothing.
func SecretOf(p answer.Permit, s *Secret) []byte {
	if !p.Valid() || s == nil {
		return nil
	}
	return s.raw()
}
