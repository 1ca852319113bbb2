package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// What is counted here does not depend on the machine.
func TestAllocations(t *testing.T) {
	seen, unseen, inserted, forwarded := hot(t, same), newRig(t, 64, cold), newRig(t, 64, inserting), hot(t, forwarding)
	for _, row := range []struct {
		policy string
		run    func()
		most   float64
	}{
		{"a known token, to decide", seen.checking(), 0},
		{"a known token, to the handler", seen.serving(seen.guard.Handler(noContent)), 4},
		{"and with its credential left to the handler", forwarded.serving(forwarded.guard.Handler(noContent)), 2},
		{"a new token", unseen.serving(unseen.guard.Handler(noContent)), 19},
		{"a new token, remembered", inserted.serving(inserted.guard.Handler(noContent)), 20},
	} {
		got := testing.AllocsPerRun(1, row.run)
		for range 50 { // the least: a sync.Pool may come up empty, and under -race does so on purpose
			got = min(got, testing.AllocsPerRun(1, row.run))
		}
		if got > row.most+raced {
			t.Errorf("%s: %v allocations, at most %v", row.policy, got, row.most)
		}
	}
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // once more, for what finalizers held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A token of the usual size takes no more than it should, with all of its claims. It does
// not keep the rest of its request.
func TestMemoryOfRememberedTokens(t *testing.T) {
	const tokens = 400
	r := newRig(t, tokens, same)
	for i := range r.tokens { // each in the middle of a large buffer, as net/http has it
		text := strings.Repeat("x", 8<<10) + r.tokens[i][0]
		r.tokens[i][0] = text[8<<10:]
	}
	if _, err := r.guard.Check(request("POST", "Authorization", r.tokens[0][0])); err != nil { // which fetches the keys
		t.Fatal(err)
	}
	before := heap()
	headers := r.tokens
	for _, header := range headers[1:] {
		if _, err := r.guard.Check(request("POST", "Authorization", header[0])); err != nil {
			t.Fatal(err)
		}
	}
	with := heap()
	length := len(headers[1][0])
	r.tokens, headers = nil, nil
	after := heap()
	each := (with - before) / (tokens - 1)
	t.Logf("%d bytes for each token of %d", each, length)
	if each > 2<<10 {
		t.Errorf("a token takes %d bytes", each)
	}
	if freed := before - (after - (with - before)); freed < tokens*(8<<10) {
		t.Errorf("of %d bytes in request headers, %d were freed", tokens*(9<<10), freed)
	}
	runtime.KeepAlive(r.guard)
}

type ours string

// The context of an admitted request is that of the request, and says nothing by itself.
func TestContextOfAnAdmittedRequest(t *testing.T) {
	var inner context.Context
	h := newGuard(t, config()).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inner = r.Context() }))
	outer, cancel := context.WithCancelCause(context.WithValue(t.Context(), ours("key"), "value"))
	serve(h, bearer(mint(nil)).WithContext(outer))
	if inner.Value(ours("key")) != "value" || inner.Value(ours("other")) != nil {
		t.Error("values of the request are lost")
	}
	derived, stop := context.WithCancel(inner)
	defer stop()
	if inner.Err() != nil || derived.Err() != nil {
		t.Fatal("it has ended before the request")
	}
	cancel(errors.ErrUnsupported)
	<-derived.Done()
	if context.Cause(inner) != errors.ErrUnsupported || context.Cause(derived) != errors.ErrUnsupported {
		t.Errorf("causes %v and %v", context.Cause(inner), context.Cause(derived))
	}
}
