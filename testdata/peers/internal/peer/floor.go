package peer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"sync"
)

// Floor is the signature alone: SHA-256 of the signing input and the verification of
// the standard library, under the one key. It looks at no claim and delivers none.
var Floor = Peer{
	Name: "floor: the signature alone", Baseline: true,
	New: func(_ context.Context, s Setup) (Middleware, error) {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				if signed(s.Key, token) != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				next.ServeHTTP(w, r)
			})
		}, nil
	},
}

// NoAuth is the handler alone.
var NoAuth = Peer{
	Name: "no authentication", Baseline: true,
	New: func(context.Context, Setup) (Middleware, error) {
		return func(next http.Handler) http.Handler { return next }, nil
	},
}

// Attaching is a handler that is given the same claims with every request: what nobody
// who delivers claims by the contract of net/http can be faster than.
func Attaching(next http.Handler) http.Handler {
	claims := new(struct{ Subject string })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, Attach(r, claims))
	})
}

var errSignature = errors.New("bad signature")

// buffers hold a token and its signature while they are looked at: the floor does not
// copy what it need not.
var buffers = sync.Pool{New: func() any { return new([4096]byte) }}

func signed(key any, token string) error {
	buffer := buffers.Get().(*[4096]byte)
	defer buffers.Put(buffer)
	text := append(buffer[:0], token...)
	dot := bytes.LastIndexByte(text, '.')
	if dot < 0 {
		return errSignature
	}
	input := text[:dot]
	sig, err := base64.RawURLEncoding.AppendDecode(text[len(text):], text[dot+1:])
	if err != nil {
		return err
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		digest := sha256.Sum256(input)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig)
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(input)
		if len(sig) == 64 && ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
			return nil
		}
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write(input)
		if hmac.Equal(mac.Sum(nil), sig) {
			return nil
		}
	}
	return errSignature
}
