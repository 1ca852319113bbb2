package metadata

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A Patch is the provider's document under our name: the issuer is our origin, and the
// endpoints stay the provider's. It is for providers that can do what MCP needs, but
// whose documents do not say so, where a [Mirror] would not help: clients take the
// document of the issuer that the protected resource names, and refuse it without
// code_challenge_methods_supported. The AuthorizationServers of the [Resource] then
// name As, and the "iss" of tokens remains the provider's.
//
// It says of the provider that it enforces PKCE with S256. Whoever configures a Patch
// has to know that.
type Patch struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// As is the origin of this server, such as https://mcp.example.com: the issuer
	// of the document, which is served at [ServerPrefix]. Required.
	As string

	// Provider is whose document it is, and how to get it. Its Issuer may be a
	// template for many tenants if Discovery says where its one document is.
	Provider Mirror

	// Registration is the URL of our [Registration]. Empty means none.
	Registration string
}

// Handler is [Mirror.Handler] with [Patch.Check] on every document: one that fails it
// is not published, what was made of an earlier one is withdrawn, and
// Provider.OnError hears why. Nothing is published before the provider's document was
// seen, even where all endpoints are configured, since nobody could check it.
func (p Patch) Handler() (http.Handler, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return p.Provider.serve(p.render), nil
}

func (p Patch) check() error {
	var unfit error
	if !isTemplate(p.Provider.Issuer) {
		unfit = checkIssuer(p.Provider.Issuer)
	}
	errs := []error{problem("As", checkOrigin(p.As)), p.Provider.checkWith(unfit)}
	if p.Registration != "" {
		err := CheckURL(p.Registration)
		if err == nil && p.Provider.RegistrationEndpoint != "" {
			err = errors.New("and Provider.RegistrationEndpoint are two addresses for one member; leave one out")
		}
		errs = append(errs, problem("Registration", err))
	}
	if errors.Join(errs...) == nil {
		errs = append(errs, problem("As", p.checkLoop()))
	}
	return errors.Join(errs...)
}

// checkLoop refuses to patch what we publish ourselves.
func (p Patch) checkLoop() error {
	urls, err := ServerURLs(cmp.Or(p.Provider.Discovery, p.Provider.Issuer))
	if err != nil {
		return nil // checkWith has said so
	}
	if slices.Contains(urls, p.As+ServerPrefix) || p.As == p.Provider.Issuer {
		return errors.New("is where the provider's own document is; write the origin of this server")
	}
	return nil
}

// checkOrigin is CheckURL for an issuer whose document stands at ServerPrefix itself.
func checkOrigin(origin string) error {
	p, err := split(origin)
	if err == nil && p.path+p.query != "" {
		err = errors.New("has a path or a query; write the origin alone, such as https://mcp.example.com")
	}
	return err
}

// Check says why a document of the provider must not be published under another
// issuer. The error wraps [ErrPatch]. Commands that look at a configuration can ask
// before a client does.
func (p Patch) Check(s *Server) error {
	methods, listed := s.CodeChallengeMethods()
	s256 := slices.Contains(methods, "S256")
	switch {
	case s.SendsIssuer():
		// “If the value does not match the expected issuer identifier, clients MUST
		// reject the authorization response” — RFC 9207 §2.4. Leaving the member
		// out would not help: clients compare an "iss" that nobody announced too.
		return fmt.Errorf("%w: it says authorization_response_iss_parameter_supported, so the provider sends its own issuer in redirects, and clients that compare it with ours refuse them (RFC 9207 §2.4); mirror the document instead", ErrPatch)
	case listed && !s256:
		return fmt.Errorf("%w: its code_challenge_methods_supported lacks S256, and we would promise what the provider does not do", ErrPatch)
	case s256 && p.Registration == "" && !isTemplate(s.Issuer):
		// Ours would be one more issuer that clients have to trust and to keep
		// credentials for.
		return fmt.Errorf("%w: it lists S256, and no registration is offered here, so a patch mends nothing; mirror the document instead", ErrPatch)
	}
	return p.checkEndpoints(s)
}

// checkEndpoints keeps us from sending anybody where no URL of ours may lead: to any
// endpoint, since clients also push what they ask for, and revoke, where it says. One on a
// loopback host is no provider's that has TLS.
func (p Patch) checkEndpoints(s *Server) error {
	for _, name := range slices.Sorted(maps.Keys(s.members)) {
		if !strings.HasSuffix(name, "_endpoint") {
			continue
		}
		var endpoint string
		if json.Unmarshal(s.members[name], &endpoint) != nil {
			return fmt.Errorf("%w: its %s is not a string", ErrPatch, clip(name))
		}
		if endpoint == "" {
			continue
		}
		if err := CheckSource(endpoint, s.Issuer); err != nil {
			return fmt.Errorf("%w: its %s %w", ErrPatch, clip(name), err)
		}
	}
	return nil
}

// bound are the beginnings of members about what the provider signs or sends under its
// own name, which no client would accept from our issuer: redirects with "iss" (RFC
// 9207), redirects that are JWTs (JARM §2.4), ID tokens (OpenID Connect Core §3.1.3.7)
// and logout tokens, and what it signs of itself: signed_metadata (RFC 8414 §2.1), which a
// Mirror leaves out too, and signed_jwks_uri (OpenID Federation 1.0 §5.2.1).
var bound = []string{
	"authorization_response_iss_",
	"authorization_signing_", "authorization_encryption_",
	"id_token_",
	"frontchannel_logout_", "backchannel_logout_",
	"signed_",
}

var errNoDocument = errors.New("there is no document of the provider to patch")

// render makes the document; s is nil when there is none to patch.
func (p Patch) render(s *Server) ([]byte, error) {
	if s == nil {
		return nil, errNoDocument
	}
	if err := p.Check(s); err != nil {
		return nil, err
	}
	members := maps.Clone(s.members)
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool {
		return slices.ContainsFunc(bound, func(beginning string) bool { return strings.HasPrefix(name, beginning) })
	})
	as := p.Provider
	as.Issuer = p.As
	if p.Registration != "" {
		as.RegistrationEndpoint = p.Registration
		members["token_endpoint_auth_methods_supported"] = withNone(members["token_endpoint_auth_methods_supported"])
	}
	return as.render(&Server{members: members})
}

// withNone adds the method of public clients, which is what registration hands out.
func withNone(methods json.RawMessage) json.RawMessage {
	list := []string{"client_secret_basic"} // “If omitted, the default is” this, RFC 8414 §2
	if methods != nil && json.Unmarshal(methods, &list) != nil {
		list = nil
	}
	if !slices.Contains(list, "none") {
		list = append(list, "none")
	}
	out, _ := encode(list) // strings always encode
	return out
}
