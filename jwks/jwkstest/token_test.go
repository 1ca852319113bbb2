package jwkstest_test

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

const issuerURL = "https://login.example.com/tenant"

var pairs = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

func newIssuer(t *testing.T) *jwkstest.Issuer {
	t.Helper()
	is, err := jwkstest.New(issuerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(is.Close)
	return is
}

func mustDecode(t *testing.T, token string) decoded {
	t.Helper()
	d, err := decode(token)
	if err != nil {
		t.Fatalf("decode %q: %v", token, err)
	}
	return d
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if text, _ := recover().(string); !strings.HasPrefix(text, "jwkstest: ") {
			t.Errorf("%s: panicked with %q, want a message of jwkstest", what, text)
		}
	}()
	f()
}

// without returns m without some names.
func without(m map[string]any, names ...string) map[string]any {
	m = maps.Clone(m)
	for _, name := range names {
		delete(m, name)
	}
	return m
}

func TestZeroTokenIsAGoodAccessToken(t *testing.T) {
	is := newIssuer(t)
	is.SetAudience("https://mcp.example.com/mcp")
	is.SetNow(func() time.Time { return time.Unix(1_800_000_000, 999) })

	d, err := verify(is.JWKS(), is.Mint(jwkstest.Token{}))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]any{"alg": "RS256", "kid": is.KeyIDs()[0], "typ": "at+jwt"}; !reflect.DeepEqual(d.header, want) {
		t.Errorf("header %v, want %v", d.header, want)
	}
	want := map[string]any{
		"iss": issuerURL, "sub": "alice", "aud": "https://mcp.example.com/mcp",
		"iat": 1_800_000_000.0, "exp": 1_800_003_600.0,
	}
	if got := without(d.claims, "jti"); !reflect.DeepEqual(got, want) {
		t.Errorf("claims %v, want %v", got, want)
	}
	again := mustDecode(t, is.Mint(jwkstest.Token{}))
	if id, _ := d.claims["jti"].(string); len(id) < 8 || again.claims["jti"] == id {
		t.Errorf("jti %q and then %q, want two random ones", id, again.claims["jti"])
	}
}

func TestClaimsAndHeaderAreLaidOver(t *testing.T) {
	is := newIssuer(t)
	is.SetAudience("a")
	at := time.Unix(1_700_000_000, 0)
	for _, tt := range []struct {
		policy string
		token  jwkstest.Token
		part   func(decoded) map[string]any
		want   map[string]any // nil: must be absent
	}{
		{"claims replace the usual ones", jwkstest.Token{Claims: map[string]any{"sub": "bob", "aud": []string{"x", "y"}, "exp": "soon"}}, decoded.Claims,
			map[string]any{"sub": "bob", "aud": []any{"x", "y"}, "exp": "soon", "iss": issuerURL}},
		{"claims are added", jwkstest.Token{Claims: map[string]any{"scope": "read write"}}, decoded.Claims, map[string]any{"scope": "read write", "sub": "alice"}},
		{"a nil claim is left out", jwkstest.Token{Claims: map[string]any{"exp": nil, "aud": nil, "iss": nil, "jti": nil}}, decoded.Claims,
			map[string]any{"exp": nil, "aud": nil, "iss": nil, "jti": nil, "sub": "alice"}},
		{"a time becomes seconds", jwkstest.Token{Claims: map[string]any{"nbf": at, "exp": at.Add(time.Hour)}}, decoded.Claims,
			map[string]any{"nbf": 1_700_000_000.0, "exp": 1_700_003_600.0}},
		{"header members replace the usual ones", jwkstest.Token{Header: map[string]any{"typ": "JWT", "alg": "rs256", "kid": 7}}, decoded.Header,
			map[string]any{"typ": "JWT", "alg": "rs256", "kid": 7.0}},
		{"header members are added", jwkstest.Token{Header: map[string]any{"crit": []string{"x"}}}, decoded.Header, map[string]any{"crit": []any{"x"}, "alg": "RS256"}},
		{"a nil header member is left out", jwkstest.Token{Header: map[string]any{"typ": nil, "kid": nil, "alg": nil}}, decoded.Header,
			map[string]any{"typ": nil, "kid": nil, "alg": nil}},
	} {
		got := tt.part(mustDecode(t, is.Mint(tt.token)))
		for name, want := range tt.want {
			value, there := got[name]
			if want == nil && there || want != nil && !reflect.DeepEqual(value, want) {
				t.Errorf("%s: %s is %v (there: %v), want %v", tt.policy, name, value, there, want)
			}
		}
	}
}

