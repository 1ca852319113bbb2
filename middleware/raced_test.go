//go:build race

package middleware_test

// raced is what the race detector itself allocates where something is verified.
const raced = 1
