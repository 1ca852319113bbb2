package apikey_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
)

func TestPlainKeysAreNamedByPositionAndHoldTheScopes(t *testing.T) {
	s := newStore(t, apikey.Config{Keys: []string{"dev-key-123", " \tsecond key\r\n"}, Scopes: []string{"read", "write"}})
	if s.Len() != 2 {
		t.Errorf("Len is %d", s.Len())
	}
	for key, name := range map[string]string{"dev-key-123": "key-1", "second key": "key-2"} {
		k := admitted(t, s, key, name)
		if !slices.Equal(k.Scopes, []string{"read", "write"}) || !k.Expires.IsZero() {
			t.Errorf("%s holds %q until %v", name, k.Scopes, k.Expires)
		}
	}
}

func TestOnlyTheExactKeyMatches(t *testing.T) {
	const key = "dev-key-123"
	s := newStore(t, apikey.Config{Keys: []string{key, "other"}, File: file(t, "alice "+hash("Third-Key"))})
	for policy, presented := range map[string]string{
		"empty refused":              "",
		"blank refused":              " ",
		"prefix refused":             key[:len(key)-1],
		"suffix refused":             key[1:],
		"longer refused":             key + "4",
		"other case refused":         "DEV-KEY-123",
		"leading space refused":      " " + key,
		"trailing space refused":     key + " ",
		"newline refused":            key + "\n",
		"NUL refused":                key + "\x00",
		"the whole list refused":     key + ",other",
		"quoted refused":             `"` + key + `"`,
		"its hash refused":           hash(key),
		"its bare hash refused":      strings.TrimPrefix(hash(key), "sha256:"),
		"its name refused":           "key-1",
		"its position refused":       "1",
		"lower case of file refused": "third-key",
		"hash from file refused":     hash("Third-Key"),
		"name from file refused":     "alice",
		"full width refused":         "ｄev-key-123",
	} {
		t.Run(policy, func(t *testing.T) { refused(t, s, presented, apikey.ErrUnknown) })
	}
	admitted(t, s, key, "key-1")
	admitted(t, s, "Third-Key", "alice")
}

// The index has eight bytes of each digest. What decides is the rest.
func TestDigestThatDiffersOnlyBehindTheIndexIsRefused(t *testing.T) {
	h := hash("right")
	last := "0"
	if strings.HasSuffix(h, last) {
		last = "1"
	}
	near := h[:len(h)-1] + last
	refused(t, newStore(t, apikey.Config{File: file(t, "near "+near)}), "right", apikey.ErrUnknown)

	both := newStore(t, apikey.Config{File: file(t, "near "+near, "alice "+h, "far "+h[:len(h)-2]+last+last)})
	admitted(t, both, "right", "alice")
}

func TestPresentedKeyIsBounded(t *testing.T) {
	longest, longer := strings.Repeat("k", 1024), strings.Repeat("k", 1025)
	s := newStore(t, apikey.Config{Keys: []string{longest}, File: file(t, "longer "+hash(longer))})
	admitted(t, s, longest, "key-1")
	refused(t, s, longer, apikey.ErrUnknown)
}

func TestKeyEndsAtItsExpiry(t *testing.T) {
	end := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	day := end.Truncate(24 * time.Hour)
	c := &clock{}
	s := newStore(t, apikey.Config{Now: c.now, Keys: []string{"plain"}, File: file(t,
		"noon "+hash("noon-key")+" expires=2027-01-31T12:00:00Z",
		"east "+hash("east-key")+" expires=2027-01-31T14:00:00+02:00",
		"date "+hash("date-key")+" expires=2027-01-31",
		"ever "+hash("ever-key"),
	)})
	for _, row := range []struct {
		policy, name string
		end          time.Time
	}{
		{"a time ends at that time", "noon", end},
		{"an offset counts", "east", end},
		{"a date ends as that day begins in UTC", "date", day},
	} {
		t.Run(row.policy, func(t *testing.T) {
			c.at = row.end.Add(-time.Nanosecond)
			if k := admitted(t, s, row.name+"-key", row.name); !k.Expires.Equal(row.end) {
				t.Errorf("Expires is %v", k.Expires)
			}
			c.at = row.end
			refused(t, s, row.name+"-key", apikey.ErrExpired)
			c.at = row.end.AddDate(100, 0, 0)
			refused(t, s, row.name+"-key", apikey.ErrExpired)
			admitted(t, s, "ever-key", "ever")
			admitted(t, s, "plain", "key-1")
		})
	}
	if s.Len() != 5 {
		t.Errorf("Len is %d", s.Len())
	}
}