func (d decoded) Claims() map[string]any { return d.claims }
func (d decoded) Header() map[string]any { return d.header }

func TestMintLeavesItsArgumentAlone(t *testing.T) {
	claims, header := map[string]any{"exp": time.Now()}, map[string]any{"typ": "JWT"}
	newIssuer(t).Mint(jwkstest.Token{Claims: claims, Header: header})
	if _, ok := claims["exp"].(time.Time); !ok || len(claims) != 1 || len(header) != 1 {
		t.Errorf("Mint changed the maps it was given: %v, %v", claims, header)
	}
}

func TestDefaultAudience(t *testing.T) {
	is := newIssuer(t)
	for _, tt := range []struct {
		policy string
		set    []string
		want   any
	}{
		{"none leaves the claim out", nil, nil},
		{"one is a string", []string{"a"}, "a"},
		{"several are an array", []string{"a", "b"}, []any{"a", "b"}},
	} {
		is.SetAudience(tt.set...)
		if got := mustDecode(t, is.Mint(jwkstest.Token{Alg: "ES256"})).claims["aud"]; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: aud is %v, want %v", tt.policy, got, tt.want)
		}
	}
}

func TestClockCanBeSetAndUnset(t *testing.T) {
	is := newIssuer(t)
	is.SetNow(func() time.Time { return time.Unix(100, 0) })
	is.SetNow(nil)
	iat, _ := mustDecode(t, is.Mint(jwkstest.Token{Alg: "ES256"})).claims["iat"].(float64)
	if d := time.Since(time.Unix(int64(iat), 0)); d < -time.Minute || d > time.Minute {
		t.Errorf("iat is %v away from now", d)
	}
}

func TestEveryAlgorithmVerifies(t *testing.T) {
	is := newIssuer(t)
	for _, alg := range pairs {
		kid := is.AddKey(alg)
		token := is.Mint(jwkstest.Token{KeyID: kid})
		d, err := verify(is.JWKS(), token)
		if err != nil || d.header["alg"] != alg || d.header["kid"] != kid {
			t.Errorf("%s: header %v, error %v", alg, d.header, err)
		}
		spoilt := is.MintRaw([]byte(`{"alg":"`+alg+`","kid":"`+kid+`"}`), []byte(`{"sub":"mallory"}`), jwkstest.Token{KeyID: is.AddKey(alg)})
		if _, err := verify(is.JWKS(), spoilt); err == nil {
			t.Errorf("%s: the signature of another key verified: this test tests nothing", alg)
		}
	}
}

func TestAlgPicksTheFirstKeyOfThatAlgorithm(t *testing.T) {
	is := newIssuer(t)
	first, second := is.KeyIDs()[1], is.AddKey("ES256")
	if got := mustDecode(t, is.Mint(jwkstest.Token{Alg: "ES256"})).header["kid"]; got != first {
		t.Errorf("signed with %v, want the first ES256 key %s", got, first)
	}
	if got := mustDecode(t, is.Mint(jwkstest.Token{Alg: "ES256", KeyID: second})).header["kid"]; got != second {
		t.Errorf("signed with %v, want the key asked for, %s", got, second)
	}
}

func TestAlgBesideKeyIDSignsOtherwiseThanTheKeyIsMeantTo(t *testing.T) {
	is := newIssuer(t)
	rsaKey, p256 := is.KeyIDs()[0], is.KeyIDs()[1]
	for _, tt := range []struct{ alg, kid string }{{"PS256", rsaKey}, {"RS512", rsaKey}, {"ES384", p256}} {
		d, err := verify(is.JWKS(), is.Mint(jwkstest.Token{Alg: tt.alg, KeyID: tt.kid}))
		if err != nil || d.header["alg"] != tt.alg {
			t.Errorf("%s with %s: header %v, error %v", tt.alg, tt.kid, d.header, err)
		}
	}
}

func TestHeaderAlgDoesNotChangeTheSignature(t *testing.T) {
	is := newIssuer(t)
	block, _ := pem.Decode(is.PublicKeyPEM(is.KeyIDs()[0]))
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	d := mustDecode(t, is.Mint(jwkstest.Token{Header: map[string]any{"alg": "none"}}))
	if err := check("RS256", public, d); err != nil || d.header["alg"] != "none" {
		t.Errorf("header %v, RS256 signature: %v", d.header, err)
	}
}

