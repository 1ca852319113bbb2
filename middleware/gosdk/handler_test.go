package gosdk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/gosdk"
)

// shapes are the ways to serve, with the revisions that each of them speaks.
var shapes = map[string]struct {
	opts      *mcp.StreamableHTTPOptions
	revisions []string
}{
	"sessions":              {nil, []string{"2025-03-26", "2025-06-18", "2025-11-25"}},
	"sessions, JSON":        {&mcp.StreamableHTTPOptions{JSONResponse: true}, []string{"2025-11-25"}},
	"stateless":             {&mcp.StreamableHTTPOptions{Stateless: true}, []string{"2025-03-26", "2025-11-25", modern}},
	"stateless, cancelling": {&mcp.StreamableHTTPOptions{Stateless: true, PropagateRequestCancellation: true}, []string{modern}},
}

// The SDK's own client reaches the tool in every revision, and the tool knows who
// calls, from the context and from the SDK's TokenInfo; and nothing of the credential.
func TestToolsKnowTheCaller(t *testing.T) {
	tools := []string{"mcp:tools"}
	callers := map[string]struct {
		with credential
		want identity
	}{
		"token": {tokenOf(login(), "alice"), identity{
			Method: "jwt", Issuer: login().URL, Subject: "alice", Scopes: tools, Expires: true,
			UserID: `"jwt" "https://login.example.com" "alice"`, InfoScopes: tools, InfoExpires: true,
		}},
		"API key, which has no end": {keyOf(apiKey), identity{
			Method: "api_key", Subject: "key-1", Scopes: tools,
			UserID: `"api_key" "" "key-1"`, InfoScopes: tools,
		}},
	}
	for shape, s := range shapes {
		site := newSite(t, config(t), newServer(), s.opts)
		for _, revision := range s.revisions {
			for name, c := range callers {
				t.Run(shape+" "+revision+" "+name, func(t *testing.T) {
					session, _ := site.visit(t, revision, c.with)
					if got := session.InitializeResult().ProtocolVersion; got != revision {
						t.Errorf("revision %s", got)
					}
					if hasSession := session.ID() != ""; hasSession != strings.HasPrefix(shape, "sessions") {
						t.Errorf("session %q", session.ID())
					}
					if got := ask(t, session); !reflect.DeepEqual(got, c.want) {
						t.Errorf("whoami says %+v, want %+v", got, c.want)
					}
				})
			}
		}
	}
}

// A client that asks for the newest revision is served by a server with sessions too.
func TestClientFallsBackToSessions(t *testing.T) {
	session, _ := newSite(t, config(t), newServer(), nil).visit(t, "", tokenOf(login(), "alice"))
	if got := session.InitializeResult().ProtocolVersion; got != "2025-11-25" || session.ID() == "" {
		t.Errorf("revision %s, session %q", got, session.ID())
	}
	if got := ask(t, session).Subject; got != "alice" {
		t.Errorf("whoami says %q", got)
	}
}

// Without a guard nobody gets in, whatever they send, and the placeholder is no
// password.
func TestNoGuardAdmitsNobody(t *testing.T) {
	reached := false
	h := gosdk.Handler(func(*http.Request) *mcp.Server {
		reached = true
		return newServer()
	}, nil)
	for name, with := range map[string]credential{
		"no credential":   {},
		"good token":      tokenOf(login(), "alice"),
		"API key":         keyOf(apiKey),
		"the placeholder": {"Authorization", "Bearer admitted-by-the-guard"},
	} {
		for _, method := range []string{"POST", "GET", "DELETE", "OPTIONS"} {
			r := httptest.NewRequest(method, resource, strings.NewReader(callWhoami))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "application/json, text/event-stream")
			with.set(r.Header)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "no guard has admitted this request") {
				t.Errorf("%s, %s: %d %s", name, method, w.Code, w.Body)
			}
		}
	}
	if reached {
		t.Error("a request got past")
	}
}

// The guard has judged expiry, with its own leeway and clock. The SDK's middleware
// judges with neither, and must not overrule it.
func TestGuardAloneJudgesExpiry(t *testing.T) {
	for _, name := range []string{"expired within the leeway", "expired long ago by the clock of this machine"} {
		t.Run(name, func(t *testing.T) {
			c, expiry := config(t), time.Now().Add(-30*time.Second)
			if strings.Contains(name, "long ago") {
				expiry = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
				c.Now = func() time.Time { return expiry.Add(-time.Minute) }
			}
			with := tokenOf(login(), "alice", "exp", expiry, "iat", expiry.Add(-time.Hour))
			session, _ := newSite(t, c, newServer(), nil).visit(t, "", with)
			if got := ask(t, session); !got.InfoExpires {
				t.Errorf("whoami says %+v", got)
			}
		})
	}
}

