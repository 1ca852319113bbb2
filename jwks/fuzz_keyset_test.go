package jwks

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// The keys of RFC 7515 §A.2 and §A.3 and RFC 8037 §A.2.
const (
	fuzzRSA = `{"kty":"RSA","kid":"r","use":"sig","alg":"RS256","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}`
	fuzzEC  = `{"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	fuzzOKP = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","key_ops":["verify"]}`
)

// FuzzKeySet reads whatever text as a key set. Inside the package, because what it
// holds to account are keys, and no key can be had outside. Every key that is used is
// public, strong, of an entry that says nothing against it, and verifies nothing by
// chance; one that cannot be used never makes it panic.
func FuzzKeySet(f *testing.F) {
	for _, keys := range [][]string{
		{fuzzRSA}, {fuzzEC}, {fuzzOKP}, {fuzzRSA, fuzzEC, fuzzOKP}, {fuzzRSA, fuzzRSA}, {fuzzEC, "null"}, {fuzzRSA, `{"kty":"oct","k":"AAAA"}`}, {},
		{strings.Replace(fuzzOKP, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "11qY", 1)},
		{strings.Replace(fuzzRSA, "AQAB", "AQAC", 1)}, {strings.Replace(fuzzRSA, "sig", "enc", 1)}, {strings.Replace(fuzzRSA, "RS256", "ES256", 1)},
		{strings.Replace(fuzzEC, "{", `{"issuer":"https://login.example.com",`, 1), fuzzEC}, {strings.Replace(fuzzEC, "{", `{"issuer":null,`, 1)},
		{strings.Replace(fuzzEC, "P-256", "P-521", 1)}, {strings.Replace(fuzzEC, `"x":"f8`, `"x":"f9`, 1)}, {strings.Replace(fuzzEC, "{", `{"d":"AA",`, 1)},
	} {
		f.Add([]byte(`{"keys":[` + strings.Join(keys, ",") + `]}`))
	}
	f.Add([]byte(`{"keys":null}`))
	for _, text := range []string{ // what key servers and those who pose as one have sent
		`{"keys":[` + strings.Replace(fuzzEC, "{", `{"kty":"oct",`, 1) + `]}`, `{"keys":[` + strings.Replace(fuzzEC, "{", `{"KTY":"oct",`, 1) + `]}`,
		`{"keys":[` + fuzzEC + strings.Repeat(","+fuzzEC, maxKeys) + `]}`, `{"keys":[` + fuzzEC + strings.Repeat(",{}", maxKeys) + `]}`, `{"Keys":[` + fuzzEC + `]}`,
		`{"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `,"keys":[` + fuzzEC + `]}`, `{"keys":[` + fuzzEC + `]}{}`, "\ufeff" + `{"keys":[` + fuzzEC + `]}`,
		`{"keys":[` + strings.Replace(fuzzRSA, "AQAB", "Ag", 1) + `,` + strings.Replace(fuzzRSA, "AQAB", "AQAAAAE", 1) + `]}`, `<html>`, fuzzEC,
		`{"keys":[` + strings.Replace(fuzzRSA, `"n":"ofgW`, `"n":"AAAAofgW`, 1) + `]}`, `{"keys":[` + strings.Replace(fuzzEC, `"kid":"e"`, `"kid":"../../e\u0000"`, 1) + `]}`,
	} {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"keys":[],"keys":[` + fuzzEC + `]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := parseKeySet(text)
		if err != nil {
			if set != nil || errors.Is(err, ErrMalformed) {
				t.Fatalf("set %v, error %v", set, err)
			}
			return
		}
		var document struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatalf("accepted %q: %v", text, err)
		}
		if n := len(document.Keys); len(set.keys) == 0 || len(set.keys)+len(set.skipped) > n || n > maxKeys || len(set.keys) > fit(document.Keys) {
			t.Fatalf("%d keys and %d skipped of %q", len(set.keys), len(set.skipped), text)
		}
		for _, k := range set.keys {
			checkKey(t, k)
		}
	})
}

// fit counts the entries that may be used, as far as their short members say.
func fit(entries []json.RawMessage) int {
	n := 0
	for _, entry := range entries {
		var k map[string]any
		if json.Unmarshal(entry, &k) != nil {
			continue
		}
		_, private := k["d"]
		use, hasUse := k["use"]
		kty := k["kty"]
		owner, owned := k["issuer"]
		if text, _ := owner.(string); owned && text == "" {
			continue
		}
		if !private && (!hasUse || use == "sig" || use == "") && (kty == "RSA" || kty == "EC" || kty == "OKP") {
			n++
		}
	}
	return n
}

func checkKey(t *testing.T, k *key) {
	t.Helper()
	strong := false
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		bits := public.N.BitLen()
		strong = k.kind == kindRSA && bits >= 2048 && bits <= 8192 && public.E >= 3 && public.E%2 == 1 && public.N.Bit(0) == 1
	case *ecdsa.PublicKey:
		strong = string(k.kind) == public.Params().Name && onCurve(public)
	case ed25519.PublicKey:
		strong = k.kind == kindEd25519 && len(public) == ed25519.PublicKeySize
	}
	if !strong {
		t.Fatalf("usable: %+v", k)
	}
	served := 0
	for _, entry := range algorithms {
		a, err := newAlgorithm(entry.name)
		if err != nil {
			t.Fatal(err)
		}
		want := ErrKey
		if k.fits(&a) {
			want, served = ErrSignature, served+1
		}
		for _, size := range []int{1, 64, 96, 132, 256} {
			if err := k.verify(&a, []byte("e30.e30"), make([]byte, size)); err != want {
				t.Fatalf("%s: %v, want %v", a.name, err, want)
			}
		}
	}
	if served == 0 || k.alg != "" && served != 1 {
		t.Fatalf("serves %d algorithms: %+v", served, k)
	}
}

func onCurve(public *ecdsa.PublicKey) bool {
	_, err := public.Bytes()
	return err == nil
}
