package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
)

const (
	maxRequest      = 16 << 10 // bytes of a registration
	maxRedirectURIs = 20       // of one client
)

// What is wrong with a registration.
var (
	errRedirect = errors.New("a redirect URI is not on the list")
	errMetadata = errors.New("the client's metadata is not acceptable")
)

// register reads a request and makes its answer.
func (g *registrar) register(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if types := r.Header.Values("Content-Type"); len(types) != 1 || !isJSON(types[0]) {
		return nil, fmt.Errorf("%w: its Content-Type is not application/json", errMetadata)
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, fmt.Errorf("%w: the body: %w", errMetadata, err)
	}
	members, err := parseMembers(text)
	if err != nil {
		return nil, fmt.Errorf("%w: the body: %w", errMetadata, err)
	}
	redirects, err := g.redirects(members["redirect_uris"])
	if err != nil {
		return nil, err
	}
	grants, err := flows(members)
	if err != nil {
		return nil, err
	}
	return encode(client{g.ClientID, g.Now().Unix(), redirects, grants, []string{"code"}, "none"})
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// A client is the answer, RFC 7591 §3.2.1. It repeats nothing that a client made up,
// such as its name: there is nothing of it here, and so nothing to be taken for ours.
// Whatever authentication was asked for, it is "none": “The authorization server MAY
// reject or replace any of the client's requested metadata values” (§3.2.1).
type client struct {
	ID        string   `json:"client_id"`
	IssuedAt  int64    `json:"client_id_issued_at"`
	Redirects []string `json:"redirect_uris"`
	Grants    []string `json:"grant_types"`
	Responses []string `json:"response_types"`
	Method    string   `json:"token_endpoint_auth_method"`
}

// redirects are the requested ones, if each is on the list.
func (g *registrar) redirects(raw json.RawMessage) ([]string, error) {
	uris, err := words("redirect_uris", raw)
	if err != nil {
		return nil, err
	}
	if len(uris) == 0 || len(uris) > maxRedirectURIs {
		return nil, fmt.Errorf("%w: it has %d redirect_uris", errMetadata, len(uris))
	}
	for _, uri := range uris {
		if !slices.ContainsFunc(g.allowed, func(r redirect) bool { return r.matches(uri) }) {
			return nil, fmt.Errorf("%w: %q", errRedirect, clip(uri))
		}
	}
	return uris, nil
}

// flows are the grants that were asked for and can be had. Without the code flow there
// is nothing to register for.
func flows(members map[string]json.RawMessage) (grants []string, err error) {
	const code = "authorization_code"
	asked := []string{code} // what an absent grant_types means, RFC 7591 §2
	if raw := members["grant_types"]; raw != nil {
		if asked, err = words("grant_types", raw); err != nil {
			return nil, err
		}
	}
	responses := []string{"code"}
	if raw := members["response_types"]; raw != nil {
		if responses, err = words("response_types", raw); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(asked, code) || !slices.Contains(responses, "code") {
		return nil, fmt.Errorf("%w: it does not ask for the code flow", errMetadata)
	}
	for _, grant := range []string{code, "refresh_token"} {
		if slices.Contains(asked, grant) {
			grants = append(grants, grant)
		}
	}
	return grants, nil
}

// words reads an array of strings.
func words(name string, raw json.RawMessage) (list []string, err error) {
	if json.Unmarshal(raw, &list) != nil {
		return nil, fmt.Errorf("%w: its %s is no list of strings", errMetadata, name)
	}
	return list, nil
}
