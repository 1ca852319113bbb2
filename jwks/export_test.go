package jwks

import (
	"fmt"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// SignatureHolds judges the form, the header, the key and the signature of a token as
// [Verifier.Verify] does, and not what it says: RFCs sign "Payload" and Tolkien. The key
// is a JWK as it is published, or one of type "oct" for a secret that is configured.
func SignatureHolds(jwk, token string) error {
	t, err := split(token)
	if err != nil {
		return err
	}
	h, err := parseHeader(t.header, new(room))
	if err != nil {
		return err
	}
	a, err := newAlgorithm(h.alg)
	if err != nil {
		return err
	}
	k, err := parseKey([]byte(jwk))
	if secret := sharedSecret(jwk); secret != nil {
		k, err = newKey("", "", secret)
	}
	if err != nil {
		return err
	}
	return new(room).verify(t, &a, k)
}

// sharedSecret is the secret of a JWK, or nil if that is another sort of key.
func sharedSecret(jwk string) []byte {
	members, err := strictjson.Object(jwk, []strictjson.MemberOf[string](nil))
	if err != nil {
		return nil
	}
	kty, _, _ := optionalString(members, "kty")
	text, _, _ := optionalString(members, "k")
	if kty != "oct" {
		return nil
	}
	secret, err := canonical.DecodeString(text)
	if err != nil {
		return nil
	}
	return secret
}

// LeftInRoom is what of some claims is left in memory that goes to the next token.
func LeftInRoom(claims string) string {
	r := new(room)
	if c, err := parseClaims(canonical.EncodeToString([]byte(claims)), r); err == nil {
		c.Scopes = c.appendScopes(r.words[roomWords/2:roomWords/2], []string{"aud"})
		_ = r.keep()
	}
	r.free()
	return fmt.Sprintf("%v%v%v%v", r.claims, r.members, strings.Trim(fmt.Sprint(r.few), "[{} ]"), strings.Trim(fmt.Sprint(r.words), "[ ]"))
}
