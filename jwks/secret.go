package jwks

import (
	"fmt"
	"io"
	"log/slog"
)

// masked stands wherever a secret would be printed.
const masked = "[secret]"

// A Secret is the shared key of an HS* issuer. It prints as a mask, however it is
// printed: fmt, slog, JSON. fmt calls no methods on what an unexported field holds
// and prints that as it is, behind pointers too; but never what a func would return.
type Secret struct{ bytes func() []byte }

// NewSecret copies b.
func NewSecret(b []byte) *Secret {
	b = append([]byte(nil), b...)
	return &Secret{func() []byte { return b }}
}

// Len is the length in bytes.
func (s *Secret) Len() int { return len(s.raw()) }

func (s *Secret) raw() []byte {
	if s.bytes == nil { // the zero value
		return nil
	}
	return s.bytes()
}

// Format implements fmt.Formatter.
func (s *Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// LogValue implements slog.LogValuer.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText implements encoding.TextMarshaler.
func (s *Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }
