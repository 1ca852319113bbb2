package jwks_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// “an unusable key in the set is skipped and counted and never fails the set”,
// “use=enc ignored”. A token that such a key signed is refused, however right its
// signature is, and for a kid that is skipped no more is fetched than for any other.
func TestUnusableKeyIsSkippedAndCounted(t *testing.T) {
	enc := jwkstest.NewKey("ES256").With(map[string]any{"use": "enc"})
	for _, tt := range []struct {
		policy string
		key    *jwkstest.Key
		signed jwkstest.Token // by the key; left out where it cannot sign
		want   error
	}{
		{"unknown kty", jwkstest.UnknownKey("x"), jwkstest.Token{}, nil},
		{"null", jwkstest.RawKey("x", "null"), jwkstest.Token{}, nil},
		{"a number", jwkstest.RawKey("x", "7"), jwkstest.Token{}, nil},
		{"an empty object", jwkstest.RawKey("x", "{}"), jwkstest.Token{}, nil},
		{"a set in the set", jwkstest.RawKey("x", `{"keys":[]}`), jwkstest.Token{}, nil},
		{"kid that is not text", jwkstest.NewKey("ES256").With(map[string]any{"kid": 7}), jwkstest.Token{Header: map[string]any{"kid": "7"}}, jwks.ErrKey},
		{"RSA of 1024 bits", jwkstest.WeakRSAKey(), jwkstest.Token{Alg: "RS256"}, jwks.ErrKey},
		{"for encryption", enc, jwkstest.Token{}, jwks.ErrKey},
		{"for an unknown use", enc.With(map[string]any{"use": "SIG"}), jwkstest.Token{}, jwks.ErrKey},
		{"key_ops without verify", jwkstest.NewKey("ES256").With(map[string]any{"use": nil, "key_ops": []string{"encrypt", "wrapKey"}}), jwkstest.Token{}, jwks.ErrKey},
		{"no key_ops at all", jwkstest.NewKey("ES256").With(map[string]any{"use": nil, "key_ops": []string{}}), jwkstest.Token{}, jwks.ErrKey},
		{"secret", jwkstest.SecretKey(make([]byte, 32)), jwkstest.Token{Alg: "HS256"}, jwks.ErrAlgorithm},
		{"secret, taken for another algorithm", jwkstest.SecretKey(make([]byte, 32)), jwkstest.Token{Alg: "HS256", Header: map[string]any{"alg": "ES256"}}, jwks.ErrKey},
		{"private half published", jwkstest.PrivateKey(), jwkstest.Token{}, jwks.ErrKey},
		{"point off the curve", jwkstest.OffCurveKey(), jwkstest.Token{}, jwks.ErrKey},
		{"no y", jwkstest.NewKey("ES256").With(map[string]any{"y": nil}), jwkstest.Token{}, jwks.ErrKey},
		{"P-256 that claims ES384", jwkstest.MislabelledKey(), jwkstest.Token{}, jwks.ErrKey},
		{"P-256 that claims ES384, taken for ES256", jwkstest.MislabelledKey(), jwkstest.Token{Alg: "ES256"}, jwks.ErrKey},
		{"encryption algorithm", jwkstest.NewKey("ES256").With(map[string]any{"alg": "ECDH-ES"}), jwkstest.Token{}, jwks.ErrKey},
		{"unknown curve", jwkstest.NewKey("ES256").With(map[string]any{"crv": "secp256k1"}), jwkstest.Token{}, jwks.ErrKey},
	} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, func(_ *keyRig, c *jwks.Config) { c.Issuers[0].Algorithms = []string{"ES256", "ES384", "RS256"} })
			first := r.KeyIDs()[0]
			r.RemoveKey(first)
			r.Publish(tt.key) // before the good one
			good := r.AddKey("ES256")
			r.accepts(tt.policy+": good key beside it", r.signedBy(good))
			e := r.heard()[0]
			if e.Err != nil || e.Keys != 1 || len(e.Skipped) != 1 || e.Skipped[0] == nil {
				t.Errorf("%s: %+v, want one key used and one skipped with its reason", tt.policy, e)
			}
			if tt.want == nil {
				return
			}
			tt.signed.KeyID = tt.key.ID()
			for range 100 {
				r.refuses(tt.policy+": token of it", r.Mint(tt.signed), tt.want)
			}
			if n := r.JWKSFetches(); n > 2 {
				t.Errorf("%s: %d fetches, want the first and one for the miss", tt.policy, n)
			}
			r.acceptsAtOnce(tt.policy+": good key afterwards", r.signedBy(good))
		})
	}
}

// All of them in one set, as some providers have it.
func TestGoodKeysAmongManyUnusableOnes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.Publish(jwkstest.UnknownKey("u"), jwkstest.RawKey("n", "null"), jwkstest.WeakRSAKey(), jwkstest.PrivateKey(),
			jwkstest.OffCurveKey(), jwkstest.SecretKey(make([]byte, 32)), jwkstest.NewKey("ES256").With(map[string]any{"use": "enc"}))
		last := r.AddKey("ES256")
		r.warm()
		r.acceptsAtOnce("last of the set", r.signedBy(last))
		if e := r.heard()[0]; e.Keys != 2 || len(e.Skipped) != 7 {
			t.Errorf("%d keys and %d skipped, want 2 and 7", e.Keys, len(e.Skipped))
		}
		r.wantFetches("last of the set", 1, 1)
	})
}

