package gosdk_test

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/gosdk"
)

// A server keeps its middleware, so it must be given it once, however many requests
// there are.
func TestServerIsToldOnce(t *testing.T) {
	s := newServer()
	server, size := gosdk.Roster(func(*http.Request) *mcp.Server { return s })
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 1000 {
				if server(nil) != s {
					t.Error("another server")
				}
			}
		})
	}
	wg.Wait()
	if size() != 1 {
		t.Errorf("%d servers", size())
	}
	allocated := testing.AllocsPerRun(1000, func() { server(nil) })
	if allocated > 0 {
		t.Errorf("%v allocations for a server that is known", allocated)
	}
}

// A program may make a server for each request: none of them stays.
func TestServersAreForgotten(t *testing.T) {
	server, size := gosdk.Roster(func(*http.Request) *mcp.Server { return newServer() })
	for range 100 {
		server(nil)
	}
	if size() == 0 {
		t.Fatal("no server was told")
	}
	for deadline := time.Now().Add(patience); size() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d servers are left", size())
		}
		runtime.GC()
	}
}

// A server for each caller, made anew for each request.
func TestServerForEachCaller(t *testing.T) {
	guard, err := middleware.New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	h := gosdk.Handler(func(r *http.Request) *mcp.Server {
		s := newServer()
		if middleware.PrincipalFrom(r.Context()).Subject == "alice" {
			mcp.AddTool(s, &mcp.Tool{Name: "hers"}, whoami)
		}
		return s
	}, &mcp.StreamableHTTPOptions{Stateless: true})
	site := listen(t, guard.Handler(h))
	for subject, tools := range map[string]int{"alice": 2, "bob": 1} {
		session, _ := site.visit(t, modern, tokenOf(login(), subject))
		list, err := session.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Tools) != tools || ask(t, session).Subject != subject {
			t.Errorf("%s has %d tools", subject, len(list.Tools))
		}
	}
}

// A server may be reached in other ways too, which have no guard in front: what their
// program put into the context is its own affair.
func TestOtherWaysKeepTheirContext(t *testing.T) {
	var mu sync.Mutex
	var subjects []string
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	s.AddTool(&mcp.Tool{Name: "who", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		mu.Lock()
		defer mu.Unlock()
		subject := "nobody"
		if p := middleware.PrincipalFrom(ctx); p != nil {
			subject = p.Subject
		}
		subjects = append(subjects, subject)
		return &mcp.CallToolResult{}, nil
	})
	server, _ := gosdk.Roster(func(*http.Request) *mcp.Server { return s })
	server(nil)

	inMemory := func(ctx context.Context) mcp.Transport {
		near, far := mcp.NewInMemoryTransports()
		if _, err := s.Connect(ctx, far, nil); err != nil {
			t.Fatal(err)
		}
		return near
	}
	open := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{DisableLocalhostProtection: true})
	verified := auth.RequireBearerToken(func(context.Context, string, *http.Request) (*auth.TokenInfo, error) {
		return &auth.TokenInfo{Expiration: time.Now().Add(time.Hour)}, nil
	}, nil)(open)
	overHTTP := func(h http.Handler) mcp.Transport {
		c := &caller{site: listen(t, h), with: credential{"Authorization", "Bearer other"}}
		return &mcp.StreamableClientTransport{Endpoint: endpoint, HTTPClient: &http.Client{Transport: c}}
	}
	tester := middleware.WithPrincipal(t.Context(), &middleware.Principal{Subject: "tester"})
	for _, way := range []mcp.Transport{inMemory(t.Context()), inMemory(tester), overHTTP(open), overHTTP(verified)} {
		session, err := connect(t, "2025-11-25", way)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "who"}); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"nobody", "tester", "nobody", "nobody"}; !slices.Equal(subjects, want) {
		t.Errorf("called by %v, want %v", subjects, want)
	}
}
