package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/joho/godotenv"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/typo"
)

// sources is what was written, and where.
type sources struct {
	values  map[string]string // of our variables, never empty
	from    map[string]string // where each value was set
	unknown []string          // warnings about the rest
}

// gather merges environ over the file at path.
func gather(environ []string, path string, p *problems) *sources {
	in := &sources{values: map[string]string{}, from: map[string]string{}}
	if path != "" {
		in.merge(readEnvFile(path, p), "env file "+filepath.Base(path), p)
	}
	env := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	in.merge(env, "environment", p)
	return in
}

// merge adds what m sets. Space around a value means nothing, except in MCP_JWT_SECRET,
// every byte of which is the key.
func (in *sources) merge(m map[string]string, from string, p *problems) {
	known := map[string]bool{}
	for _, v := range new(config).variables() {
		known[v.name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		value := m[name]
		switch {
		case !known[name]:
			in.stranger(name, from)
		case strings.TrimSpace(value) == "":
		case strings.Contains(value, "\x00"):
			p.add(name, "has a NUL byte (%s); write text", from)
		case name == "MCP_JWT_SECRET":
			in.values[name], in.from[name] = value, from
		default:
			in.values[name], in.from[name] = strings.TrimSpace(value), from
		}
	}
}

// stranger warns of a variable that looks like ours and is not.
func (in *sources) stranger(name, from string) {
	if !strings.HasPrefix(strings.ToUpper(name), "MCP_") {
		return
	}
	hint := "mcp-rs has no such variable"
	if near := nearest(strings.ToUpper(name)); near != "" {
		hint = "did you mean " + near + "?"
	}
	in.unknown = append(in.unknown, fmt.Sprintf("%.60s: is ignored (%s); %s", name, from, hint))
}

// nearest finds the variable that name was probably meant to be, or "".
func nearest(name string) string {
	var names []string
	for _, v := range new(config).variables() {
		names = append(names, v.name)
	}
	return typo.Nearest(name, names)
}

// readEnvFile reads a file of NAME=value lines. It quotes nothing from the file:
// a line that cannot be read may hold a secret.
func readEnvFile(path string, p *problems) map[string]string {
	data, err := readEnvText(path, envPatience)
	if err != nil {
		p.add("--env-file", "cannot read %s: %v; write the path of a file with NAME=value lines", path, cause(err))
		return nil
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	values, err := parseEnv(text)
	if err != nil {
		p.add("--env-file", "cannot read line %d of %s; write NAME=value, with quotes in pairs", unreadableLine(text), path)
		return nil
	}
	refuseDollar(text, values, p)
	refuseTwice(text, p)
	return values
}

// parseEnv is godotenv, which takes a line without "=" for a value without a name.
func parseEnv(text string) (map[string]string, error) {
	values, err := godotenv.Unmarshal(text)
	if _, nameless := values[""]; nameless && err == nil {
		err = errors.New("a line without a name")
	}
	return values, err
}

// unreadableLine finds the line after the longest beginning that can be read,
// because the error of godotenv names none and quotes the file.
func unreadableLine(text string) int {
	lines := strings.SplitAfter(text, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := parseEnv(strings.Join(lines[:n], "")); err == nil {
			return n + 1
		}
	}
	return 1
}

// refuseDollar reports values that the file format changes: "$NAME" stands for
// another variable of the file there, and for nothing if there is none. A key or
// secret with a dollar sign would silently become another, shorter one.
func refuseDollar(text string, values map[string]string, p *problems) {
	const stand = "\uE000" // a private-use character where each dollar sign was
	plain, err := parseEnv(strings.ReplaceAll(text, "$", stand))
	if err != nil {
		return // cannot be: it was read with the dollar signs
	}
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		if strings.HasPrefix(name, "MCP_") && strings.ReplaceAll(plain[name], stand, "$") != values[name] {
			p.add(name, "has a $ that this file format replaces; put the value in 'single quotes' to keep it as it is")
		}
	}
}

var assignment = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?(MCP_[A-Z0-9_]+)[ \t]*[=:]`)

// refuseTwice reports variables that the file sets more than once, as happens when
// two blocks of the example are switched on: the last would win unseen.
func refuseTwice(text string, p *problems) {
	seen := map[string]int{}
	for _, m := range assignment.FindAllStringSubmatch(text, -1) {
		if seen[m[1]]++; seen[m[1]] == 2 {
			p.add(m[1], "is set more than once in the file; keep one line")
		}
	}
}

// cause is why a file operation failed, without the path: people paste a key where
// its file should be named.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
