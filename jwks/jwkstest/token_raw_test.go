package jwkstest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

func TestMintRawSignsExactlyTheseBytes(t *testing.T) {
	is := newIssuer(t)
	kid := is.KeyIDs()[1]
	header := []byte(` {"alg":"ES256","alg":"none","kid":"` + kid + `"}` + "\n")
	payload := []byte("{\"sub\":\"\xff\"} trailing \x00")
	token := is.MintRaw(header, payload, jwkstest.Token{KeyID: kid})

	parts := strings.Split(token, ".")
	if parts[0] != b64.EncodeToString(header) || parts[1] != b64.EncodeToString(payload) {
		t.Errorf("the bytes were changed: %q", token)
	}
	signature, _ := b64.DecodeString(parts[2])
	checkSignature(t, is, kid, parts[0]+"."+parts[1], signature)
}

func TestSignatureSignsAnyText(t *testing.T) {
	is := newIssuer(t)
	kid := is.KeyIDs()[1]
	checkSignature(t, is, kid, "not==.base64!", is.Signature([]byte("not==.base64!"), jwkstest.Token{Alg: "ES256"}))
}

func checkSignature(t *testing.T, is *jwkstest.Issuer, kid, input string, signature []byte) {
	t.Helper()
	keys, err := keysOf(is.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(keys, func(k map[string]any) bool { return k["kid"] == kid })
	public, err := publicKey(keys[i])
	if err != nil {
		t.Fatal(err)
	}
	if err := check("ES256", public, decoded{input: input, signature: signature}); err != nil {
		t.Error(err)
	}
	if err := check("ES256", public, decoded{input: input + "x", signature: signature}); err == nil {
		t.Error("the signature fits another text: this test tests nothing")
	}
}
