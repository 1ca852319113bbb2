package jwks_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

func TestListedAlgorithmIsAccepted(t *testing.T) {
	for _, alg := range pairAlgorithms {
		public := publicOf(privateFor(alg))
		sources := map[string]jwks.Issuer{
			"PKIX":                 {PublicKeys: pkixPEM(public)},
			"certificate":          {PublicKeys: certificatePEM(public)},
			"key set with alg":     {JWKSURL: keySetURL},
			"key set without alg":  {JWKSURL: keySetURL},
			"key set without use":  {JWKSURL: keySetURL},
			"key set with key_ops": {JWKSURL: keySetURL},
		}
		if alg[1] == 'S' && alg[0] != 'E' {
			sources["PKCS #1"] = jwks.Issuer{PublicKeys: pkcs1PEM(public)}
		}
		members := map[string]map[string]any{
			"key set with alg":     {"alg": alg},
			"key set without use":  {"use": nil},
			"key set with key_ops": {"key_ops": []string{"sign", "verify"}},
		}
		for name, is := range sources {
			t.Run(alg+" by "+name+" accepted", func(t *testing.T) {
				is.Algorithms = []string{alg}
				v := believe(t, is, publish(keySet(jwk(privateFor(alg), "k1", members[name]))))
				judge(t, v, mint(t, alg, "k1"), nil)
			})
		}
	}
	for _, alg := range secretAlgorithms {
		t.Run(alg+" by secret accepted", func(t *testing.T) {
			v := believe(t, jwks.Issuer{Algorithms: []string{alg}, Secret: jwks.NewSecret(sharedSecret)}, nil)
			judge(t, v, mint(t, alg, ""), nil)
			judge(t, v, mint(t, alg, "a name that nobody gave"), nil)
		})
	}
}

func TestUnlistedAlgorithmIsRefused(t *testing.T) {
	without := func(list []string, alg string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(other string) bool { return other == alg })
	}
	for _, alg := range pairAlgorithms {
		t.Run(alg+" refused", func(t *testing.T) {
			list := without(pairAlgorithms, alg)
			p := publish(keySet(jwk(privateFor(alg), "k1", nil)))
			v := believe(t, jwks.Issuer{Algorithms: list, JWKSURL: keySetURL}, p)
			judge(t, v, mint(t, alg, "k1"), jwks.ErrAlgorithm)
			if n := len(p.requests()); n != 0 {
				t.Errorf("%d requests for a token whose algorithm is refused anyway", n)
			}
		})
	}
	for _, alg := range secretAlgorithms {
		t.Run(alg+" refused", func(t *testing.T) {
			v := believe(t, jwks.Issuer{Algorithms: without(secretAlgorithms, alg), Secret: jwks.NewSecret(sharedSecret)}, nil)
			judge(t, v, mint(t, alg, ""), jwks.ErrAlgorithm)
		})
	}
}

func TestNoListMeansRS256(t *testing.T) {
	keys := []string{jwk(edKey(), "EdDSA", nil), jwk(rsaKey(), "RSA", nil)}
	v := believe(t, jwks.Issuer{JWKSURL: keySetURL}, publish(keySet(keys...)))
	judge(t, v, mint(t, "RS256", "RSA"), nil)
	for _, alg := range append(slices.Clone(secretAlgorithms), pairAlgorithms[1:]...) {
		judge(t, v, mint(t, alg, "RSA"), jwks.ErrAlgorithm)
	}
}

// One server, found by discovery, with one key of every kind.
func TestEveryAlgorithmOverHTTP(t *testing.T) {
	var keys []string
	for _, alg := range pairAlgorithms {
		keys = append(keys, jwk(privateFor(alg), "key for "+alg, map[string]any{"alg": alg}))
	}
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			_, _ = w.Write([]byte(`{"issuer":"` + server.URL + `","jwks_uri":"` + server.URL + `/keys"}`))
		case "/keys":
			_, _ = w.Write([]byte(keySet(keys...)))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()

	v := believe(t, jwks.Issuer{URL: server.URL, Algorithms: pairAlgorithms}, nil)
	claims := strings.Replace(goodClaims(), login, server.URL, 1)
	for _, alg := range pairAlgorithms {
		header := `{"alg":"` + alg + `","kid":"key for ` + alg + `"}`
		judge(t, v, compact(t, alg, privateFor(alg), header, claims), nil)
	}
}

// RFC 7518 §3.4, RFC 7517 §4.4, RFC 8725 §3.1: one key, one algorithm.
func TestAlgorithmMustSuitTheKey(t *testing.T) {
	for _, row := range []struct {
		policy  string
		alg     string // of the header, and signed so
		private any
		members map[string]any // of the published key
		want    error
	}{
		{"RS256 under a key for RS256 accepted", "RS256", rsaKey(), map[string]any{"alg": "RS256"}, nil},
		{"RS512 under a key for RS256 refused", "RS512", rsaKey(), map[string]any{"alg": "RS256"}, jwks.ErrKey},
		{"PS256 under a key for RS256 refused", "PS256", rsaKey(), map[string]any{"alg": "RS256"}, jwks.ErrKey},
		{"RS256 under a key for PS256 refused", "RS256", rsaKey(), map[string]any{"alg": "PS256"}, jwks.ErrKey},
		{"ES256 under P-384 refused", "ES256", p384(), nil, jwks.ErrKey},
		{"ES384 under P-256 refused", "ES384", p256(), nil, jwks.ErrKey},
		{"ES512 under P-384 refused", "ES512", p384(), nil, jwks.ErrKey},
		{"ES256 under RSA refused", "ES256", rsaKey(), nil, jwks.ErrKey},
		{"RS256 under P-256 refused", "RS256", p256(), nil, jwks.ErrKey},
		{"EdDSA under P-256 refused", "EdDSA", p256(), nil, jwks.ErrKey},
		{"EdDSA under RSA refused", "EdDSA", rsaKey(), nil, jwks.ErrKey},
		{"RS256 under Ed25519 refused", "RS256", edKey(), nil, jwks.ErrKey},
	} {
		t.Run(row.policy, func(t *testing.T) {
			v := believeSet(t, keySet(jwk(row.private, "k1", row.members)))
			token := compact(t, row.alg, row.private, `{"alg":"`+row.alg+`","kid":"k1"}`, goodClaims())
			judge(t, v, token, row.want)
		})
	}
}
