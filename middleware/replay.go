package middleware

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// errReplays means that nobody can tell whether a proof was used before.
var errReplays = errors.New("cannot tell whether the proof was used before")

// Replays remembers proofs. An implementation that several replicas share makes a proof
// good for one of them only; without one, it is good for one request at each. It must
// be safe for concurrent use.
type Replays interface {
	// Take reports whether id is new, and remembers it until then. An error means that
	// nobody can tell, and refuses the request. The id is of printable ASCII, some 90
	// bytes; up to the dot in it, it is the same for all proofs of one caller.
	Take(ctx context.Context, id string, until time.Time) (fresh bool, err error)
}

// What the memory of one process holds, at some 200 bytes each. A caller may have an
// eighth of it, which is a hundred requests a second, so that nobody fills it for all.
const (
	maxProofs          = 1 << 17
	maxProofsPerCaller = maxProofs / 8
)

// slotSpan is how much time shares one slot, and so how much longer than it must be an
// id is remembered.
const slotSpan = 10 * time.Second

var (
	errProofs         = errors.New("no room for more proofs")
	errProofsOfCaller = errors.New("no room for more proofs of this caller")
)

// A memory is the Replays of one process. When it is full it says so: to forget a proof
// that is still good would be to take it twice.
type memory struct {
	now func() time.Time

	mu    sync.Mutex      // protects what follows
	slots map[int64]*slot // by the end of their time
	count int
}

// A slot is the ids that are remembered until about the same time. It goes as a whole.
type slot struct {
	ids     map[string]struct{}
	callers map[string]int // how many of ids are of each
}

func newMemory(now func() time.Time) *memory { return &memory{now: now, slots: map[int64]*slot{}} }

// Take implements Replays.
func (m *memory) Take(_ context.Context, id string, until time.Time) (bool, error) {
	caller, _, _ := strings.Cut(id, ".")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	ofCaller := 0
	for _, s := range m.slots {
		if _, seen := s.ids[id]; seen {
			return false, nil
		}
		ofCaller += s.callers[caller]
	}
	switch {
	case ofCaller >= maxProofsPerCaller:
		return false, errProofsOfCaller
	case m.count >= maxProofs:
		return false, errProofs
	}
	at := until.UnixNano()/int64(slotSpan) + 1
	s := m.slots[at]
	if s == nil {
		s = &slot{ids: map[string]struct{}{}, callers: map[string]int{}}
		m.slots[at] = s
	}
	s.ids[id] = struct{}{}
	s.callers[caller]++
	m.count++
	return true, nil
}

// forget drops the slots whose time is over. There are few: nothing is remembered for
// longer than a proof is accepted. The lock must be held.
func (m *memory) forget() {
	now := m.now().UnixNano() / int64(slotSpan)
	for at, s := range m.slots {
		if at <= now {
			m.count -= len(s.ids)
			delete(m.slots, at)
		}
	}
}
