package metadata_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func redirect(to string) answer {
	return answer{status: http.StatusFound, header: http.Header{"Location": {to}}}
}

func TestFetchRedirects(t *testing.T) {
	const start = "https://login.example.com/0"
	found := answer{body: `{}`}
	for _, tt := range []struct {
		policy    string
		documents map[string]answer
		asked     int
		says      string
	}{
		{"same host followed", map[string]answer{start: redirect("/1"), "https://login.example.com/1": found}, 2, ""},
		{"default port written out followed", map[string]answer{start: redirect("https://login.example.com:443/1"), "https://login.example.com:443/1": found}, 2, ""},
		{"host in other case followed", map[string]answer{start: redirect("https://LOGIN.example.com/1"), "https://LOGIN.example.com/1": found}, 2, ""},
		{"three followed", map[string]answer{start: redirect("/1"), "https://login.example.com/1": redirect("/2"),
			"https://login.example.com/2": redirect("/3"), "https://login.example.com/3": found}, 4, ""},
		{"a fourth refused", map[string]answer{start: redirect("/1"), "https://login.example.com/1": redirect("/2"),
			"https://login.example.com/2": redirect("/3"), "https://login.example.com/3": redirect("/4"), "https://login.example.com/4": found}, 4, "more than 3"},
		{"a circle refused", map[string]answer{start: redirect(start)}, 4, "more than 3"},
		{"other host refused", map[string]answer{start: redirect("https://evil.example.net/0"), "https://evil.example.net/0": found}, 1, `"https://evil.example.net"`},
		{"host below refused", map[string]answer{start: redirect("https://a.login.example.com/0"), "https://a.login.example.com/0": found}, 1, "redirect refused"},
		{"other port refused", map[string]answer{start: redirect("https://login.example.com:8443/0"), "https://login.example.com:8443/0": found}, 1, "redirect refused"},
		{"plain http refused", map[string]answer{start: redirect("http://login.example.com/0"), "http://login.example.com/0": found}, 1, `"http://login.example.com"`},
		{"plain http on the TLS port refused", map[string]answer{start: redirect("http://login.example.com:443/0"), "http://login.example.com:443/0": found}, 1, "redirect refused"},
		{"plain loopback http refused", map[string]answer{start: redirect("http://127.0.0.1/0"), "http://127.0.0.1/0": found}, 1, "redirect refused"},
		{"file refused", map[string]answer{start: redirect("file:///etc/passwd")}, 1, "redirect refused"},
		{"user information refused", map[string]answer{start: redirect("https://u:hunter2@login.example.com/1"), "https://u:hunter2@login.example.com/1": found}, 1, "user information"},
		{"second hop to other host refused", map[string]answer{start: redirect("/1"), "https://login.example.com/1": redirect("https://evil.example.net/"), "https://evil.example.net/": found}, 2, "redirect refused"},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			p := &provider{documents: tt.documents}
			f := metadata.Fetcher{Transport: p}
			_, err := f.Fetch(t.Context(), start)
			if tt.says == "" {
				wantError(t, err)
			} else {
				wantError(t, err, tt.says)
				if !errors.Is(err, metadata.ErrRedirect) {
					t.Errorf("not ErrRedirect: %v", err)
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("repeats a password: %v", err)
				}
			}
			if n := p.count(); n != tt.asked {
				t.Errorf("%d requests, want %d", n, tt.asked)
			}
		})
	}
}

// The same, of real servers: the second never hears anything.
func TestFetchRedirectToAnotherServer(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other server was asked") }))
	defer other.Close()
	url, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusPermanentRedirect)
	})
	_, err := new(metadata.Fetcher).Fetch(t.Context(), url)
	if !errors.Is(err, metadata.ErrRedirect) {
		t.Errorf("%v", err)
	}
}