// What the guard leaves on the request is what tools see, and no placeholder.
func TestForwardedCredentialStaysTheClients(t *testing.T) {
	c := config(t)
	c.DangerouslyForwardCredential = true
	with := tokenOf(login(), "alice")
	session, _ := newSite(t, c, newServer(), nil).visit(t, "", with)
	if got := ask(t, session).Credentials; len(got) != 1 || got[0] != "Authorization: "+with.value {
		t.Error("the tool does not see the client's own credential, and it alone")
	}
}

// Whoever may pass without a credential is nobody to the SDK, and known to tools.
func TestCallersWithoutIdentity(t *testing.T) {
	for method, loosen := range map[middleware.Method]func(*middleware.Config){
		middleware.MethodAnonymous: func(c *middleware.Config) { c.DangerouslyAllowAnonymous, c.Scopes = true, nil },
		middleware.MethodDisabled:  func(c *middleware.Config) { c.DangerouslyDisableAuthentication = true },
	} {
		for shape, s := range shapes {
			t.Run(string(method)+" "+shape, func(t *testing.T) {
				c := config(t)
				loosen(&c)
				session, _ := newSite(t, c, newServer(), s.opts).visit(t, s.revisions[0], credential{})
				if got := ask(t, session); !reflect.DeepEqual(got, identity{Method: string(method)}) {
					t.Errorf("whoami says %+v", got)
				}
			})
		}
	}
}

// Middleware of the server's own, and the function that chooses the server, know the
// caller as tools do.
func TestWhatElseKnowsTheCaller(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]string{}
	note := func(what string, ctx context.Context) {
		mu.Lock()
		defer mu.Unlock()
		if p := middleware.PrincipalFrom(ctx); p == nil {
			seen[what] = "nobody"
		} else if seen[what] == "" {
			seen[what] = p.Subject
		}
	}
	s := newServer()
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			note(method, ctx)
			return next(ctx, method, req)
		}
	})
	s.AddPrompt(&mcp.Prompt{Name: "p"}, func(ctx context.Context, _ *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		note("prompt", ctx)
		return &mcp.GetPromptResult{}, nil
	})
	s.AddResource(&mcp.Resource{Name: "r", URI: "note://r"}, func(ctx context.Context, _ *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		note("resource", ctx)
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: "note://r", Text: "x"}}}, nil
	})
	guard, err := middleware.New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	h := gosdk.Handler(func(r *http.Request) *mcp.Server {
		note("choice of server", r.Context())
		return s
	}, nil)
	session, _ := listen(t, guard.Handler(h)).visit(t, "2025-11-25", tokenOf(login(), "alice"))
	ask(t, session)
	if _, err := session.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "p"}); err != nil {
		t.Error(err)
	}
	if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "note://r"}); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, what := range []string{"choice of server", "initialize", "notifications/initialized", "tools/call", "prompt", "resource"} {
		if seen[what] != "alice" {
			t.Errorf("%s: %q", what, seen[what])
		}
	}
}

// A TokenInfo is the tool's to do with as it likes, and changes nobody's rights.
func TestTokenInfoIsACopy(t *testing.T) {
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "whoami"}, func(ctx context.Context, req *mcp.CallToolRequest, in struct{}) (*mcp.CallToolResult, identity, error) {
		req.Extra.TokenInfo.Scopes[0] = "admin"
		return whoami(ctx, req, in)
	})
	session, _ := newSite(t, config(t), s, nil).visit(t, "", tokenOf(login(), "alice"))
	if got := ask(t, session).Scopes; !slices.Equal(got, []string{"mcp:tools"}) {
		t.Errorf("scopes %v", got)
	}
}

// The caller's options are copied, and what is not the guard's business is kept.
func TestOptionsAreTheCallers(t *testing.T) {
	opts := mcp.StreamableHTTPOptions{MaxRequestBodyBytes: 10}
	site := newSite(t, config(t), newServer(), &opts)
	if opts.DisableLocalhostProtection {
		t.Error("the caller's options were changed")
	}
	if status, body := site.post(t, "", tokenOf(login(), "alice"), callWhoami); status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", status, body)
	}
}

// A server that nobody chose is the SDK's to answer for.
func TestNoServerIsChosen(t *testing.T) {
	if status, body := newSite(t, config(t), nil, nil).post(t, "", tokenOf(login(), "alice"), callWhoami); status != http.StatusBadRequest {
		t.Errorf("%d %s", status, body)
	}
}

func TestHandlerWantsAServer(t *testing.T) {
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "getServer is nil") {
			t.Errorf("panic %q", text)
		}
	}()
	gosdk.Handler(nil, nil)
}
