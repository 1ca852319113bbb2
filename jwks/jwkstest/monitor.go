package jwkstest

import (
	"context"
	"sync"
)

// A monitor is a mutex whose holders can wait until what it protects has changed.
//
// Each waiter brings a channel of its own, made where it waits. A sync.Cond or a
// channel made with the issuer would tie the issuer to one testing/synctest bubble;
// so it can be shared between them, and its slow keys with it.
type monitor struct {
	sync.Mutex
	waiting map[chan struct{}]struct{}
}

// wait returns nil as soon as done says so, which is asked with the lock held after
// every change, and the error of ctx when that ends first.
func (m *monitor) wait(ctx context.Context, done func() bool) error {
	for {
		wake := m.register(done)
		if wake == nil {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			m.forget(wake)
			return ctx.Err()
		}
	}
}

// register returns the channel that the next change closes, or nil if there is
// nothing to wait for.
func (m *monitor) register(done func() bool) chan struct{} {
	m.Lock()
	defer m.Unlock()
	if done() {
		return nil
	}
	if m.waiting == nil {
		m.waiting = map[chan struct{}]struct{}{}
	}
	wake := make(chan struct{})
	m.waiting[wake] = struct{}{}
	return wake
}

func (m *monitor) forget(wake chan struct{}) {
	m.Lock()
	defer m.Unlock()
	delete(m.waiting, wake)
}

// changed makes every waiter look again. The lock must be held.
func (m *monitor) changed() {
	for wake := range m.waiting {
		close(wake)
	}
	clear(m.waiting)
}