// A server cannot flood a log through our error text.
func TestFetchErrorsAreShort(t *testing.T) {
	const url = "https://login.example.com/doc"
	long := strings.Repeat("é", 4000)
	for _, a := range []answer{
		redirect("https://" + strings.Repeat("a", 8000) + ".example.net/"),
		redirect("https://%zz/" + long),
		{header: http.Header{"Content-Encoding": {long}}},
	} {
		p := &provider{}
		p.set(url, a)
		f := metadata.Fetcher{Transport: p}
		_, err := f.Fetch(t.Context(), url)
		if err == nil || len(err.Error()) > 500 || !utf8.ValidString(err.Error()) {
			t.Errorf("%v", err)
		}
	}
}

func maxAgeOf(t testing.TB, h http.Header) time.Duration {
	t.Helper()
	const url = "https://login.example.com/doc"
	p := &provider{}
	p.set(url, answer{header: h, body: `{}`})
	f := metadata.Fetcher{Transport: p}
	doc, err := f.Fetch(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return doc.MaxAge
}

func TestMaxAge(t *testing.T) {
	for _, tt := range []struct {
		policy string
		cache  []string
		age    string
		want   time.Duration
	}{
		{"nothing said", nil, "", -1},
		{"nothing understood", []string{"public, immutable"}, "", -1},
		{"max-age", []string{"public, max-age=19800, must-revalidate"}, "", 19800 * time.Second},
		{"any case, quoted", []string{`Max-Age="60"`}, "", time.Minute},
		{"max-age=0", []string{"max-age=0"}, "", 0},
		{"the shortest of two", []string{"max-age=600", "max-age=60,max-age=90"}, "", time.Minute},
		{"no-store", []string{"max-age=600, no-store"}, "", 0},
		{"no-cache", []string{"No-Cache"}, "", 0},
		{"no-cache of one field", []string{`no-cache="set-cookie"`}, "", 0},
		{"s-maxage is not for us", []string{"s-maxage=600"}, "", -1},
		{"negative ignored", []string{"max-age=-5"}, "", -1},
		{"fraction ignored", []string{"max-age=1.5"}, "", -1},
		{"sign ignored", []string{"max-age=+5"}, "", -1},
		{"words ignored", []string{"max-age=soon, max-age"}, "", -1},
		{"hexadecimal ignored", []string{"max-age=0x10"}, "", -1},
		{"huge is 68 years, and does not overflow", []string{"max-age=9223372036854775807"}, "", 1 << 31 * time.Second},
		{"beyond 64 bits is 68 years", []string{"max-age=" + strings.Repeat("9", 100)}, "", 1 << 31 * time.Second},
		{"time in shared caches is taken off", []string{"max-age=600"}, "540", time.Minute},
		{"never below nothing", []string{"max-age=600"}, "99999999999999999999", 0},
		{"broken Age ignored", []string{"max-age=600"}, "-1", 10 * time.Minute},
		{"Age alone says nothing", nil, "5", -1},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			h := http.Header{"Cache-Control": tt.cache}
			if tt.age != "" {
				h.Set("Age", tt.age)
			}
			if got := maxAgeOf(t, h); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Whatever the header, the time is -1 or one that a caller can add to a clock.
func FuzzMaxAge(f *testing.F) {
	f.Add("public, max-age=60", "1")
	f.Add(`max-age="1`, "18446744073709551616")
	for _, cache := range []string{
		"max-age=-1", "max-age=99999999999999999999999999", "max-age=9223372036854775807", "max-age=3600, no-store", "no-cache", `no-cache="set-cookie", max-age=60`,
		"max-age=60, max-age=61", "Max-Age = 60", "s-maxage=1, max-age=60", "max-age=1e9", "max-age=0x10", "max-age=+60", "max-age", ",,;=", "max-age=60\x00",
	} {
		f.Add(cache, "")
		f.Add(cache, "-1")
	}
	f.Fuzz(func(t *testing.T, cache, age string) {
		got := maxAgeOf(t, http.Header{"Cache-Control": {cache}, "Age": {age}})
		if got != -1 && (got < 0 || got > 1<<31*time.Second) {
			t.Fatalf("%q, %q: %v", cache, age, got)
		}
	})
}
