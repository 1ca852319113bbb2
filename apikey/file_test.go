package apikey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
)

func TestFileFormat(t *testing.T) {
	end := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		policy string
		text   string
		want   apikey.Key
	}{
		{"name and hash", "alice HASH", apikey.Key{Name: "alice"}},
		{"all of it", "alice HASH scopes=read,write expires=2027-01-31T00:00:00Z", apikey.Key{Name: "alice", Scopes: []string{"read", "write"}, Expires: end}},
		{"either order", "alice HASH expires=2027-01-31T00:00:00Z scopes=read", apikey.Key{Name: "alice", Scopes: []string{"read"}, Expires: end}},
		{"plain date", "alice HASH expires=2027-01-31", apikey.Key{Name: "alice", Expires: end}},
		{"fraction of a second", "alice HASH expires=2027-01-31T00:00:00.000000001Z", apikey.Key{Name: "alice", Expires: end.Add(1)}},
		{"scopes with =, : and #", "alice HASH scopes=a=b,mcp:tools,#c", apikey.Key{Name: "alice", Scopes: []string{"a=b", "mcp:tools", "#c"}}},
		{"every character of a name", "aZ0._@+/- HASH", apikey.Key{Name: "aZ0._@+/-"}},
		{"longest name", strings.Repeat("n", 64) + " HASH", apikey.Key{Name: strings.Repeat("n", 64)}},
		{"tabs and many spaces", "\t alice \t HASH\t\tscopes=read \t", apikey.Key{Name: "alice", Scopes: []string{"read"}}},
		{"Windows line endings", "# keys\r\n\r\nalice HASH scopes=read\r\n", apikey.Key{Name: "alice", Scopes: []string{"read"}}},
		{"Windows line ending without options", "alice HASH\r\n", apikey.Key{Name: "alice"}},
		{"byte order mark", "\ufeffalice HASH", apikey.Key{Name: "alice"}},
		{"comments and blank lines", "# é ünïcode mcp_X\n\n  \t\n\t# bob " + hash("other") + "\nalice HASH\n#", apikey.Key{Name: "alice"}},
	} {
		t.Run(row.policy, func(t *testing.T) {
			s := newStore(t, apikey.Config{File: file(t, strings.Replace(row.text, "HASH", hash("key"), 1)), Now: (&clock{}).now})
			if s.Len() != 1 {
				t.Errorf("Len is %d", s.Len())
			}
			k := admitted(t, s, "key", row.want.Name)
			if !slices.Equal(k.Scopes, row.want.Scopes) || !k.Expires.Equal(row.want.Expires) {
				t.Errorf("key is %+v, want %+v", *k, row.want)
			}
			if (k.Scopes == nil) != (row.want.Scopes == nil) {
				t.Errorf("scopes are %#v", k.Scopes)
			}
			refused(t, s, "other", apikey.ErrUnknown)
		})
	}
}

