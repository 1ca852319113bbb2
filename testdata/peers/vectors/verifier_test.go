package vectors

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// verifier believes in the keys of the group, configured as an operator would: a shared
// secret is given, and public keys are published as a set with all algorithms accepted,
// so that it is the key that decides.
func (g *group) verifier(kid string) (*jwks.Verifier, error) {
	is := jwks.Issuer{URL: login, Audiences: []string{here}}
	if k := g.key(kid); k.Kty == "oct" && !g.mixed() {
		is.Algorithms, is.Secret = []string{"HS256"}, jwks.NewSecret(k.K)
		if strings.HasPrefix(k.Alg, "HS") {
			is.Algorithms = []string{k.Alg}
		}
	} else {
		is.JWKSURL = login + "/jwks"
		is.Algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	}
	return jwks.New(jwks.Config{Issuers: []jwks.Issuer{is}, Transport: published(g.set), Now: func() time.Time { return noon }})
}

// mixed reports whether there are keys of several sorts: no secret can stand beside
// public keys in one issuer.
func (g *group) mixed() bool {
	for _, k := range g.keys {
		if k.Kty != g.keys[0].Kty {
			return true
		}
	}
	return false
}

// published is a key server that has one document.
type published json.RawMessage

func (p published) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(p))),
	}, nil
}
