package gosdk_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// policy says who may use what newLibrary has.
func policy(listing middleware.Listing) *middleware.Policy {
	return &middleware.Policy{
		Tools: map[string]middleware.Rule{
			"whoami": {},
			"wipe":   {Scopes: []string{"admin"}},
			"ask":    {},
			"never":  {Deny: true},
		},
		Prompts:   map[string]middleware.Rule{"hello": {}, "orders": {Scopes: []string{"admin"}}},
		Resources: []middleware.ResourceRule{{URI: "note://open/*"}, {URI: "note://shut/*", Rule: middleware.Rule{Scopes: []string{"admin"}}}},
		Listing:   listing,
	}
}

// newLibrary is a server with something of every kind. The tool ask wants the scope
// "read" once it runs; done counts what was executed.
func newLibrary(done *atomic.Int32) *mcp.Server {
	s := newServer()
	count := func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		done.Add(1)
		return &mcp.CallToolResult{}, nil, nil
	}
	mcp.AddTool(s, &mcp.Tool{Name: "wipe"}, count)
	mcp.AddTool(s, &mcp.Tool{Name: "never"}, count)
	mcp.AddTool(s, &mcp.Tool{Name: "unheard of"}, count)
	mcp.AddTool(s, &mcp.Tool{Name: "ask"}, func(ctx context.Context, req *mcp.CallToolRequest, in struct{}) (*mcp.CallToolResult, any, error) {
		if err := middleware.RequireScopes(ctx, "read"); err != nil {
			return nil, nil, err
		}
		return count(ctx, req, in)
	})
	for _, name := range []string{"hello", "orders"} {
		s.AddPrompt(&mcp.Prompt{Name: name}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			done.Add(1)
			return &mcp.GetPromptResult{}, nil
		})
	}
	read := func(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		done.Add(1)
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: req.Params.URI, Text: "text"}}}, nil
	}
	for _, uri := range []string{"note://open/1", "note://shut/1"} {
		s.AddResource(&mcp.Resource{Name: uri, URI: uri}, read)
	}
	for _, uri := range []string{"note://open/{id}", "note://shut/{id}"} {
		s.AddResourceTemplate(&mcp.ResourceTemplate{Name: uri, URITemplate: uri}, read)
	}
	return s
}

// Lists show what the guard's policy says, in every shape and revision, and no cache may
// show one caller the list of another.
func TestListsFollowThePolicy(t *testing.T) {
	admin := tokenOf(login(), "alice", "scope", "mcp:tools admin")
	few := "ask whoami hello note://open/1 note://open/{id}"
	all := "ask whoami wipe hello orders note://open/1 note://shut/1 note://open/{id} note://shut/{id}"
	for name, test := range map[string]struct {
		with    credential
		listing middleware.Listing
		want    string
	}{
		"what an API key lacks is hidden":   {keyOf(apiKey), middleware.ListingAuto, few},
		"what it lacks is shown if so set":  {keyOf(apiKey), middleware.ListingShow, all},
		"a user can step up and is shown":   {tokenOf(login(), "alice"), middleware.ListingAuto, all},
		"a user is not shown it, if so set": {tokenOf(login(), "alice"), middleware.ListingHide, few},
		"what a caller may use is not hid":  {admin, middleware.ListingHide, all},
	} {
		for shape, s := range shapes {
			c := config(t)
			c.Policy = policy(test.listing)
			site := newSite(t, c, newLibrary(new(atomic.Int32)), s.opts)
			for _, revision := range s.revisions {
				t.Run(name+" "+shape+" "+revision, func(t *testing.T) {
					session, _ := site.visit(t, revision, test.with)
					if got := listAll(t, session); got != test.want {
						t.Errorf("lists show %s\nwant %s", got, test.want)
					}
				})
			}
		}
	}
}

// listAll is all that the lists show.
func listAll(t *testing.T, session *mcp.ClientSession) string {
	t.Helper()
	var names, scopes []string
	tools, err1 := session.ListTools(t.Context(), nil)
	prompts, err2 := session.ListPrompts(t.Context(), nil)
	resources, err3 := session.ListResources(t.Context(), nil)
	templates, err4 := session.ListResourceTemplates(t.Context(), nil)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range tools.Tools {
		names = append(names, tool.Name)
	}
	for _, prompt := range prompts.Prompts {
		names = append(names, prompt.Name)
	}
	for _, resource := range resources.Resources {
		names = append(names, resource.URI)
	}
	for _, template := range templates.ResourceTemplates {
		names = append(names, template.URITemplate)
	}
	scopes = append(scopes, tools.CacheScope, prompts.CacheScope, resources.CacheScope, templates.CacheScope)
	if slices.ContainsFunc(scopes, func(s string) bool { return s != "private" }) {
		t.Errorf("lists may be cached: %q", scopes)
	}
	return strings.Join(names, " ")
}

