package middleware_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// addDocuments puts beside a guard what a whole server has: a document of the provider,
// registration, the root path of the guard's document, and 404 for every other.
func addDocuments(t *testing.T, mux *http.ServeMux, g *middleware.Guard, next http.Handler, document string) {
	at, own := g.Metadata()
	if at == metadata.ResourcePrefix {
		mux.Handle("/{$}", g.Handler(next)) // the resource is the whole host
	} else {
		mux.Handle(metadata.ResourcePrefix, own)
	}
	mux.Handle("/", metadata.NotFound())
	if document != "" {
		mux.Handle(metadata.ServerPrefix, providerDocument(t, document))
		mux.Handle("/register", registration(t))
	}
}

// providerDocument is what is published of a provider: "mirror", "patch", or "patch_iss"
// for a patch where the provider sends "iss".
func providerDocument(t *testing.T, mode string) http.Handler {
	provider := metadata.Mirror{Issuer: issuer().URL, Fetcher: &metadata.Fetcher{Transport: bare{sendsIssuer: mode == "patch_iss"}}}
	var h http.Handler
	var err error
	switch mode {
	case "mirror":
		h, err = provider.Handler()
	case "patch", "patch_iss":
		h, err = metadata.Patch{As: "https://mcp.example.com", Provider: provider, Registration: "https://mcp.example.com/register"}.Handler()
	default:
		t.Fatalf("unknown document %q", mode)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func registration(t *testing.T) http.Handler {
	h, err := metadata.Registration{
		ClientID:     "public-client",
		RedirectURIs: []string{"https://app.example.com/callback", "http://127.0.0.1/callback"},
		Limit: func(r *http.Request) time.Duration {
			if r.Header.Get("X-Test") == "used up" {
				return 20 * time.Second
			}
			return 0
		},
		Now: now,
	}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// bare is a provider whose document lacks what MCP clients insist on.
type bare struct{ sendsIssuer bool }

func (b bare) RoundTrip(r *http.Request) (*http.Response, error) {
	text := `{"issuer":"https://login.example.com","authorization_endpoint":"https://auth.example.com/authorize","token_endpoint":"https://auth.example.com/token"`
	if b.sendsIssuer {
		text += `,"authorization_response_iss_parameter_supported":true`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text + "}")), Request: r}, nil
}
