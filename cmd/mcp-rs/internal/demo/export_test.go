package demo

import (
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// AddTool lets tests add a tool that misbehaves. None of ours does.
func (s *Server) AddTool(name string, handler server.ToolHandlerFunc) {
	s.mcp.AddTool(mcp.NewTool(name), handler)
}
