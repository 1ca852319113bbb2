package jwkstest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// Each must be wrong in the one way its name says: in another it would be refused
// for a reason that the test using it did not mean.
func TestHostileKeysAreWrongInOneWay(t *testing.T) {
	is := newIssuer(t)
	for _, tt := range []struct {
		name string
		key  *jwkstest.Key
		want map[string]any // nil: absent
		alg  string         // of its tokens, which verify
	}{
		{"weak RSA", jwkstest.WeakRSAKey(), map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "d": nil}, "RS256"},
		{"private part", jwkstest.PrivateKey(), map[string]any{"kty": "EC", "alg": "ES256", "use": "sig"}, "ES256"},
		{"for encryption", jwkstest.EncryptionKey(), map[string]any{"kty": "RSA", "alg": "RS256", "use": "enc"}, "RS256"},
		{"key_ops", jwkstest.OperationsKey(), map[string]any{"kty": "RSA", "alg": "RS256", "use": nil, "key_ops": []any{"encrypt", "wrapKey"}}, "RS256"},
		{"label", jwkstest.MislabelledKey(), map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES384", "use": "sig", "d": nil}, "ES384"},
		{"secret", jwkstest.SecretKey([]byte(strings.Repeat("s", 32))), map[string]any{"kty": "oct", "alg": "HS256", "use": "sig"}, "HS256"},
	} {
		is.Publish(tt.key)
		set := published(t, is)
		jwk := set[len(set)-1]
		for name, want := range tt.want {
			if value, there := jwk[name]; want == nil && there || !reflect.DeepEqual(value, want) {
				t.Errorf("%s: %s is %v, want %v", tt.name, name, value, want)
			}
		}
		d, err := verify(is.JWKS(), is.Mint(jwkstest.Token{KeyID: tt.key.ID()}))
		if err != nil || d.header["alg"] != tt.alg || d.header["kid"] != jwk["kid"] {
			t.Errorf("%s: token with header %v: %v", tt.name, d.header, err)
		}
	}
}

func TestWeakRSAKeyHas1024Bits(t *testing.T) {
	modulus, _ := b64.DecodeString(jwkOf(t, jwkstest.WeakRSAKey())["n"].(string))
	if len(modulus) != 128 || modulus[0] < 0x80 {
		t.Errorf("%d bytes, want 1024 bits", len(modulus))
	}
}

func TestPrivateKeyPublishesItsOwnPrivatePart(t *testing.T) {
	jwk := jwkOf(t, jwkstest.PrivateKey())
	d, _ := b64.DecodeString(jwk["d"].(string))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	public, err := publicKey(jwk)
	if err != nil || !private.PublicKey.Equal(public) {
		t.Errorf("d does not belong to x and y (%v)", err)
	}
}

func TestOffCurveKeyIsOffCurve(t *testing.T) {
	k := jwkstest.OffCurveKey()
	jwk := jwkOf(t, k)
	if _, err := publicKey(jwk); err == nil || jwk["kid"] != k.ID() || jwk["crv"] != "P-256" {
		t.Errorf("%v is usable (%v)", jwk, err)
	}
	is := newIssuer(t)
	is.Publish(k)
	if d := mustDecode(t, is.Mint(jwkstest.Token{KeyID: k.ID()})); len(d.signature) != 64 {
		t.Errorf("signature of %d bytes, want one of ES256", len(d.signature))
	}
}

func TestRawKeysArePublishedAsTheyAre(t *testing.T) {
	is := newIssuer(t)
	is.Publish(jwkstest.RawKey("1", "null"), jwkstest.UnknownKey("2"), jwkstest.RawKey("3", `{"kty":"RSA",,`))
	text := string(is.JWKS())
	if !strings.Contains(text, ",null,{") || !strings.HasSuffix(text, `,{"kty":"RSA",,]}`+"\n") {
		t.Errorf("key set %s", text)
	}
	is.RemoveKey("3")
	keys := published(t, is)
	if len(keys) != 4 || keys[3]["kty"] != "LATTICE" || keys[3]["kid"] != "2" {
		t.Errorf("keys %v", keys)
	}
	if got := mustDecode(t, is.Mint(jwkstest.Token{})).header["alg"]; got != "RS256" {
		t.Errorf("raw keys beside good ones: signs %v", got)
	}
}

func TestRotateKeepsASecret(t *testing.T) {
	is := newIssuer(t)
	k := jwkstest.SecretKey([]byte("s"))
	is.Publish(k)
	is.Rotate()
	if got := is.KeyIDs()[2]; got != k.ID() {
		t.Errorf("the secret became %s", got)
	}
}

func jwkOf(t *testing.T, k *jwkstest.Key) map[string]any {
	t.Helper()
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	var jwk map[string]any
	if err := json.Unmarshal(text, &jwk); err != nil {
		t.Fatal(err)
	}
	return jwk
}
