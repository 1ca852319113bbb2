package middleware_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// setBound reads the words of a config line that are about tokens bound to a key, and
// about proxies.
func setBound(c *middleware.Config, name, value string, list []string) bool {
	switch name {
	case "require_bound":
		c.RequireBound = true
	case "proof_nonces":
		c.ProofNonces = noncesOf(bytes.Repeat([]byte("n"), 32))
	case "replays":
		c.Replays = replays(value)
	case "proxies":
		for _, text := range list {
			c.TrustedProxies = append(c.TrustedProxies, netip.MustParsePrefix(text))
		}
	case "used_up_by":
		c.FailureLimit = usedUpBy(value)
	case "certificate_header":
		c.ClientCertificateHeader = value
	default:
		return setPolicy(c, name)
	}
	return true
}

// usedUpBy is a limiter with nothing left for one address.
type usedUpBy string

func (u usedUpBy) Take(key string) time.Duration { return u.Left(key) }

func (u usedUpBy) Left(key string) time.Duration {
	if key == string(u) {
		return time.Minute
	}
	return 0
}

// replays is a memory in which every proof is "seen", or that is "down".
type replays string

func (r replays) Take(context.Context, string, time.Time) (bool, error) {
	if r == "down" {
		return true, errors.New("connection refused")
	}
	return r != "seen", nil
}

func noncesOf(keys ...[]byte) *middleware.ProofNonces {
	nonces, err := middleware.NewProofNonces(keys...)
	if err != nil {
		panic(err)
	}
	return nonces
}

// Keys of clients, each made once.
var (
	clientKey = sync.OnceValue(newClientKey)
	otherKey  = sync.OnceValue(newClientKey)
)

func newClientKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// publicJWK has the members in the order of RFC 7638 §3: encoding/json sorts them.
func publicJWK(key *ecdsa.PrivateKey) map[string]string {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return map[string]string{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func hashed(b []byte) string {
	sum := sha256.Sum256(b)
	return encode(sum[:])
}

func asJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func thumbprintOf(key *ecdsa.PrivateKey) string { return hashed(asJSON(publicJWK(key))) }

// certificate is one of a client, for clientKey: nobody but itself vouches for it, and
// it has ended long ago.
var certificate = sync.OnceValue(func() *x509.Certificate { return newCertificate(clientKey()) })

func newCertificate(key *ecdsa.PrivateKey) *x509.Certificate {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return c
}

// cnfOf is what a token is bound to: "key", "certificate", "both", or a thumbprint.
func cnfOf(value string) map[string]any {
	jkt, x5t := thumbprintOf(clientKey()), hashed(certificate().Raw)
	switch value {
	case "key":
		return map[string]any{"jkt": jkt}
	case "certificate":
		return map[string]any{"x5t#S256": x5t}
	case "both":
		return map[string]any{"jkt": jkt, "x5t#S256": x5t}
	}
	return map[string]any{"jkt": value}
}

// proofOf signs a good proof for token, but for what over says of its header ("typ",
// "alg", "jwk") and its claims; nil leaves one out.
func proofOf(token string, key *ecdsa.PrivateKey, over map[string]any) string {
	header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": publicJWK(key)}
	claims := map[string]any{"jti": rand.Text(), "htm": "POST", "htu": resource, "iat": started.Unix(), "ath": hashed([]byte(token))}
	for name, value := range over {
		if _, ok := header[name]; ok {
			header[name] = value
		} else {
			claims[name] = value
		}
	}
	absent := func(_ string, value any) bool { return value == nil }
	maps.DeleteFunc(header, absent)
	maps.DeleteFunc(claims, absent)
	input := encode(asJSON(header)) + "." + encode(asJSON(claims))
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		panic(err)
	}
	return input + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// flowProof is what ${proof …} stands for: a proof for the token in front of it.
func (s *flowServer) flowProof(t *testing.T, args []string) string {
	key, token, over := clientKey(), "", map[string]any{}
	if len(s.secrets) > 0 {
		token = s.secrets[len(s.secrets)-1]
	}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "key":
			key = otherKey()
		case "iat":
			d, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			over[name] = started.Add(d).Unix()
		case "nonce":
			age, err := time.ParseDuration(value)
			if over[name] = value; err == nil {
				over[name] = noncesOf(bytes.Repeat([]byte("n"), 32)).Issue(started.Add(age))
			}
		default:
			over[name] = value
		}
		if value == "none" {
			over[name] = nil
		}
	}
	return proofOf(token, key, over)
}

// flowCertificate is what ${certificate …} stands for: the client's, as proxies write it.
func flowCertificate(args []string) string {
	c := certificate()
	for _, arg := range args {
		switch arg {
		case "other":
			c = newCertificate(otherKey())
		case "pem":
			return url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})))
		}
	}
	return ":" + base64.StdEncoding.EncodeToString(c.Raw) + ":"
}
