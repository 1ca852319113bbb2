package middleware_test

import (
	"fmt"
	"log"
	"net/http"
	"net/netip"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// Tokens that are bound to a key are of no use to a thief. With DPoP every request
// carries a proof, here with a nonce of ours; behind a proxy that ends TLS, tokens can
// also be bound to the client's certificate.
func ExampleConfig_boundTokens() {
	nonces, err := middleware.NewProofNonces() // several replicas need keys that all of them have
	if err != nil {
		log.Fatal(err)
	}
	guard, err := middleware.New(middleware.Config{
		Resource:                "https://mcp.example.com/mcp", // and the only "htu" of a proof
		Issuers:                 []jwks.Issuer{{URL: "https://login.example.com"}},
		RequireBound:            true, // without it, tokens that are not bound are accepted too
		ProofNonces:             nonces,
		TrustedProxies:          []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		ClientCertificateHeader: "Client-Cert",
	})
	if err != nil {
		log.Fatal(err)
	}
	h := guard.Handler(http.NotFoundHandler())

	w := call(h, "POST", "/mcp")
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	fmt.Println("nonce for the first proof:", w.Header().Get("DPoP-Nonce") != "")
	// Output:
	// 401 DPoP resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp", algs="ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256 RS384 RS512"
	// nonce for the first proof: true
}

// API keys are bound to nothing, and a header is believed of nobody but listed proxies.
func ExampleConfig_boundTokens_incorrect() {
	keys, err := apikey.New(apikey.Config{Keys: []string{"dev-key-123"}})
	if err != nil {
		log.Fatal(err)
	}
	_, err = middleware.New(middleware.Config{
		Resource:                "https://mcp.example.com/mcp",
		APIKeys:                 keys,
		RequireBound:            true,
		TrustedProxies:          []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")},
		ClientCertificateHeader: "X-Forwarded-For",
	})
	fmt.Println(err)
	// Output:
	// RequireBound: is set beside APIKeys, which are bound to nothing and so as good to a thief; leave one of them out
	// TrustedProxies[0]: is every address there is, so that anybody could claim any; write those of the proxies
	// ClientCertificateHeader: is X-Forwarded-For, which means something else; let the proxy use another, such as Client-Cert
}
