package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// brief is how long a token lives that is to expire while we wait.
const brief = 2 * time.Second

// admissions is who lets requests pass that should not.
func admissions(r *rig, s *report.Section) error {
	s.Title = "Who admits what"
	s.Note = "RS256. A key that was withdrawn is refused by nobody before the next refresh of the key set; a token under a new key is what forces one here, where anything does."
	s.Words, s.Header = true, []string{"", "admitted by"}
	old, fresh := fixture.NewKey("RS256"), fixture.NewKey("RS256")
	t := &trial{section: s}
	defer t.close()
	if err := t.stand(r, old); err != nil {
		return err
	}
	for _, k := range append(fixture.Rejected[:len(fixture.Rejected):len(fixture.Rejected)], fixture.Forged...) {
		t.try(k.Name, func(st *stall) string { return k.Make(st.bench.provider, old, 1) })
	}
	t.expire(old)
	// The strangers of before have used up what some spend on unknown keys.
	if err := t.stand(r, old); err != nil {
		return err
	}
	t.withdraw(old, fresh)
	return nil
}

// A stall is one library in front of a provider of its own.
type stall struct {
	peer    peer.Peer
	bench   *bench
	handler http.Handler
	seen    string // a token that it has admitted
}

// A trial sends the same kind of token to all, and writes down who admits it.
type trial struct {
	section *report.Section
	stands  []*stall
}

// stand sets all of them up anew. Each has admitted one token.
func (t *trial) stand(r *rig, key *fixture.Key) error {
	t.close()
	for _, p := range r.libraries("RS256") {
		st := &stall{peer: p, bench: newBench(key, 0)}
		t.stands = append(t.stands, st)
		st.seen = st.bench.spare
		var err error
		if st.handler, err = st.bench.guarded(r.ctx, p, noContent); err != nil {
			return err
		}
		if status := statusOf(st.handler, st.seen); status != http.StatusNoContent {
			return fmt.Errorf("%s: a good token is answered %d", p.Name, status)
		}
	}
	return nil
}

func (t *trial) close() {
	for _, st := range t.stands {
		st.bench.provider.Close()
	}
	t.stands = nil
}

func (t *trial) try(name string, token func(*stall) string) {
	var by, not []string
	for _, st := range t.stands {
		if statusOf(st.handler, token(st)) == http.StatusNoContent {
			by = append(by, st.peer.Name)
			t.section.Number(st.peer.Name, name, "admitted", 1)
		} else {
			not = append(not, st.peer.Name)
			t.section.Number(st.peer.Name, name, "admitted", 0)
		}
	}
	switch {
	case len(by) == 0:
		t.section.Row(name, "nobody")
	case len(not) == 0:
		t.section.Row(name, "everybody")
	case len(not) < 4:
		t.section.Row(name, "everybody but "+strings.Join(not, "; "))
	default:
		t.section.Row(name, strings.Join(by, "; "))
	}
}

// expire lets tokens expire that were admitted while they were good.
func (t *trial) expire(key *fixture.Key) {
	short := map[*stall]string{}
	for _, st := range t.stands {
		short[st] = fixture.Mint(key, fixture.Header(key.Algorithm, key.ID), st.bench.provider.ClaimsUntil(2, time.Now().Add(brief)))
		statusOf(st.handler, short[st])
	}
	t.try("good for two more seconds (and admitted rightly)", func(st *stall) string { return short[st] })
	time.Sleep(brief + time.Second) // whole seconds are counted in tokens
	t.try("the same after these two seconds", func(st *stall) string { return short[st] })
}

// withdraw takes the key away from its provider.
func (t *trial) withdraw(old, fresh *fixture.Key) {
	for _, st := range t.stands {
		st.bench.provider.Publish(fresh)
	}
	t.try("key withdrawn, before any refresh", func(st *stall) string { return st.seen })
	t.try("a token under the new key (and admitted rightly)", func(st *stall) string { return st.bench.provider.Good(fresh, 3) })
	t.try("key withdrawn, after that: token seen before", func(st *stall) string { return st.seen })
	t.try("key withdrawn, after that: token not seen before", func(st *stall) string { return st.bench.provider.Good(old, 4) })
}