// Every row is refused, with its line, and no error repeats the canary.
func TestFileMistakes(t *testing.T) {
	const second = "File: line 1: the second word must be sha256:"
	const twoWords = "File: line 1: a line begins with two words"
	for policy, row := range map[string]struct{ line, want string }{
		"key in place of its hash":        {"alice " + canary, second},
		"key behind sha256:":              {"alice sha256:" + canary, second},
		"hash without sha256:":            {"alice " + strings.TrimPrefix(hash(canary), "sha256:"), second},
		"other hash":                      {"alice sha512:" + strings.Repeat("a", 64), second},
		"upper-case hash":                 {"alice sha256:" + strings.Repeat("A", 64), second},
		"upper-case SHA256":               {"alice SHA256:" + strings.Repeat("a", 64), second},
		"short hash":                      {"alice " + hash("a")[:70], second},
		"short hash, whole bytes":         {"alice " + hash("a")[:69], second},
		"long hash":                       {"alice " + hash("a") + "00", second},
		"no hex digits":                   {"alice sha256:" + strings.Repeat("g", 64), second},
		"hash of nothing":                 {"alice " + hash(""), "File: line 1: the hash is that of an empty text"},
		"key alone":                       {canary, twoWords},
		"hash alone":                      {hash(canary), twoWords},
		"name forgotten":                  {hash(canary) + " scopes=read", twoWords},
		"comma instead of space":          {"alice," + hash(canary), twoWords},
		"no-break space":                  {"alice\u00a0" + hash("a"), twoWords},
		"lone carriage return":            {"alice\r" + hash("a"), twoWords},
		"words exchanged":                 {hash(canary) + " alice", twoWords},
		"key as name":                     {canary + " " + hash(canary), "File: line 1: the name is itself a key"},
		"name with a space":               {"canary alice " + hash("a"), second},
		"name with a colon":               {"canary:a " + hash("a"), "File: line 1: the name must begin"},
		"name with a control character":   {"canary\x1b[2J " + hash("a"), "File: line 1: the name must begin"},
		"name outside ASCII":              {"canäry " + hash("a"), "File: line 1: the name must begin"},
		"name of invalid UTF-8":           {"canary\xff " + hash("a"), "File: line 1: the name must begin"},
		"name that begins with a dash":    {"-canary " + hash("a"), "File: line 1: the name must begin"},
		"long name":                       {strings.Repeat("n", 65) + " " + hash("a"), "File: line 1: the name must have 1 to 64"},
		"unknown option":                  {"alice " + hash("a") + " canary=1", "File: line 1: word 3 is neither"},
		"option in another case":          {"alice " + hash("a") + " scopes=a Expires=2027-01-31", "File: line 1: word 4 is neither"},
		"key behind the hash":             {"alice " + hash("a") + " " + canary, "File: line 1: word 3 is neither"},
		"comment behind the hash":         {"alice " + hash("a") + " # canary", "File: line 1: word 3 is neither"},
		"many words":                      {"alice " + hash("a") + " # canary of alice", "File: line 1: a line has at most four words"},
		"scopes twice":                    {"alice " + hash("a") + " scopes=canary scopes=canary", "File: line 1: scopes= is there twice"},
		"expires twice":                   {"alice " + hash("a") + " expires=2027-01-31 expires=2028-01-31", "File: line 1: expires= is there twice"},
		"empty scopes":                    {"alice " + hash("a") + " scopes=", "File: line 1: scopes= is empty"},
		"scopes without =":                {"alice " + hash("a") + " scopes", "File: line 1: scopes= is empty"},
		"empty scope":                     {"alice " + hash("a") + " scopes=canary,,b", "File: line 1: a scope is empty"},
		"comma at the end":                {"alice " + hash("a") + " scopes=canary,", "File: line 1: a scope is empty"},
		"space behind a comma":            {"alice " + hash("a") + " scopes=canary, write", "File: line 1: a scope is empty"},
		"quoted scopes":                   {"alice " + hash("a") + ` scopes="canary"`, "File: line 1: a scope has a character"},
		"scope outside ASCII":             {"alice " + hash("a") + " scopes=canäry", "File: line 1: a scope has a character"},
		"empty expires":                   {"alice " + hash("a") + " expires=", "File: line 1: expires= must be a time"},
		"expires never":                   {"alice " + hash("a") + " expires=canary", "File: line 1: expires= must be a time"},
		"time without a zone":             {"alice " + hash("a") + " expires=2027-01-31T00:00:00", "File: line 1: expires= must be a time"},
		"time with one digit":             {"alice " + hash("a") + " expires=2027-01-31T0:00:00Z", "File: line 1: expires= must be a time"},
		"time with a comma":               {"alice " + hash("a") + " expires=2027-01-31T00:00:00,5Z", "File: line 1: expires= must be a time"},
		"seconds since 1970":              {"alice " + hash("a") + " expires=1801353600", "File: line 1: expires= must be a time"},
		"time in lower case":              {"alice " + hash("a") + " expires=2027-01-31t00:00:00z", "File: line 1: expires= must be a time"},
		"offset of days":                  {"alice " + hash("a") + " expires=2027-01-31T00:00:00-24:00", "File: line 1: expires= must be a time"},
		"hour 24":                         {"alice " + hash("a") + " expires=2027-01-31T24:00:00Z", "File: line 1: expires= must be a time"},
		"day that isn't there":            {"alice " + hash("a") + " expires=2027-02-29", "File: line 1: expires= must be a time"},
		"day first":                       {"alice " + hash("a") + " expires=31-01-2027", "File: line 1: expires= must be a time"},
		"zero time, which means never":    {"alice " + hash("a") + " expires=0001-01-01", "File: line 1: the end must be in the years"},
		"zero time in another zone":       {"alice " + hash("a") + " expires=0001-01-01T01:00:00+01:00", "File: line 1: the end must be in the years"},
		"mistyped century":                {"alice " + hash("a") + " expires=1027-01-31", "File: line 1: the end must be in the years"},
		"year 10000 in UTC":               {"alice " + hash("a") + " expires=9999-12-31T23:59:59-01:00", "File: line 1: the end must be in the years"},
		"UTF-16, little end first":        {"\xff\xfea\x00", "File: it is in UTF-16"},
		"UTF-16, big end first":           {"\xfe\xff\x00a", "File: it is in UTF-16"},
		"CR LF inside":                    {"alice " + hash("a") + "\r\r\n", second},
		"JSON":                            {`{"alice": "canary"}`, second},
		"environment file":                {"MCP_API_KEYS=canary", twoWords},
		"name and key of another program": {"alice:canary", twoWords},
	} {
		t.Run(policy, func(t *testing.T) {
			_, err := apikey.New(apikey.Config{File: file(t, row.line)})
			got := mistakes(t, err)
			if !slices.ContainsFunc(got, func(m string) bool { return strings.HasPrefix(m, row.want) }) {
				t.Errorf("mistakes are %q, want %q…", got, row.want)
			}
		})
	}
}

