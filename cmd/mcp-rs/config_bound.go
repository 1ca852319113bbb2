package main

import (
	"crypto/hkdf"
	"crypto/sha256"
	"net/netip"
	"strings"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// binding is what tokens are bound to, and whose word is taken for the connection. The
// ring is the keys of sessions.
func (c *config) binding(g *middleware.Config, ring [][]byte, p *problems) {
	g.RequireBound, g.ClientCertificates, g.ClientCertificateHeader = c.RequireBound, c.SSLClientCerts, c.ClientCertHeader
	if c.RequireBound && c.SSEEnabled {
		p.add("MCP_SSE_ENABLED", "is on beside MCP_REQUIRE_BOUND, and clients of that transport prove no keys; keep one of them")
	}
	for i, text := range c.TrustedProxies {
		prefix, err := parsePrefix(text)
		if err != nil {
			p.add("MCP_TRUSTED_PROXIES", "entry %d: %.60q is no address and no range of them; write one such as 10.0.0.0/8 or 192.0.2.7", i+1, text)
			continue
		}
		g.TrustedProxies = append(g.TrustedProxies, prefix)
	}
	if c.DPoPNonces {
		g.ProofNonces = nonces(ring)
	}
}

func parsePrefix(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return addr.Prefix(addr.BitLen())
}

// nonces makes the nonces of DPoP proofs. Every replica must accept those of the others,
// as with sessions, so their keys are made of those of the sessions.
func nonces(ring [][]byte) *middleware.ProofNonces {
	made, err := middleware.NewProofNonces(nonceKeys(ring)...)
	if err != nil {
		panic(err) // the keys are as long as they must be
	}
	return made
}

// nonceKeys is a key for each of ring: no key serves two purposes.
func nonceKeys(ring [][]byte) [][]byte {
	var keys [][]byte
	for _, key := range ring {
		derived, err := hkdf.Key(sha256.New, key, nil, "mcp-rs DPoP nonces", sha256.Size)
		if err != nil {
			panic(err) // the length is constant
		}
		keys = append(keys, derived)
	}
	return keys
}
