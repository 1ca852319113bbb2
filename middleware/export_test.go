package middleware

import (
	"net/http"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// Issue makes a nonce of some time.
func (n *ProofNonces) Issue(at time.Time) string { return n.issue(at) }

// NewMemory is the Replays that a Config has by default, and what it holds.
func NewMemory(now func() time.Time) Replays { return newMemory(now) }

// TakesProofOf reports whether a proof for this "htu" is one for the guard's resource.
func (g *Guard) TakesProofOf(htu string) bool { return g.at.is(htu) }

// ParseCertificate is parseCertificate.
var ParseCertificate = parseCertificate

const (
	MaxProofs          = maxProofs
	MaxProofsPerCaller = maxProofsPerCaller
)

// Remembered is how many tokens the guard remembers.
func (g *Guard) Remembered() int {
	n := 0
	for i := range g.seen.buckets {
		for j := range g.seen.buckets[i].tokens {
			if g.seen.buckets[i].tokens[j].Load() != nil {
				n++
			}
		}
	}
	return n
}

// MakesRoom reports whether a token that is good until then is one of the first to make
// room for another.
func MakesRoom(until, now time.Time) bool {
	return isOld((&remembered{principal: Principal{Claims: &jwks.Claims{Until: until}}}).label(), now)
}

// Refuse answers with an error that no request can cause.
func (g *Guard) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	g.refuse(w, r, time.Time{}, nil, err)
}
