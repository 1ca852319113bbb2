package metadata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// A Server is the metadata of an authorization server, RFC 8414 §2 or OpenID
// Connect Discovery §3. Only Issuer is always there: providers of workload tokens
// have no endpoints for people.
type Server struct {
	Issuer                string
	AuthorizationEndpoint string
	TokenEndpoint         string
	RegistrationEndpoint  string
	IntrospectionEndpoint string // RFC 7662
	JWKSURI               string

	URL    string        // where Discover found it
	MaxAge time.Duration // as in Document

	members map[string]json.RawMessage
}

// ParseServer reads a document. Member names are compared exactly, and none may
// appear twice: of two values, two readers would take different ones. A null is the
// same as nothing. No value is judged: see [Fetcher.Discover].
func ParseServer(body []byte) (*Server, error) {
	members, err := parseMembers(body)
	if err != nil {
		return nil, err
	}
	s := &Server{MaxAge: -1, members: members}
	for name, field := range map[string]*string{
		"issuer":                 &s.Issuer,
		"authorization_endpoint": &s.AuthorizationEndpoint,
		"token_endpoint":         &s.TokenEndpoint,
		"registration_endpoint":  &s.RegistrationEndpoint,
		"introspection_endpoint": &s.IntrospectionEndpoint,
		"jwks_uri":               &s.JWKSURI,
	} {
		if raw, ok := members[name]; ok {
			if err := json.Unmarshal(raw, field); err != nil {
				return nil, fmt.Errorf("%q is not a string", name)
			}
		}
	}
	return s, nil
}

// Member is the JSON of any member, and nil if the document lacks it or holds null.
func (s *Server) Member(name string) json.RawMessage { return bytes.Clone(s.members[name]) }

// CodeChallengeMethods is code_challenge_methods_supported (RFC 8414 §2). Without the
// member, listed is false, and clients of MCP refuse to log in. What is no list of
// strings is an empty one.
func (s *Server) CodeChallengeMethods() (methods []string, listed bool) {
	raw, listed := s.members["code_challenge_methods_supported"]
	if listed && json.Unmarshal(raw, &methods) != nil {
		return nil, true
	}
	return methods, listed
}

// SendsIssuer reports whether the provider says that it puts "iss" into the redirects
// to clients (RFC 9207 §3). Whatever is not plainly a no counts as yes.
func (s *Server) SendsIssuer() bool {
	raw, ok := s.members["authorization_response_iss_parameter_supported"]
	return ok && string(raw) != "false"
}

// Discover finds the document of issuer at the [ServerURLs] of base, or of issuer if
// base is empty. A URL that fails is passed over, whatever the failure, so that the
// time limit of [Fetcher] can come up to three times; ctx bounds them all. A
// document is believed only if its issuer is equal to issuer byte for byte, and its
// key set stands where [CheckSource] allows. The issuer of many tenants, which is a
// template such as https://login.example.com/{tenantid}/v2.0, is compared the same
// way, and needs a base. Failure is a [*DiscoveryError], or says
// what is wrong with base.
func (f *Fetcher) Discover(ctx context.Context, base, issuer string) (*Server, error) {
	if base == "" {
		base = issuer
	}
	urls, err := ServerURLs(base)
	if err != nil {
		return nil, err
	}
	if err := CheckSource(base, issuer); err != nil {
		return nil, fmt.Errorf("the URL where discovery starts %w", err)
	}
	failed := &DiscoveryError{Issuer: issuer}
	for _, u := range urls {
		s, err := f.server(ctx, u, issuer)
		if err == nil {
			return s, nil
		}
		failed.Attempts = append(failed.Attempts, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// server fetches and believes one document.
func (f *Fetcher) server(ctx context.Context, rawURL, issuer string) (*Server, error) {
	doc, err := f.Fetch(ctx, rawURL)
	if err != nil {
		return nil, err
	}
	s, err := ParseServer(doc.Body)
	if err != nil {
		return nil, fmt.Errorf("the document at %s: %w", rawURL, err)
	}
	if s.Issuer != issuer || issuer == "" {
		return nil, &IssuerError{URL: rawURL, Want: issuer, Got: s.Issuer}
	}
	if s.JWKSURI != "" {
		if err := CheckSource(s.JWKSURI, issuer); err != nil {
			return nil, fmt.Errorf("the document at %s: its jwks_uri %w", rawURL, err)
		}
	}
	s.URL, s.MaxAge = rawURL, doc.MaxAge
	return s, nil
}

// parseMembers reads one JSON object without folding the case of names, as a struct
// would, and without letting the last of two equal names win, as a map would.
func parseMembers(body []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	members := map[string]json.RawMessage{}
	seen := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("not a JSON object: %w", err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("not a JSON object: %w", err)
		}
		key, _ := name.(string) // a name is always a string here: any other token is a syntax error
		if seen[key] {
			return nil, fmt.Errorf("member %q appears twice", clip(key))
		}
		seen[key] = true
		if string(value) != "null" {
			members[key] = value
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not one JSON object: something follows it")
	}
	return members, nil
}
