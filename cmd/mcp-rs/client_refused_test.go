package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// A refusal is a credential that is not good enough, and why.
type refusal struct {
	name   string
	who    credential
	reason string
}

func (d *deployment) refusals(t *testing.T) []refusal {
	t.Helper()
	impostor, err := jwkstest.New(d.issuer.URL) // says it is the issuer, has other keys
	if err != nil {
		t.Fatal(err)
	}
	alice := func(claims map[string]any) credential { return bearerOf(d.issuer.mint(claims)) }
	return []refusal{
		{"no token", nobody, "no_credential"},
		{"expired token", alice(map[string]any{"exp": ago()}), "expired"},
		{"token for another server", alice(map[string]any{"aud": "https://other.example.com/mcp"}), "wrong_audience"},
		{"token of another issuer", alice(map[string]any{"iss": "https://other.example.com"}), "wrong_issuer"},
		{"forged token", bearerOf(impostor.Mint(jwkstest.Token{Alg: "ES256", Claims: map[string]any{"aud": d.mcp}})), "unknown_key"},
		{"no token at all", bearerOf("opaque"), "opaque_token"},
		{"unknown API key", keyOf("dev-key-canary-124"), "unknown_api_key"},
	}
}

// A client without a good credential is told to get one, and where; and nothing
// that it asked for happens, in whatever way it asks.
func TestClientRefused(t *testing.T) {
	d := deploy(t, "MCP_SSE_ENABLED=true")
	for _, r := range d.refusals(t) {
		for _, path := range []string{"", aliasSuffix} {
			url := d.mcp + path
			t.Run(r.name+" "+endpointPath+path, func(t *testing.T) {
				for _, revision := range revisions {
					d.checkRefused(t, url, visit(t, url, revision, r.who).connect(t))
					d.checkRefused(t, url, visit(t, url, revision, r.who).burgle(t))
				}
				checkRefusedRaw(t, url, r.who)
			})
		}
		t.Run(r.name+" SSE", func(t *testing.T) {
			site := strings.TrimSuffix(d.mcp, endpointPath)
			_, err := visitSSE(t, site+"/sse", r.who)
			d.checkRefused(t, d.mcp, err)
			if status, _ := drained(t, raw(t, http.MethodPost, site+"/message?sessionId=1", r.who, nil, listTools)); status != http.StatusUnauthorized {
				t.Errorf("POST /message: %d", status)
			}
		})
		if !strings.Contains(d.log.String(), `"reason":"`+r.reason+`"`) {
			t.Errorf("%s: the log never says %s", r.name, r.reason)
		}
	}
	if strings.Contains(d.log.String(), `"msg":"admitted"`) {
		t.Error("somebody was admitted")
	}
	if notes := visit(t, d.mcp, modern, d.as("alice")).handshake(t).say(t, "notes_list", nil); notes != `{"notes":[]}` {
		t.Errorf("a tool ran: %s", notes)
	}
}

// burgle calls a tool that leaves a trace, without asking whether it may.
func (g *guest) burgle(t *testing.T) error {
	t.Helper()
	client.WithSession()(g.Client) // no handshake
	if err := g.Start(t.Context()); err != nil {
		return err
	}
	_, err := g.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "notes_add", Arguments: map[string]any{"text": "Alice was here"}}})
	return err
}

// checkRefused wants mcp-go's error for who needs a token, which names the document
// of this very address.
func (d *deployment) checkRefused(t *testing.T, url string, err error) {
	t.Helper()
	if !client.IsAuthorizationRequiredError(err) {
		t.Fatalf("error %v", err)
	}
	site := strings.TrimSuffix(d.mcp, endpointPath)
	want := site + "/.well-known/oauth-protected-resource" + strings.TrimPrefix(url, site)
	if got := client.GetResourceMetadataURL(err); got != want {
		t.Errorf("the metadata is at %s, want %s", got, want)
	}
}

// checkRefusedRaw wants the refusal before anything is known of the request: clients
// begin with a GET, and take 401 alone for an invitation to log in.
func checkRefusedRaw(t *testing.T, url string, who credential) {
	t.Helper()
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodPatch} {
		resp := raw(t, method, url, who, inSession("unknown"), "{")
		status, body := drained(t, resp)
		if status != http.StatusUnauthorized || !strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Bearer resource_metadata=") || strings.Contains(body, "jsonrpc") {
			t.Errorf("%s: %d, %v, %s", method, status, resp.Header.Values("WWW-Authenticate"), body)
		}
	}
}

// A listening client that is refused opens no stream.
func TestListeningClientRefused(t *testing.T) {
	d := deploy(t)
	g := visit(t, d.mcp, "2025-11-25", nobody, andListen())
	d.checkRefused(t, d.mcp, g.connect(t))
	for _, e := range g.wire.trips() {
		if e.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", e.method, e.status)
		}
	}
}
