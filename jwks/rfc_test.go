package jwks_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// Tokens that were signed by nobody here. They have no audience, and were given to no
// client: a wrong client is what is left to say once the signature holds.
func TestTokensOfRFC7515(t *testing.T) {
	text, err := os.ReadFile("../testdata/jwks/rfc7515.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Alg, Secret, Token string
		Key                      json.RawMessage
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) != 3 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, vector := range vectors {
		t.Run(vector.Name+" "+vector.Alg, func(t *testing.T) {
			is := jwks.Issuer{URL: "joe", Audiences: []string{here}, AudienceOptional: true, Clients: []string{"c1"}, Algorithms: []string{vector.Alg}, JWKSURL: keySetURL}
			if vector.Secret != "" {
				is.Secret, is.JWKSURL = jwks.NewSecret(made(base64.RawURLEncoding.DecodeString(vector.Secret))), ""
			}
			v, err := jwks.New(jwks.Config{
				Issuers:   []jwks.Issuer{is},
				Transport: publish(keySet(string(vector.Key))),
				Now:       func() time.Time { return time.Unix(1300819380, 0) }, // their "exp"
			})
			if err != nil {
				t.Fatal(err)
			}
			judge(t, v, vector.Token, jwks.ErrClient)
			cut := strings.LastIndexByte(vector.Token, '.') + 1
			changed := vector.Token[:cut] + "A" + vector.Token[cut+1:]
			judge(t, v, changed, jwks.ErrSignature)
		})
	}
}