// The number of keys is bounded, and a set beyond it is a failure as a whole.
func TestTooManyKeys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		for i := range 99 {
			r.Publish(jwkstest.RawKey(strconv.Itoa(i), "{}"))
		}
		r.accepts("100 keys", r.good())
		r.Publish(jwkstest.RawKey("99", "{}"))
		r.refuses("101 keys", r.forged(), jwks.ErrUnavailable)
		r.acceptsAtOnce("101 keys, old ones stay", r.good())
	})
}

// “keys without alg accepted for the configured algorithms only”
func TestKeyWithoutAlg(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, func(_ *keyRig, c *jwks.Config) { c.Issuers[0].Algorithms = []string{"RS256", "PS256", "ES256"} })
		labelled := r.AddKey("RS256")
		rsa, ec := r.AddKey("RS256"), r.KeyIDs()[0]
		for _, kid := range []string{rsa, ec} {
			r.EditKey(kid, map[string]any{"alg": nil})
		}
		for _, tt := range []struct {
			policy, kid, alg string
			want             error
		}{
			{"RSA key, algorithm of the list", rsa, "RS256", nil},
			{"RSA key, another of the list", rsa, "PS256", nil},
			{"RSA key, algorithm that is not in the list", rsa, "RS512", jwks.ErrAlgorithm},
			{"EC key, algorithm of the list", ec, "ES256", nil},
			{"EC key, algorithm that is not in the list", ec, "ES384", jwks.ErrAlgorithm},
			{"key with alg, that one", labelled, "RS256", nil},
			{"key with alg, another of the list", labelled, "PS256", jwks.ErrKey},
		} {
			token := r.Mint(jwkstest.Token{KeyID: tt.kid, Alg: tt.alg})
			if tt.want == nil {
				r.accepts(tt.policy, token)
			} else {
				r.refuses(tt.policy, token, tt.want)
			}
		}
		r.wantFetches("all of them", 1, 1)
	})
}

func TestDuplicateKids(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, func(_ *keyRig, c *jwks.Config) { c.Issuers[0].Algorithms = []string{"ES256", "EdDSA"} })
		same := map[string]any{"kid": "same"}
		twice := jwkstest.NewKey("ES256")
		text, err := json.Marshal(twice)
		if err != nil {
			t.Fatal(err)
		}
		one, two := jwkstest.NewKey("ES256").With(same), jwkstest.NewKey("ES256").With(same)
		ec, ed := jwkstest.NewKey("ES256").With(map[string]any{"kid": "shared"}), jwkstest.NewKey("EdDSA").With(map[string]any{"kid": "shared"})
		r.Publish(twice, jwkstest.RawKey("again", string(text)), one, two, ec, ed)
		r.warm()
		if e := r.heard()[0]; e.Keys != 6 || len(e.Skipped) != 0 {
			t.Errorf("%d keys and %d skipped, want 6 and 0: the one published twice is one key", e.Keys, len(e.Skipped))
		}
		r.acceptsAtOnce("same key published twice", r.signedBy(twice.ID()))
		r.acceptsAtOnce("kid shared with a key of another type", r.signedBy(ec.ID()))
		r.acceptsAtOnce("kid shared with a key of another type", r.signedBy(ed.ID()))
		for range 100 { // nothing is tried: of two that fit, none is the one named
			r.refuses("kid shared with a key of the same type", r.signedBy(one.ID()), jwks.ErrKey)
			r.refuses("kid shared with a key of the same type", r.signedBy(two.ID()), jwks.ErrKey)
		}
		r.wantFetches("all of them", 1, 1)
	})
}

// “removed keys stop verifying at the next refresh”, and not before.
func TestRemovedKeyStopsAtTheNextRefresh(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		removed, kept := r.KeyIDs()[0], r.AddKey("ES256")
		r.warm()
		r.RemoveKey(removed)
		added := r.AddKey("ES256")
		time.Sleep(12*time.Minute - 1)
		r.acceptsAtOnce("removed key, not refreshed yet", r.signedBy(removed))
		synctest.Wait()
		r.wantFetches("not refreshed yet", 1, 1)

		time.Sleep(2 * time.Minute)
		r.acceptsAtOnce("kept key, starts the refresh", r.signedBy(kept))
		synctest.Wait()
		r.acceptsAtOnce("added key", r.signedBy(added))
		r.acceptsAtOnce("kept key", r.signedBy(kept))
		r.wantFetches("refreshed", 1, 2)
		for range 100 {
			r.refuses("removed key", r.signedBy(removed), jwks.ErrKey)
		}
		r.wantFetches("removed key is an unknown kid now", 1, 3)
	})
}

// A rotation takes effect as a whole: the fetch that brings the new key withdraws
// the old one.
func TestNewKeyWithdrawsTheOldOne(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.warm()
		old := r.KeyIDs()[0]
		r.Rotate()
		r.acceptsAtOnce("old key, nobody has seen the new one", r.signedBy(old))
		r.accepts("new key", r.good())
		r.refuses("old key, seen the new one", r.signedBy(old), jwks.ErrKey)
	})
}

// With Run, a removed key stops within the lifetime of the set, with or without
// requests. Without Run and requests nothing is refreshed, and the first request
// after that still meets the old set while it starts the refresh.
func TestRemovedKeyAfterIdleTime(t *testing.T) {
	for _, running := range []bool{true, false} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.warm()
			if running {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				go func() { _ = r.v.Run(ctx) }()
			}
			removed := r.KeyIDs()[0]
			r.Rotate()
			time.Sleep(14 * time.Minute)
			if !running {
				time.Sleep(6 * time.Hour)
			}
			r.refuses("removed key", r.signedBy(removed), jwks.ErrKey)
			r.acceptsAtOnce("its successor", r.good())
		})
	}
}
