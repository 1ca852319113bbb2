// Package apikey answers one question: is this API key one of ours, and whose?
//
// A [Store] holds keys as SHA-256 digests and nothing else. [Store.Match] takes what
// a caller presented and returns the [Key] it is: a name, scopes, an end. It is an
// exact match: no prefix, no other case, no trimmed space is the same key. Keys come
// from two places:
//
//   - [Config].Keys, plain strings, for development and for a key or two: hashed at
//     once, named key-1, key-2 and so on by their position, without an end.
//   - [Config].File, named keys with scopes and an end, which [Store.Reload] reads
//     again at any time. It holds hashes, so that reading the file gives nobody a key.
//
// # The file
//
// One key a line:
//
//	# who   what                 may do             until
//	alice   sha256:<64 digits>   scopes=read,write  expires=2027-01-31T00:00:00Z
//	ci      sha256:<64 digits>   scopes=read
//
// [Line] makes such a line; without it, printf %s "$KEY" | sha256sum prints the
// digits, lower-case hexadecimal. (echo "$KEY" would hash a newline too.) The rules:
//
//   - Words are separated by spaces or tabs; lines end in LF or CR LF. Blank lines
//     and lines that begin with # are ignored; a # elsewhere is not a comment.
//   - A name is 1 to 64 letters, digits and . _ @ + / - and begins with a letter or
//     digit. Names are logged, so the name must not be the key. Keys may share a name,
//     which is how a key is rotated: both lines are good until the old one is removed.
//   - scopes= lists scope tokens (RFC 6749 §3.3) with commas between. Without it the
//     key holds no scope.
//   - expires= is a time of RFC 3339 §5.6, or a date, which stands for the moment at
//     which that day begins in UTC: the day before is the last one on which the key
//     works. Without it the key has no end.
//   - A file has at most 1 MiB and 10,000 keys. A digest stands in it once.
//
// Every mistake of a file is reported, with its line, and none of them repeats what
// stands there, because it may be a key in the wrong place. A file with a mistake is
// refused as a whole. Replace a file by renaming a complete one over it: half a file
// can be a good file with fewer keys.
//
// # Why one round of SHA-256
//
// Slow password hashes protect what people choose. A key of [Generate] has 130 random
// bits; nobody finds it from its digest, however fast the hash is. Whoever puts a key
// of their own choice in a file should know that its digest is as weak as the key.
package apikey
