package jwks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// A vector is a signed text of an RFC. Some are no claims, so that it is the signature
// that is judged; those that are refused are so before anybody asks what they say.
type vector struct {
	Name, Token, Result, Why string
	Key                      json.RawMessage
}

func load(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func TestVectorsOfRFCs(t *testing.T) {
	var vectors []vector
	load(t, "jws.json", &vectors)
	count := map[string]int{}
	for i, v := range vectors {
		count[v.Result]++
		t.Run(v.Name+" "+v.Result, func(t *testing.T) {
			switch v.Result {
			case "holds":
				wantSignature(t, v, vectors[:i])
			case "refused":
				refusedAsWritten(t, v)
			default:
				t.Fatalf("result %q", v.Result)
			}
		})
		t.Logf("%-44s %-8s %s", v.Name, v.Result, v.Why)
	}
	if len(vectors) == 0 || count["holds"]+count["refused"] != len(vectors) {
		t.Errorf("%d vectors, %v", len(vectors), count)
	}
	t.Logf("%d vectors: the signature of %d holds, %d refused", len(vectors), count["holds"], count["refused"])
}

// wantSignature wants the signature to hold with its key and as it is, and in no other way.
func wantSignature(t *testing.T, v vector, others []vector) {
	t.Helper()
	if err := jwks.SignatureHolds(string(v.Key), v.Token); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(v.Token, ".")
	payload := parts[0] + "." + encode("another") + "." + parts[2]
	signature := parts[0] + "." + parts[1] + "." + flipText(parts[2])
	for _, changed := range []string{payload, signature} {
		if err := jwks.SignatureHolds(string(v.Key), changed); !errors.Is(err, jwks.ErrSignature) {
			t.Errorf("error %v, want %q: %s", err, jwks.ErrSignature, changed)
		}
	}
	for _, other := range others {
		if other.Key == nil || bytes.Equal(other.Key, v.Key) {
			continue
		}
		if err := jwks.SignatureHolds(string(other.Key), v.Token); !errors.Is(err, jwks.ErrSignature) && !errors.Is(err, jwks.ErrKey) {
			t.Errorf("with the key of %s: error %v", other.Name, err)
		}
	}
}

// flipText changes the first letter, all bits of which are used.
func flipText(part string) string {
	if part[0] == 'A' {
		return "B" + part[1:]
	}
	return "A" + part[1:]
}

// refusedAsWritten asks a verifier of secrets and one of public keys.
func refusedAsWritten(t *testing.T, v vector) {
	t.Helper()
	if v.Why == "" {
		t.Error("nothing says why")
	}
	judge(t, believeSecret(t, jwks.Issuer{URL: "joe"}), v.Token, jwks.ErrMalformed)
	judge(t, believeSet(t, keySet(jwk(rsaKey(), "", nil))), v.Token, jwks.ErrMalformed)
}

// The example of RFC 9068 §2.2, which prints no signature: the claims are read as they
// are meant, and each that is REQUIRED is.
func TestExampleOfRFC9068(t *testing.T) {
	var example struct {
		Header json.RawMessage
		Claims map[string]any
	}
	load(t, "rfc9068.json", &example)
	required := []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}
	v, err := jwks.New(jwks.Config{
		Issuers: []jwks.Issuer{{
			URL: "https://authorization-server.example.com/", Audiences: []string{"https://rs.example.com/"},
			JWKSURL: keySetURL, RequireATJWT: true, RequiredClaims: required[3:],
		}},
		Transport: publish(keySet(jwk(rsaKey(), "RjEwOwOA", nil))),
		Now:       func() time.Time { return time.Unix(1618354091, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	token := func(without string) string {
		claims := map[string]any{}
		for name, value := range example.Claims {
			if number, ok := value.(float64); ok {
				value = int64(number)
			}
			if name != without {
				claims[name] = value
			}
		}
		return compact(t, "RS256", rsaKey(), string(example.Header), string(made(json.Marshal(claims))))
	}
	c := judge(t, v, token(""), nil)
	if c.Subject != "5ba552d67" || c.Client != "s6BhdRkqt3" || c.ID != "dbe39bf3a3ba4238a513f51d6e1691c4" || c.Type != "at+JWT" ||
		c.Expiry.Unix() != 1639528912 || c.IssuedAt.Unix() != 1618354090 || !slices.Equal(c.Scopes, []string{"openid", "profile", "reademail"}) {
		t.Errorf("claims %+v", c)
	}
	want := map[string]error{"iss": jwks.ErrIssuer, "aud": jwks.ErrAudience}
	for _, name := range required {
		t.Run("without "+name+" refused", func(t *testing.T) {
			reason, ok := want[name]
			if !ok {
				reason = jwks.ErrClaim
			}
			judge(t, v, token(name), reason)
		})
	}
}
