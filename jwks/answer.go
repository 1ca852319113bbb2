package jwks

import (
	"encoding/json"

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
	c.text = objectOf(a.Members)
	if a.Key != "" || a.Certificate != "" {
		c.Confirmation = &Confirmation{Key: a.Key, Certificate: a.Certificate}
	}
	return c
}

// objectOf writes members as the object that has them.
func objectOf(members []strictjson.Member) string {
	text := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			text = append(text, ',')
		}
		name, _ := json.Marshal(string(m.Name)) // no error: it is a string
		text = append(append(append(text, name...), ':'), m.Value...)
	}
	return string(append(text, '}'))
}

// SecretOf is for package jwks/opaque, which sends secrets to the providers that they
// are for. Nobody else can make the permit, and without it there is nothing.
func SecretOf(p answer.Permit, s *Secret) []byte {
	if !p.Valid() || s == nil {
		return nil
	}
	return s.raw()
}
