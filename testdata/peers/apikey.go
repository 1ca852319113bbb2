package main

import (
	"fmt"
	"net/http"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/fixture"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// apiKeys is how many keys there are.
const apiKeys = 10_000

// apiKey is an API key among many. None of the others has them.
func apiKey(r *rig, s *report.Section) error {
	s.Title = fmt.Sprintf("An API key among %d", apiKeys)
	s.Note = "Complete handlers; the ratio is to the RS256 floor."
	s.Header = []string{"", "ratio", "quartiles", "ns/op", "allocs/op", "B/op"}
	keys := make([]string, apiKeys)
	list := make([]*http.Request, apiKeys)
	for i := range keys {
		keys[i] = apikey.Generate()
		list[i] = fixture.KeyRequest(keys[i])
	}
	h, err := keyed(keys, nil, noContent)
	if err != nil {
		return err
	}
	floor, err := r.bench("RS256").cold(r, peer.Floor)
	if err != nil {
		return err
	}
	x := &exchange{handler: h, requests: list, want: http.StatusNoContent}
	l := &measure.Loop{Op: x.do}
	got, cell, err := r.ratio(s, "mcp-rs", "ratio to the floor", floor, l)
	if err != nil {
		return err
	}
	allocs, bytes, err := r.allocations(s, "mcp-rs", l)
	if err != nil {
		return err
	}
	s.Row("mcp-rs", cell, spread(got), report.Count(got.NS), allocs, bytes)
	return nil
}

// keyed is h behind a guard that takes API keys.
func keyed(keys []string, p *middleware.Policy, h http.Handler) (http.Handler, error) {
	store, err := apikey.New(apikey.Config{Keys: keys, Scopes: []string{"mcp:tools"}})
	if err != nil {
		return nil, err
	}
	guard, err := middleware.New(middleware.Config{Resource: fixture.Audience, APIKeys: store, Policy: p})
	if err != nil {
		return nil, err
	}
	return guard.Handler(h), nil
}
