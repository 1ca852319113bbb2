package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"
)

// A proofKey is the key of a client that binds its tokens to one (RFC 9449).
type proofKey struct {
	private *ecdsa.PrivateKey
	last    string // the proof that was made last
}

func newProofKey(t *testing.T) *proofKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &proofKey{private: private}
}

var base64url = base64.RawURLEncoding.EncodeToString

// proof makes one of RFC 9449 §4.2 for a POST to url, with more claims or others.
func (k *proofKey) proof(url string, more map[string]any) string {
	point, err := k.private.PublicKey.Bytes() // SEC 1 §2.3.3: 4, x, y
	if err != nil {
		panic(err)
	}
	claims := map[string]any{"jti": rand.Text(), "htm": http.MethodPost, "htu": url, "iat": time.Now().Unix()}
	maps.Copy(claims, more)
	signed := segment(map[string]any{
		"typ": "dpop+jwt", "alg": "ES256",
		"jwk": map[string]any{"kty": "EC", "crv": "P-256", "x": base64url(point[1:33]), "y": base64url(point[33:])},
	}) + "." + segment(claims)
	hash := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, hash[:])
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64) // RFC 7518 §3.4
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	k.last = signed + "." + base64url(signature)
	return k.last
}

func segment(members map[string]any) string {
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return base64url(text)
}

// hashOf is the claim "ath" of a proof beside a token.
func hashOf(token string) map[string]any {
	sum := sha256.Sum256([]byte(token))
	return map[string]any{"ath": base64url(sum[:])}
}

// proving is a token with a new proof in each request.
func (k *proofKey) proving(token, url string, more map[string]any) credential {
	return func(context.Context) map[string]string {
		claims := hashOf(token)
		maps.Copy(claims, more)
		return map[string]string{"Authorization": "DPoP " + token, "Dpop": k.proof(url, claims)}
	}
}

// proven is a token with a proof that is there already, or none.
func proven(token, proof string) credential {
	return func(context.Context) map[string]string {
		header := map[string]string{"Authorization": "DPoP " + token}
		if proof != "" {
			header["Dpop"] = proof
		}
		return header
	}
}

// bound is a token for a program that the provider binds to a key.
func (p *oidcProvider) bound(t *testing.T, client, resource string, k *proofKey) string {
	t.Helper()
	proof := map[string]string{"Dpop": k.proof(p.document.TokenEndpoint, nil)}
	got := p.token(t, client, proof, robotWants(resource))
	if got.Type != "DPoP" {
		t.Fatalf("the token is of type %s", got.Type)
	}
	return got.Access
}

// A bound token is good with a new proof of its key for this request, and with nothing
// else; whether the binding stands in the token or in what the provider says of it.
func TestOIDCProviderDPoP(t *testing.T) {
	p := startOIDCProvider(t)
	d := p.deployAsking(t)
	for client, want := range map[string]identity{
		"robot-dpop":        p.ofRobot("robot-dpop"),
		"robot-dpop-opaque": p.asked("", "robot-dpop-opaque"),
	} {
		t.Run(client, func(t *testing.T) {
			k := newProofKey(t)
			token, other := p.bound(t, client, d.mcp, k), p.bound(t, client, d.mcp, k)
			d.admits(t, k.proving(token, d.mcp, nil), want)
			d.refuses(t, proven(token, k.last), http.StatusUnauthorized, "replayed_proof")
			d.refuses(t, bearerOf(token), http.StatusUnauthorized, "sender_bound")
			for name, who := range map[string]credential{
				"no proof":               proven(token, ""),
				"proof for another URL":  k.proving(token, p.document.TokenEndpoint, nil),
				"proof for a method":     k.proving(token, d.mcp, map[string]any{"htm": http.MethodGet}),
				"proof for a token":      k.proving(token, d.mcp, hashOf(other)),
				"proof without a token":  proven(token, k.proof(d.mcp, nil)),
				"proof of yesterday":     k.proving(token, d.mcp, map[string]any{"iat": ago().Unix()}),
				"proof of another's key": newProofKey(t).proving(token, d.mcp, nil),
			} {
				t.Run(name, func(t *testing.T) {
					d.refuses(t, who, http.StatusUnauthorized, "invalid_proof")
				})
			}
		})
	}
	t.Run("unbound token with a proof", func(t *testing.T) {
		token := p.robot(t, "robot-rs256", d.mcp)
		d.refuses(t, newProofKey(t).proving(token, d.mcp, nil), http.StatusUnauthorized, "unbound_token")
	})
}

// A server may take bound tokens only, and proofs with a value of its own in them.
func TestOIDCProviderDPoPRequired(t *testing.T) {
	p := startOIDCProvider(t)
	d := p.deploy(t, "MCP_REQUIRE_BOUND=true", "MCP_DPOP_NONCES=true", "MCP_API_KEYS=") // a key is bound to nothing
	answer := d.refuses(t, bearerOf(p.robot(t, "robot-rs256", d.mcp)), http.StatusUnauthorized, "binding_required")
	link := advertised.FindStringSubmatch(answer.Header.Get("Www-Authenticate"))
	if link == nil {
		t.Fatalf("challenges %q", answer.Header["Www-Authenticate"])
	}
	var document struct {
		Required bool `json:"dpop_bound_access_tokens_required"` // RFC 9728 §2
	}
	p.read(t, link[1], &document)
	if !document.Required {
		t.Error("the document does not say that tokens have to be bound")
	}
	k := newProofKey(t)
	token := p.bound(t, "robot-dpop", d.mcp, k)
	nonce := d.refuses(t, k.proving(token, d.mcp, nil), http.StatusUnauthorized, "proof_nonce").Header.Get("Dpop-Nonce")
	if nonce == "" {
		t.Fatal("no nonce to try again with")
	}
	d.admits(t, k.proving(token, d.mcp, map[string]any{"nonce": nonce}), p.ofRobot("robot-dpop"))
	d.refuses(t, k.proving(token, d.mcp, map[string]any{"nonce": nonce + "a"}), http.StatusUnauthorized, "proof_nonce")
}
