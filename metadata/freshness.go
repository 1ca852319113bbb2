package metadata

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxSeconds is what a larger delta-seconds means, RFC 9111 §1.2.2.
const maxSeconds = 1 << 31

// maxAge is how long a response stays fresh, RFC 9111 §4.2, or -1 if it does not
// say. Expires is not read: every provider that has it sends Cache-Control too. Age
// is taken off, because what a shared cache kept for an hour is an hour old, and a
// rotation may hide in that hour.
//
// Commas in quoted arguments are not honoured. The worst that comes of it is another
// time within the bounds that every caller sets.
func maxAge(h http.Header) time.Duration {
	age := time.Duration(-1)
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache":
				return 0
			case "max-age":
				if d, ok := seconds(strings.Trim(value, `"`)); ok && (age < 0 || d < age) {
					age = d
				}
			}
		}
	}
	if passed, ok := seconds(h.Get("Age")); ok && age >= 0 {
		age = max(0, age-passed)
	}
	return age
}

// seconds reads delta-seconds: digits and nothing else.
func seconds(s string) (time.Duration, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return time.Duration(min(n, maxSeconds)) * time.Second, true
}
