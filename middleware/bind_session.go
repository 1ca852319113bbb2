package middleware

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// minSessionKey is the size of the MAC's hash, below which a key is the weaker part.
const minSessionKey = sha256.Size

// sealSize is how much of the MAC an id carries: 128 bits, that nobody can try
// offline.
const sealSize = 16

var errSession = errors.New("no such session of this caller")

// A SessionSeal binds MCP session ids (revisions up to 2025-11-25) to the caller
// who began the session: “MCP servers SHOULD bind session IDs to user-specific
// information” — MCP Security Best Practices, Session Hijacking. The binding is in
// the id itself, as a MAC over it and over who the caller is: method, issuer,
// subject and client. So nothing is stored, every replica with the same keys
// accepts the id, and a renewed token keeps its session. It is safe for concurrent
// use, and prints nothing of its keys.
type SessionSeal struct{ keys func() [][]byte } // a func, because fmt can print what it points to

// NewSessionSeal takes the keys, each of at least 32 random bytes. The first seals,
// all open: to rotate, put the new one in front and drop the old one later. Without
// keys a random one is made, which is right for a single replica whose sessions end
// with it anyway.
func NewSessionSeal(keys ...[]byte) (*SessionSeal, error) {
	ring := make([][]byte, 0, max(1, len(keys)))
	for i, key := range keys {
		if len(key) < minSessionKey {
			return nil, &ConfigError{Field: fmt.Sprintf("keys[%d]", i), Problem: fmt.Sprintf("has %d bytes; at least %d random ones are needed", len(key), minSessionKey)}
		}
		ring = append(ring, append([]byte(nil), key...))
	}
	if len(ring) == 0 {
		key := make([]byte, minSessionKey)
		rand.Read(key) // never fails: crypto/rand
		ring = append(ring, key)
	}
	return &SessionSeal{func() [][]byte { return ring }}, nil
}

// Format implements fmt.Formatter.
func (s *SessionSeal) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// LogValue implements slog.LogValuer.
func (s *SessionSeal) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText implements encoding.TextMarshaler.
func (s *SessionSeal) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// Seal returns the id that p's client gets to see for the session id of the MCP
// server.
func (s *SessionSeal) Seal(p *Principal, id string) string {
	return id + "." + seal(s.keys()[0], p, id)
}

// Open returns the MCP server's own id. It reports false for an id that was not
// sealed for p, or at all.
func (s *SessionSeal) Open(p *Principal, sealed string) (id string, ok bool) {
	i := strings.LastIndexByte(sealed, '.')
	if i < 0 {
		return "", false
	}
	id = sealed[:i]
	for _, key := range s.keys() {
		if hmac.Equal([]byte(sealed[i+1:]), []byte(seal(key, p, id))) {
			return id, true
		}
	}
	return "", false
}

// seal is the MAC. Lengths go before the parts, so that no two callers make the
// same text.
func seal(key []byte, p *Principal, id string) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range [...]string{string(p.Method), p.Issuer, p.Subject, p.Client, id} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:sealSize])
}

const sessionHeader = "Mcp-Session-Id"

// bind makes sure that a session id is its caller's. A stolen one gets the answer
// of one that never was: a client of good faith then begins a new session. Where an
// id means nothing, it is taken off: initialize begins a session, whatever stale id
// a client still sends, and revision 2026-07-28 has none.
func (g *Guard) bind(r *http.Request, c *call) error {
	if g.sessions == nil {
		return nil
	}
	ids := r.Header[sessionHeader]
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > 1 {
		return fmt.Errorf("%w: more than one session id", errMalformed)
	}
	if c.begins() || c.sessionless(r) {
		c.dropSession = true
		return nil
	}
	if _, ok := g.sessions.Open(c.principal, ids[0]); !ok {
		return errSession
	}
	return nil
}

// begins reports whether the request is an initialize.
func (c *call) begins() bool {
	return len(c.operations) == 1 && c.operations[0].Method == "initialize"
}

// sessionless reports whether the request is of a revision without sessions.
// Revisions are dates, and compare as text.
func (c *call) sessionless(r *http.Request) bool {
	return r.Header.Get("Mcp-Protocol-Version") >= "2026-07-28"
}
