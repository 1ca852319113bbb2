package preset_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// What a preset says of the provider's document is what the document says.
func TestDocuments(t *testing.T) {
	each(t, func(t *testing.T, provider string, g group) {
		p := g.provider(t, provider)
		switch want := p.Metadata; {
		case len(p.AuthorizationServers) > 1:
			t.Errorf("clients use the first of %q", p.AuthorizationServers)
		case len(p.AuthorizationServers) == 0 && want != preset.Off:
			t.Error("there is no authorization server whose document could be published")
		case p.AuthorizationEndpoint != "" && want != preset.Mirror:
			t.Error("without a document of the provider there is nothing to patch")
		}
		if len(p.AuthorizationServers) == 0 || p.AuthorizationEndpoint != "" {
			return
		}
		issuer := p.AuthorizationServers[0]
		f := &metadata.Fetcher{Transport: g.network(t, provider)}
		s, err := f.Discover(t.Context(), cmp.Or(p.Discovery, issuer), issuer)
		if err != nil {
			t.Fatal(err)
		}
		methods, listed := s.CodeChallengeMethods()
		if want := p.Metadata == preset.Patch; listed == want || listed && !slices.Contains(methods, "S256") {
			t.Errorf("the document has the challenge methods %q, and the preset would publish it as %q", methods, p.Metadata)
		}
		patch := metadata.Patch{As: "https://mcp.example.com", Provider: metadata.Mirror{Issuer: issuer, Discovery: p.Discovery}}
		if err := patch.Check(s); (err == nil) != (p.Metadata == preset.Patch) {
			t.Errorf("the preset would publish the document as %q; of a patch: %v", p.Metadata, err)
		}
		if _, err := patch.Provider.Handler(); p.Metadata == preset.Mirror && err != nil {
			t.Error(err)
		}
		if _, err := patch.Handler(); p.Metadata == preset.Patch && err != nil {
			t.Error(err)
		}
		if s.SendsIssuer() && !p.SendsIssuer {
			t.Error("the document says that redirects name the issuer, and the preset does not")
		}
		for _, is := range p.Issuers {
			if is.URL == issuer && is.JWKSURL != "" && is.JWKSURL != s.JWKSURI {
				t.Errorf("the preset takes keys from %s, and the document says %s", is.JWKSURL, s.JWKSURI)
			}
		}
	})
}
