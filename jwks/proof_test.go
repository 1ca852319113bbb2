package jwks_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// proofHeader is a good header for a key, with members laid over it; nil leaves one out.
func proofHeader(alg string, private any, members map[string]any) string {
	all := map[string]any{"typ": "dpop+jwt", "alg": alg, "jwk": json.RawMessage(publicJWK(private, nil))}
	maps.Copy(all, members)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return string(made(json.Marshal(all)))
}

// publicJWK is a key as clients put it into a proof: required members only.
func publicJWK(private any, members map[string]any) string {
	all := map[string]any{"use": nil}
	maps.Copy(all, members)
	return jwk(private, "", all)
}

const goodProof = `{"jti":"1","htm":"POST","htu":"https://mcp.example.com/mcp","iat":1767355200}`

// proofWith is goodProof with a text in place of a member, or beside them.
func proofWith(old, text string) string {
	if old == "" {
		return strings.TrimSuffix(goodProof, "}") + "," + text + "}"
	}
	return strings.Replace(goodProof, old, text, 1)
}

// refuseProof holds ParseProof to what it promises of errors.
func refuseProof(t *testing.T, raw string) {
	t.Helper()
	p, err := jwks.ParseProof(raw)
	if p != nil || !errors.Is(err, jwks.ErrProof) {
		t.Fatalf("accepted as %+v, or refused for %v", p, err)
	}
	for _, reason := range sentinels {
		if errors.Is(err, reason) {
			t.Errorf("%q reads as a refusal of the token: %q", err, reason)
		}
	}
	for part := range strings.SplitSeq(raw, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part) {
			t.Errorf("the error repeats the proof: %q", err)
		}
	}
}

func TestEveryProofAlgorithm(t *testing.T) {
	algorithms := jwks.ProofAlgorithms()
	if want := slices.Sorted(slices.Values(pairAlgorithms)); !slices.Equal(slices.Sorted(slices.Values(algorithms)), want) {
		t.Fatalf("algorithms %q, want %q", algorithms, want)
	}
	for _, alg := range algorithms {
		key := privateFor(alg)
		claims := proofWith("", `"ath":"hash","nonce":"n"`)
		p, err := jwks.ParseProof(compact(t, alg, key, proofHeader(alg, key, nil), claims))
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		want := jwks.Proof{
			Key: thumbprintOf(key), ID: "1", Method: "POST", URL: here, IssuedAt: time.Unix(1767355200, 0),
			AccessTokenHash: "hash", Nonce: "n",
		}
		if *p != want {
			t.Errorf("%s: %+v\nwant %+v", alg, *p, want)
		}
	}
	algorithms[0] = "changed"
	if jwks.ProofAlgorithms()[0] == "changed" {
		t.Error("the caller can change the list")
	}
}

// thumbprintOf is RFC 7638 §3, put together by encoding/json, which sorts names.
func thumbprintOf(private any) string {
	var members map[string]string
	if err := json.Unmarshal([]byte(publicJWK(private, nil)), &members); err != nil {
		panic(err)
	}
	sum := sha256.Sum256(made(json.Marshal(members)))
	return encode(sum[:])
}

