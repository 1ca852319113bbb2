// Package vectors runs test vectors made by others, those of C2SP Wycheproof for JOSE,
// through our verifier and accounts for each of them: accepted, refused, or not
// applicable, and why.
//
// The vectors sign "foo", and our verifier takes nothing but claims, so none of them
// can be accepted as it is written. Each is therefore stated again: its header, its key
// and what is wrong with it stay; its payload becomes a good claims set, signed with the
// private key that comes with the vector. What is wrong with a signature is carried over
// to the new one: an encoding that differs from the right one in its padding differs in
// the same bytes again. A signature that is of no message at all, such as r = 0, is kept.
package vectors
