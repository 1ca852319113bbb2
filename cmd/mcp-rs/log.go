package main

import (
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// newLogger writes text to a terminal and JSON to anything else, unless told.
func newLogger(w io.Writer, conf *config) *slog.Logger {
	options := &slog.HandlerOptions{Level: conf.level()}
	if conf.LogFormat == "text" || conf.LogFormat == "auto" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// summary says in a few words who gets in.
func (c *config) summary() string {
	if !c.AuthEnabled {
		return "disabled"
	}
	var ways []string
	trusts, _ := c.trusts(new(problems))
	if slices.ContainsFunc(trusts, func(t trust) bool { return len(t.verified()) > 0 }) {
		ways = append(ways, "jwt")
	}
	if slices.ContainsFunc(trusts, func(t trust) bool { return len(t.opaque) > 0 }) {
		ways = append(ways, "introspection")
	}
	if c.keysOn() {
		ways = append(ways, "api_key")
	}
	if c.open() {
		ways = append(ways, "anonymous")
	}
	return strings.Join(ways, ", ")
}
