package metadata

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// asymmetric is the names of RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3.2 and RFC 9864
// that a proof may carry: “It MUST NOT be none or an identifier for a symmetric
// algorithm (Message Authentication Code (MAC))” — RFC 9449 §4.2.
var asymmetric = regexp.MustCompile(`^(?:[RPE]S(?:256|384|512)|ES256K|EdDSA|Ed25519|Ed448)$`)

// A Resource is the metadata document of one protected resource, RFC 9728 §2. Only
// Resource is required; “Parameters with zero values MUST be omitted” (§3.2).
type Resource struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Resource is the URL that clients type, published byte for byte: “The
	// resource value returned MUST be identical to the protected resource's
	// resource identifier value” — RFC 9728 §3.3.
	Resource string

	// AuthorizationServers are issuer identifiers, byte for byte as the issuers
	// write them. Clients use the first.
	AuthorizationServers []string

	// ScopesSupported is what clients may ask for. "offline_access" is refused:
	// it is between a client and the authorization server, and gives no access
	// to this resource. An empty list is left out like a nil one (§3.2),
	// although some clients would heed a published [] and ask for nothing.
	ScopesSupported []string

	// BearerMethods is how a token may be sent: "header", "body", "query" (RFC
	// 6750 §2). Empty means "header" alone.
	BearerMethods []string

	// DPoPAlgorithms are what a DPoP proof may be signed with (RFC 9449 §5.1).
	// Empty says nothing about DPoP.
	DPoPAlgorithms []string

	// DPoPRequired says that tokens which are not bound to a DPoP key are refused,
	// CertificateBound that tokens may be bound to the client's certificate (RFC
	// 8705 §3).
	DPoPRequired, CertificateBound bool

	// Name and Documentation are for people.
	Name, Documentation string
}

// Handler checks the document, encodes it once, and returns its handler: GET, HEAD
// and OPTIONS, open to the scripts of every page. It belongs before authentication,
// at [ResourcePattern]. The error joins a [*ConfigError] for each mistake. Changing
// the Resource later changes nothing.
func (r Resource) Handler() (http.Handler, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	body, err := encode(struct {
		Resource             string   `json:"resource"`
		AuthorizationServers []string `json:"authorization_servers,omitempty"`
		ScopesSupported      []string `json:"scopes_supported,omitempty"`
		BearerMethods        []string `json:"bearer_methods_supported"`
		Name                 string   `json:"resource_name,omitempty"`
		Documentation        string   `json:"resource_documentation,omitempty"`
		CertificateBound     bool     `json:"tls_client_certificate_bound_access_tokens,omitempty"`
		DPoPAlgorithms       []string `json:"dpop_signing_alg_values_supported,omitempty"`
		DPoPRequired         bool     `json:"dpop_bound_access_tokens_required,omitempty"`
	}{r.Resource, r.AuthorizationServers, r.ScopesSupported, r.bearerMethods(), r.Name, r.Documentation,
		r.CertificateBound, r.DPoPAlgorithms, r.DPoPRequired})
	if err != nil {
		return nil, err
	}
	return document(func(w http.ResponseWriter, req *http.Request) { publish(w, req, body) }), nil
}

func (r Resource) bearerMethods() []string {
	if len(r.BearerMethods) == 0 {
		return []string{"header"}
	}
	return r.BearerMethods
}

func (r Resource) check() error {
	_, err := splitResource(r.Resource)
	errs := []error{problem("Resource", err)}
	for i, s := range r.AuthorizationServers {
		errs = append(errs, problem(fmt.Sprintf("AuthorizationServers[%d]", i), checkIssuer(s)))
	}
	for i, s := range r.ScopesSupported {
		errs = append(errs, problem(fmt.Sprintf("ScopesSupported[%d]", i), CheckScope(s)))
	}
	for i, s := range r.BearerMethods {
		if !slices.Contains([]string{"header", "body", "query"}, s) {
			errs = append(errs, problem(fmt.Sprintf("BearerMethods[%d]", i), errors.New("is none of header, body, query")))
		}
	}
	for i, s := range r.DPoPAlgorithms {
		if !asymmetric.MatchString(s) {
			errs = append(errs, problem(fmt.Sprintf("DPoPAlgorithms[%d]", i), errors.New("is no asymmetric signature algorithm; write one such as ES256 (RFC 9449 §4.2)")))
		}
	}
	if !utf8.ValidString(r.Name) {
		errs = append(errs, problem("Name", errors.New("is not valid UTF-8")))
	}
	return errors.Join(append(errs, problem("Documentation", checkPage(r.Documentation)))...)
}

// CheckScope says why a scope must not be advertised: it is not a scope-token of
// RFC 6749 §3.3, or it is "offline_access", which the MCP specification keeps out of
// challenges and scopes_supported.
func CheckScope(scope string) error {
	switch {
	case scope == "offline_access":
		return errors.New("must not be offline_access: clients ask for it themselves where the authorization server offers it; leave it out")
	case !isScopeToken(scope):
		return fmt.Errorf(`%q is not a scope; write one scope an entry, without spaces, quotes or \ (RFC 6749 §3.3)`, clip(scope))
	}
	return nil
}

// isScopeToken is RFC 6749 §3.3. It runs for every scope of every token.
func isScopeToken(scope string) bool {
	for i := range len(scope) {
		if c := scope[i]; c < 0x21 || c > 0x7E || c == '"' || c == '\\' {
			return false
		}
	}
	return scope != ""
}

func checkIssuer(issuer string) error {
	if strings.Contains(issuer, "/.well-known/") {
		return errors.New("is the address of a document; write the issuer that the document names")
	}
	return CheckURL(issuer)
}

// checkPage is less strict than CheckURL: nobody but a person follows this link.
func checkPage(page string) error {
	if page == "" {
		return nil
	}
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("is not the address of a page; write an https:// URL")
	}
	return nil
}
