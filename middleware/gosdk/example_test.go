package gosdk_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/gosdk"
)

// Ten lines protect a server of the SDK, as they do any handler. Here the issuer is a
// fake one, which listens on a port of its own.
func Example() {
	is := jwkstest.Start()
	defer is.Close()
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1.0.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "whoami"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: middleware.PrincipalFrom(ctx).Subject}}}, nil, nil
	})

	guard, err := middleware.New(middleware.Config{
		Resource: "https://mcp.example.com/mcp", // this server, and the only audience accepted
		Issuers:  []jwks.Issuer{{URL: is.URL}},  // whose tokens to believe
		Scopes:   []string{"mcp:tools"},         // what every caller must hold
	})
	if err != nil {
		log.Fatal(err) // every mistake in Config, together
	}
	h := gosdk.Handler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{JSONResponse: true})
	mux := http.NewServeMux()
	mux.Handle("/mcp", guard.Handler(h)) // h runs only for admitted requests
	mux.Handle(guard.Metadata())         // RFC 9728 document at its derived path; no method in the pattern

	w := initialize(mux, "")
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))

	alice := is.Mint(jwkstest.Token{Claims: map[string]any{"sub": "alice", "aud": "https://mcp.example.com/mcp", "scope": "mcp:tools"}})
	bob := is.Mint(jwkstest.Token{Claims: map[string]any{"sub": "bob", "aud": "https://mcp.example.com/mcp", "scope": "mcp:tools"}})
	session := initialize(mux, alice).Header().Get("Mcp-Session-Id")
	for _, token := range []string{alice, bob} {
		w = post(mux, token, session, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whoami"}}`)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 401 Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp", scope="mcp:tools"
	// 200 {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"alice"}]}}
	// 403 session user mismatch
}

// Without the adapter the SDK does not know who is admitted: a session is open to
// everyone who is, and whoever calls in it is taken for the one who opened it.
func Example_incorrect() {
	is := jwkstest.Start()
	defer is.Close()
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1.0.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "whoami"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: middleware.PrincipalFrom(ctx).Subject}}}, nil, nil
	})
	guard, err := middleware.New(middleware.Config{Resource: "https://mcp.example.com/mcp", Issuers: []jwks.Issuer{{URL: is.URL}}})
	if err != nil {
		log.Fatal(err)
	}
	h := guard.Handler(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{JSONResponse: true}))

	alice := is.Mint(jwkstest.Token{Claims: map[string]any{"sub": "alice", "aud": "https://mcp.example.com/mcp"}})
	bob := is.Mint(jwkstest.Token{Claims: map[string]any{"sub": "bob", "aud": "https://mcp.example.com/mcp"}})
	session := initialize(h, alice).Header().Get("Mcp-Session-Id")
	w := post(h, bob, session, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whoami"}}`)
	fmt.Println("bob is", strings.TrimSpace(w.Body.String()))
	// Output:
	// bob is {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"alice"}]}}
}

// Nothing here looks at credentials: that is the guard's work, and without one in front
// nobody gets in.
func ExampleHandler_incorrect() {
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1.0.0"}, nil)
	mux := http.NewServeMux()
	mux.Handle("/mcp", gosdk.Handler(func(*http.Request) *mcp.Server { return server }, nil))

	w := initialize(mux, "any token at all")
	fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	// Output: 500 gosdk: no guard has admitted this request; serve guard.Handler(gosdk.Handler(…))
}

func initialize(h http.Handler, token string) *httptest.ResponseRecorder {
	return post(h, token, "", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}`)
}

func post(h http.Handler, token, session, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "https://mcp.example.com/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
