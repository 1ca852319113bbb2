package middleware

import (
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// bound checks what tokens are to be bound to.
func (b *builder) bound(g *Guard) {
	if b.RequireBound && b.APIKeys != nil {
		b.add("RequireBound", "is set beside APIKeys, which are bound to nothing and so as good to a thief; leave one of them out")
	}
	if b.ProofNonces != nil && b.ProofNonces.keys == nil {
		b.add("ProofNonces", "has no keys; make it with NewProofNonces")
	}
	if g.replays == nil {
		g.replays = newMemory(g.now)
	}
}

// binding adds to the metadata document what tokens can be bound to. It says nothing of
// DPoP unless the configuration does: some clients take any of its fields for a demand.
func (b *builder) binding(d *metadata.Resource) {
	if b.RequireBound || b.ProofNonces != nil {
		d.DPoPAlgorithms = jwks.ProofAlgorithms()
	}
	d.CertificateBound = b.ClientCertificates || b.ClientCertificateHeader != ""
	d.DPoPRequired = b.RequireBound && !d.CertificateBound // else a certificate will do
}
