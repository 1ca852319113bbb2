package jwks_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

const rigStranger = "https://stranger.example.com"

// unusableSets are the ways in which a provider can answer without giving us a key
// set. Each is a failed fetch: at start there are no keys, later the old ones stay.
var unusableSets = []struct {
	policy string
	answer jwkstest.Answer
}{
	{"500 with the set in its body", jwkstest.Answer{Status: 500}},
	{"404", jwkstest.Answer{Status: 404}},
	{"204", jwkstest.Answer{Status: 204, Body: []byte{}}},
	{"206 with a part of it", jwkstest.Answer{Status: 206}},
	{"HTML", jwkstest.Answer{Body: []byte("<!doctype html><title>Sign in</title>"), Header: http.Header{"Content-Type": {"text/html"}}}},
	{"nothing", jwkstest.Answer{Body: []byte{}}},
	{"half of the JSON", jwkstest.Answer{Body: []byte(`{"keys":[{"kty":"EC"`)}},
	{"JSON that is no object", jwkstest.Answer{Body: []byte(`[{"keys":[]}]`)}},
	{"text after the JSON", jwkstest.Answer{Body: []byte(`{"keys":[]} {}`)}},
	{"no keys member", jwkstest.Answer{Body: []byte(`{"error":"try again"}`)}},
	{"keys in other letters", jwkstest.Answer{Body: []byte(`{"Keys":[]}`)}},
	{"keys that are null", jwkstest.Answer{Body: []byte(`{"keys":null}`)}},
	{"two keys members", jwkstest.Answer{Body: []byte(`{"keys":[],"keys":[]}`)}},
	{"no keys", jwkstest.Answer{Body: []byte(`{"keys":[]}`)}},
	{"no usable key", jwkstest.Answer{Body: []byte(`{"keys":[{"kty":"LATTICE","kid":"x"},null,7,{}]}`)}},
	{"more keys than anybody has", jwkstest.Answer{Body: []byte(`{"keys":[` + strings.Repeat(`{},`, 100) + `{}]}`)}},
	{"unasked encoding", jwkstest.Answer{Header: http.Header{"Content-Encoding": {"br"}}}},
	{"64 MiB", jwkstest.Answer{Pad: 64 << 20}},
	{"gzip bomb", jwkstest.Answer{Body: gzipBomb(), Header: http.Header{"Content-Encoding": {"gzip"}}}},
	{"half of the body, then nothing", jwkstest.Answer{Hang: true}},
	{"a byte now and then", jwkstest.Answer{Drip: time.Second}},
	{"no answer for an hour", jwkstest.Answer{Delay: time.Hour}},
	{"redirect to another host", jwkstest.Answer{Redirect: rigStranger + "/jwks"}},
	{"redirect to plain http", jwkstest.Answer{Redirect: "http://login.example.com/jwks"}},
	{"redirect to another port", jwkstest.Answer{Redirect: rigIssuer + ":8443/jwks"}},
	{"redirect to itself", jwkstest.Answer{Status: 302, Header: http.Header{"Location": {"?again"}}}},
	{"redirect to nowhere", jwkstest.Answer{Status: 302, Header: http.Header{"Location": {"//"}}}},
}

// gzipBomb is a gibibyte of white space: a thousand times the same compressed
// mebibyte, which RFC 1952 §2.2 allows and which takes no time to make.
func gzipBomb() []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(bytes.Repeat([]byte{' '}, 1<<20)) // a bytes.Buffer takes all
	_ = w.Close()
	return bytes.Repeat(b.Bytes(), 1<<10)
}

// newHostileRig is a rig with strangers on the network who publish the very keys
// of the issuer, so that whoever follows a redirect there gets what it wants.
func newHostileRig(t *testing.T) (r *keyRig, strangers []*jwkstest.Issuer) {
	t.Helper()
	key := jwkstest.NewKey("ES256")
	for _, url := range []string{rigStranger, "http://login.example.com", rigIssuer + ":8443"} {
		s := bareIssuer(t, url)
		s.Publish(key)
		strangers = append(strangers, s)
	}
	r = newKeyRig(t, func(r *keyRig, _ *jwks.Config) {
		r.Publish(key)
		r.wire.next = jwkstest.Network(append(strangers, r.Issuer)...)
	})
	return r, strangers
}

func checkUntouched(t *testing.T, policy string, strangers []*jwkstest.Issuer) {
	t.Helper()
	for _, s := range strangers {
		if n := s.Fetches(jwkstest.Everything); n != 0 {
			t.Errorf("%s: %d requests reached %s, want none", policy, n, s.URL)
		}
	}
}

