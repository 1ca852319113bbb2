package gosdk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/gosdk"
)

const (
	resource         = "https://mcp.example.com/mcp"
	resourceDocument = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"

	// endpoint is the resource as it is reached behind a proxy on the same machine:
	// over loopback, without TLS, under its public name.
	endpoint = "http://mcp.example.com/mcp"

	apiKey = "dev-key-123"
	modern = "2026-07-28" // has no sessions

	// patience bounds every wait for something that takes milliseconds.
	patience = 10 * time.Second
)

// newIssuer publishes one ES256 key; RSA keys take long to make.
func newIssuer(url string) *jwkstest.Issuer {
	is, err := jwkstest.New(url)
	if err != nil {
		panic(err)
	}
	is.RemoveKey(is.KeyIDs()[0])
	is.SetAudience(resource)
	return is
}

// login and other are the providers that every guard here believes.
var (
	login = sync.OnceValue(func() *jwkstest.Issuer { return newIssuer("https://login.example.com") })
	other = sync.OnceValue(func() *jwkstest.Issuer { return newIssuer("https://other.example.com") })
)

// A credential is a header and its value. The zero value is none at all.
type credential struct{ header, value string }

func (c credential) set(h http.Header) {
	if c.header != "" {
		h.Set(c.header, c.value)
	}
}

func keyOf(key string) credential { return credential{"X-API-Key", key} }

// tokenOf is a new token of is for subject, with claims given as name, value, ….
func tokenOf(is *jwkstest.Issuer, subject string, claims ...any) credential {
	all := map[string]any{"sub": subject, "scope": "mcp:tools", "client_id": "app"}
	for i := 0; i < len(claims); i += 2 {
		all[claims[i].(string)] = claims[i+1]
	}
	return credential{"Authorization", "Bearer " + is.Mint(jwkstest.Token{Claims: all})}
}

// config is a guard in ordinary use: issuers, an API key, one scope.
func config(t testing.TB) middleware.Config {
	t.Helper()
	keys, err := apikey.New(apikey.Config{Keys: []string{apiKey}, Scopes: []string{"mcp:tools"}})
	if err != nil {
		t.Fatal(err)
	}
	return middleware.Config{
		Resource: resource,
		Issuers: []jwks.Issuer{
			{URL: login().URL, Algorithms: []string{"ES256"}},
			{URL: other().URL, Algorithms: []string{"ES256"}},
		},
		APIKeys:   keys,
		Scopes:    []string{"mcp:tools"},
		Transport: jwkstest.Network(login(), other()),
	}
}

// An identity is what the tool whoami knows of its caller: from the context, from the
// SDK's request, and from the headers.
type identity struct {
	Method, Issuer, Subject string
	Scopes                  []string
	Expires                 bool

	UserID      string
	InfoScopes  []string
	InfoExpires bool
	Credentials []string // headers
}

func whoami(ctx context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, identity, error) {
	p, info := middleware.PrincipalFrom(ctx), req.Extra.TokenInfo
	who := identity{
		Method: string(p.Method), Issuer: p.Issuer, Subject: p.Subject, Scopes: p.Scopes, Expires: !p.Expiry.IsZero(),
		UserID: info.UserID, InfoScopes: info.Scopes, InfoExpires: !info.Expiration.IsZero(),
	}
	if !info.Expiration.Equal(p.Expiry) {
		return nil, who, fmt.Errorf("Expiration %v of a principal that ends %v", info.Expiration, p.Expiry)
	}
	for _, name := range []string{"Authorization", "X-Api-Key"} {
		if v := req.Extra.Header.Get(name); v != "" {
			who.Credentials = append(who.Credentials, name+": "+v)
		}
	}
	return nil, who, nil
}

func newServer() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "whoami"}, whoami)
	return s
}

// A site is a guarded server on a loopback port.
type site struct{ dial http.RoundTripper }

func newSite(t *testing.T, c middleware.Config, s *mcp.Server, opts *mcp.StreamableHTTPOptions) *site {
	t.Helper()
	guard, err := middleware.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", guard.Handler(gosdk.Handler(func(*http.Request) *mcp.Server { return s }, opts)))
	mux.Handle(guard.Metadata())
	return listen(t, mux)
}

// listen serves h under any name.
func listen(t *testing.T, h http.Handler) *site {
	t.Helper()
	srv := httptest.NewServer(h)
	dial := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
	}}
	t.Cleanup(func() {
		dial.CloseIdleConnections()
		srv.CloseClientConnections()
		srv.Close()
	})
	return &site{dial}
}

// A caller sends a credential, which can be replaced, with every request.
type caller struct {
	site *site
	mu   sync.Mutex
	with credential
}

func (c *caller) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	c.mu.Lock()
	c.with.set(r.Header)
	c.mu.Unlock()
	return c.site.dial.RoundTrip(r)
}

func (c *caller) renew(with credential) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.with = with
}

// visit connects the SDK's own client in one revision of the protocol.
func (s *site) visit(t *testing.T, revision string, with credential) (*mcp.ClientSession, *caller) {
	t.Helper()
	c := &caller{site: s, with: with}
	session, err := connect(t, revision, &mcp.StreamableClientTransport{Endpoint: endpoint, HTTPClient: &http.Client{Transport: c}})
	if err != nil {
		t.Fatal(err)
	}
	return session, c
}

func connect(t *testing.T, revision string, transport mcp.Transport) (*mcp.ClientSession, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client := mcp.NewClient(&mcp.Implementation{Name: "visitor", Version: "1"}, nil)
	session, err := client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: revision})
	if err == nil {
		t.Cleanup(func() { _ = session.Close() })
	}
	return session, err
}

// ask calls whoami.
func ask(t *testing.T, session *mcp.ClientSession) identity {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "whoami"})
	if err != nil {
		t.Fatal(err)
	}
	return readIdentity(t, result)
}

func readIdentity(t *testing.T, result *mcp.CallToolResult) (who identity) {
	t.Helper()
	if result.IsError {
		t.Fatal(result.Content[0].(*mcp.TextContent).Text)
	}
	raw, err := json.Marshal(result.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &who); err != nil {
		t.Fatal(err)
	}
	return who
}

const callWhoami = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`

// post sends a message by hand, and reads the answer to its end.
func (s *site) post(t *testing.T, sessionID string, with credential, message string) (status int, body string) {
	t.Helper()
	resp := s.send(t, http.MethodPost, sessionID, with, message)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(raw))
}

// send is one request by hand, with a session id if there is one.
func (s *site) send(t *testing.T, method, sessionID string, with credential, message string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	resp, err := s.dial.RoundTrip(newRequest(ctx, method, sessionID, with, message))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func newRequest(ctx context.Context, method, sessionID string, with credential, message string) *http.Request {
	r, err := http.NewRequestWithContext(ctx, method, endpoint, strings.NewReader(message))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Accept", "application/json, text/event-stream")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if sessionID != "" {
		r.Header.Set("Mcp-Session-Id", sessionID)
	}
	with.set(r.Header)
	return r
}
