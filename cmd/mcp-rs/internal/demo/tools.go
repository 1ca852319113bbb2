package demo

import (
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

// The scopes that tools need.
const (
	scopeRead  = "read"
	scopeWrite = "write"
	scopeAdmin = "admin"
)

// Scopes returns every scope that one of the tools needs.
func Scopes() []string { return []string{scopeRead, scopeWrite, scopeAdmin} }

// tools is every tool. Unless a policy decides, each asks for its scopes itself.
func tools(n *notes, byPolicy bool) []server.ServerTool {
	all := []server.ServerTool{
		{Tool: whoamiTool, Handler: whoami},
		{Tool: notesListTool, Handler: n.list},
		{Tool: notesAddTool, Handler: n.add},
		{Tool: notesClearTool, Handler: n.clear},
		{Tool: countdownTool, Handler: countdown},
		{Tool: askNameTool, Handler: askName},
	}
	rules := Rules()
	for i := range all {
		if scopes := rules[all[i].Tool.Name].Scopes; len(scopes) > 0 && !byPolicy {
			all[i].Handler = mcpgo.RequireScopes(all[i].Handler, scopes...)
		}
	}
	return all
}

// Rules is what the tools need, unless a policy says something else.
func Rules() map[string]middleware.Rule {
	return map[string]middleware.Rule{
		"whoami":      {},
		"countdown":   {},
		"ask_name":    {},
		"notes_list":  {Scopes: []string{scopeRead}},
		"notes_add":   {Scopes: []string{scopeWrite}},
		"notes_clear": {Scopes: []string{scopeAdmin}},
	}
}

var whoamiTool = mcp.NewTool("whoami",
	mcp.WithDescription("Who is calling: how the caller was recognised, and what the credential says."),
	mcp.WithOutputSchema[identity](),
	mcp.WithReadOnlyHintAnnotation(true),
	mcp.WithDestructiveHintAnnotation(false),
	mcp.WithIdempotentHintAnnotation(true),
	mcp.WithOpenWorldHintAnnotation(false),
)

var notesListTool = mcp.NewTool("notes_list",
	mcp.WithDescription(`Your notes. Needs the scope "read".`),
	mcp.WithOutputSchema[noteList](),
	mcp.WithReadOnlyHintAnnotation(true),
	mcp.WithDestructiveHintAnnotation(false),
	mcp.WithIdempotentHintAnnotation(true),
	mcp.WithOpenWorldHintAnnotation(false),
)

var notesAddTool = mcp.NewTool("notes_add",
	mcp.WithDescription(`Add a note that only you can see. Needs the scope "write".`),
	mcp.WithString("text", mcp.Required(), mcp.MinLength(1), mcp.MaxLength(maxNoteLength),
		mcp.Description("What to remember.")),
	mcp.WithReadOnlyHintAnnotation(false),
	mcp.WithDestructiveHintAnnotation(false),
	mcp.WithIdempotentHintAnnotation(false),
	mcp.WithOpenWorldHintAnnotation(false),
)

var notesClearTool = mcp.NewTool("notes_clear",
	mcp.WithDescription(`Remove all of your notes. Needs the scope "admin".`),
	mcp.WithReadOnlyHintAnnotation(false),
	mcp.WithDestructiveHintAnnotation(true),
	mcp.WithIdempotentHintAnnotation(true),
	mcp.WithOpenWorldHintAnnotation(false),
)

var countdownTool = mcp.NewTool("countdown",
	mcp.WithDescription("Count down to zero, with a progress notification for each step if the call asks for progress."),
	mcp.WithInteger("from", mcp.DefaultNumber(3), mcp.Min(1), mcp.Max(maxCountdown),
		mcp.Description("Where to begin.")),
	mcp.WithInteger("interval_ms", mcp.DefaultNumber(200), mcp.Min(0), mcp.Max(maxInterval),
		mcp.Description("Milliseconds between two steps.")),
	mcp.WithReadOnlyHintAnnotation(true),
	mcp.WithDestructiveHintAnnotation(false),
	mcp.WithIdempotentHintAnnotation(true),
	mcp.WithOpenWorldHintAnnotation(false),
)

var askNameTool = mcp.NewTool("ask_name",
	mcp.WithDescription("Ask the user for a name, through the client, and greet it."),
	mcp.WithReadOnlyHintAnnotation(true),
	mcp.WithDestructiveHintAnnotation(false),
	mcp.WithIdempotentHintAnnotation(true),
	mcp.WithOpenWorldHintAnnotation(false),
)
