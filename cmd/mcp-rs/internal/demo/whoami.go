package demo

import (
	"context"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// An identity is what whoami answers. A member is absent when the credential has
// nothing to say about it.
type identity struct {
	Method  string   `json:"method" jsonschema:"how the caller was recognised: jwt, api_key, anonymous or disabled"`
	Issuer  string   `json:"issuer,omitempty" jsonschema:"who issued the token"`
	Subject string   `json:"subject,omitempty" jsonschema:"the user or service, or the name of the API key"`
	Client  string   `json:"client,omitempty" jsonschema:"the OAuth client"`
	Scopes  []string `json:"scopes" jsonschema:"what the credential grants"`
	Expiry  string   `json:"expiry,omitempty" jsonschema:"when the credential ends (RFC 3339)"`
}

// whoami is the tool whoami.
func whoami(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	p := middleware.PrincipalFrom(ctx)
	if p == nil {
		return mcp.NewToolResultError("nothing authenticated this call: the server is not behind its guard"), nil
	}
	who := identity{
		Method:  string(p.Method),
		Issuer:  p.Issuer,
		Subject: p.Subject,
		Client:  p.Client,
		Scopes:  append([]string{}, p.Scopes...), // [] rather than null
	}
	if !p.Expiry.IsZero() {
		who.Expiry = p.Expiry.UTC().Format(time.RFC3339)
	}
	return mcp.NewToolResultJSON(who)
}
