package jwkstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// JWKSURL is where the key set is, and the "jwks_uri" of the discovery documents.
func (is *Issuer) JWKSURL() string { return is.base + "/jwks" }

// JWKS is the key set as it stands, whatever [Issuer.SetAnswer] makes of it.
func (is *Issuer) JWKS() []byte {
	is.mu.Lock()
	keys := slices.Clone(is.keys)
	is.mu.Unlock()
	// Without the lock: this is where RSA keys are generated. Joined by hand,
	// because what is published may be no JSON at all.
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.jwk()
	}
	return []byte(`{"keys":[` + strings.Join(texts, ",") + "]}\n")
}

// SetMetadata lays members over the discovery documents, in place of those set
// before: another "issuer", another "jwks_uri", whatever a provider adds. A nil
// value removes the member. Nil makes the documents good again.
//
// The documents name <URL>/authorize and <URL>/token, which a caller may mount;
// they are not served here.
func (is *Issuer) SetMetadata(members map[string]any) {
	is.mu.Lock()
	defer is.mu.Unlock()
	is.metadata = maps.Clone(members)
}

func (is *Issuer) document(rt *route) []byte {
	if rt.docs&KeySet != 0 {
		return is.JWKS()
	}
	is.mu.Lock()
	over := is.metadata // replaced, never changed
	is.mu.Unlock()
	return append(marshal(overlay(map[string]any{
		"issuer":                                is.issuer,
		"jwks_uri":                              is.JWKSURL(),
		"authorization_endpoint":                is.base + "/authorize",
		"token_endpoint":                        is.base + "/token",
		"response_types_supported":              []string{"code"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": is.algorithms(),
	}, over)), '\n')
}

// algorithms lists those of the published keys.
func (is *Issuer) algorithms() []string {
	is.mu.Lock()
	defer is.mu.Unlock()
	algs := []string{}
	for _, k := range is.keys {
		if k.private != nil && !slices.Contains(algs, k.alg) {
			algs = append(algs, k.alg)
		}
	}
	return algs
}

// overlay returns base with the members of over in place of its own; a nil value
// removes a member.
func overlay(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	for name, value := range over {
		if value == nil {
			delete(out, name)
		} else {
			out[name] = value
		}
	}
	return out
}

func marshal(members map[string]any) []byte {
	text, err := json.Marshal(members)
	if err != nil {
		panic(fmt.Sprintf("jwkstest: cannot write JSON: %v", err))
	}
	return text
}
