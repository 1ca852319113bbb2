package jwks_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

func verifierOf(t testing.TB, alg string) *jwks.Verifier {
	t.Helper()
	if strings.HasPrefix(alg, "HS") {
		return believe(t, jwks.Issuer{Algorithms: []string{alg}, Secret: jwks.NewSecret(sharedSecret)}, nil)
	}
	return believe(t, jwks.Issuer{Algorithms: []string{alg}, PublicKeys: pkixPEM(publicOf(privateFor(alg)))}, nil)
}

func TestChangedSignatureIsRefused(t *testing.T) {
	for _, alg := range append(slices.Clone(pairAlgorithms), secretAlgorithms...) {
		v := verifierOf(t, alg)
		input := encode(`{"alg":"`+alg+`"}`) + "." + encode(goodClaims())
		sig := sign(t, alg, privateFor(alg), input)
		judge(t, v, input+"."+encode(sig), nil)
		half := len(sig) / 2
		for _, row := range []struct {
			policy string
			sig    []byte
		}{
			{"one byte", []byte{0}},
			{"cut at the end", sig[:len(sig)-1]},
			{"cut at the start", sig[1:]},
			{"first half", sig[:half]},
			{"extended by zero", append(slices.Clone(sig), 0)},
			{"extended by a byte", append(slices.Clone(sig), 1)},
			{"zero put before", append([]byte{0}, sig...)},
			{"each half with a zero before", slices.Concat([]byte{0}, sig[:half], []byte{0}, sig[half:])},
			{"halves swapped", slices.Concat(sig[half:], sig[:half])},
			{"twice", slices.Concat(sig, sig)},
			{"all zero", make([]byte, len(sig))},
			{"all ones", slices.Repeat([]byte{0xff}, len(sig))},
			{"first bit", flip(sig, 0, 0x80)},
			{"last bit", flip(sig, len(sig)-1, 0x01)},
			{"middle bit", flip(sig, half, 0x10)},
		} {
			t.Run(alg+" "+row.policy+" refused", func(t *testing.T) {
				judge(t, v, input+"."+encode(row.sig), jwks.ErrSignature)
			})
		}
		t.Run(alg+" empty refused", func(t *testing.T) { judge(t, v, input+".", jwks.ErrMalformed) })
	}
}

func flip(b []byte, i int, bit byte) []byte {
	b = slices.Clone(b)
	b[i] ^= bit
	return b
}

func TestSignatureOfSomethingElseIsRefused(t *testing.T) {
	v := believeSet(t, keySet(jwk(rsaKey(), "k1", nil), jwk(otherRSA(), "k2", nil)))
	header, good := `{"alg":"RS256","kid":"k1"}`, goodClaims()
	forged := strings.Replace(good, "alice", "admin", 1)
	split := func(token string) (h, c, s string) {
		parts := strings.Split(token, ".")
		return parts[0], parts[1], parts[2]
	}
	h, c, s := split(compact(t, "RS256", rsaKey(), header, good))
	judge(t, v, h+"."+c+"."+s, nil)
	for policy, token := range map[string]string{
		"other claims":                   h + "." + encode(forged) + "." + s,
		"claims spelled otherwise":       h + "." + encode(" "+good) + "." + s,
		"header spelled otherwise":       encode(header+" ") + "." + c + "." + s,
		"kid of another key":             encode(`{"alg":"RS256","kid":"k2"}`) + "." + c + "." + s,
		"the other key under this kid":   compact(t, "RS256", otherRSA(), header, good),
		"another hash than the header's": compact(t, "RS512", rsaKey(), header, good),
		"PSS under the name of RS256":    compact(t, "PS256", rsaKey(), header, good),
		"over the claims only":           h + "." + c + "." + encode(sign(t, "RS256", rsaKey(), c)),
		"over the decoded text":          h + "." + c + "." + encode(sign(t, "RS256", rsaKey(), header+"."+good)),
		"signature of another token":     h + "." + c + mint(t, "RS256", "k2")[strings.LastIndexByte(mint(t, "RS256", "k2"), '.'):],
	} {
		t.Run(policy+" refused", func(t *testing.T) { judge(t, v, token, jwks.ErrSignature) })
	}
	for policy, token := range map[string]string{
		"claims and header swapped":    c + "." + h + "." + s,
		"claims and signature swapped": h + "." + s + "." + c,
		"header and signature swapped": s + "." + c + "." + h,
	} {
		t.Run(policy+" refused", func(t *testing.T) {
			if claims, err := v.Verify(t.Context(), token); err == nil || claims != nil {
				t.Error("accepted")
			}
		})
	}
}

// “The size of the salt value is the same size as the hash function output.” —
// RFC 7518 §3.5
func TestPSSSaltMustBeAsLongAsTheHash(t *testing.T) {
	for _, alg := range []string{"PS256", "PS384", "PS512"} {
		v := verifierOf(t, alg)
		input := encode(`{"alg":"`+alg+`"}`) + "." + encode(goodClaims())
		hash := hashOf(alg)
		most := 256 - 2 - hash.Size() // RFC 8017 §9.1.1: what 2048 bits leave
		for _, salt := range []int{0, 1, 20, hash.Size() - 1, hash.Size(), hash.Size() + 1, most} {
			want, verdict := jwks.ErrSignature, "refused"
			if salt == hash.Size() {
				want, verdict = nil, "accepted"
			}
			t.Run(fmt.Sprintf("%s salt of %d bytes %s", alg, salt, verdict), func(t *testing.T) {
				sig := signPSS(t, alg, input, salt)
				judge(t, v, input+"."+encode(sig), want)
			})
		}
	}
}