func TestExpiredIsToldFromUnknown(t *testing.T) {
	s := newStore(t, apikey.Config{File: file(t, "alice "+hash(canary)+" expires=2001-01-01")})
	_, err := s.Match(canary)
	if !errors.Is(err, apikey.ErrExpired) || errors.Is(err, apikey.ErrUnknown) {
		t.Fatal(err)
	}
	if text := err.Error(); !strings.Contains(text, `"alice"`) || strings.Contains(text, canary) {
		t.Errorf("an operator reads %q", text)
	}
}

func TestClockOfTheSystemIsTheDefault(t *testing.T) {
	soon, past := time.Now().Add(time.Hour).Format(time.RFC3339), time.Now().Add(-time.Hour).Format(time.RFC3339)
	s := newStore(t, apikey.Config{File: file(t, "alice "+hash("soon")+" expires="+soon, "bob "+hash("past")+" expires="+past)})
	admitted(t, s, "soon", "alice")
	refused(t, s, "past", apikey.ErrExpired)
}

func TestWhatCallersChangeChangesNothing(t *testing.T) {
	scopes, keys := []string{"read"}, []string{"one"}
	s := newStore(t, apikey.Config{Keys: keys, Scopes: scopes, File: file(t, "alice "+hash("two")+" scopes=read")})
	scopes[0], keys[0] = "admin", "changed"
	for key, name := range map[string]string{"one": "key-1", "two": "alice"} {
		k := admitted(t, s, key, name)
		if !slices.Equal(k.Scopes, []string{"read"}) {
			t.Fatalf("%s holds %q", name, k.Scopes)
		}
		k.Scopes[0], k.Name = "admin", "root"
		if k := admitted(t, s, key, name); !slices.Equal(k.Scopes, []string{"read"}) {
			t.Errorf("%s holds %q", name, k.Scopes)
		}
	}
}

func TestStoreWithoutKeysMatchesNothing(t *testing.T) {
	zero := new(apikey.Store)
	if err := zero.Reload(); err != nil {
		t.Fatal(err)
	}
	for policy, s := range map[string]*apikey.Store{
		"nil": nil, "zero": new(apikey.Store), "zero, reloaded": zero,
		"empty file": newStore(t, apikey.Config{File: file(t, "# nobody yet", "")}),
	} {
		t.Run(policy, func(t *testing.T) {
			refused(t, s, "", apikey.ErrUnknown)
			refused(t, s, "key", apikey.ErrUnknown)
			if s.Len() != 0 {
				t.Errorf("Len is %d", s.Len())
			}
		})
	}
}

