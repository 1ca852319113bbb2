package jwks_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// fetched makes a verifier of a key set, has it fetched, and returns what came of it.
func fetched(t *testing.T, set string) (*jwks.Verifier, jwks.Event) {
	t.Helper()
	var events []jwks.Event
	v, err := jwks.New(jwks.Config{
		Issuers:   []jwks.Issuer{{URL: login, Audiences: []string{here}, JWKSURL: keySetURL, Algorithms: pairAlgorithms}},
		Transport: publish(set),
		Now:       func() time.Time { return noon },
		OnEvent:   func(e jwks.Event) { events = append(events, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ready := v.Ready(t.Context())
	if len(events) != 1 || (ready == nil) != (events[0].Err == nil) {
		t.Fatalf("Ready: %v, events: %v", ready, events)
	}
	return v, events[0]
}

func edit(text string, members map[string]any) string {
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		panic(err)
	}
	for name, value := range members {
		out[name] = value
	}
	return string(made(json.Marshal(out)))
}

// modulus is an odd number of that many bits: the public half of nobody's key.
func modulus(bits int) string {
	n := made(rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits))))
	return encode(n.SetBit(n.SetBit(n, bits-1, 1), 0, 1).Bytes())
}

func number(n *big.Int) string { return encode(n.Bytes()) }

func power(base, exponent, plus int64) *big.Int {
	n := new(big.Int).Exp(big.NewInt(base), big.NewInt(exponent), nil)
	return n.Add(n, big.NewInt(plus))
}