func TestSecretSignsWithHMAC(t *testing.T) {
	is := newIssuer(t)
	secret := []byte(strings.Repeat("s", 64))
	for _, tt := range []struct {
		policy string
		token  jwkstest.Token
		alg    string
	}{
		{"HS256 unless said otherwise", jwkstest.Token{Secret: secret}, "HS256"},
		{"HS384", jwkstest.Token{Secret: secret, Alg: "HS384"}, "HS384"},
		{"HS512", jwkstest.Token{Secret: secret, Alg: "HS512"}, "HS512"},
		{"an empty secret is a secret", jwkstest.Token{Secret: []byte{}}, "HS256"},
		{"a public key as the secret", jwkstest.Token{Secret: is.PublicKeyPEM(is.KeyIDs()[0])}, "HS256"},
	} {
		d := mustDecode(t, is.Mint(tt.token))
		if err := check(tt.alg, tt.token.Secret, d); err != nil {
			t.Errorf("%s: %v", tt.policy, err)
		}
		if _, there := d.header["kid"]; there || d.header["alg"] != tt.alg {
			t.Errorf("%s: header %v", tt.policy, d.header)
		}
	}
	if d := mustDecode(t, is.Mint(jwkstest.Token{Secret: secret, KeyID: "any"})); d.header["kid"] != "any" {
		t.Errorf("kid is %v, want the one asked for", d.header["kid"])
	}
}

func TestNoneHasNoSignature(t *testing.T) {
	token := newIssuer(t).Mint(jwkstest.Token{Alg: "none"})
	if d := mustDecode(t, token); !strings.HasSuffix(token, ".") || d.header["alg"] != "none" || d.claims["sub"] != "alice" {
		t.Errorf("token %q", token)
	}
}

// A rotation between choosing the kid and signing would make tokens that nobody
// can verify, and a flood test of ours fail now and then.
func TestTokensMintedDuringRotationsVerify(t *testing.T) {
	is := newIssuer(t)
	is.RemoveKey(is.KeyIDs()[0]) // without RSA this is fast enough to hit
	var minted atomic.Bool
	var rotating sync.WaitGroup
	rotating.Go(func() {
		for i := 0; i < 20_000 && !minted.Load(); i++ {
			is.Rotate()
		}
	})
	var tokens []string
	for range 50 {
		tokens = append(tokens, is.Mint(jwkstest.Token{}))
	}
	minted.Store(true)
	rotating.Wait()
	for _, token := range tokens {
		d := mustDecode(t, token)
		kid, _ := d.header["kid"].(string)
		block, _ := pem.Decode(is.PublicKeyPEM(kid))
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if err := check("ES256", public, d); err != nil {
			t.Fatalf("kid %s: %v", kid, err)
		}
	}
}

func TestMintMisusePanics(t *testing.T) {
	is := newIssuer(t)
	mint := func(tok jwkstest.Token) func() { return func() { is.Mint(tok) } }
	mustPanic(t, "no key of the algorithm", mint(jwkstest.Token{Alg: "ES512"}))
	mustPanic(t, "unknown algorithm", mint(jwkstest.Token{Alg: "RS257", KeyID: is.KeyIDs()[1]}))
	mustPanic(t, "unknown key", mint(jwkstest.Token{KeyID: "nobody"}))
	mustPanic(t, "RSA algorithm with an EC key", mint(jwkstest.Token{Alg: "RS256", KeyID: is.KeyIDs()[1]}))
	mustPanic(t, "HMAC without a secret", mint(jwkstest.Token{Alg: "HS256"}))
	mustPanic(t, "secret with an RSA algorithm", mint(jwkstest.Token{Alg: "RS256", Secret: []byte("s")}))
	mustPanic(t, "claim that JSON cannot hold", mint(jwkstest.Token{Alg: "ES256", Claims: map[string]any{"f": func() {}}}))
	mustPanic(t, "no keys at all", func() {
		empty := newIssuer(t)
		for _, kid := range empty.KeyIDs() {
			empty.RemoveKey(kid)
		}
		empty.Mint(jwkstest.Token{})
	})
}
