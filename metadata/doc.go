// Package metadata knows the documents by which an OAuth client finds its way
// from a protected resource to a token: our own (RFC 9728) and the provider's (RFC
// 8414, OpenID Connect Discovery), and the well-known paths where they stand.
//
// [Resource] publishes ours. [Fetcher] is the only way in which mcp-rs reads from
// a provider, key sets included, so that every bound on such reads is in one
// place. [Mirror] offers the provider's document to clients that look for it here,
// [Patch] offers it under our own name where it leaves out what they need, and
// [Registration] hands out a client that the provider has.
//
// Identifiers are strings in this package: a resource or an issuer is never
// normalised, re-encoded or given a slash, because the other side compares bytes
// (RFC 9728 §3.3, RFC 8414 §3.3). Nothing here looks at the Host or at a forwarded
// header of a request: what the documents say comes from configuration (RFC 9728
// §7.3).
package metadata
