package jwks

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// parsePEM reads public keys and certificates: "PUBLIC KEY" (PKIX, RFC 5280),
// "RSA PUBLIC KEY" (PKCS #1, RFC 8017), "CERTIFICATE", one or more. A certificate
// is only a box for its key here: who configures it vouches for it, so neither its
// dates nor its signature are looked at.
func parsePEM(text []byte) (*keySet, error) {
	set := &keySet{anyKid: true}
	for rest := bytes.TrimSpace(text); len(rest) > 0; rest = bytes.TrimSpace(rest) {
		block, after := pem.Decode(rest)
		if block == nil {
			return nil, errors.New("is not PEM; write the whole key, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----")
		}
		rest = after
		public, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		k, err := newKey("", "", public)
		if err != nil {
			return nil, err
		}
		set.keys = append(set.keys, k)
	}
	if len(set.keys) == 0 {
		return nil, errors.New("holds no key")
	}
	if bytes.Count(text, []byte("-----BEGIN ")) != len(set.keys) { // pem.Decode steps over what it cannot read
		return nil, errors.New("has a damaged block beside a good one; write the damaged one again or remove it")
	}
	return set, nil
}

func parseBlock(block *pem.Block) (any, error) {
	var public any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = cert.PublicKey
		}
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("is a private key, which does not belong here; write the public one (openssl pkey -pubout)")
	default:
		return nil, fmt.Errorf("has a PEM block %.30q; PUBLIC KEY, RSA PUBLIC KEY and CERTIFICATE are understood", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("has a damaged %s block", block.Type)
	}
	return public, nil
}
