package middleware_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// Ten lines protect any handler. Here the issuer is a fake one, which listens on a
// port of its own.
func ExampleNew() {
	is := jwkstest.Start()
	defer is.Close()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello", middleware.PrincipalFrom(r.Context()).Subject)
	})

	guard, err := middleware.New(middleware.Config{
		Resource: "https://mcp.example.com/mcp", // this server, and the only audience accepted
		Issuers:  []jwks.Issuer{{URL: is.URL}},  // whose tokens to believe
		Scopes:   []string{"mcp:tools"},         // what every caller must hold
	})
	if err != nil {
		log.Fatal(err) // every mistake in Config, together
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", guard.Handler(h)) // h runs only for admitted requests
	mux.Handle(guard.Metadata())         // RFC 9728 document at its derived path; no method in the pattern

	w := call(mux, "POST", "/mcp")
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))

	token := is.Mint(jwkstest.Token{Claims: map[string]any{"aud": "https://mcp.example.com/mcp", "scope": "mcp:tools"}})
	w = call(mux, "POST", "/mcp", "Authorization", "Bearer "+token)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 401 Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp", scope="mcp:tools"
	// 200 hello alice
}

// All that is wrong is said at once, and what to write instead.
func ExampleNew_incorrect() {
	_, err := middleware.New(middleware.Config{
		Resource:       "http://mcp.example.com/mcp", // clients refuse to send tokens in the clear
		Scopes:         []string{"read write"},       // one scope, of a strange name
		AllowedOrigins: []string{"https://app.example.com/"},
	})
	fmt.Println(err)
	// Output:
	// Scopes[0]: "read write" is not a scope; write one scope an entry, without spaces, quotes or \ (RFC 6749 §3.3)
	// Resource: the resource URL must start with https://; http:// is accepted only for a loopback host
	// AllowedOrigins[0]: is "https://app.example.com/"; write scheme, host and port only, in lower case and without the default port, such as https://app.example.com
	// Issuers: is empty, as is Opaque, and APIKeys is nil, so nobody could ever sign in; name an issuer or give API keys
}

// exampleGuard accepts one API key, so that the examples need no provider.
func exampleGuard(aliases ...string) *middleware.Guard {
	keys, err := apikey.New(apikey.Config{Keys: []string{"dev-key-123"}, Scopes: []string{"read"}})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := middleware.New(middleware.Config{Resource: "https://mcp.example.com/mcp", Aliases: aliases, APIKeys: keys})
	if err != nil {
		log.Fatal(err)
	}
	return guard
}

func call(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://mcp.example.com"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func ExamplePrincipalFrom() {
	h := exampleGuard().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := middleware.PrincipalFrom(r.Context())
		fmt.Println(p.Method, p.Subject, p.HasScopes("read"), p.HasScopes("read", "write"))
		fmt.Println("key in the request:", r.Header.Get("X-API-Key") != "")
	}))
	call(h, "POST", "/mcp", "X-API-Key", "dev-key-123")
	// Output:
	// api_key key-1 true false
	// key in the request: false
}

// A handler is tested without a guard.
func ExampleWithPrincipal() {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("hello", middleware.PrincipalFrom(r.Context()).Subject)
	})
	r := httptest.NewRequest("GET", "/mcp", nil)
	alice := &middleware.Principal{Method: middleware.MethodJWT, Subject: "alice"}
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(middleware.WithPrincipal(r.Context(), alice)))
	// Output: hello alice
}

// Check is the decision alone: for whoever answers in another way.
func ExampleGuard_Check() {
	guard := exampleGuard()
	for _, key := range []string{"dev-key-123", "guessed"} {
		r := httptest.NewRequest("POST", "https://mcp.example.com/mcp", nil)
		r.Header.Set("X-API-Key", key)
		p, err := guard.Check(r)
		if err != nil {
			denial := middleware.DenialOf(err)
			fmt.Println("no:", denial.Status, denial.Reason)
			continue
		}
		fmt.Println("yes:", p.Subject)
	}
	// Output:
	// yes: key-1
	// no: 401 unknown_api_key
}

// Each URL of a server has a document of its own, and clients insist on it.
func ExampleGuard_For() {
	guard := exampleGuard("https://mcp.example.com/mcp/messages")
	messages := guard.For("https://mcp.example.com/mcp/messages")
	h := http.NotFoundHandler()
	mux := http.NewServeMux()
	mux.Handle("/mcp", guard.Handler(h))
	mux.Handle("/mcp/messages", messages.Handler(h))
	mux.Handle(guard.Metadata())
	mux.Handle(messages.Metadata())

	fmt.Print(call(mux, "GET", "/.well-known/oauth-protected-resource/mcp").Body)
	fmt.Print(call(mux, "GET", "/.well-known/oauth-protected-resource/mcp/messages").Body)
	// Output:
	// {"resource":"https://mcp.example.com/mcp","bearer_methods_supported":["header"]}
	// {"resource":"https://mcp.example.com/mcp/messages","bearer_methods_supported":["header"]}
}

func ExampleGuard_Metadata() {
	guard := exampleGuard()
	mux := http.NewServeMux()
	mux.Handle(guard.Metadata())
	pattern, _ := guard.Metadata()
	fmt.Println(pattern)
	fmt.Println(call(mux, "GET", pattern).Code, call(mux, "OPTIONS", pattern).Code)
	// Output:
	// /.well-known/oauth-protected-resource/mcp
	// 200 204
}

// With a method in the pattern the preflights of browsers are refused, and no client
// in a page can sign in.
func ExampleGuard_Metadata_incorrect() {
	pattern, h := exampleGuard().Metadata()
	mux := http.NewServeMux()
	mux.Handle("GET "+pattern, h)
	fmt.Println(call(mux, "GET", pattern).Code, call(mux, "OPTIONS", pattern).Code)
	// Output: 200 405
}

func ExampleGuard_Handler() {
	h := exampleGuard().Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "tools")
	}))
	for _, method := range []string{"GET", "POST", "DELETE"} {
		fmt.Println(method, call(h, method, "/mcp").Code, call(h, method, "/mcp", "X-API-Key", "dev-key-123").Code)
	}
	// Output:
	// GET 401 200
	// POST 401 200
	// DELETE 401 200
}

// A log that wraps the http.ResponseWriter, as many do, takes streaming away: mcp-go
// asks the writer itself whether it is an http.Flusher. The guard passes on the
// writer that it gets; so must all that stands around it, or implement Flush.
func ExampleGuard_Handler_incorrect() {
	type statusWriter struct{ http.ResponseWriter }
	logged := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(statusWriter{w}, r)
		})
	}
	h := exampleGuard().Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, streams := w.(http.Flusher)
		fmt.Println("streams:", streams)
	}))
	call(h, "GET", "/mcp", "X-API-Key", "dev-key-123")
	call(logged(h), "GET", "/mcp", "X-API-Key", "dev-key-123")
	// Output:
	// streams: true
	// streams: false
}

func ExampleDenialOf() {
	_, err := exampleGuard().Check(httptest.NewRequest("POST", "https://mcp.example.com/mcp?access_token=x", nil))
	denial := middleware.DenialOf(err)
	fmt.Println(denial.Status, denial.Code, denial.Reason)
	// Output: 400 invalid_request malformed_request
}
