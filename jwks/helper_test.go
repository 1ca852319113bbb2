package jwks_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/mcp-rs/mcp-rs/jwks"
)

const (
	login     = "https://login.example.com"      // the issuer
	here      = "https://mcp.example.com/mcp"    // the audience
	keySetURL = "https://login.example.com/jwks" // where a publisher has its keys
)

// noon is when every test takes place.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// goodMembers are the claims of a good token, as texts of members.
func goodMembers() map[string]string {
	return map[string]string{
		"iss": fmt.Sprintf("%q", login),
		"aud": fmt.Sprintf("%q", here),
		"sub": `"alice"`,
		"iat": fmt.Sprint(noon.Add(-time.Minute).Unix()),
		"exp": fmt.Sprint(noon.Add(10 * time.Minute).Unix()),
	}
}

func goodClaims() string { return claims("", "") }

// claimsWith is a good claims set with one member, or any text, added. What is added
// takes the place of a good member of that name, unless the text begins with a comma.
func claimsWith(text string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(text, `"`), `"`)
	return claims(name, strings.TrimPrefix(text, ","))
}

// claimsWithout is a good claims set that lacks a member.
func claimsWithout(name string) string { return claims(name, "") }

func claims(without, add string) string {
	members := goodMembers()
	delete(members, without)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		all = append(all, fmt.Sprintf("%q:%s", name, members[name]))
	}
	if add != "" {
		all = append(all, add)
	}
	return "{" + strings.Join(all, ",") + "}"
}

// believe makes a verifier of one issuer and fills in what a test does not care for.
func believe(t testing.TB, is jwks.Issuer, transport http.RoundTripper) *jwks.Verifier {
	t.Helper()
	is.URL = cmp.Or(is.URL, login)
	if is.Audiences == nil {
		is.Audiences = []string{here}
	}
	v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{is}, Transport: transport, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// believeSecret is believe for an issuer of HS256: no other signs as fast.
func believeSecret(t testing.TB, is jwks.Issuer) *jwks.Verifier {
	t.Helper()
	is.Algorithms, is.Secret = []string{"HS256"}, jwks.NewSecret(sharedSecret)
	return believe(t, is, nil)
}

// believeSet is believe for an issuer that publishes a key set and may use every
// algorithm with it.
func believeSet(t testing.TB, set string) *jwks.Verifier {
	t.Helper()
	return believe(t, jwks.Issuer{JWKSURL: keySetURL, Algorithms: pairAlgorithms}, publish(set))
}

// A publisher is the network: what is at which URL, and who was asked.
type publisher struct {
	documents map[string]string

	mu    sync.Mutex // protects asked
	asked []string
}

// publish puts a key set where believeSet looks for it.
func publish(set string) *publisher {
	return &publisher{documents: map[string]string{keySetURL: set}}
}

func (p *publisher) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.String())
	p.mu.Unlock()
	text, ok := p.documents[r.URL.String()]
	status := http.StatusOK
	if !ok {
		status = http.StatusNotFound
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}, nil
}

func (p *publisher) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// jwk is the public half of a key as a JWK, under a kid unless that is "", with
// members laid over it. A nil member is left out.
func jwk(private any, kid string, members map[string]any) string {
	out := map[string]any{"use": "sig", "kid": kid}
	if kid == "" {
		delete(out, "kid")
	}
	switch key := private.(type) {
	case *rsa.PrivateKey:
		out["kty"], out["n"], out["e"] = "RSA", encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes())
	case *ecdsa.PrivateKey:
		point := made(key.PublicKey.Bytes())[1:] // X and Y behind a 4, SEC 1 §2.3.3
		out["kty"], out["crv"] = "EC", key.Curve.Params().Name
		out["x"], out["y"] = encode(point[:len(point)/2]), encode(point[len(point)/2:])
	case ed25519.PrivateKey:
		out["kty"], out["crv"], out["x"] = "OKP", "Ed25519", encode(key.Public().(ed25519.PublicKey))
	case []byte:
		out["kty"], out["k"] = "oct", encode(key)
	}
	maps.Copy(out, members)
	maps.DeleteFunc(out, func(_ string, value any) bool { return value == nil })
	return string(made(json.Marshal(out)))
}

func keySet(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// sentinels are all the reasons that Verify has.
var sentinels = []error{
	jwks.ErrMalformed, jwks.ErrEncrypted, jwks.ErrAlgorithm, jwks.ErrIssuer, jwks.ErrKey, jwks.ErrSignature, jwks.ErrExpired,
	jwks.ErrNotYet, jwks.ErrAudience, jwks.ErrClient, jwks.ErrType, jwks.ErrClaim, jwks.ErrBound, jwks.ErrUnavailable,
}

// judge wants token to be refused for one reason, or accepted where that is nil, and
// holds Verify to what it promises besides: claims or an error, one reason and no
// second one, and nothing of the token or of a stranger's making in the text.
func judge(t testing.TB, v *jwks.Verifier, token string, want error) *jwks.Claims {
	t.Helper()
	c, err := v.Verify(t.Context(), token)
	if want == nil {
		if err != nil || c == nil {
			t.Fatalf("refused: %v", err)
		}
		return c
	}
	if c != nil || err == nil {
		t.Fatalf("accepted, want %q", want)
	}
	for _, reason := range sentinels {
		if errors.Is(err, reason) != (reason == want) {
			t.Errorf("error %q: is %q = %t, want reason %q", err, reason, reason != want, want)
		}
	}
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part) {
			t.Errorf("error repeats the token: %q", err)
		}
	}
	if i := strings.IndexFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }); i >= 0 {
		t.Errorf("error has a control character at %d: %q", i, err)
	}
	return nil
}