func TestEveryMistakeOfAFileIsReported(t *testing.T) {
	_, err := apikey.New(apikey.Config{File: file(t,
		"# keys",
		"alice "+hash("a"),
		"-canary "+canary+" scopes= expires=canary",
		"",
		"bob",
		"carol "+hash("a"),
		"dave "+hash("a")+" canary",
		"alice "+hash("b"),
		hash(canary)+" x",
		"b "+hash("c"),
	)})
	expect(t, mistakes(t, err), []string{
		"File: line 3: the name must begin",
		"File: line 3: the second word",
		"File: line 3: scopes= is empty",
		"File: line 3: expires= must be",
		"File: line 5: a line begins with two words",
		"File: line 7: word 3 is neither",
		"File: line 9: a line begins with two words",
		"File: line 6: the same key as line 2",
		"File: line 10: the name is itself a key",
	})
}

// Somebody who pasted the key instead of its hash must read what to do.
func TestPastedKeyIsExplained(t *testing.T) {
	_, err := apikey.New(apikey.Config{File: file(t, "alice "+canary)})
	got := mistakes(t, err)
	for _, want := range []string{"line 1", "if the key itself stands there", `printf %s "$KEY" | sha256sum`} {
		if !strings.Contains(got[0], want) {
			t.Errorf("%q does not say %q", got[0], want)
		}
	}
}

func TestFileIsBounded(t *testing.T) {
	var lines []string
	for i, key := range many(10_001) {
		lines = append(lines, fmt.Sprintf("n%d %s", i, hash(key)))
	}
	s := newStore(t, apikey.Config{File: file(t, append(lines[:10_000:10_000], "# no key", "")...)})
	if s.Len() != 10_000 {
		t.Errorf("Len is %d", s.Len())
	}
	_, err := apikey.New(apikey.Config{File: file(t, lines...)})
	expect(t, mistakes(t, err), []string{"File: line 10001: there are more than 10000 keys"})

	longest := "alice " + hash("a") + "\n#"
	longest += strings.Repeat("x", 1<<20-len(longest))
	newStore(t, apikey.Config{File: file(t, longest)})
	_, err = apikey.New(apikey.Config{File: file(t, longest+"x")})
	expect(t, mistakes(t, err), []string{"File: cannot be read: it is longer than 1048576 bytes"})

	_, err = apikey.New(apikey.Config{File: file(t, strings.Repeat("x\n", 1<<19))})
	if got := mistakes(t, err); len(got) != 10_001 {
		t.Errorf("%d mistakes", len(got))
	}
}
