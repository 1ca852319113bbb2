package apikey

import (
	"fmt"
	"io"
	"log/slog"
)

// mask is what prints. Digests do not: that of a weak key is nearly the key.
func (s *Store) mask() string { return fmt.Sprintf("apikey.Store(%d keys)", s.Len()) }

// Format implements fmt.Formatter. Every verb prints the same.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.mask()) }

// LogValue implements slog.LogValuer.
func (s *Store) LogValue() slog.Value { return slog.StringValue(s.mask()) }

// MarshalText implements encoding.TextMarshaler, for JSON.
func (s *Store) MarshalText() ([]byte, error) { return []byte(s.mask()), nil }

func (c Config) mask() string { return fmt.Sprintf("apikey.Config(%d keys)", len(c.Keys)) }

// Format implements fmt.Formatter. Every verb prints the same.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.mask()) }

// LogValue implements slog.LogValuer.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.mask()) }

// MarshalText implements encoding.TextMarshaler, for JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.mask()), nil }
