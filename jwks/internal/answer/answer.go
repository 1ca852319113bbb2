// Package answer is how package jwks/opaque, and nobody else, makes claims and reads
// secrets: the types below cannot be made outside of jwks.
package answer

import (
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// A Permit opens what package jwks has for packages below it alone. Its zero value,
// which is all that anybody else can get by a trick of types, opens nothing.
type Permit struct{ made bool }

// NewPermit makes one that is valid.
func NewPermit() Permit { return Permit{made: true} }

// Valid reports whether NewPermit made it.
func (p Permit) Valid() bool { return p.made }

// An Answer is what a provider said of a token that it vouches for.
type Answer struct {
	Permit                            Permit
	Issuer, Subject, ID, Client, User string
	Audience, Scopes                  []string
	Expiry, Until                     time.Time // zero: the token does not end
	NotBefore, IssuedAt               time.Time
	Key, Certificate                  string // of "cnf"
	Members                           []strictjson.Member
}
