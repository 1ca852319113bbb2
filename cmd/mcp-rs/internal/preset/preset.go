// Package preset knows providers, as data: one file each under providers, in which
// every fact about one of them stands. No provider is known by name in the code.
package preset

import (
	"errors"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// Inputs are what only the operator knows. A provider needs some of them; its file says
// which, and gives the others defaults.
type Inputs struct {
	Domain       string       // a host name: tenant.login.example.com
	Tenants      []string     // tenant, realm, user pool, project or environment
	Region       string       // where the provider keeps it
	Server       string       // which of a tenant's authorization servers
	URL          string       // of a provider that one runs oneself
	Clients      []string     // the OAuth clients whose tokens are meant
	ClientSecret *jwks.Secret // of the first of Clients, to ask the provider about tokens

	Resource  string   // the URL of this server
	Audiences []string // "aud" values configured; win over those of the provider
	Required  []string // RequiredClaims configured; beside those of the provider
}

// A Provider is what follows from a preset and its inputs.
type Provider struct {
	Name    string            // as it is written in a configuration: "acme-login"
	Title   string            // as people write it: "Acme Login"
	Issuers []jwks.Issuer     // whose signed tokens to believe
	Opaque  []opaque.Provider // whom to ask about the others

	// AuthorizationServers are what clients are sent to, byte for byte as the provider
	// writes its issuer. Empty for those where no MCP client can log in.
	AuthorizationServers []string

	// Discovery is where the document of the first of AuthorizationServers is searched,
	// if not there. The endpoints are for a provider without a document.
	Discovery                                                  string
	AuthorizationEndpoint, TokenEndpoint, RegistrationEndpoint string

	Metadata      Metadata // what of its document is published here
	SendsIssuer   bool     // it names itself in redirects (RFC 9207), so that Patch would break
	ScopePrefix   string   // what clients must put before a scope of ours
	DefaultScopes []string // to ask for where nothing else is configured

	Warnings []string          // what to switch on at the provider: one sentence each
	Hints    map[string]string // by reason of a refusal: what it means at this provider
}

// Metadata is how to publish the provider's document (RFC 8414).
type Metadata string

// The ways.
const (
	Mirror Metadata = "mirror" // as the provider's
	Patch  Metadata = "patch"  // as ours, with what it leaves out
	Off    Metadata = "off"
)

// Load makes a provider of a preset. The error joins a [*jwks.ConfigError] for each input
// that is missing or of no use; its Field is the name of the field of Inputs, or "Name"
// where there is no such preset.
func Load(name string, in Inputs) (*Provider, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	p := &problems{title: f.Title}
	v := f.values(in, p)
	f.demand(in, v, p)
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	return f.provider(name, in, v), nil
}