// badKeys are entries that cannot be used, each with the kid "bad". Where private is
// set it signs, as alg.
func badKeys() []struct {
	policy, text string
	alg          string
	private      any
} {
	rs, ec, ed := jwk(rsaKey(), "bad", nil), jwk(p256(), "bad", nil), jwk(edKey(), "bad", nil)
	return []struct {
		policy, text string
		alg          string
		private      any
	}{
		// RFC 7518 §3.3: “A key of size 2048 bits or larger MUST be used”
		{"RSA of 1024 bits", jwk(weakRSA(), "bad", nil), "RS256", weakRSA()},
		{"RSA of 2047 bits", edit(rs, map[string]any{"n": modulus(2047)}), "", nil},
		{"RSA of 8193 bits", edit(rs, map[string]any{"n": modulus(8193)}), "", nil},
		{"RSA with exponent 0", edit(rs, map[string]any{"e": encode("\x00")}), "", nil},
		{"RSA with exponent 1", edit(rs, map[string]any{"e": encode("\x01")}), "", nil},
		{"RSA with exponent 2", edit(rs, map[string]any{"e": encode("\x02")}), "", nil},
		{"RSA with exponent 65538", edit(rs, map[string]any{"e": encode("\x01\x00\x02")}), "", nil},
		{"RSA with exponent beyond 31 bits", edit(rs, map[string]any{"e": number(power(2, 31, 1))}), "", nil},
		{"RSA with exponent beyond 64 bits", edit(rs, map[string]any{"e": number(power(2, 64, 65537))}), "", nil},
		{"RSA with even modulus", edit(rs, map[string]any{"n": number(power(2, 2047, 2))}), "", nil},
		{"RSA without modulus", edit(rs, map[string]any{"n": nil}), "", nil},
		{"RSA with empty modulus", edit(rs, map[string]any{"n": ""}), "", nil},
		{"RSA with modulus no base64", edit(rs, map[string]any{"n": "!"}), "", nil},
		{"RSA with modulus a number", edit(rs, map[string]any{"n": 17}), "", nil},
		{"RSA without exponent", strings.Replace(rs, `"e":`, `"f":`, 1), "", nil},

		// RFC 7517 §4.2–§4.4
		{"use enc", edit(rs, map[string]any{"use": "enc"}), "RS256", rsaKey()},
		{"use of another case", edit(rs, map[string]any{"use": "SIG"}), "RS256", rsaKey()},
		{"use null", edit(rs, map[string]any{"use": nil}), "RS256", rsaKey()},
		{"alg RSA-OAEP", edit(rs, map[string]any{"alg": "RSA-OAEP"}), "RS256", rsaKey()},
		{"alg none", edit(rs, map[string]any{"alg": "none"}), "RS256", rsaKey()},
		{"alg of another case", edit(rs, map[string]any{"alg": "rs256"}), "RS256", rsaKey()},
		{"alg a number", edit(rs, map[string]any{"alg": 256}), "RS256", rsaKey()},
		{"RSA for ES256", edit(rs, map[string]any{"alg": "ES256"}), "RS256", rsaKey()},
		{"RSA for HS256", edit(rs, map[string]any{"alg": "HS256"}), "RS256", rsaKey()},
		{"P-256 for ES384", edit(ec, map[string]any{"alg": "ES384"}), "ES384", p256()},
		{"Ed25519 for ES256", edit(ed, map[string]any{"alg": "ES256"}), "EdDSA", edKey()},
		{"key_ops encrypt", edit(rs, map[string]any{"key_ops": []string{"encrypt"}}), "RS256", rsaKey()},
		{"key_ops sign alone", edit(rs, map[string]any{"key_ops": []string{"sign"}}), "RS256", rsaKey()},
		{"key_ops empty", edit(rs, map[string]any{"key_ops": []string{}}), "RS256", rsaKey()},
		{"key_ops null", edit(rs, map[string]any{"key_ops": nil}), "RS256", rsaKey()},
		{"key_ops of another case", edit(rs, map[string]any{"key_ops": []string{"Verify"}}), "RS256", rsaKey()},

		// RFC 8725 §3.5: what is published is no secret, and no private key.
		{"shared secret", jwk(sharedSecret, "bad", nil), "", nil},
		{"shared secret with alg", jwk(sharedSecret, "bad", map[string]any{"alg": "HS256"}), "", nil},
		{"RSA private key", edit(rs, map[string]any{"d": number(rsaKey().D)}), "RS256", rsaKey()},
		{"EC private key", edit(ec, map[string]any{"d": encode(made(p256().Bytes()))}), "ES256", p256()},
		{"Ed25519 private key", edit(ed, map[string]any{"d": encode(edKey().Seed())}), "EdDSA", edKey()},
		{"private key with a d of null", edit(ed, map[string]any{"d": nil}), "EdDSA", edKey()},
		{"private key with a D", edit(ed, map[string]any{"D": encode(edKey().Seed())}), "EdDSA", edKey()},

		// RFC 8725 §3.4
		{"EC point off the curve", edit(ec, map[string]any{"y": encode(make([]byte, 31)) + "B"}), "", nil},
		{"EC point of zeros", edit(ec, map[string]any{"x": encode(make([]byte, 32)), "y": encode(make([]byte, 32))}), "", nil},
		{"EC point beyond the field", edit(ec, map[string]any{"x": number(p256().Params().P)}), "", nil},
		{"EC point of another curve", edit(ec, map[string]any{"crv": "P-384"}), "", nil},
		{"EC without y", strings.Replace(ec, `"y":`, `"z":`, 1), "", nil},
		{"EC on P-224", edit(ec, map[string]any{"crv": "P-224"}), "", nil},
		{"EC on secp256k1", edit(ec, map[string]any{"crv": "secp256k1"}), "", nil},
		{"EC on no curve", edit(ec, map[string]any{"crv": ""}), "", nil},
		{"Ed25519 of 31 bytes", edit(ed, map[string]any{"x": encode(make([]byte, 31))}), "EdDSA", edKey()},
		{"Ed25519 of 33 bytes", edit(ed, map[string]any{"x": encode(append(publicOf(edKey()).(ed25519.PublicKey), 0))}), "EdDSA", edKey()},
		{"Ed25519 of no bytes", edit(ed, map[string]any{"x": ""}), "EdDSA", edKey()},
		{"X25519", edit(ed, map[string]any{"crv": "X25519"}), "EdDSA", edKey()},
		{"Ed448", edit(ed, map[string]any{"crv": "Ed448", "x": encode(make([]byte, 57))}), "", nil},

		// RFC 7517 §5: “Implementations SHOULD ignore JWKs within a JWK Set that use
		// "kty" (key type) values that are not understood by them”
		{"unknown kty", edit(rs, map[string]any{"kty": "AKP"}), "RS256", rsaKey()},
		{"kty of another case", edit(rs, map[string]any{"kty": "rsa"}), "RS256", rsaKey()},
		{"no kty", strings.Replace(rs, `"kty"`, `"type"`, 1), "RS256", rsaKey()},
		{"KTY instead", strings.Replace(rs, `"kty"`, `"KTY"`, 1), "RS256", rsaKey()},
		{"KTY beside", edit(rs, map[string]any{"KTY": "oct"}), "RS256", rsaKey()},
		{"kty a number", edit(rs, map[string]any{"kty": 1}), "RS256", rsaKey()},
		{"kid a number", edit(rs, map[string]any{"kid": 1}), "", nil},
		{"kid null", edit(rs, map[string]any{"kid": nil}), "", nil},
		{"issuer null", edit(rs, map[string]any{"issuer": nil}), "RS256", rsaKey()},
		{"issuer a number", edit(rs, map[string]any{"issuer": 1}), "RS256", rsaKey()},
		{"issuer an array", edit(rs, map[string]any{"issuer": []string{login}}), "RS256", rsaKey()},
		{"issuer empty", edit(rs, map[string]any{"issuer": ""}), "RS256", rsaKey()},
		{"issuer in another case", edit(rs, map[string]any{"Issuer": login}), "RS256", rsaKey()},
		{"null", "null", "", nil},
		{"string", `"bad"`, "", nil},
		{"array", "[" + rs + "]", "", nil},
		{"empty object", "{}", "", nil},
	}
}

