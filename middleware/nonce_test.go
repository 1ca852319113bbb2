package middleware_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// admitsNonce reports whether a guard with nonces takes one.
func admitsNonce(t *testing.T, nonces *middleware.ProofNonces, nonce string) bool {
	t.Helper()
	c := config()
	c.ProofNonces = nonces
	token := bound()
	return reasonOf(newGuard(t, c), dpop(token, proofOf(token, clientKey(), map[string]any{"nonce": nonce}))) == ""
}

func TestNonceKeysRotate(t *testing.T) {
	one, two := bytes.Repeat([]byte("1"), 32), bytes.Repeat([]byte("2"), 32)
	nonce := noncesOf(one).Issue(started)
	for _, row := range []struct {
		name  string
		keys  [][]byte
		taken bool
	}{
		{"same key", [][]byte{one}, true},
		{"old key behind a new one", [][]byte{two, one}, true},
		{"old key dropped", [][]byte{two}, false},
		{"random key", nil, false},
	} {
		if got := admitsNonce(t, noncesOf(row.keys...), nonce); got != row.taken {
			t.Errorf("%s: %t", row.name, got)
		}
	}
	if noncesOf(two, one).Issue(started) != noncesOf(two).Issue(started) {
		t.Error("it is not the first key that makes nonces")
	}
}

// No bit of a nonce can be changed, and there is one text for each.
func TestNonceCannotBeMade(t *testing.T) {
	nonces := noncesOf(bytes.Repeat([]byte("n"), 32))
	good := nonces.Issue(started)
	b, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil || !admitsNonce(t, nonces, good) {
		t.Fatal(good, err)
	}
	for i := range b {
		changed := bytes.Clone(b)
		changed[i] ^= 1
		if admitsNonce(t, nonces, encode(changed)) {
			t.Errorf("byte %d can be changed", i)
		}
	}
	for _, other := range []string{"", good[:len(good)-1], good + "A", good + "=", good + "\n", encode(b[:8]), encode(append(b, 0))} {
		if admitsNonce(t, nonces, other) {
			t.Errorf("%q is taken", other)
		}
	}
	for _, late := range []time.Duration{5*time.Minute + time.Second, -31 * time.Second} {
		if admitsNonce(t, nonces, nonces.Issue(started.Add(-late))) {
			t.Errorf("one of %s ago is taken", late)
		}
	}
}

func TestNonceKeysAreLongAndSecret(t *testing.T) {
	long, short := []byte(canary), []byte(canary[1:])
	if _, err := middleware.NewProofNonces(long, short); strings.Join(fieldsOf(t, err), " ") != "keys[1]" {
		t.Error(err)
	}
	nonces := noncesOf(long)
	long[0] ^= 1
	if nonces.Issue(started) != noncesOf([]byte(canary)).Issue(started) {
		t.Error("the caller can change the key")
	}
	c := config()
	c.ProofNonces = nonces
	g := newGuard(t, c)
	var b syncBuffer
	c.Transport, c.Now = nil, nil // which have no secrets, and much text
	printAll(&b, slog.New(slog.NewTextHandler(&b, nil)), slog.New(slog.NewJSONHandler(&b, nil)), nonces, *nonces, c, g)
	if text, err := json.Marshal(nonces); err != nil || string(text) != `"[secret]"` {
		t.Errorf("%s, %v", text, err)
	}
	for _, secret := range []string{canary, canary[1:], fmt.Sprintf("%x", canary[1:])} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%s is printed", secret)
		}
	}
}