func TestConfigMistakesAreReportedTogether(t *testing.T) {
	for _, row := range []struct {
		policy string
		config apikey.Config
		want   []string // how each mistake begins
	}{
		{"nothing set refused", apikey.Config{}, []string{"Keys: there are no keys and no File"}},
		{"scopes alone refused", apikey.Config{Scopes: []string{"read"}}, []string{"Keys: there are no keys"}},
		{"empty key refused", apikey.Config{Keys: strings.Split("", ",")}, []string{"Keys[0]: is empty or blank"}},
		{"empty and blank keys refused", apikey.Config{Keys: []string{canary, "", " \t\r\n"}}, []string{"Keys[1]: is empty", "Keys[2]: is empty"}},
		{"control character refused", apikey.Config{Keys: []string{"canary\tone", "canary\x7f"}}, []string{"Keys[0]: has a control character", "Keys[1]: has a"}},
		{"header injection refused", apikey.Config{Keys: []string{"canary\r\nX: y"}}, []string{"Keys[0]: has a control character"}},
		{"non-ASCII refused", apikey.Config{Keys: []string{"canäry", "\u00a0canary", "canary\xff"}}, []string{"Keys[0]: has", "Keys[1]: has", "Keys[2]: has"}},
		{"too long refused", apikey.Config{Keys: []string{strings.Repeat("canary", 171)}}, []string{"Keys[0]: is longer than 1024 bytes"}},
		{"hash refused", apikey.Config{Keys: []string{hash(canary)}}, []string{"Keys[0]: is the hash of a key"}},
		{"hash of nothing refused", apikey.Config{Keys: []string{hash("")}}, []string{"Keys[0]: is the hash of a key"}},
		{"same key refused", apikey.Config{Keys: []string{canary, "b", " " + canary, canary}}, []string{"Keys[2]: the same key as Keys[0]", "Keys[3]: the same key as Keys[0]"}},
		{"bad scopes refused", apikey.Config{Keys: []string{"a"}, Scopes: []string{"ok", "", "read,write", "read write", `"`, `\`, "é", "\x7f"}},
			[]string{"Scopes[1]: a scope is empty", "Scopes[2]: a scope has", "Scopes[3]: ", "Scopes[4]: ", "Scopes[5]: ", "Scopes[6]: ", "Scopes[7]: "}},
		{"same key in the file refused", apikey.Config{Keys: []string{canary}, File: file(t, "", "alice "+hash(canary))}, []string{"File: line 2: the same key as Keys[0]"}},
		{"name of a plain key refused", apikey.Config{Keys: []string{"a"}, File: file(t, "key-1 "+hash("b"))}, []string{"File: line 1: the name is that of Keys[0]"}},
		{"plain key as a name refused", apikey.Config{Keys: []string{canary}, File: file(t, canary+" "+hash("b"))}, []string{"File: line 1: the name is itself a key"}},
		{"all of it together", apikey.Config{Keys: []string{""}, Scopes: []string{""}, File: file(t, "alice "+canary, "bob "+hash("a"), "bob "+hash("a"))},
			[]string{"Scopes[0]: ", "Keys[0]: ", "File: line 1: the second word must be", "File: line 3: the same key as line 2"}},
	} {
		t.Run(row.policy, func(t *testing.T) {
			s, err := apikey.New(row.config)
			expect(t, mistakes(t, err), row.want)
			if s != nil {
				t.Error("a Store came with the error")
			}
		})
	}
}

// expect compares mistakes with how each of them must begin.
func expect(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d mistakes reported, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("mistake %d is %q, want %q…", i, got[i], want[i])
		}
	}
}

func TestRefusingCostsNoMemory(t *testing.T) {
	s := newStore(t, apikey.Config{Keys: many(10_000)})
	for policy, key := range map[string]string{"unknown": canary, "endless": strings.Repeat("k", 1<<20)} {
		if n := testing.AllocsPerRun(100, func() { _, _ = s.Match(key) }); n != 0 {
			t.Errorf("%s: %v allocations", policy, n)
		}
	}
}

// many returns n keys.
func many(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("mcp_%026d", i)
	}
	return keys
}

func BenchmarkMatch(b *testing.B) {
	keys := many(10_000)
	for _, n := range []int{1, len(keys)} {
		s := newStore(b, apikey.Config{Keys: keys[:n], Scopes: []string{"read"}})
		for name, key := range map[string]string{"known": keys[0], "unknown": canary, "endless": strings.Repeat("k", 1<<20)} {
			b.Run(fmt.Sprintf("%s/keys=%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, _ = s.Match(key)
				}
			})
		}
	}
}
