package opaque_test

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/internal/answer"
)

// zero is how code outside of jwks can have a value of a type that it cannot name.
func zero[T, R any](func(T) R) (t T) { return t }

// Claims are made of answers here and nowhere else, whatever types are inferred.
func TestClaimsNeedAPermit(t *testing.T) {
	forged := zero(jwks.ClaimsOf)
	forged.Issuer, forged.Subject = login, "mallory"
	if claims := jwks.ClaimsOf(forged); claims != nil {
		t.Errorf("claims of %q without a permit", claims.Subject)
	}
	secret := jwks.NewSecret([]byte("secret"))
	if got := jwks.SecretOf(forged.Permit, secret); got != nil {
		t.Errorf("secret %q without a permit", got)
	}
	if got := jwks.SecretOf(answer.NewPermit(), secret); string(got) != "secret" {
		t.Errorf("secret %q with a permit", got)
	}
	if got := jwks.SecretOf(answer.NewPermit(), nil); got != nil {
		t.Errorf("secret %q of none", got)
	}
}