func TestUnusableSetAtStart(t *testing.T) {
	for _, tt := range unusableSets {
		inBubble(t, func(t *testing.T) {
			r, strangers := newHostileRig(t)
			r.SetAnswer(jwkstest.KeySet, tt.answer)
			start := time.Now()
			r.refuses(tt.policy, r.good(), jwks.ErrUnavailable)
			if waited := time.Since(start); waited > rigFetch {
				t.Errorf("%s: waited %v, want %v at the most", tt.policy, waited, rigFetch)
			}
			checkUntouched(t, tt.policy, strangers)
			r.up()
			time.Sleep(time.Second)
			r.accepts(tt.policy+": mended", r.good())
		})
	}
}

func TestUnusableSetLaterLeavesTheOldKeys(t *testing.T) {
	for _, tt := range unusableSets {
		inBubble(t, func(t *testing.T) {
			r, strangers := newHostileRig(t)
			r.warm()
			r.SetAnswer(jwkstest.KeySet, tt.answer)
			for range 3 {
				time.Sleep(20 * time.Minute)
				r.acceptsAtOnce(tt.policy, r.good())
				time.Sleep(rigFetch)
			}
			r.refuses(tt.policy+", unknown kid", r.forged(), jwks.ErrUnavailable)
			checkUntouched(t, tt.policy, strangers)
			for i, e := range r.heard() {
				if (e.Err != nil) != (i > 0) || e.Keys != 2 {
					t.Errorf("%s: event %d is %+v, want a failure and 2 keys kept", tt.policy, i, e)
				}
			}
			r.up()
			r.Rotate()
			time.Sleep(rigInterval)
			r.accepts(tt.policy+": mended, and rotated", r.good())
		})
	}
}

// The same answers in place of the discovery document.
func TestUnusableDiscoveryAtStart(t *testing.T) {
	for _, tt := range unusableSets {
		if strings.Contains(tt.policy, "key") {
			continue // a matter of key sets only
		}
		inBubble(t, func(t *testing.T) {
			r, strangers := newHostileRig(t)
			r.SetAnswer(jwkstest.Discovery, tt.answer)
			start := time.Now()
			r.refuses(tt.policy, r.good(), jwks.ErrUnavailable)
			if waited := time.Since(start); waited > rigFetch {
				t.Errorf("%s: waited %v, want %v at the most", tt.policy, waited, rigFetch)
			}
			if n := r.JWKSFetches(); n != 0 {
				t.Errorf("%s: %d key set fetches, want none", tt.policy, n)
			}
			checkUntouched(t, tt.policy, strangers)
			r.up()
			time.Sleep(time.Second)
			r.accepts(tt.policy+": mended", r.good())
		})
	}
}

// The whole attempt has a time limit, not only each of its requests.
func TestAttemptIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRigFor(t, bareIssuer(t, rigIssuer+"/tenant"), nil)
		r.SetAnswer(jwkstest.Everything, jwkstest.Answer{Delay: 4999 * time.Millisecond})
		r.SetAnswer(jwkstest.OAuth|jwkstest.OpenIDInserted, jwkstest.Answer{Delay: 4999 * time.Millisecond, Status: 404})
		start := time.Now()
		err := r.verify(r.good())
		checkRefusal(t, "four slow answers", err, jwks.ErrUnavailable)
		if waited := time.Since(start); waited != rigFetch {
			t.Errorf("waited %v, want %v", waited, rigFetch)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the time limit named", err)
		}
	})
}

// “body … bounded”: by what is kept in memory, not by what arrives.
func TestLargeBodiesCostLittleMemory(t *testing.T) {
	for _, tt := range unusableSets {
		if tt.answer.Pad == 0 && len(tt.answer.Body) < 1<<19 {
			continue
		}
		inBubble(t, func(t *testing.T) {
			r, _ := newHostileRig(t)
			r.SetAnswer(jwkstest.KeySet, tt.answer)
			token := r.good()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r.refuses(tt.policy, token, jwks.ErrUnavailable)
			runtime.ReadMemStats(&after)
			// All that was allocated, held or not, and on both sides of the pipe.
			if n := after.TotalAlloc - before.TotalAlloc; n > 24<<20 {
				t.Errorf("%s: allocated %d MiB, want 24 at the most", tt.policy, n>>20)
			}
		})
	}
}

// Valid JSON under the bound is read, padded or compressed as it may be.
func TestLargeBodyWithinTheBoundIsRead(t *testing.T) {
	for _, a := range []jwkstest.Answer{{Pad: 900 << 10}, {Pad: 900 << 10, Gzip: true}, {Redirect: rigIssuer + "/jwks?moved=1"}} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.SetAnswer(jwkstest.KeySet, a)
			r.accepts(fmt.Sprintf("%+v", a), r.good())
		})
	}
}

// A set without any key for the configured algorithms is the provider's word all the
// same: its tokens are refused, not put off.
func TestSetForOtherAlgorithmsIsUsed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		old := r.KeyIDs()[0]
		r.AddKey("EdDSA")
		r.RemoveKey(old)
		time.Sleep(15 * time.Minute)
		r.accepts("starts the refresh", r.signedBy(old))
		synctest.Wait()
		r.refuses("withdrawn", r.signedBy(old), jwks.ErrKey)
	})
}
