package main

import (
	"fmt"
	"net/http"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/measure"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

// memory is what a remembered token costs, for those who remember any.
func memory(r *rig, s *report.Section) error {
	b := r.bench("RS256")
	s.Title = "Memory for each token that is remembered"
	s.Note = fmt.Sprintf("Growth of the heap by %d RS256 tokens, after a collection.", len(b.tokens))
	s.Header = []string{"", "bytes"}
	for _, p := range r.libraries("RS256") {
		if !p.Remembers {
			continue
		}
		h, err := b.guarded(r.ctx, p, noContent)
		if err != nil {
			return err
		}
		grown, err := measure.Heap(func() (any, error) {
			for _, token := range b.tokens {
				if status := statusOf(h, token); status != http.StatusNoContent {
					return nil, fmt.Errorf("%s: a good token is answered %d", p.Name, status)
				}
			}
			return h, nil
		})
		if err != nil {
			return err
		}
		each := float64(grown) / float64(len(b.tokens))
		s.Number(p.Name, "memory", "B/token", each)
		s.Row(p.Name, report.Count(each))
	}
	return nil
}
