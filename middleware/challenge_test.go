package middleware_test

import (
	"errors"
	"fmt"
	"strings"
)

// A challenge is one challenge of a WWW-Authenticate line (RFC 9110 §11.6.1).
type challenge struct {
	scheme string
	names  []string // of parameters, in order
	params map[string]string
}

// parseChallenge reads a line that holds one challenge, in the one form that all
// measured clients understand: the scheme, one space, then name="value" separated by
// ", ". It is far stricter than RFC 9110: a client that reads less finds the same.
func parseChallenge(line string) (challenge, error) {
	scheme, rest, ok := strings.Cut(line, " ")
	c := challenge{scheme: scheme, params: map[string]string{}}
	if !ok || !isToken(scheme) {
		return c, fmt.Errorf("no scheme and parameters in %q", line)
	}
	for {
		name, after, ok := strings.Cut(rest, `="`)
		if !ok || !isToken(name) {
			return c, fmt.Errorf("no parameter in %q", rest)
		}
		if _, twice := c.params[name]; twice {
			return c, fmt.Errorf("%q is there twice", name)
		}
		value, tail, err := unquote(after)
		if err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
		c.names, c.params[name] = append(c.names, name), value
		if tail == "" {
			return c, nil
		}
		if rest, ok = strings.CutPrefix(tail, ", "); !ok {
			return c, fmt.Errorf("parameters separated by %q", tail)
		}
	}
}

// unquote reads a quoted-string (RFC 9110 §5.6.4) whose opening quote is gone. It
// takes no escapes, because some clients do not undo them, and no empty value, because
// others then refuse the whole header.
func unquote(s string) (value, rest string, err error) {
	end := strings.IndexByte(s, '"')
	if end < 0 {
		return "", "", errors.New("no closing quote")
	}
	value = s[:end]
	if value == "" {
		return "", "", errors.New("empty")
	}
	for _, c := range []byte(value) {
		if c == '\\' || c < ' ' || c > '~' {
			return "", "", fmt.Errorf("byte %#x in a quoted string", c)
		}
	}
	return value, s[end+1:], nil
}

func isToken(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == ""
}
