package middleware_test

import (
	"net/http"
	"strings"
	"testing"
)

// What strangers can make us do, in allocations, which depend on no machine.
func TestAllocationsOfRefusals(t *testing.T) {
	r := newRig(t, 1, cold)
	good := r.tokens[0][0]
	cut := strings.IndexByte(good, '.')
	h := r.guard.Handler(noContent)
	serve(h, request("POST", "Authorization", good)) // which fetches the keys
	for _, row := range []struct {
		policy, credential string
		most               float64
	}{
		{"no token", "", 4},
		{"three parts that are no token", "Bearer AAAA" + good[cut:], 6},
		{"no signature", "Bearer " + strings.TrimSuffix(good[7:], good[strings.LastIndexByte(good, '.')+1:]), 5},
		{"claims that are none", good[:cut+1] + "AAAA." + good[cut+1:cut+9], 6},
	} {
		req := posting()
		req.ContentLength = 0
		w := &nothing{header: http.Header{}}
		run := func() {
			delete(req.Header, "Authorization")
			if row.credential != "" {
				req.Header["Authorization"] = []string{row.credential}
			}
			clear(w.header)
			h.ServeHTTP(w, req)
			if w.status != http.StatusUnauthorized {
				panic(w.status)
			}
		}
		got := testing.AllocsPerRun(1, run)
		for range 50 {
			got = min(got, testing.AllocsPerRun(1, run))
		}
		if t.Logf("%s: %v", row.policy, got); got > row.most+raced {
			t.Errorf("%s: %v allocations, at most %v", row.policy, got, row.most)
		}
	}
}
