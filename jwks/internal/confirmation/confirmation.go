// Package confirmation reads the "cnf" of a token (RFC 7800 §3.1), wherever it stands: in
// what an issuer signed, or in what a provider answered.
package confirmation

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// Parse reads thumbprints in the two ways that a request can be held to: "jkt" (RFC 9449
// §6.1) and "x5t#S256" (RFC 8705 §3.1). “in the absence of such requirements, all
// confirmation members that are not understood by implementations MUST be ignored” —
// RFC 7800 §3.1. Here is such a requirement: what we do not understand is a proof that
// nobody would ask for.
func Parse[T strictjson.Text](value T) (key, certificate string, err error) {
	members, err := strictjson.Object(value, nil)
	if err != nil || len(members) == 0 {
		return "", "", errors.New("its cnf names no key")
	}
	for _, m := range members {
		text, err := strictjson.String(m.Value)
		if err != nil || !isThumbprint(text) {
			return "", "", errors.New("its cnf holds what is no SHA-256 thumbprint")
		}
		switch string(m.Name) {
		case "jkt":
			key = text
		case "x5t#S256":
			certificate = text
		default:
			return "", "", fmt.Errorf("its cnf asks for a proof by %.40q", string(m.Name))
		}
	}
	return key, certificate, nil
}

// isThumbprint reports whether text is the base64url of a SHA-256, in its one form: of no
// other could a key ever be proved, and comparing with an empty one would be a proof for
// nothing.
func isThumbprint(text string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(b) == sha256.Size && !strings.ContainsAny(text, "\r\n") // which encoding/base64 skips
}