// A key that cannot be used is skipped, counted, named by its place, and takes
// nothing from the others.
func TestUnusableKeyIsSkipped(t *testing.T) {
	good := jwk(p384(), "good", nil)
	for _, row := range badKeys() {
		t.Run(row.policy, func(t *testing.T) {
			for _, set := range []string{keySet(good, row.text), keySet(row.text, good)} {
				v, event := fetched(t, set)
				if event.Keys != 1 || len(event.Skipped) != 1 {
					t.Errorf("%d keys, skipped %q; want one each", event.Keys, event.Skipped)
				}
				judge(t, v, mint(t, "ES384", "good"), nil)
				if row.private != nil {
					token := compact(t, row.alg, row.private, `{"alg":"`+row.alg+`","kid":"bad"}`, goodClaims())
					judge(t, v, token, jwks.ErrKey)
				}
				if text := event.Skipped[0].Error(); len(text) > 100 || !strings.Contains(text, "key ") {
					t.Errorf("skipped for %q", text)
				}
			}
		})
		t.Run(row.policy+" alone is no key set", func(t *testing.T) {
			v, event := fetched(t, keySet(row.text))
			if event.Keys != 0 || event.Err == nil || !strings.Contains(event.Err.Error(), "no usable key") {
				t.Fatalf("%d keys, error %v", event.Keys, event.Err)
			}
			// Whatever is wrong with the keys, it is not the token's fault.
			judge(t, v, mint(t, "RS256", "bad"), jwks.ErrUnavailable)
		})
	}
}

