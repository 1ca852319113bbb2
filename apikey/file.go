package apikey

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	maxFile  = 1 << 20 // bytes
	maxLines = 10_000  // lines that are neither blank nor comments

	hashPrefix = "sha256:"
)

// readFile reads a file of keys. An empty path is no keys. The path is in no error:
// it may be a key, in the wrong variable.
func readFile(path string) ([]*entry, []error) {
	if path == "" {
		return nil, nil
	}
	text, err := read(path)
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	if err != nil {
		return nil, []error{&ConfigError{Field: "File", Problem: fmt.Sprintf("cannot be read: %v", err), cause: err}}
	}
	return parse(text)
}

// read returns the content of a file of bounded size. It asks twice whether it is one:
// to open a pipe could take for ever, and so could one that came into its place since.
func read(path string) ([]byte, error) {
	if err := isFile(os.Stat(path)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := isFile(f.Stat()); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it is longer than %d bytes", maxFile)
	}
	return text, err
}

func isFile(info fs.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	return err
}

// parse reads the text of a file and reports every mistake in it.
func parse(text []byte) ([]*entry, []error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // Windows editors write it
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, []error{&ConfigError{Field: "File", Problem: "it is in UTF-16: save it as UTF-8"}}
	}
	var entries []*entry
	var errs []error
	at := place{field: "File"}
	lines := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		at.line++
		words := split(strings.TrimSuffix(line, "\r"))
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if lines++; lines > maxLines {
			return entries, append(errs, at.mistake(fmt.Sprintf("there are more than %d keys: remove those that are not used", maxLines)))
		}
		e, problems := parseLine(words)
		if len(problems) == 0 {
			e.at = at
			entries = append(entries, e)
		}
		for _, problem := range problems {
			errs = append(errs, at.mistake(problem))
		}
	}
	return entries, errs
}

// split takes a line apart. Of all that Unicode calls space, two separate words here;
// any other is part of a word, and refused there.
func split(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
}

// parseLine reads the words of a line, and says what is wrong with them without
// repeating any.
func parseLine(words []string) (*entry, []string) {
	if len(words) < 2 || strings.HasPrefix(words[0], hashPrefix) {
		return nil, []string{"a line begins with two words, a name and sha256: with 64 lower-case hexadecimal digits"}
	}
	if len(words) > 4 {
		return nil, []string{"a line has at most four words: name, hash, scopes= and expires=; a comment needs a line of its own"}
	}
	e := &entry{key: Key{Name: words[0]}}
	problems := []string{checkName(e.key.Name), ""}
	e.digest, problems[1] = parseDigest(words[1])
	seen := map[string]bool{}
	for i, word := range words[2:] {
		option, value, _ := strings.Cut(word, "=")
		var problem string
		switch {
		case option != "scopes" && option != "expires":
			problem = fmt.Sprintf("word %d is neither scopes= nor expires=; a comment needs a line of its own", i+3)
		case seen[option]:
			problem = option + "= is there twice: write it once"
		case option == "scopes":
			e.key.Scopes, problem = parseScopes(value)
		default:
			e.key.Expires, problem = parseExpires(value)
		}
		seen[option] = true
		problems = append(problems, problem)
	}
	return e, slices.DeleteFunc(problems, func(p string) bool { return p == "" })
}

func parseDigest(word string) (digest, string) {
	d, ok := decodeDigest(word)
	if !ok {
		return d, `the second word must be sha256: and 64 lower-case hexadecimal digits, as printf %s "$KEY" | sha256sum prints them; ` +
			"if the key itself stands there, put its hash in its place"
	}
	if d == sha256.Sum256(nil) {
		return d, "the hash is that of an empty text, so the key was missing when it was made: make it again"
	}
	return d, ""
}

// decodeDigest reads sha256:<64 digits>. One digest has one spelling.
func decodeDigest(word string) (d digest, ok bool) {
	text, ok := strings.CutPrefix(word, hashPrefix)
	b, err := hex.DecodeString(text)
	if !ok || err != nil || len(b) != len(d) || strings.ToLower(text) != text {
		return d, false
	}
	return digest(b), true
}

func parseScopes(list string) ([]string, string) {
	if list == "" {
		return nil, "scopes= is empty: leave it out for a key that holds no scope"
	}
	scopes := strings.Split(list, ",")
	for _, scope := range scopes {
		if problem := checkScope(scope); problem != "" {
			return nil, problem
		}
	}
	return scopes, ""
}

// dateTime is RFC 3339 §5.6, strictly: package time takes one digit of an hour, a
// comma, and offsets of days.
var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseExpires reads a time of RFC 3339, or a date, in UTC.
func parseExpires(text string) (time.Time, string) {
	if len(text) == len(time.DateOnly) {
		text += "T00:00:00Z" // the stricter reading, and the one of every date parser
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !dateTime.MatchString(text) {
		return time.Time{}, "expires= must be a time such as 2027-01-31T00:00:00Z, or a date such as 2027-01-31"
	}
	return t.UTC(), checkExpires(t)
}

// checkExpires says what is wrong with an end, or "" if nothing is. The first moment
// of year 1 is Go's zero time, which means never: it must not come out of a file. Years
// beyond 9999 have no text in RFC 3339.
func checkExpires(t time.Time) string {
	if year := t.UTC().Year(); year < 2000 || year > 9999 {
		return "the end must be in the years 2000 to 9999"
	}
	return ""
}

// Line returns the line of a file that stands for a key: its hash, and never the key.
// There is no newline at its end. A zero expires means never. Every mistake is
// reported, each a [*ConfigError].
func Line(key, name string, scopes []string, expires time.Time) (string, error) {
	var errs []error
	bad := func(field, problem string) {
		if problem != "" {
			errs = append(errs, &ConfigError{Field: field, Problem: problem})
		}
	}
	bad("key", checkKey(key))
	bad("name", checkName(name))
	if name == key {
		bad("name", "is the key itself, and names are logged: choose another")
	}
	for i, scope := range scopes {
		bad(fmt.Sprintf("scopes[%d]", i), checkScope(scope))
	}
	if !expires.IsZero() {
		bad("expires", checkExpires(expires))
	}
	if len(errs) > 0 {
		return "", errors.Join(errs...)
	}
	e := entry{digest: sha256.Sum256([]byte(key)), key: Key{Name: name, Scopes: slices.Clone(scopes), Expires: expires}}
	return e.line(), nil
}

// line is the inverse of parseLine.
func (e *entry) line() string {
	line := e.key.Name + " " + hashPrefix + hex.EncodeToString(e.digest[:])
	if len(e.key.Scopes) > 0 {
		line += " scopes=" + strings.Join(e.key.Scopes, ",")
	}
	if !e.key.Expires.IsZero() {
		line += " expires=" + e.key.Expires.UTC().Format(time.RFC3339Nano)
	}
	return line
}