func signPSS(t *testing.T, alg, input string, salt int) []byte {
	t.Helper()
	if salt == 0 { // which crypto/rsa takes for "as long as possible"
		return signPSSWithoutSalt(t, alg, input)
	}
	options := &rsa.PSSOptions{SaltLength: salt}
	sig, err := rsa.SignPSS(rand.Reader, rsaKey(), hashOf(alg), digest(alg, input), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := rsa.VerifyPSS(&rsaKey().PublicKey, hashOf(alg), digest(alg, input), sig, options); err != nil {
		t.Fatalf("not the signature that the row is about: %v", err)
	}
	return sig
}

// signPSSWithoutSalt is RFC 8017 §9.1.1 with sLen = 0, by hand.
func signPSSWithoutSalt(t *testing.T, alg, input string) []byte {
	t.Helper()
	hash, key := hashOf(alg), rsaKey()
	h := hash.New()
	h.Write(make([]byte, 8))
	h.Write(digest(alg, input))
	sum := h.Sum(nil)

	em := make([]byte, 256) // 2048 bits: emBits is 2047
	db := em[:len(em)-len(sum)-1]
	db[len(db)-1] = 1
	for i, counter := 0, byte(0); i < len(db); counter++ { // MGF1, RFC 8017 §B.2.1
		h.Reset()
		h.Write(sum)
		h.Write([]byte{0, 0, 0, counter})
		for _, b := range h.Sum(nil) {
			if i < len(db) {
				db[i] ^= b
				i++
			}
		}
	}
	em[0] &= 0x7f
	copy(em[len(db):], sum)
	em[len(em)-1] = 0xbc

	sig := new(big.Int).Exp(new(big.Int).SetBytes(em), key.D, key.N).FillBytes(make([]byte, 256))
	auto := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}
	if err := rsa.VerifyPSS(&key.PublicKey, hash, digest(alg, input), sig, auto); err != nil {
		t.Fatalf("not a signature with an empty salt: %v", err)
	}
	return sig
}

// RFC 7518 §3.4: R and S, each in 1…n−1, each as long as n, and not in DER.
func TestECDSASignatureMustBeOnePairOfNumbers(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		v := verifierOf(t, alg)
		key := privateFor(alg).(*ecdsa.PrivateKey)
		n := key.Curve.Params().N
		input := encode(`{"alg":"`+alg+`"}`) + "." + encode(goodClaims())
		r, s, err := ecdsa.Sign(rand.Reader, key, digest(alg, input))
		if err != nil {
			t.Fatal(err)
		}
		zero, one := new(big.Int), big.NewInt(1)
		less, p := new(big.Int).Sub(n, one), key.Curve.Params().P
		rows := map[string][]byte{
			"DER": made(asn1.Marshal(struct{ R, S *big.Int }{r, s})),
		}
		for a, x := range map[string]*big.Int{"0": zero, "1": one, "n-1": less, "n": n, "p": p, "r": r} {
			for b, y := range map[string]*big.Int{"0": zero, "1": one, "n-1": less, "n": n, "p": p, "s": s} {
				if a != "r" || b != "s" {
					rows["r="+a+" s="+b] = joinRS(key.Curve, x, y)
				}
			}
		}
		for name, sig := range rows {
			t.Run(alg+" "+name+" refused", func(t *testing.T) { judge(t, v, input+"."+encode(sig), jwks.ErrSignature) })
		}
		// The mirrored signature is as good as the first, by the nature of ECDSA.
		// So whoever remembers revoked tokens must not do so by their text.
		t.Run(alg+" r, n-s accepted", func(t *testing.T) {
			judge(t, v, input+"."+encode(joinRS(key.Curve, r, new(big.Int).Sub(n, s))), nil)
		})
	}
}

// RFC 8032 §5.1.7: S is less than L; S+L would be a second text for the signature.
func TestEdDSASignatureMustBeReduced(t *testing.T) {
	v := verifierOf(t, "EdDSA")
	input := encode(`{"alg":"EdDSA"}`) + "." + encode(goodClaims())
	sig := ed25519.Sign(edKey(), []byte(input))
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	little := slices.Clone(sig[32:])
	slices.Reverse(little)
	s := new(big.Int).SetBytes(little)
	for _, times := range []int64{1, 2, 7} {
		sum := new(big.Int).Add(s, new(big.Int).Mul(order, big.NewInt(times)))
		tail := sum.FillBytes(make([]byte, 32))
		slices.Reverse(tail)
		t.Run(fmt.Sprintf("S+%dL refused", times), func(t *testing.T) {
			judge(t, v, input+"."+encode(slices.Concat(sig[:32], tail)), jwks.ErrSignature)
		})
	}
	identity := append([]byte{1}, make([]byte, 63)...) // R is the identity, S is 0
	t.Run("identity refused", func(t *testing.T) { judge(t, v, input+"."+encode(identity), jwks.ErrSignature) })
}
