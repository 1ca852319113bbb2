package main

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRun is a whole run, with short phases: no answer may be wrong, and the storm must
// have been one. Nothing that a clock says is looked at.
func TestRun(t *testing.T) {
	res, err := measured(t.Context(), planFor(3*time.Second), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	res.judge(false)
	for _, problem := range res.problems {
		t.Error(problem)
	}
	for kind, statuses := range map[string][]int{
		kindGood:          {200},
		"API key":         {200},
		"expiring":        {200, 401},
		"unknown key":     {401, 503},
		"fresh key":       {503},
		"withdrawn key":   {401},
		"bad signature":   {401},
		"foreign claims":  {401},
		"garbage":         {401},
		"expired":         {401},
		"no credential":   {401},
		"unknown API key": {401},
	} {
		for _, status := range statuses {
			if res.tally.of(storm, kind)[status] == 0 {
				t.Errorf("%s: never answered %d", kind, status)
			}
		}
	}
	var out strings.Builder
	if err := res.print(&out); err != nil || !strings.Contains(out.String(), "\nwrong answers ") {
		t.Error(err, out.String())
	}
}

// TestBrokenOff shows that nothing stays behind when a run is interrupted.
func TestBrokenOff(t *testing.T) {
	provider, err := startProvider()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.close)
	provider.AddKey("ES256")
	ctx, cancel := context.WithCancel(t.Context())
	s, err := startServer(ctx, provider)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	cancel()
	<-s.read // its end of the log: it has ended
	s.kill()
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
	address := strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/mcp")
	if c, err := net.Dial("tcp", address); err == nil {
		_ = c.Close()
		t.Error("it still listens")
	}
}

// TestJudge shows that each thing that can be wrong is found.
func TestJudge(t *testing.T) {
	fine := func() *result {
		r := &result{plan: planFor(time.Minute), tally: newTally(), measured: true, fetches: 5, failed: 1, signed: 2, withdrawn: 1}
		r.tally.begin(storm)
		r.quiet, r.storm = []time.Duration{1}, []time.Duration{2}
		return r
	}
	for policy, row := range map[string]struct {
		spoil   func(r *result)
		latency bool
		want    bool
	}{
		"nothing is wrong":            {func(*result) {}, true, false},
		"a wrong answer":              {func(r *result) { r.tally.count("x", 200, "answered 200") }, false, true},
		"no outage":                   {func(r *result) { r.failed = 0 }, false, true},
		"no rotation":                 {func(r *result) { r.signed = 1 }, false, true},
		"no withdrawal":               {func(r *result) { r.withdrawn = 0 }, false, true},
		"fetches without end":         {func(r *result) { r.fetches = 100 }, false, true},
		"memory within the allowance": {func(r *result) { r.after.memory = extraMemory }, false, false},
		"memory beyond it":            {func(r *result) { r.after.memory = extraMemory + 1 }, false, true},
		"a descriptor too many":       {func(r *result) { r.after.descriptors = 1 }, false, true},
		"a socket too many":           {func(r *result) { r.after.sockets = 1 }, false, true},
		"memory unknown":              {func(r *result) { r.measured, r.after.memory = false, 1<<40 }, false, false},
		"slow":                        {func(r *result) { r.storm = []time.Duration{3} }, true, true},
		"slow, and nobody asked":      {func(r *result) { r.storm = []time.Duration{3} }, false, false},
	} {
		r := fine()
		row.spoil(r)
		if r.judge(row.latency); len(r.problems) > 0 != row.want {
			t.Errorf("%s: %q", policy, r.problems)
		}
	}
}

func TestFlags(t *testing.T) {
	for policy, args := range map[string][]string{
		"too short":    {"-for", "1s"},
		"too long":     {"-for", "1h"},
		"no duration":  {"-for", "soon"},
		"no flag":      {"60s"},
		"unknown flag": {"-hard"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: accepted", policy)
		}
	}
}
