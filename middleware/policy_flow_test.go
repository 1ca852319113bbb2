package middleware_test

import (
	"bytes"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// flowPolicy is the policy of flow files that say so: the tools of a notes server.
func flowPolicy() *middleware.Policy {
	return &middleware.Policy{
		Implies: map[string][]string{"admin": {"write"}, "write": {"read"}},
		Tools: map[string]middleware.Rule{
			"whoami":      {},
			"notes_list":  {Scopes: []string{"read"}},
			"notes_add":   {Scopes: []string{"write"}},
			"notes_clear": {Scopes: []string{"admin"}},
			"notes_sell":  {Deny: true},
		},
		Denied: []middleware.Denied{{Issuer: "https://login.example.com", Subject: "mallory"}},
	}
}

// setPolicy reads the words of a config line that are about what callers may do.
func setPolicy(c *middleware.Config, word string) bool {
	switch word {
	case "policy":
		c.Policy = flowPolicy()
	case "default_allow":
		c.Policy.Default = middleware.DefaultAllow
	case "sessions":
		c.Sessions = flowSeal
	case "calls_used_up":
		c.CallLimit = usedUp{}
	case "failures_used_up":
		c.FailureLimit = usedUp{}
	default:
		return false
	}
	return true
}

// usedUp is a limiter with nothing left.
type usedUp struct{}

func (usedUp) Take(string) time.Duration { return 89_500 * time.Millisecond }
func (usedUp) Left(string) time.Duration { return 89_500 * time.Millisecond }

var flowSeal = sealOf(bytes.Repeat([]byte("k"), 32))

func sealOf(keys ...[]byte) *middleware.SessionSeal {
	seal, err := middleware.NewSessionSeal(keys...)
	if err != nil {
		panic(err)
	}
	return seal
}

// sessionOf is what ${session subject} stands for: the id of a session that this
// user began, with the client that tokens of flow files are for.
func sessionOf(args []string) string {
	p := &middleware.Principal{Method: middleware.MethodJWT, Issuer: issuer().URL, Subject: args[0], Client: "cli"}
	return flowSeal.Seal(p, "mcp-session-1")
}
