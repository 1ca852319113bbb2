package middleware_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
)

const goodbye = "event: message\ndata: " + `{"jsonrpc":"2.0","id":%[1]s,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":%[1]s}}}` + "\n\n"

// A client that listens is told that it is over; one whose connection is gone, or that
// has not begun to listen, is not.
func TestListenEndsWithItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t)
		for _, test := range []struct{ id, contentType, want string }{
			{"1", "text/event-stream", fmt.Sprintf(goodbye, "1")},
			{`"a\"b"`, "text/event-stream", fmt.Sprintf(goodbye, `"a\"b"`)},
			{"2", "text/event-stream; charset=utf-8", fmt.Sprintf(goodbye, "2")},
			{"3", "application/json", ""},
			{"", "text/event-stream", ""}, // a notification has no result
		} {
			rec := s.beginWith(listening(s.token("alice", 5*time.Minute), test.id), test.contentType)
			s.guard.EndStreams()
			if !rec.ended() || rec.Body.String() != ": hello\n\n"+test.want {
				t.Errorf("id %s, %s: %q", test.id, test.contentType, rec.Body)
			}
		}
		rec := s.begin(get(s.token("alice", 5*time.Minute), "s"))
		s.guard.EndStreams()
		if !rec.ended() || rec.Body.String() != ": hello\n\n" {
			t.Errorf("GET: %q", rec.Body)
		}
		ctx, hangUp := context.WithCancel(t.Context())
		rec = s.begin(listening(s.token("alice", 5*time.Minute), "1").WithContext(ctx))
		hangUp()
		if !rec.ended() || rec.Body.String() != ": hello\n\n" {
			t.Errorf("gone: %q", rec.Body)
		}
	})
}

// A policy that denies a caller ends its streams, and no others.
func TestSetPolicyEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t)
		of := map[string]*recording{}
		for _, subject := range []string{"alice", "mallory"} {
			of[subject+" GET"] = s.begin(get(s.token(subject, time.Hour), "s"))
			of[subject+" listen"] = s.begin(listening(s.token(subject, time.Hour), "1"))
		}
		if err := s.guard.SetPolicy(middleware.Policy{Denied: []middleware.Denied{{Subject: "mallory"}, {}}}); err == nil {
			t.Fatal("a bad policy is accepted")
		}
		for name, rec := range of {
			if rec.ended() {
				t.Errorf("%s was ended by a bad policy", name)
			}
		}
		if err := s.guard.SetPolicy(middleware.Policy{Denied: []middleware.Denied{{Subject: "mallory"}}}); err != nil {
			t.Fatal(err)
		}
		for name, rec := range of {
			if rec.ended() != strings.HasPrefix(name, "mallory") {
				t.Errorf("%s has ended: %v", name, rec.ended())
			}
		}
		if body := of["mallory listen"].Body.String(); !strings.HasSuffix(body, fmt.Sprintf(goodbye, "1")) {
			t.Errorf("%q", body)
		}
		s.guard.EndStreams()
	})
}

// A caller who is denied between the decision and the stream gets none: the decision
// is observed in between, so the policy changes there.
func TestSetPolicyEndsStreamsThatBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *streamServer
		s = newStreamServer(t, func(c *middleware.Config) {
			c.Observe = func(context.Context, middleware.Event) {
				if err := s.guard.SetPolicy(middleware.Policy{Denied: []middleware.Denied{{Subject: "mallory"}}}); err != nil {
					t.Error(err)
				}
			}
		})
		if rec := s.begin(get(s.token("mallory", time.Hour), "s")); !rec.ended() {
			t.Error("the stream goes on")
			s.guard.EndStreams()
		}
	})
}

// A stream that its handler ends is forgotten: nothing is left to end or extend.
func TestStreamsThatEndThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamServer(t)
		rec := s.begin(get(s.token("alice", 24*time.Hour), "s"))
		time.Sleep(4 * time.Hour)
		if !rec.ended() || !strings.HasSuffix(rec.Body.String(), "finished") {
			t.Errorf("%q", rec.Body)
		}
		s.guard.EndStreams()
		serve(s.guard.Handler(ok), post(s.token("alice", 30*time.Hour), message("ping", nil), "Mcp-Session-Id", "s"))
	})
}

// A stream goes on with a token that grants what the one it began with did, and more;
// what was taken from the caller since is taken from its streams at their time.
func TestStreamsAreNotExtendedByLesserTokens(t *testing.T) {
	for scopes, until := range map[string]time.Duration{
		"mcp:tools":            5 * time.Minute,
		"mcp:tools read":       61 * time.Minute,
		"mcp:tools write read": 61 * time.Minute,
		"mcp:tools write":      5 * time.Minute,
	} {
		t.Run(scopes, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStreamServer(t)
				rec := s.begin(get(mint(map[string]any{"scope": "mcp:tools read", "exp": started.Add(4 * time.Minute)}), "s"))
				longer := mint(map[string]any{"scope": scopes, "exp": started.Add(time.Hour)})
				serve(s.guard.Handler(ok), post(longer, message("ping", nil), "Mcp-Session-Id", "s"))
				s.lasts(rec, until)
			})
		})
	}
}