func TestKeySetDocument(t *testing.T) {
	good := jwk(rsaKey(), "k1", nil)
	many := func(n int) string {
		keys := slices.Repeat([]string{`{"kty":"unknown"}`}, n-1)
		return keySet(append(keys, good)...)
	}
	for _, row := range []struct {
		policy string
		text   string
		keys   int // that can be used; 0: refused
	}{
		{"one key accepted", keySet(good), 1},
		{"unknown members accepted", `{"x":[1],"keys":[` + good + `],"y":null}`, 1},
		{"unknown members of a key accepted", keySet(edit(good, map[string]any{"x5c": []string{"no certificate"}, "x5t": 1, "exp": 1, "oth": "x"})), 1},
		{"white space accepted", " \r\n" + keySet(good) + "\n\t", 1},
		{"a hundred entries accepted", many(100), 1},
		{"a hundred and one refused", many(101), 0},
		{"no keys refused", `{"keys":[]}`, 0},
		{"keys absent refused", `{}`, 0},
		{"keys null refused", `{"keys":null}`, 0},
		{"keys an object refused", `{"keys":` + good + `}`, 0},
		{"keys a string refused", `{"keys":"` + encode(good) + `"}`, 0},
		{"bare key refused", good, 0},
		{"bare array refused", "[" + good + "]", 0},
		{"keys in capitals refused", strings.Replace(keySet(good), "keys", "KEYS", 1), 0},
		{"keys with a Kelvin sign refused", strings.Replace(keySet(good), "keys", "\u212aeys", 1), 0},
		{"keys twice refused", `{"keys":[` + good + `],"keys":[` + good + `]}`, 0},
		{"keys twice by escape refused", `{"keys":[],"\u006beys":[` + good + `]}`, 0},
		{"trailing garbage refused", keySet(good) + "x", 0},
		{"second document refused", keySet(good) + keySet(good), 0},
		{"trailing comma refused", keySet(good, ""), 0},
		{"cut refused", keySet(good)[:len(good)], 0},
		{"member of a key twice refused", keySet(strings.Replace(good, "{", `{"kty":"RSA",`, 1)), 0},
		{"deep nesting beside the keys accepted", `{"keys":[` + good + `],"x":` + nested(40) + `}`, 1},
		{"deep nesting in one key skips it", `{"keys":[` + good + `,{"kty":"RSA","x":` + nested(40) + `}]}`, 1},
		{"duplicate in one key skips it", `{"keys":[` + good + `,{"kty":"RSA","kty":"RSA"}]}`, 1},
		{"lone surrogate in one key skips it", `{"keys":[` + good + `,{"kty":"RSA","kid":"\ud800"}]}`, 1},
		{"keys in two cases refused", `{"keys":[` + good + `],"KEYS":[]}`, 0},
		{"keys in another case refused", `{"Keys":[` + good + `]}`, 0},
		{"invalid UTF-8 refused", `{"keys":[` + good + "],\"x\":\"\xff\"}", 0},
		{"lone surrogate beside the keys accepted", `{"keys":[` + good + `],"x":"\ud800"}`, 1},
		{"HTML refused", "<html>{}</html>", 0},
		{"empty refused", "", 0},
	} {
		t.Run(row.policy, func(t *testing.T) {
			v, event := fetched(t, row.text)
			if event.Keys != row.keys || (event.Err == nil) != (row.keys > 0) {
				t.Errorf("%d keys, error %v; want %d keys", event.Keys, event.Err, row.keys)
			}
			want := jwks.ErrUnavailable
			if row.keys > 0 {
				want = nil
			}
			judge(t, v, mint(t, "RS256", "k1"), want)
		})
	}
}

// The error is for an operator who has to find out which provider is ill.
func TestUnavailableNamesTheIssuer(t *testing.T) {
	v := believeSet(t, "{}")
	_, err := v.Verify(t.Context(), mint(t, "RS256", "k1"))
	u, ok := errors.AsType[*jwks.UnavailableError](err)
	if !ok || u.Issuer != login || u.RetryAfter <= 0 || u.Err == nil {
		t.Fatalf("error is %#v", err)
	}
	for _, part := range []string{login, keySetURL} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error does not name %s: %v", part, err)
		}
	}
}

// Members that are not of the public key do not reach the parser, whatever they are.
func TestOnlyPublicParametersAreRead(t *testing.T) {
	for _, private := range []any{rsaKey(), p256(), edKey()} {
		members := map[string]any{"oth": 7, "k": "AAAA", "x5c": 1, "x5u": "file:///"}
		if _, ok := private.(*rsa.PrivateKey); ok {
			members["crv"], members["x"], members["y"] = "P-256", "AA", "AA"
		} else {
			members["n"], members["e"] = 1, "!"
		}
		_, event := fetched(t, keySet(jwk(private, "k1", members)))
		if event.Keys != 1 {
			t.Errorf("%T: %v", private, event.Err)
		}
	}
}