// What the server keeps for all callers is not changed for one.
func TestSharedListStaysWhole(t *testing.T) {
	var kept mcp.Result
	s := newLibrary(new(atomic.Int32))
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if method != "tools/list" {
				return next(ctx, method, req)
			}
			if kept == nil {
				kept, _ = next(ctx, method, req)
			}
			return kept, nil
		}
	})
	c := config(t)
	c.Policy = policy(middleware.ListingHide)
	site := newSite(t, c, s, nil)
	for _, caller := range []struct {
		with  credential
		tools int
	}{{keyOf(apiKey), 2}, {tokenOf(login(), "alice", "scope", "mcp:tools admin"), 3}, {keyOf(apiKey), 2}} {
		session, _ := site.visit(t, "2025-11-25", caller.with)
		list, err := session.ListTools(t.Context(), nil)
		if err != nil || len(list.Tools) != caller.tools {
			t.Errorf("%d tools, want %d; %v", len(list.Tools), caller.tools, err)
		}
	}
}

// Without a policy lists are whole, and an empty list is a list.
func TestListsWithoutPolicyAreWhole(t *testing.T) {
	session, _ := newSite(t, config(t), newLibrary(new(atomic.Int32)), nil).visit(t, "", keyOf(apiKey))
	if got := listAll(t, session); !strings.HasPrefix(got, "ask never unheard of whoami wipe hello orders ") {
		t.Errorf("lists show %s", got)
	}
	c := config(t)
	c.Policy = &middleware.Policy{Default: middleware.DefaultDeny}
	site := newSite(t, c, newServer(), &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	if status, body := site.post(t, "", keyOf(apiKey), `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); status != http.StatusOK || !strings.Contains(body, `"tools":[]`) {
		t.Errorf("%d %s", status, body)
	}
}

// In a session too a list is made for the token of the request that asks for it.
func TestListsFollowARenewedToken(t *testing.T) {
	c := config(t)
	c.Policy = policy(middleware.ListingHide)
	session, alice := newSite(t, c, newLibrary(new(atomic.Int32)), nil).visit(t, "2025-11-25", tokenOf(login(), "alice", "scope", "mcp:tools admin"))
	for scope, tools := range map[string]int{"mcp:tools": 2, "mcp:tools admin": 3} {
		alice.renew(tokenOf(login(), "alice", "scope", scope))
		list, err := session.ListTools(t.Context(), nil)
		if err != nil || len(list.Tools) != tools {
			t.Errorf("%d tools with %s; %v", len(list.Tools), scope, err)
		}
	}
}

// The SDK's client steps up to what an operation needs: where a rule says so before the
// server hears of it, and where a tool finds out. In a session that means that the tool
// asks about this request, and not the one that opened the session.
func TestClientStepsUpForOneOperation(t *testing.T) {
	for name, test := range map[string]struct{ tool, scope string }{
		"by a rule":   {"wipe", "mcp:tools admin"},
		"by the tool": {"ask", "read mcp:tools"},
	} {
		for shape, s := range shapes {
			t.Run(name+" "+shape, func(t *testing.T) {
				a := &authorizer{token: tokenOf(login(), "alice")}
				a.grant = func(params map[string]string) (credential, error) {
					return tokenOf(login(), "alice", "scope", params["scope"]), nil
				}
				c, done := config(t), new(atomic.Int32)
				c.Policy = policy(middleware.ListingAuto)
				session, err := newSite(t, c, newLibrary(done), s.opts).signIn(t, a)
				if err != nil {
					t.Fatal(err)
				}
				result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: test.tool})
				if err != nil || result.IsError || done.Load() != 1 {
					t.Fatalf("%+v, %v, executed %d times", result, err, done.Load())
				}
				if !slices.Equal(a.statuses, []int{http.StatusForbidden}) || a.asked[0]["error"] != "insufficient_scope" || !sameWords(a.asked[0]["scope"], test.scope) {
					t.Errorf("authorized after %v %v", a.statuses, a.asked)
				}
			})
		}
	}
}

func sameWords(a, b string) bool {
	return slices.Equal(slices.Sorted(strings.FieldsSeq(a)), slices.Sorted(strings.FieldsSeq(b)))
}

// Nothing that the policy refuses is executed.
func TestServerNeverHearsWhatThePolicyRefuses(t *testing.T) {
	for shape, s := range shapes {
		t.Run(shape, func(t *testing.T) {
			c, done := config(t), new(atomic.Int32)
			c.Policy = policy(middleware.ListingAuto)
			site := newSite(t, c, newLibrary(done), s.opts)
			// The SDK's client closes a connection on which it hears 403.
			enter := func() *mcp.ClientSession {
				session, _ := site.visit(t, s.revisions[0], keyOf(apiKey))
				return session
			}
			for _, tool := range []string{"wipe", "ask", "never", "unheard of"} {
				if result, err := enter().CallTool(t.Context(), &mcp.CallToolParams{Name: tool}); err == nil {
					t.Errorf("%s: %+v", tool, result)
				}
			}
			if _, err := enter().GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "orders"}); err == nil {
				t.Error("a prompt was given")
			}
			if _, err := enter().ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "note://shut/1"}); err == nil {
				t.Error("a resource was given")
			}
			if done.Load() > 0 {
				t.Errorf("%d executed", done.Load())
			}
			if _, err := enter().ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "note://open/1"}); err != nil || done.Load() != 1 {
				t.Errorf("what is allowed: %v", err)
			}
		})
	}
}
