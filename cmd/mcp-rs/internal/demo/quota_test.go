package demo

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

func TestNobodyTakesAllSessions(t *testing.T) {
	seal, err := middleware.NewSessionSeal()
	if err != nil {
		t.Fatal(err)
	}
	s := newSessions(seal)
	greedy := &middleware.Principal{Method: middleware.MethodJWT, Subject: "greedy"}
	var ids []string
	for range maxOwned {
		ids = append(ids, s.begin(greedy))
	}
	if s.begin(greedy) != "" {
		t.Error("one more than one caller may have")
	}
	if s.begin(&middleware.Principal{Method: middleware.MethodJWT, Subject: "modest"}) == "" {
		t.Error("no session for another caller")
	}
	s.end(ids[0])
	if s.begin(greedy) == "" {
		t.Error("no session in the place of one that ended")
	}
}
