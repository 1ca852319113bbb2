package mcpgo_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/mcpgo"
)

// Ten lines protect an mcp-go server.
func Example() {
	s := server.NewMCPServer("notes", "1.0.0")
	s.AddTool(mcp.NewTool("whoami"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(middleware.PrincipalFrom(ctx).Subject), nil
	})
	mux := http.NewServeMux()

	guard, err := middleware.New(middleware.Config{
		Resource: "https://mcp.example.com/mcp",                     // this server, and the only audience accepted
		Issuers:  []jwks.Issuer{{URL: "https://login.example.com"}}, // whose tokens to believe
		Scopes:   []string{"mcp:tools"},                             // what every caller must hold
	})
	if err != nil {
		log.Fatal(err) // every mistake in Config, together
	}
	mux.Handle("/mcp", guard.Handler(server.NewStreamableHTTPServer(s, // runs only for admitted requests
		server.WithHTTPContextFunc(mcpgo.Isolate(s)),
		server.WithDisableLocalhostProtection(true), // the guard checks Host
	)))
	mux.Handle(guard.Metadata())

	r := httptest.NewRequest(http.MethodPost, "https://mcp.example.com/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	// Output:
	// 401 Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp", scope="mcp:tools"
}

// The scopes of a tool stand beside it.
func ExampleRequireScopes() {
	wipe := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("wiped"), nil
	}
	tool := server.ServerTool{
		Tool:    mcp.NewTool("wipe", mcp.WithDestructiveHintAnnotation(true)),
		Handler: mcpgo.RequireScopes(wipe, "admin"),
	}

	for _, scopes := range [][]string{{"read"}, {"read", "admin"}} {
		p := &middleware.Principal{Method: middleware.MethodJWT, Subject: "alice", Scopes: scopes}
		result, _ := tool.Handler(middleware.WithPrincipal(context.Background(), p), mcp.CallToolRequest{})
		fmt.Println(mcp.GetTextFromContent(result.Content[0]))
	}
	// Output:
	// insufficient_scope: this tool needs scope "admin", and the credential of this call does not grant it
	// wiped
}

// The scopes of an OAuth request are one string; those of a tool are not.
func ExampleRequireScopes_incorrect() {
	defer func() { fmt.Println(recover()) }()
	mcpgo.RequireScopes(nil, "read write")
	// Output:
	// mcpgo: RequireScopes: "read write" is not a scope; write each one as an argument of its own
}

// Callers without a session are told apart by who they are.
func ExampleIsolate() {
	s := server.NewMCPServer("notes", "1.0.0")
	seen := map[string]bool{}
	s.AddTool(mcp.NewTool("session"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		seen[server.ClientSessionFromContext(ctx).SessionID()] = true
		return mcp.NewToolResultText("seen"), nil
	})
	h := server.NewStreamableHTTPServer(s,
		server.WithStateLess(true), server.WithDisableStreaming(true),
		server.WithHTTPContextFunc(mcpgo.Isolate(s)),
	)

	for _, subject := range []string{"alice", "bob", "alice"} {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"session"}}`))
		r.Header.Set("Content-Type", "application/json")
		p := &middleware.Principal{Method: middleware.MethodJWT, Subject: subject} // the guard's doing
		h.ServeHTTP(httptest.NewRecorder(), r.WithContext(middleware.WithPrincipal(r.Context(), p)))
	}
	fmt.Println(len(seen), "sessions; one without an id:", seen[""])
	// Output:
	// 2 sessions; one without an id: false
}
