// Package jwks answers one question: was this token signed by an issuer we
// believe, for us, and is it in time?
//
// A [Verifier] holds issuers. [Verifier.Verify] takes a token in compact form
// (RFC 7515 §7.1) and returns its [Claims] only when every check holds; there is
// no way to get claims that were not verified. The order of the checks is the
// order of the lines of Verify.
//
// Keys come from the provider's key set (RFC 7517 §5), found through its discovery
// document or given by URL, or from PEM, or are a shared secret. A fetched set is
// kept and refreshed in the background; see [Config] for what it costs and what
// happens when the provider is away.
//
// The rules are those of RFC 7515, 7517, 7518, 7519, 8725 and 9068. Signatures are
// checked by github.com/lestrrat-go/jwx/v2 and the standard library; no type of
// either appears in the exported API.
package jwks
