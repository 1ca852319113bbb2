package jwks

import (
	"net/http"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// An Issuer says whose tokens to believe and how to check them. Only URL and an
// audience are needed for a provider that publishes discovery documents.
type Issuer struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// URL is the exact "iss" value, compared byte for byte: a trailing slash
	// counts (RFC 7519 §4.1.1, RFC 8725 §3.8).
	URL string

	// Audiences are the "aud" values that mean this server; one match is enough
	// (RFC 7519 §4.1.3). Empty is an error: a token made for someone else would
	// pass. middleware.New fills in the resource when this is empty, and adds
	// the resource when it is not.
	Audiences []string

	// Algorithms are the accepted "alg" values, out of RS256 RS384 RS512 PS256
	// PS384 PS512 ES256 ES384 ES512 EdDSA HS256 HS384 HS512. Empty means RS256.
	// HS* cannot stand beside the others for one issuer (RFC 8725 §3.1).
	Algorithms []string

	// Discovery is the URL where the search for the provider's documents starts
	// (RFC 8414 §3, OpenID Connect Discovery §4). Empty means URL.
	Discovery string

	// JWKSURL names the key set and makes discovery unnecessary.
	JWKSURL string

	// PublicKeys holds PEM blocks: PKIX or PKCS #1 public keys, or certificates.
	// When set, nothing is fetched.
	PublicKeys []byte

	// Secret is the shared key of HS256, HS384 or HS512: at least as long as the
	// hash output (RFC 7518 §3.2). Nil means none.
	Secret *Secret

	// Leeway is the clock difference forgiven in exp, nbf and iat. Zero means 60
	// seconds; more than 5 minutes, or less than zero, is an error.
	Leeway time.Duration

	// RequiredClaims must be there, beside exp, iss and aud: "sub", or with a value,
	// "repository_owner=my-org", which the claim must be or, as an array, contain.
	// Some providers give anybody a token for any audience; a value tells whose
	// tokens are meant.
	RequiredClaims []string

	// RequireATJWT accepts only the "at+jwt" type of RFC 9068 §2.1. Otherwise
	// "JWT", "at+jwt" and no type at all are accepted, and nothing else is.
	RequireATJWT bool
}

// A Config is everything New needs.
type Config struct {
	_ [0]func()

	// Issuers is whose tokens to believe. At least one; each URL once.
	Issuers []Issuer

	// Transport carries key and discovery requests. Nil means a transport of our
	// own with bounded timeouts.
	Transport http.RoundTripper

	// Now is the clock. Nil means time.Now.
	Now func() time.Time

	// OnEvent hears of key fetches, from whatever goroutine made them. It must
	// not block. Nil means nobody listens.
	OnEvent func(Event)
}

// A ConfigError is one mistake in a configuration: the field, such as
// "Issuers[0].Audiences", and what to write instead. New joins all it finds.
type ConfigError = metadata.ConfigError
