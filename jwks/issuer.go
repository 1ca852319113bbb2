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

	// Aliases are further exact "iss" values of the same issuer, which share its keys
	// and all else that is said here. A published key that names an issuer itself, by a
	// member "issuer", may name any of them, and verifies no token of anybody else.
	Aliases []string

	// Tenants are what "{tenantid}" in URL and in each of Aliases stands for: the tokens
	// of each are believed, and of no other tenant of the provider. TenantClaim of a
	// token must be the tenant of its "iss". Discovery, which is required unless keys
	// are given otherwise, finds those for all of them at once, in a document whose
	// issuer is URL as it is written here. A published key that names an issuer itself
	// verifies tokens of that tenant, or of all where it has the placeholder too.
	Tenants []string

	// TenantClaim names the claim that holds the tenant. Required with Tenants.
	TenantClaim string

	// Audiences are the "aud" values that mean this server; one match is enough
	// (RFC 7519 §4.1.3). Empty is an error: a token made for someone else would
	// pass. middleware.New fills in the resource when this is empty, and adds
	// the resource when it is not.
	Audiences []string

	// Clients are the OAuth clients whose tokens are accepted, as Names.Client reads
	// them. Empty means those of every client.
	Clients []string

	// AudienceOptional accepts tokens without "aud" from one of Clients, for issuers
	// that write none (“or otherwise verify” — MCP authorization, Token Handling). A
	// token that has one is held to Audiences all the same. An error without Clients.
	AudienceOptional bool

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
	// tokens are meant. "scp|roles" is met by either, and "a=x|a=y" by either value,
	// which therefore cannot have a "|" in it.
	RequiredClaims []string

	// RefusedClaims must not be there: what marks another kind of token that the
	// issuer signs, "nonce" of ID tokens for one; or with a value, as RequiredClaims.
	// Nor may the claim then be anything that cannot be compared with the value.
	RefusedClaims []string

	// RequireATJWT accepts only the "at+jwt" type of RFC 9068 §2.1. Otherwise
	// "JWT", "at+jwt" and no type at all are accepted, and nothing else is.
	RequireATJWT bool

	// Names says under which claims this issuer writes what every token tells. The zero
	// value knows the standards.
	Names Names
}

// Names are the claims in which one issuer writes what every token tells. A dot
// descends into an object, unless the claim itself has one in its name.
type Names struct {
	// Scopes are claims that hold scopes, all of them together. Empty means "scope" or,
	// where there is none, "scp".
	Scopes []string

	// ScopePrefixes are cut from the beginning of every scope that has one, the first
	// that it has, for issuers that put their name for this server before each.
	ScopePrefixes []string

	// Client are claims that hold the OAuth client; the first that is there counts,
	// even if it is no string and so nobody's. Empty means client_id, azp, cid, appid.
	Client []string

	// User are claims that hold who it is, a string or an integer; the first that is
	// there counts, and "sub" where none is. A token whose first is anything else, or
	// empty, is refused.
	User []string
}

// A Config is everything New needs.
type Config struct {
	_ [0]func()

	// Issuers is whose tokens to believe. At least one; each "iss" once.
	Issuers []Issuer

	// SenderBound returns the claims of tokens that are bound to a key (RFC 7800 "cnf")
	// to a caller that will hold the request to [Claims.Confirmation]. Otherwise they
	// are refused with [ErrBound], as are those bound in a way that it has no word for.
	SenderBound bool

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
