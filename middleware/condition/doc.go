// Package condition makes conditions of a policy from CEL expressions
// (https://cel.dev), for rules that scopes alone cannot say:
//
//	op.arguments.amount <= 100 || "payments:large" in principal.scopes
//
// # What an expression can read
//
//	principal.method     string        "jwt", "introspection", "api_key", "anonymous" or "disabled"
//	principal.issuer     string        the token's issuer; "" without a token
//	principal.subject    string        unique only together with the issuer
//	principal.client     string        the OAuth client
//	principal.scopes     list(string)  as granted: nothing is implied here
//	op.method            string        "tools/call"
//	op.name              string        the tool, the prompt, or the resource's URI
//	op.arguments         map           the arguments of a tool or prompt; empty without any
//	now                  timestamp     in UTC, the same all through one evaluation
//
//	principal.claim("department")                    string
//	principal.claimList("realm_access", "roles")     list(string), also of a claim that is one string
//	principal.hasClaim("department")                 bool: claimList would find it
//
// The three functions take one to three names, each further name descending into an
// object; numbers, true, false and objects are no claims to them. Beside them there
// are CEL's standard functions and macros.
//
// # What is settled when it is loaded
//
// [Compile] refuses whatever it can know to be wrong: an unknown variable, field or
// function, types that do not fit, a result that is not bool, an unusable pattern,
// time zone, timestamp or duration, and an expression that would cost too much.
// Patterns and time zones are written out in the expression, never computed.
//
// # What refuses when it runs
//
// [Condition.Allow] returns an error, and with it false, whenever it cannot tell:
//
//   - What the expression reads is not there. op.arguments.amount <= 100 refuses a
//     call without an amount, and principal.claim("department") a token without that
//     claim. Ask first where it may be missing: has(op.arguments.amount),
//     principal.hasClaim("department").
//   - A value has another type than is needed: "100" is no number.
//   - It costs more than [MaxCost].
//   - It reads arguments that are larger than [MaxArguments], or that two readers
//     could take for two different things: a name twice; a name that differs only by
//     case from one that the expression reads (a tool written in Go takes "Amount"
//     for "amount"); a number of 2^53 or more, which not every reader holds exactly
//     (RFC 8259 §6).
//
// As CEL defines it, an error on one side of || or && does not matter where the other
// side decides.
//
// # Numbers
//
// Every number in the arguments is a double, however it was written: 100, 100.0 and
// 1e2 are one number. Compare it with whole numbers and fractions alike; calculate
// with fractions: op.arguments.count * 2.0.
//
// # Writing conditions
//
// Say what is allowed, not what is forbidden: op.arguments.path != "/etc/passwd" is
// true for a list, and for "/etc/../etc/passwd". A tool may read more into a string
// than CEL does, and this package cannot know. A pattern is looked for anywhere in a
// string, unless it begins with ^ and ends with $.
//
// [DangerouslyShadow] tries a condition on real calls without refusing any.
package condition
