package apikey_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
)

// What parses and is written again parses the same, and is written the same. Each key
// has the name and digest of its line, and scopes and an end if the line has them.
func FuzzParse(f *testing.F) {
	h := hash("key")
	for _, seed := range []string{
		"", "#", "\r\n", "\ufeff# keys\r\n\r\nalice " + h + "\r\n",
		"alice " + h + " scopes=read,write expires=2027-01-31T00:00:00Z\nci\t" + hash("b") + " expires=2027-01-31",
		"alice " + h + " expires=9999-12-31T23:59:59-01:00", "alice " + h + " expires=0001-01-01",
		"alice " + h + " expires=2027-01-31T23:59:59.123456789+14:00 scopes=a=b,#",
		"alice " + canary, h, "alice " + h + " scopes=expires=", "\xff\xfea",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, keys, err := apikey.Recode(text)
		if err != nil {
			return
		}
		again, same, err := apikey.Recode([]byte(strings.Join(lines, "\r\n")))
		if err != nil || !slices.Equal(again, lines) || !reflect.DeepEqual(same, keys) {
			t.Fatalf("%q was written as %q, which is %q (%v)", text, lines, again, err)
		}
		originals := entriesOf(text)
		if len(originals) != len(keys) {
			t.Fatalf("%d keys out of %q", len(keys), text)
		}
		for i, words := range originals {
			written := strings.Split(lines[i], " ")
			if written[0] != words[0] || written[1] != words[1] ||
				keys[i].Expires.IsZero() == hasOption(words, "expires=") || (keys[i].Scopes == nil) == hasOption(words, "scopes=") {
				t.Errorf("%q came out of %q", lines[i], words)
			}
		}
	})
}

// entriesOf returns the words of the lines that are neither blank nor comments.
func entriesOf(text []byte) [][]string {
	var entries [][]string
	for _, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", " ")
		words := slices.DeleteFunc(strings.Split(line, " "), func(w string) bool { return w == "" })
		if len(words) > 0 && !strings.HasPrefix(words[0], "#") {
			entries = append(entries, words)
		}
	}
	return entries
}

func hasOption(words []string, option string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, option) })
}

// No file admits a key whose digest is not in it, whatever else it holds; and no error
// repeats a word of it that could be a key.
func FuzzMatch(f *testing.F) {
	f.Add([]byte("alice "+hash("key")), "key")
	f.Add([]byte("alice "+hash("key")+"\nbob "+hash("KEY")), "Key")
	f.Add([]byte("alice "+hash("key")+" expires=2001-01-01"), "key")
	f.Add([]byte("alice "+hash(canary)), canary)
	f.Add([]byte("alice "+canary), canary)
	f.Add([]byte("alice "+hash("")), "")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte, key string) {
		path := filepath.Join(dir, "keys")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := apikey.New(apikey.Config{File: path})
		if err != nil {
			if generated.MatchString(key) && strings.Contains(err.Error(), key) {
				t.Errorf("the error repeats %q: %v", key, err)
			}
			return
		}
		k, err := s.Match(key)
		if errors.Is(err, apikey.ErrUnknown) {
			return
		}
		if !strings.Contains(string(text), hash(key)) || key == "" {
			t.Errorf("%q was admitted as %v (%v) by %q", key, k, err, text)
		}
	})
}

// What Line writes, a file accepts as the one key it was made of: no input smuggles in
// a second line, scope or end.
func FuzzLine(f *testing.F) {
	f.Add("key", "alice", "read write", int64(1801353600), "Key")
	f.Add(canary, "ci/deploy", "", int64(0), canary+" ")
	f.Add("a b", "a\nb", "a,b\r", int64(-62135596800), "a  b")
	f.Add(" key", "#", `"`, int64(253402300800), "key")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, key, name, scopes string, seconds int64, other string) {
		var end time.Time
		if seconds != 0 {
			end = time.Unix(seconds, seconds&1023).UTC()
		}
		list := strings.Split(scopes, " ")
		if scopes == "" {
			list = nil
		}
		line, err := apikey.Line(key, name, list, end)
		if err != nil {
			return
		}
		path := filepath.Join(dir, "keys")
		if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := apikey.New(apikey.Config{File: path, Now: (&clock{}).now})
		if err != nil {
			t.Fatalf("%q is refused: %v", line, err)
		}
		want := &apikey.Key{Name: name, Scopes: list, Expires: end}
		if k, err := s.Match(key); err != nil || !reflect.DeepEqual(k, want) || s.Len() != 1 {
			t.Fatalf("%q is %+v (%v), want %+v", line, k, err, want)
		}
		if other != key {
			refused(t, s, other, apikey.ErrUnknown)
		}
	})
}
