package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// tools is how many tools the MCP server has.
const tools = 10

// mcpServer is an MCP server without sessions, whose tools answer at once.
func mcpServer() http.Handler {
	s := server.NewMCPServer("bench", "1.0.0", server.WithToolCapabilities(false))
	for i := range tools {
		tool := mcp.NewTool(fmt.Sprintf("tool_%d", i), mcp.WithDescription("Says something."), mcp.WithString("text", mcp.Required()))
		s.AddTool(tool, func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("done"), nil
		})
	}
	return server.NewStreamableHTTPServer(s, server.WithStateLess(true))
}

// callOf is a tools/call with about so many bytes of arguments.
func callOf(size int) *fixture.Body {
	return fixture.NewBody(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool_3","arguments":{"text":"` + strings.Repeat("x", size) + `"}}}`)
}

// inProcess is what authentication adds to a small tools/call, without a network.
func inProcess(r *rig, s *report.Section) error {
	b := r.bench("RS256")
	s.Title = "A tools/call of mcp-go in process, with the same RS256 token again"
	s.Note = "The ratio is to the same MCP server without authentication."
	s.Header = []string{"", "ratio", "quartiles", "CPU", "us/op"}
	mcpGo := mcpServer()
	call := func(h http.Handler) *measure.Loop {
		x := &exchange{handler: h, requests: b.same(), want: http.StatusOK, body: callOf(16)}
		return &measure.Loop{Op: x.do}
	}
	for _, p := range r.libraries("RS256") {
		h, err := b.guarded(r.ctx, p, mcpGo)
		if err != nil {
			return err
		}
		got, cell, err := r.ratio(s, p.Name, "tools/call", call(mcpGo), call(h))
		if err != nil {
			return err
		}
		s.Row(p.Name, cell, spread(got), report.Digits(got.CPU), report.Digits(got.NS/1000))
	}
	return nil
}

// toolPolicy is what it costs to read a tools/call of 4 KiB and to decide about it.
func toolPolicy(r *rig, s *report.Section) error {
	s.Title = "A policy about tools, for a tools/call of 4 KiB"
	s.Note = "The ratio is to the same guard without a policy. The credential is an API key, which costs next to nothing."
	s.Header = []string{"", "ratio", "quartiles", "us/op without", "us/op with"}
	policy := &middleware.Policy{
		Implies: map[string][]string{"admin": {"mcp:tools"}},
		Tools:   map[string]middleware.Rule{},
	}
	for i := range tools {
		policy.Tools[fmt.Sprintf("tool_%d", i)] = middleware.Rule{Scopes: []string{"mcp:tools"}}
	}
	for _, behind := range []struct {
		name string
		h    http.Handler
		want int
	}{{"mcp-rs in front of mcp-go", mcpServer(), http.StatusOK}, {"mcp-rs in front of nothing", noContent, http.StatusNoContent}} {
		var loops [2]*measure.Loop
		for i, p := range []*middleware.Policy{nil, policy} {
			h, err := keyed([]string{"a-key-of-the-benchmark"}, p, behind.h)
			if err != nil {
				return err
			}
			x := &exchange{handler: h, requests: []*http.Request{fixture.KeyRequest("a-key-of-the-benchmark")}, want: behind.want, body: callOf(4 << 10)}
			loops[i] = &measure.Loop{Op: x.do}
		}
		got, cell, err := r.ratio(s, behind.name, "policy", loops[0], loops[1])
		if err != nil {
			return err
		}
		s.Row(behind.name, cell, spread(got), report.Digits(got.BaseNS/1000), report.Digits(got.NS/1000))
	}
	return nil
}
