package condition_test

import (
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

func BenchmarkAllow(b *testing.B) {
	for _, bench := range []struct{ name, expression, arguments string }{
		{"scope", `"write" in principal.scopes`, `{}`},
		{"argument", `op.arguments.amount <= 100`, `{"amount":99.5,"to":"alice","note":"for lunch"}`},
		{"pattern", `op.arguments.to.matches("^[a-z]+$")`, `{"to":"alice"}`},
		{"list", `op.arguments.to.all(r, r.endsWith("@example.com"))`, `{"to":` + list(20, `"alice@example.com"`) + `}`},
		{"arguments not read", `op.name == "transfer"`, padded(condition.MaxArguments)},
		{"hostile list", `op.arguments.to.all(r, r.endsWith("@example.com"))`, `{"to":` + list(13_000, `"alice@example.com"`) + `}`},
		{"hostile objects", `op.arguments.amount <= 100`, `{"amount":1,"x":` + list(60_000, `{}`) + `}`},
		{"hostile pattern", `op.arguments.to.matches("[a-z]{1000}[0-9]")`, `{"to":"` + strings.Repeat("a", 200_000) + `"}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c, op := compile(b, bench.expression), call(bench.arguments)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.Allow(alice, op)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := condition.Compile(`op.arguments.amount <= 100 || "payments:large" in principal.scopes`); err != nil {
			b.Fatal(err)
		}
	}
}
