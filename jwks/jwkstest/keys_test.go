package jwkstest_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

func published(t *testing.T, is *jwkstest.Issuer) []map[string]any {
	t.Helper()
	keys, err := keysOf(is.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// material is what makes two keys the same key.
func material(jwk map[string]any) string { return fmt.Sprint(jwk["n"], jwk["x"]) }

func TestIssuerStartsWithTwoGoodKeys(t *testing.T) {
	is := newIssuer(t)
	keys := published(t, is)
	if len(keys) != 2 {
		t.Fatalf("%d keys, want 2", len(keys))
	}
	for i, alg := range []string{"RS256", "ES256"} {
		k := keys[i]
		if k["alg"] != alg || k["use"] != "sig" || k["kid"] != is.KeyIDs()[i] || k["kid"] == "" || k["d"] != nil {
			t.Errorf("key %d is %v, want a public %s key for signatures, with its kid", i, k, alg)
		}
	}
	modulus, _ := b64.DecodeString(keys[0]["n"].(string))
	if len(modulus) != 256 || modulus[0] < 0x80 || keys[0]["e"] != "AQAB" {
		t.Errorf("RSA key of %d bytes with e=%v, want 2048 bits and 65537", len(modulus), keys[0]["e"])
	}
}

func TestNoTwoKeysAreTheSame(t *testing.T) {
	a, b := newIssuer(t), newIssuer(t)
	seen := map[string]bool{}
	count := func(is *jwkstest.Issuer) {
		for _, k := range published(t, is) {
			for _, id := range []string{material(k), k["kid"].(string)} {
				if seen[id] {
					t.Errorf("seen twice: %s", id)
				}
				seen[id] = true
			}
		}
	}
	count(a)
	count(b)
	a.Rotate()
	count(a)
}

func TestJWKSIsStableBetweenChanges(t *testing.T) {
	is := newIssuer(t)
	if first, second := string(is.JWKS()), string(is.JWKS()); first != second {
		t.Errorf("key set changed by itself:\n%s%s", first, second)
	}
}

func TestRotateReplacesEveryKeyAndKeepsOrder(t *testing.T) {
	is := newIssuer(t)
	is.AddKey("EdDSA")
	is.EditKey(is.KeyIDs()[0], map[string]any{"alg": nil})
	is.Publish(jwkstest.UnknownKey("odd"))
	old := is.KeyIDs()
	token := is.Mint(jwkstest.Token{})
	is.Rotate()

	var algs []any
	for _, k := range published(t, is) {
		algs = append(algs, k["alg"])
	}
	if want := []any{"RS256", "ES256", "EdDSA", "LATTICE-7"}; !reflect.DeepEqual(algs, want) {
		t.Errorf("algorithms %v, want %v", algs, want)
	}
	for _, kid := range old[:3] {
		if slices.Contains(is.KeyIDs(), kid) {
			t.Errorf("old key %s is still there", kid)
		}
	}
	if _, err := verify(is.JWKS(), token); err == nil {
		t.Error("a token of an old key verifies against the new set")
	}
	if d, err := verify(is.JWKS(), is.Mint(jwkstest.Token{})); err != nil || d.header["alg"] != "RS256" {
		t.Errorf("after the rotation: %v, %v", d.header, err)
	}
	if got := mustDecode(t, is.Mint(jwkstest.Token{KeyID: old[1]})).header["kid"]; got != old[1] {
		t.Errorf("an old key signs as %v, want %s", got, old[1])
	}
}

func TestRemovedKeyLeavesTheSetAndCanStillSign(t *testing.T) {
	is := newIssuer(t)
	kid := is.KeyIDs()[1]
	before := is.JWKS()
	is.RemoveKey(kid)
	token := is.Mint(jwkstest.Token{KeyID: kid})
	if _, err := verify(before, token); err != nil {
		t.Errorf("signed by another key than before: %v", err)
	}
	if _, err := verify(is.JWKS(), token); err == nil {
		t.Error("the removed key is still published")
	}
}

func TestPublishedAgainKeyIsThereOnce(t *testing.T) {
	is := newIssuer(t)
	k := jwkstest.NewKey("ES384")
	is.Publish(k)
	is.RemoveKey(k.ID())
	is.Publish(k, k)
	if got := is.KeyIDs(); len(got) != 3 || got[2] != k.ID() {
		t.Errorf("keys %v, want %s once, at the end", got, k.ID())
	}
	if _, err := verify(is.JWKS(), is.Mint(jwkstest.Token{KeyID: k.ID()})); err != nil {
		t.Error(err)
	}
	is.Publish(k.With(map[string]any{"kid": "renamed"}))
	is.RemoveKey(k.ID())
	if got := mustDecode(t, is.Mint(jwkstest.Token{KeyID: k.ID()})).header["kid"]; got != "renamed" {
		t.Errorf("a removed key signs as %v, want as it was published last", got)
	}
}

func TestEditKey(t *testing.T) {
	is := newIssuer(t)
	rs, es := is.KeyIDs()[0], is.KeyIDs()[1]
	for _, tt := range []struct {
		policy  string
		members map[string]any
		want    map[string]any // of the JWK; nil: absent
		kid     any            // of a token
	}{
		{"without alg", map[string]any{"alg": nil}, map[string]any{"alg": nil, "kid": es}, es},
		{"edits add up", map[string]any{"use": nil}, map[string]any{"alg": nil, "use": nil}, es},
		{"without kid, and so the token too", map[string]any{"kid": nil}, map[string]any{"kid": nil}, nil},
		{"the kid of another key", map[string]any{"kid": rs}, map[string]any{"kid": rs, "kty": "EC"}, rs},
		{"members of any kind", map[string]any{"x5t": 7, "kid": es}, map[string]any{"x5t": 7.0, "kid": es}, es},
	} {
		is.EditKey(es, tt.members)
		jwk := published(t, is)[1]
		for name, want := range tt.want {
			if value, there := jwk[name]; want == nil && there || !reflect.DeepEqual(value, want) {
				t.Errorf("%s: %s is %v, want %v", tt.policy, name, value, want)
			}
		}
		d := mustDecode(t, is.Mint(jwkstest.Token{KeyID: es}))
		public, err := publicKey(jwk)
		if err != nil {
			t.Fatal(err)
		}
		if err := check("ES256", public, d); err != nil || d.header["kid"] != tt.kid {
			t.Errorf("%s: token of kid %v, %v", tt.policy, d.header["kid"], err)
		}
	}
}

func TestWithLeavesTheKeyAlone(t *testing.T) {
	k := jwkstest.NewKey("ES256")
	before, _ := json.Marshal(k)
	members := map[string]any{"use": "enc"}
	k2 := k.With(members)
	members["use"] = "sig"
	k3 := k2.With(map[string]any{"alg": nil})
	after, _ := json.Marshal(k)
	if string(before) != string(after) || k2.ID() != k.ID() {
		t.Errorf("With changed the key: %s, then %s", before, after)
	}
	second, _ := json.Marshal(k2)
	third, _ := json.Marshal(k3)
	if !strings.Contains(string(second), `"use":"enc"`) || !strings.Contains(string(second), `"alg"`) {
		t.Errorf("With made %s", second)
	}
	if !strings.Contains(string(third), `"use":"enc"`) || strings.Contains(string(third), `"alg"`) {
		t.Errorf("With of With made %s", third)
	}
}

func TestKeyMisusePanics(t *testing.T) {
	is := newIssuer(t)
	for _, alg := range []string{"", "RS257", "rs256", "HS256", "none"} {
		mustPanic(t, "NewKey "+alg, func() { is.AddKey(alg) })
	}
	mustPanic(t, "RemoveKey", func() { is.RemoveKey("nobody") })
	mustPanic(t, "EditKey", func() { is.EditKey("nobody", nil) })
	mustPanic(t, "PublicKeyPEM", func() { is.PublicKeyPEM("nobody") })
	raw, secret := jwkstest.UnknownKey("odd"), jwkstest.SecretKey([]byte("s"))
	is.Publish(raw, secret)
	mustPanic(t, "Mint with a key that cannot sign", func() { is.Mint(jwkstest.Token{KeyID: "odd"}) })
	mustPanic(t, "PublicKeyPEM of a secret", func() { is.PublicKeyPEM(secret.ID()) })
}

func TestPrintingAKeyShowsItsIDOnly(t *testing.T) {
	k := jwkstest.SecretKey([]byte("canary-canary"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, k); got != k.ID() {
			t.Errorf("%s prints %q, want %q", verb, got, k.ID())
		}
	}
	is := newIssuer(t)
	is.Publish(k)
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if got := fmt.Sprintf(verb, is); strings.Contains(got, "canary") {
			t.Errorf("%s of an issuer prints a secret", verb)
		}
	}
}

// The standard library both signs and, above, verifies. Here a library that others
// use reads what was published, and judges.
func TestAnotherLibraryAgrees(t *testing.T) {
	is := newIssuer(t)
	for _, alg := range pairs {
		kid := is.AddKey(alg)
		d := mustDecode(t, is.Mint(jwkstest.Token{KeyID: kid}))
		set := published(t, is)
		text, err := json.Marshal(set[len(set)-1])
		if err != nil {
			t.Fatal(err)
		}
		key, err := jwk.ParseKey(text)
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		verifier, err := jws.NewVerifier(jwa.SignatureAlgorithm(alg))
		if err != nil {
			t.Fatal(err)
		}
		if key.KeyID() != kid || key.KeyUsage() != "sig" || key.Algorithm().String() != alg {
			t.Errorf("%s: read as %s, %s, %s", alg, key.KeyID(), key.KeyUsage(), key.Algorithm())
		}
		if err := verifier.Verify([]byte(d.input), d.signature, key); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		if err := verifier.Verify([]byte(d.input+"x"), d.signature, key); err == nil {
			t.Errorf("%s: verifies anything", alg)
		}
	}
}
