package jwks_test

import "testing"

// What a token that nobody saw before costs in allocations, which depend on no machine:
// for accepted ones, and for those whose signature is checked, beside what the signature
// takes by itself. The race detector makes pools forget, and gets some more.
func TestAllocations(t *testing.T) {
	most := map[string]float64{
		"RS256": 7, "ES256": 7, "HS256": 4, "bad signature": 5,
		"expired": 2, "wrong issuer": 2, "wrong audience": 2,
		"garbage": 0, "alg none": 1, "unknown kid": 3,
	}
	const slack = 4
	for _, s := range strangers {
		bound, known := most[s.name]
		if !known {
			t.Errorf("%s: no bound", s.name)
		}
		if s.want == nil || s.name == "bad signature" {
			bound += testing.AllocsPerRun(distinct, floor(t, s.alg))
		}
		if n := testing.AllocsPerRun(distinct, s.verify(t)); n > bound+slack {
			t.Errorf("%s: %.0f allocations, at most %.0f", s.name, n, bound)
		}
	}
}