// The proofs of the RFC, with the thumbprint of §6.1.
func TestProofsOfRFC9449(t *testing.T) {
	const (
		key    = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
		token  = ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
		access = ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
		jkt    = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	)
	for raw, want := range map[string]jwks.Proof{
		key + token: {Key: jkt, ID: "-BwC3ESc6acc2lTc", Method: "POST", URL: "https://server.example.com/token", IssuedAt: time.Unix(1562262616, 0)},
		key + access: {Key: jkt, ID: "e1j3V_bKic8-LAEB", Method: "GET", URL: "https://resource.example.org/protectedresource",
			IssuedAt: time.Unix(1562262618, 0), AccessTokenHash: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"},
	} {
		if p, err := jwks.ParseProof(raw); err != nil || *p != want {
			t.Errorf("%+v, %v; want %+v", p, err, want)
		}
	}
	refuseProof(t, key+token[:strings.LastIndexByte(token, '.')]+access[strings.LastIndexByte(access, '.'):])
}

func TestProofHeaders(t *testing.T) {
	type members = map[string]any
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	key := p256()
	for _, row := range []struct {
		name  string
		over  members
		taken bool
	}{
		{"kid ignored", members{"kid": "x"}, true},
		{"unknown member ignored", members{"x": 1}, true},
		{"WebCrypto export taken", members{"jwk": raw(publicJWK(key, members{"ext": true, "key_ops": []string{"verify"}, "alg": "ES256", "use": "sig"}))}, true},
		{"access token refused", members{"typ": "at+jwt"}, false},
		{"no type refused", members{"typ": nil}, false},
		{"type in capitals refused", members{"typ": "DPoP+jwt"}, false},
		{"type with its tree refused", members{"typ": "application/dpop+jwt"}, false},
		{"type that is no string refused", members{"typ": []string{"dpop+jwt"}}, false},
		{"second spelling of type refused", members{"TYP": "dpop+jwt"}, false},
		{"no algorithm refused", members{"alg": nil}, false},
		{"algorithm none refused", members{"alg": "none"}, false},
		{"shared secret refused", members{"alg": "HS256"}, false},
		{"algorithm of another key refused", members{"alg": "ES384"}, false},
		{"RSA for EC refused", members{"alg": "RS256"}, false},
		{"algorithm in small letters refused", members{"alg": "es256"}, false},
		{"no key refused", members{"jwk": nil}, false},
		{"key that is null refused", members{"jwk": raw("null")}, false},
		{"key that is text refused", members{"jwk": publicJWK(key, nil)}, false},
		{"private key refused", members{"jwk": raw(publicJWK(key, members{"d": "AAAA"}))}, false},
		{"key for another algorithm refused", members{"jwk": raw(publicJWK(key, members{"alg": "ES384"}))}, false},
		{"key for encryption refused", members{"jwk": raw(publicJWK(key, members{"use": "enc"}))}, false},
		{"key off its curve refused", members{"jwk": raw(publicJWK(key, members{"y": encode(make([]byte, 32))}))}, false},
		{"other key refused", members{"jwk": raw(publicJWK(rsaKey(), nil))}, false},
		{"shared secret as key refused", members{"jwk": raw(jwk(sharedSecret, "", nil))}, false},
		{"crit refused", members{"crit": []string{"exp"}}, false},
		{"b64 refused", members{"b64": false}, false},
		{"jku refused", members{"jku": "https://client.example.com/jwks"}, false},
		{"x5u refused", members{"x5u": "https://client.example.com/x5u"}, false},
		{"x5c refused", members{"x5c": []string{"AAAA"}}, false},
		{"zip refused", members{"zip": "DEF"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			raw := compact(t, "ES256", key, proofHeader("ES256", key, row.over), goodProof)
			if !row.taken {
				refuseProof(t, raw)
			} else if _, err := jwks.ParseProof(raw); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A key of the caller's choice must not be one that others can sign with, or that makes
// checking slow.
func TestProofKeysAreStrong(t *testing.T) {
	small := weakRSA()
	refuseProof(t, compact(t, "RS256", small, proofHeader("RS256", small, nil), goodProof))
	huge := jwk(rsaKey(), "", map[string]any{"use": nil, "n": encode(slices.Concat([]byte{0xff}, make([]byte, 1100), []byte{1}))})
	refuseProof(t, compact(t, "RS256", rsaKey(), proofHeader("RS256", rsaKey(), map[string]any{"jwk": json.RawMessage(huge)}), goodProof))
	for _, member := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		private := json.RawMessage(publicJWK(rsaKey(), map[string]any{member: "AAAA"}))
		refuseProof(t, compact(t, "RS256", rsaKey(), proofHeader("RS256", rsaKey(), map[string]any{"jwk": private}), goodProof))
	}
	// Signed with the public key as if it were a shared secret (RFC 8725 §2.1).
	for _, secret := range [][]byte{[]byte(publicJWK(p256(), nil)), pkixPEM(publicOf(p256()))} {
		refuseProof(t, compact(t, "HS256", secret, proofHeader("HS256", p256(), nil), goodProof))
	}
}

func TestProofClaims(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, row := range []struct {
		name, old, text string
		taken           bool
	}{
		{"other claims ignored", "", `"exp":1,"nbf":9e9,"aud":"x"`, true},
		{"long id taken", `"jti":"1"`, `"jti":"` + long + `"`, true},
		{"time with a fraction taken", "1767355200", "1767355200.5", true},
		{"longer id refused", `"jti":"1"`, `"jti":"` + long + `x"`, false},
		{"no id refused", `"jti":"1",`, ``, false},
		{"empty id refused", `"jti":"1"`, `"jti":""`, false},
		{"id that is a number refused", `"jti":"1"`, `"jti":1`, false},
		{"id that is null refused", `"jti":"1"`, `"jti":null`, false},
		{"no method refused", `"htm":"POST",`, ``, false},
		{"methods refused", `"POST"`, `["POST"]`, false},
		{"no URL refused", `"htu":"https://mcp.example.com/mcp",`, ``, false},
		{"empty URL refused", `"https://mcp.example.com/mcp"`, `""`, false},
		{"no time refused", `,"iat":1767355200`, ``, false},
		{"time as text refused", `1767355200`, `"1767355200"`, false},
		{"time before 1970 refused", `1767355200`, `-1`, false},
		{"time out of range refused", `1767355200`, `1e300`, false},
		{"hash that is no string refused", "", `"ath":1`, false},
		{"nonce that is no string refused", "", `"nonce":["n"]`, false},
		{"claim twice refused", "", `"htm":"POST"`, false},
		{"second spelling refused", "", `"HTU":"https://mcp.example.com/mcp"`, false},
		{"second spelling of what is absent refused", "", `"Ath":"x"`, false},
		{"text behind it refused", goodProof, goodProof + "{}", false},
		{"array refused", goodProof, "[" + goodProof + "]", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			claims := proofWith(row.old, row.text)
			if claims == goodProof {
				t.Fatal("nothing is changed")
			}
			raw := compact(t, "EdDSA", edKey(), proofHeader("EdDSA", edKey(), nil), claims)
			if !row.taken {
				refuseProof(t, raw)
			} else if _, err := jwks.ParseProof(raw); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestProofForm(t *testing.T) {
	good := compact(t, "EdDSA", edKey(), proofHeader("EdDSA", edKey(), nil), goodProof)
	if _, err := jwks.ParseProof(good); err != nil {
		t.Fatal(err)
	}
	cut := strings.LastIndexByte(good, '.')
	for name, raw := range map[string]string{
		"nothing":           "",
		"two of them":       good + "," + good,
		"a second one":      good + " " + good,
		"no signature":      good[:cut+1],
		"two parts":         good[:cut],
		"five parts":        good + ".a.b",
		"padding":           good + "==",
		"space in front":    " " + good,
		"line end behind":   good + "\n",
		"other signature":   good[:cut+1] + encode(make([]byte, 64)),
		"JSON":              `{"protected":"` + good + `"}`,
		"more than fits in": compact(t, "EdDSA", edKey(), proofHeader("EdDSA", edKey(), nil), proofWith("", `"x":"`+strings.Repeat("x", 6<<10)+`"`)),
	} {
		t.Run(name, func(t *testing.T) { refuseProof(t, raw) })
	}
}
