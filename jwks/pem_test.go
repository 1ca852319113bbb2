package jwks_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

func TestPEM(t *testing.T) {
	rs := publicOf(rsaKey())
	good := pkixPEM(rs)
	p224 := made(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	even := &rsa.PublicKey{N: rsaKey().N, E: 65538}
	huge := &rsa.PublicKey{N: power(2, 8192, 1), E: 65537}
	hello := "a letter, -----BEGIN is in it\n"
	for _, row := range []struct {
		policy  string
		text    []byte
		problem string // that the problem has; "" where the text is accepted
	}{
		{"PKIX accepted", good, ""},
		{"PKCS #1 accepted", pkcs1PEM(rs), ""},
		{"certificate accepted", certificatePEM(rs), ""},
		{"CRLF accepted", []byte(strings.ReplaceAll(string(good), "\n", "\r\n")), ""},
		{"no newline at the end accepted", good[:len(good)-1], ""},
		{"blank lines around accepted", []byte("\n\n" + string(good) + "\n \n"), ""},
		{"text before accepted", []byte("Subject: CN=login\n" + string(good)), ""},

		{"text behind refused", []byte(string(good) + hello), "is not PEM"},
		{"text alone refused", []byte("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "-----BEGIN PUBLIC KEY-----"},
		{"blank refused", []byte(" \n"), "holds no key\n"},
		{"escaped line breaks refused here", []byte(strings.ReplaceAll(string(good), "\n", `\n`)), "is not PEM"},
		{"cut refused", good[:len(good)-20], "is not PEM"},
		{"cut in front of a good one refused", slices.Concat(good[:len(good)-20], []byte("\n"), pkixPEM(publicOf(p256()))), "damaged block"},
		{"damaged in front of a good one refused", slices.Concat([]byte(strings.Replace(string(good), "MII", "M!I", 1)), pkixPEM(publicOf(p256()))), "damaged block"},
		{"damaged behind a good one refused", slices.Concat(good, []byte(strings.Replace(string(good), "MII", "M!I", 1))), "is not PEM"},
		{"cut DER refused", block("PUBLIC KEY", made(x509.MarshalPKIXPublicKey(rs))[:200]), "damaged PUBLIC KEY"},
		{"bytes behind DER refused", block("PUBLIC KEY", append(made(x509.MarshalPKIXPublicKey(rs)), 0)), "damaged PUBLIC KEY"},
		{"PKCS #1 under the name of PKIX refused", block("PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), "damaged PUBLIC KEY"},
		{"damaged certificate refused", block("CERTIFICATE", []byte("no")), "damaged CERTIFICATE"},
		{"DER refused", made(x509.MarshalPKIXPublicKey(rs)), "is not PEM"},
		{"JWK refused", []byte(jwk(rsaKey(), "a", nil)), "is not PEM"},

		{"private key refused", block("PRIVATE KEY", made(x509.MarshalPKCS8PrivateKey(rsaKey()))), "openssl pkey -pubout"},
		{"RSA private key refused", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey())), "openssl pkey -pubout"},
		{"EC private key refused", block("EC PRIVATE KEY", made(x509.MarshalECPrivateKey(p256()))), "openssl pkey -pubout"},
		{"encrypted private key refused", block("ENCRYPTED PRIVATE KEY", []byte("x")), "openssl pkey -pubout"},
		{"private key behind a public one refused", slices.Concat(good, block("PRIVATE KEY", []byte("x"))), "openssl pkey -pubout"},
		{"certificate request refused", block("CERTIFICATE REQUEST", []byte("x")), `"CERTIFICATE REQUEST"`},
		{"EC parameters refused", block("EC PARAMETERS", []byte("x")), `"EC PARAMETERS"`},
		{"SSH key refused", block("OPENSSH PRIVATE KEY", []byte("x")), "understood"},

		{"RSA of 1024 bits refused", pkixPEM(publicOf(weakRSA())), "1024 bits"},
		{"RSA of 1024 bits in a certificate refused", certificatePEM(publicOf(weakRSA())), "1024 bits"},
		{"RSA of 8193 bits refused", pkixPEM(huge), "8193 bits"},
		{"RSA with even exponent refused", pkixPEM(even), "exponent"},
		{"RSA with exponent beyond 31 bits refused", pkixPEM(&rsa.PublicKey{N: rsaKey().N, E: 1<<31 + 1}), "exponent"},
		{"weak key behind a good one refused", slices.Concat(good, pkixPEM(publicOf(weakRSA()))), "1024 bits"},
		{"P-224 refused", pkixPEM(p224.Public()), "P-224"},
	} {
		t.Run(row.policy, func(t *testing.T) {
			list := mistakes(t, jwks.Config{Issuers: []jwks.Issuer{issuerWith(func(is *jwks.Issuer) { is.PublicKeys = row.text })}})
			if row.problem == "" && len(list) == 0 {
				return
			}
			if len(list) != 1 || list[0].Field != "Issuers[0].PublicKeys" || row.problem == "" || !strings.Contains(list[0].Problem+"\n", row.problem) {
				t.Fatalf("mistakes: %v, want one with %q", list, row.problem)
			}
			if d := rsaKey().D.FillBytes(make([]byte, 256)); len(list[0].Problem) > 200 || strings.Contains(list[0].Problem, encode(d[:30])) {
				t.Errorf("problem is %q", list[0].Problem)
			}
		})
	}
}

// A certificate is a box for its key: not its dates, not its issuer, not its purpose.
func TestCertificateIsOnlyABox(t *testing.T) {
	v := believe(t, jwks.Issuer{PublicKeys: certificatePEM(publicOf(rsaKey()))}, nil)
	judge(t, v, mint(t, "RS256", "k1"), nil)
	judge(t, v, compact(t, "RS256", otherRSA(), `{"alg":"RS256"}`, goodClaims()), jwks.ErrSignature)
}

// A key of no use to the list is no mistake as long as another one is.
func TestPEMKeyOfNoUse(t *testing.T) {
	pem := slices.Concat(pkixPEM(publicOf(rsaKey())), pkixPEM(publicOf(p384())), pkixPEM(publicOf(edKey())))
	v := believe(t, jwks.Issuer{PublicKeys: pem, Algorithms: []string{"RS256"}}, nil)
	judge(t, v, mint(t, "RS256", ""), nil)
	judge(t, v, mint(t, "ES384", ""), jwks.ErrAlgorithm)
}
