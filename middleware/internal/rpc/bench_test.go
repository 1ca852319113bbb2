package rpc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// BenchmarkRead reads what is usual, and what costs most for its size.
func BenchmarkRead(b *testing.B) {
	text := strings.Repeat("Lorem ipsum dolor sit amet. ", 50)
	arguments := fmt.Sprintf(`"arguments":{"title":"a","body":%q,"more":%q,"tags":["a","b"],"list":[%s1],"deep":{"a":{"b":%q}}}`,
		text, text, strings.Repeat("1234567,", 60), text[:600])
	flood := func(n int, format string) string {
		var members strings.Builder
		for i := range n {
			fmt.Fprintf(&members, format, i)
		}
		return members.String()
	}
	for _, row := range []struct {
		name string
		body string
		h    http.Header
	}{
		{"small", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, header()},
		{"4KiB", call(`"name":"notes_add","_meta":{"progressToken":1},` + arguments), header("MCP-Protocol-Version: 2025-11-25")},
		{"4KiB_modern", call(`"name":"notes_add",` + meta + `,` + arguments), modern("tools/call", "notes_add")},
		{"hostile_members", `{"jsonrpc":"2.0","id":1,"method":"x"` + flood(100_000, `,"K%d":0`) + `}`, header()},
		{"hostile_arguments", call(`"name":"a","arguments":{"a":0` + flood(100_000, `,"K%d":0`) + `}`), header()},
		{"hostile_batch", "[" + strings.TrimPrefix(flood(20_000, `,{"jsonrpc":"2.0","id":%d,"method":"ping"}`), ",") + "]", header("MCP-Protocol-Version: 2025-03-26")},
	} {
		b.Run(row.name, func(b *testing.B) {
			body := []byte(row.body)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				rpc.Read(body, row.h)
			}
		})
	}
}
