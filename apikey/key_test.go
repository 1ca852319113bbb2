package apikey_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
)

// 26 characters out of 32 are 130 bits.
var generated = regexp.MustCompile(`^mcp_[A-Z2-7]{26,}$`)

func TestGeneratedKeysAreNewAndLong(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key := apikey.Generate()
		if !generated.MatchString(key) || seen[key] {
			t.Fatalf("key is %q, seen before: %v", key, seen[key])
		}
		seen[key] = true
	}
}

// Each character behind the prefix varies: a constant one would hold no bits.
func TestGeneratedKeysVaryInEveryCharacter(t *testing.T) {
	first := apikey.Generate()
	same := make([]bool, len(first))
	for i := range same {
		same[i] = i >= len("mcp_")
	}
	for range 50 {
		key := apikey.Generate()
		for i := range same {
			same[i] = same[i] && key[i] == first[i]
		}
	}
	for i, s := range same {
		if s {
			t.Errorf("character %d never changes", i)
		}
	}
}

func TestLineIsAccepted(t *testing.T) {
	key, end := apikey.Generate(), time.Date(2027, 1, 31, 1, 0, 0, 0, time.FixedZone("", 3600))
	line, err := apikey.Line(key, "alice", []string{"read", "write"}, end)
	if err != nil {
		t.Fatal(err)
	}
	if want := "alice " + hash(key) + " scopes=read,write expires=2027-01-31T00:00:00Z"; line != want {
		t.Errorf("line is %q, want %q", line, want)
	}
	s := newStore(t, apikey.Config{File: file(t, line), Now: (&clock{}).now})
	if k := admitted(t, s, key, "alice"); len(k.Scopes) != 2 || !k.Expires.Equal(end) {
		t.Errorf("key is %+v", *k)
	}
}

func TestLineWithoutScopesAndEnd(t *testing.T) {
	line, err := apikey.Line("key", "alice", nil, time.Time{})
	if err != nil || line != "alice "+hash("key") {
		t.Errorf("line is %q, %v", line, err)
	}
}

func TestLineRefusesWhatAFileWould(t *testing.T) {
	end := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	for policy, row := range map[string]struct {
		key, name string
		scopes    []string
		expires   time.Time
		want      []string
	}{
		"empty key":          {"", "alice", nil, end, []string{"key: is empty"}},
		"space around a key": {"canary ", "alice", nil, end, []string{"key: begins or ends with a space"}},
		"space before a key": {" canary", "alice", nil, end, []string{"key: begins or ends with a space"}},
		"newline in a key":   {"canary\n", "alice", nil, end, []string{"key: has a control character"}},
		"long key":           {strings.Repeat("canary", 171), "alice", nil, end, []string{"key: is longer than 1024"}},
		"hash as a key":      {hash(canary), "alice", nil, end, []string{"key: is the hash"}},
		"no name":            {canary, "", nil, end, []string{"name: the name must have"}},
		"name with a line":   {canary, "a\nb", nil, end, []string{"name: the name must begin"}},
		"comment as a name":  {canary, "#a", nil, end, []string{"name: the name must begin"}},
		"key as a name":      {canary, canary, nil, end, []string{"name: is the key itself"}},
		"two scopes in one":  {canary, "alice", []string{"a", "a,b"}, end, []string{"scopes[1]: a scope has"}},
		"scope with a space": {canary, "alice", []string{"a expires=2099-01-01"}, end, []string{"scopes[0]: a scope has"}},
		"empty scope":        {canary, "alice", []string{""}, end, []string{"scopes[0]: a scope is empty"}},
		"end long ago":       {canary, "alice", nil, time.Time{}.Add(1), []string{"expires: the end must be"}},
		"end beyond 9999":    {canary, "alice", nil, end.AddDate(8000, 0, 0), []string{"expires: the end must be"}},
		"all of it":          {"", "", []string{""}, time.Unix(0, 0), []string{"key: ", "name: ", "name: ", "scopes[0]: ", "expires: "}},
	} {
		t.Run(policy, func(t *testing.T) {
			line, err := apikey.Line(row.key, row.name, row.scopes, row.expires)
			expect(t, mistakes(t, err), row.want)
			if line != "" {
				t.Errorf("line is %q", line)
			}
		})
	}
}
