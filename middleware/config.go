package middleware

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// A ConfigError is one mistake in a [Config]: the field, and what to write
// instead. [New] joins all it finds.
type ConfigError = jwks.ConfigError

// A Config says what a [Guard] lets through. The zero value of every field is the
// strict choice. A Config is copied by [New]; changing it later changes nothing.
type Config struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Resource is the URL of this server, as clients type it (RFC 9728 §1.2). It
	// is an accepted audience, the place of the metadata document, and the
	// "resource" in it. Required: https, or http to a loopback host.
	Resource string

	// Aliases are further URLs of the same server. Each is an accepted audience
	// and has a document of its own: see [Guard.For].
	Aliases []string

	// Issuers is whose tokens to believe.
	Issuers []jwks.Issuer

	// Opaque is whom to ask about tokens that cannot be verified here, or not only. The
	// resource is an audience of all of them. One provider is asked about a token, or
	// none: its form decides, and nobody is asked about what somebody else refused.
	Opaque []opaque.Provider

	// RequireBound refuses tokens that are not bound to a key of their bearer (RFC 9449,
	// RFC 8705). Tokens that are bound are held to it always. An error beside APIKeys.
	RequireBound bool

	// ProofNonces makes DPoP proofs fresh by a value of ours in each (RFC 9449 §9), beside
	// their time of issue. Nil means that the latter is enough.
	ProofNonces *ProofNonces

	// Replays remembers the DPoP proofs that were seen, so that none is taken twice. Nil
	// means a bounded memory of this process.
	Replays Replays

	// TrustedProxies are the addresses whose word about a connection is believed:
	// X-Forwarded-For for the address of the caller, and ClientCertificateHeader. All
	// others' is ignored. Nothing else that is forwarded is believed of anybody.
	TrustedProxies []netip.Prefix

	// ClientCertificateHeader is where a trusted proxy puts the certificate of the
	// caller's TLS connection: "Client-Cert" as RFC 9440 has it, or a header with PEM,
	// percent-encoded, as nginx sends it. Empty means none.
	ClientCertificateHeader string

	// ClientCertificates says that the server asks for TLS client certificates itself, for
	// the metadata document.
	ClientCertificates bool

	// APIKeys is which keys to accept in X-API-Key. Nil means none.
	APIKeys *apikey.Store

	// APIKeyBearer accepts the same keys as "Authorization: Bearer <key>" too. A
	// Bearer value that is in the store is an API key; any other is routed by
	// its shape, as always.
	APIKeyBearer bool

	// TokenCache bounds how many signed tokens are remembered as verified, each as long as
	// it is good and the key that verified it is in use. Scopes, bindings and the Policy
	// are decided for every request all the same. Rounded up to a multiple of 8. Zero means
	// 10,000, which can take 25 MB.
	TokenCache int

	// NoTokenCache verifies every token each time that it comes, which takes most of the
	// time of a small request, and keeps none in memory between requests.
	NoTokenCache bool

	// Scopes is what every caller must hold, all of them.
	Scopes []string

	// Policy says what callers may do in the MCP server behind the guard, tool by
	// tool. With one, every JSON-RPC body is read before the handler sees it. Nil
	// means Scopes decide alone, and bodies pass unread. See [Guard.SetPolicy].
	Policy *Policy

	// Sessions binds session ids to callers. The MCP server behind the guard must
	// hand out sealed ids: see package mcpgo. With it, every JSON-RPC body is read
	// as with a Policy. Nil means that session ids are not looked at.
	Sessions *SessionSeal

	// CallLimit bounds the requests of one caller, and FailureLimit the bad
	// credentials from one address, which is then refused unseen for a while: where
	// requests come through a proxy, only with that in TrustedProxies. Nil means no
	// limit.
	CallLimit, FailureLimit Limiter

	// ChallengeScopes is what a 401 asks clients to request (RFC 6750 §3). Empty
	// means Scopes.
	ChallengeScopes []string

	// ScopePrefix is what clients must put before a scope when they ask the provider for
	// it, for providers that know each scope under the name of its resource. Challenges
	// and the metadata document then name Scopes, and those of rules, with it; scopes in
	// ChallengeScopes and ScopesSupported are written as they are.
	ScopePrefix string

	// ScopesSupported is what the metadata document advertises (RFC 9728 §2).
	// Empty means ChallengeScopes.
	ScopesSupported []string

	// AuthorizationServers is where the metadata document sends clients for a
	// token. Empty means every one of Issuers, and then of Opaque, that is an http URL.
	AuthorizationServers []string

	// NoAuthorizationServers leaves them out of the document, where nobody can log in and
	// callers bring the tokens that they have, such as those of a build.
	NoAuthorizationServers bool

	// AllowedOrigins are the web origins whose pages may call, such as
	// "https://app.example.com"; "http://localhost:*" stands for any port. The
	// resource's own origin is always allowed. "*" allows every page, and only
	// while every request needs a credential.
	AllowedOrigins []string

	// AllowedHosts are the Host values accepted, beside the resource's. Empty
	// means: any, except that a connection to a loopback address must name a
	// loopback host, which stops DNS rebinding.
	AllowedHosts []string

	// MaxBody bounds request bodies in bytes. Zero means 4 MiB.
	MaxBody int64

	// Logger hears of each decision. Nil discards.
	Logger *slog.Logger

	// Observe is called for each decision, before the answer is written: once for a
	// request, and once more if its handler refuses it ([RequireScopes]) or panics.
	// It must not block. Nil means nobody.
	Observe func(context.Context, Event)

	// Transport carries requests to providers. Nil means a bounded one of ours.
	Transport http.RoundTripper

	// Now is the clock. Nil means time.Now.
	Now func() time.Time

	// DangerouslyAllowAnonymous lets requests without any credential pass, as
	// MethodAnonymous and with no scopes. A bad credential is still refused.
	DangerouslyAllowAnonymous bool

	// DangerouslyDisableAuthentication lets every request pass, as
	// MethodDisabled, without looking at its credential. Host, Origin and body
	// size are still checked.
	DangerouslyDisableAuthentication bool

	// DangerouslyForwardCredential leaves Authorization, DPoP and X-API-Key on the
	// request that the wrapped handler sees. Whatever that handler calls or logs
	// can then carry the caller's token away.
	DangerouslyForwardCredential bool
}
