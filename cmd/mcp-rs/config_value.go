package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// A list is a variable with several values, separated by commas.
type list []string

// Decode implements envconfig.Decoder. An empty entry is an error: nobody writes
// one on purpose, and an empty audience or key would be a hole.
func (l *list) Decode(text string) error {
	for i, entry := range strings.Split(text, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			return fmt.Errorf("entry %d is empty; remove the comma beside it, or write a value there", i+1)
		}
		*l = append(*l, entry)
	}
	return nil
}

func (l list) String() string { return strings.Join(l, ", ") }

// A masked value never prints, however it is printed: fmt, slog, JSON. A config
// holds it by pointer, because fmt does not call the methods of a value that sits
// in an unexported field. The second pointer is for verbs that do not fit, such as
// %s of a struct: there fmt follows the first one.
type masked struct{ held *string }

// Decode implements envconfig.Decoder.
func (m *masked) Decode(text string) error { m.held = &text; return nil }

func (m masked) value() string {
	if m.held == nil {
		return ""
	}
	return *m.held
}

func (m masked) mask() string {
	if m.value() == "" {
		return ""
	}
	return fmt.Sprintf("%d bytes, not shown", len(m.value()))
}

// Format implements fmt.Formatter.
func (m masked) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.mask()) }

// LogValue implements slog.LogValuer.
func (m masked) LogValue() slog.Value { return slog.StringValue(m.mask()) }

// MarshalText implements encoding.TextMarshaler.
func (m masked) MarshalText() ([]byte, error) { return []byte(m.mask()), nil }

// keys is a list that never prints, like masked.
type keys struct{ held *list }

// Decode implements envconfig.Decoder.
func (k *keys) Decode(text string) error {
	k.held = new(list)
	return k.held.Decode(text)
}

func (k keys) values() []string {
	if k.held == nil {
		return nil
	}
	return *k.held
}

func (k keys) mask() string {
	switch n := len(k.values()); n {
	case 0:
		return ""
	case 1:
		return "1 key, not shown"
	default:
		return fmt.Sprintf("%d keys, not shown", n)
	}
}

// Format implements fmt.Formatter.
func (k keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.mask()) }

// LogValue implements slog.LogValuer.
func (k keys) LogValue() slog.Value { return slog.StringValue(k.mask()) }

// MarshalText implements encoding.TextMarshaler.
func (k keys) MarshalText() ([]byte, error) { return []byte(k.mask()), nil }

// problems collects mistakes, so that all are reported at once.
type problems struct{ found []*middleware.ConfigError }

// add notes a mistake, once: the variable, what is wrong, and what to write instead.
func (p *problems) add(variable, format string, args ...any) {
	e := middleware.ConfigError{Field: variable, Problem: fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(p.found, func(o *middleware.ConfigError) bool { return *o == e }) {
		p.found = append(p.found, &e)
	}
}

// about is add for one variable.
func (p *problems) about(variable string) note {
	return func(format string, args ...any) { p.add(variable, format, args...) }
}

// has reports whether a mistake was found in any of variables.
func (p *problems) has(variables ...string) bool {
	return slices.ContainsFunc(p.found, func(e *middleware.ConfigError) bool {
		return slices.Contains(variables, e.Field)
	})
}

// err joins the mistakes in the order of the struct. What is no variable, such as
// --env-file, comes first.
func (p *problems) err() error {
	order := map[string]int{}
	for i, v := range new(config).variables() {
		order[v.name] = i + 1
	}
	slices.SortStableFunc(p.found, func(a, b *middleware.ConfigError) int {
		return order[a.Field] - order[b.Field]
	})
	var errs []error
	for _, e := range p.found {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// problemsOf takes the error of load apart: one error for each mistake.
func problemsOf(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
