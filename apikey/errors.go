package apikey

import (
	"errors"
	"fmt"
)

// Why a key was refused. Every error of [Store.Match] wraps exactly one of these; the
// text around it is for operators and never for callers.
var (
	ErrUnknown = errors.New("unknown API key")
	ErrExpired = errors.New("API key expired")
)

// A ConfigError is one mistake in a configuration, in a file of keys, or in what was
// given to [Line]. They come joined, all that were found. No key, and nothing that
// might be one, is ever in it.
type ConfigError struct {
	Field   string // where, such as "Keys[1]" or "File"
	Problem string // what is wrong and what to write instead; begins with "line 3: " for a line of the file

	cause error
}

func (e *ConfigError) Error() string { return e.Field + ": " + e.Problem }

// Unwrap returns the error that reading the file gave, such as fs.ErrNotExist, or nil.
func (e *ConfigError) Unwrap() error { return e.cause }

// A place is where a key came from: an element of Keys, or a line of File.
type place struct {
	field string
	line  int // 0 if it is not a line
}

func (p place) String() string {
	if p.line > 0 {
		return fmt.Sprintf("line %d", p.line)
	}
	return p.field
}

func (p place) mistake(problem string) error {
	if p.line > 0 {
		problem = fmt.Sprintf("line %d: %s", p.line, problem)
	}
	return &ConfigError{Field: p.field, Problem: problem}
}
