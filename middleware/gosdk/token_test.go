package gosdk_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/gosdk"
)

// hostile are texts that an issuer could choose in order to be taken for another user.
var hostile = []string{
	"", " ", `"`, `""`, `" "`, `\`, `\"`, `\\`, "alice", "alice ", `alice"`, `alice" "`, `"alice"`,
	"\xff", `\xff`, "\uFFFD", "\u00e9", "e\u0301", "\x00", "\n", "\u2028", "\U0010FFFF",
}

// No two principals that differ share a UserID, and each can be read back: that is why.
func TestUserIDIsUnique(t *testing.T) {
	owners := map[string]middleware.Principal{}
	for _, method := range []middleware.Method{middleware.MethodJWT, middleware.MethodAPIKey} {
		for _, issuer := range hostile {
			for _, subject := range hostile {
				for _, client := range hostile {
					p := middleware.Principal{Method: method, Issuer: issuer, Subject: subject, Client: client}
					if subject != "" {
						p.Client = "" // any client of the same user
					}
					id := gosdk.UserID(&p)
					checkReadsBack(t, id, string(p.Method), p.Issuer, p.Subject, p.Client)
					if owner, taken := owners[id]; taken && (owner.Method != p.Method || owner.Issuer != p.Issuer || owner.Subject != p.Subject || owner.Client != p.Client) {
						t.Errorf("%+v and %+v are both %s", owner, p, id)
					}
					owners[id] = p
				}
			}
		}
	}
}

func checkReadsBack(t *testing.T, id string, parts ...string) {
	t.Helper()
	rest := id
	for _, part := range parts {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			if part == "" && rest == "" {
				continue // the client of a user
			}
			t.Fatalf("%s: %q: %v", id, rest, err)
		}
		if got, _ := strconv.Unquote(quoted); got != part {
			t.Errorf("%s: %q, want %q", id, got, part)
		}
		rest = strings.TrimPrefix(rest[len(quoted):], " ")
	}
	if rest != "" {
		t.Errorf("%s: %q is left", id, rest)
	}
}

// Nobody has no UserID, whatever else is said of them; everybody else has one.
func TestUserIDOfNobody(t *testing.T) {
	for method, nobody := range map[middleware.Method]bool{
		middleware.MethodAnonymous: true,
		middleware.MethodDisabled:  true,
		middleware.MethodJWT:       false,
		middleware.MethodAPIKey:    false,
		"a method of the future":   false,
	} {
		for _, p := range []middleware.Principal{{Method: method}, {Method: method, Subject: "alice"}} {
			if got := gosdk.UserID(&p); (got == "") != nobody {
				t.Errorf("%+v: %q", p, got)
			}
		}
	}
}
