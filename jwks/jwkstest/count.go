package jwkstest

import (
	"context"
	"errors"
	"net/http"
)

// JWKSFetches is how many times the key set has been asked for, however that was
// answered.
func (is *Issuer) JWKSFetches() int { return is.Fetches(KeySet) }

// DiscoveryFetches is how many times a discovery document has been asked for, in
// any form and at any of its places.
func (is *Issuer) DiscoveryFetches() int { return is.Fetches(Discovery) }

// Fetches is how many times docs have been asked for.
func (is *Issuer) Fetches(docs Document) int {
	is.mu.Lock()
	defer is.mu.Unlock()
	return is.fetches(docs)
}

// fetches is Fetches for who holds the lock.
func (is *Issuer) fetches(docs Document) int {
	n := 0
	for _, rt := range is.routes {
		if rt.docs&docs != 0 {
			n += rt.fetches
		}
	}
	return n
}

// AwaitFetches returns when docs have been asked for n times in all: the requests
// have come in, and need not have been answered. It fails when ctx ends, or the
// issuer is closed, before that.
func (is *Issuer) AwaitFetches(ctx context.Context, docs Document, n int) error {
	enough := false
	err := is.mu.wait(ctx, func() bool {
		enough = is.fetches(docs) >= n
		return enough || is.closed
	})
	if err == nil && !enough {
		return errors.New("jwkstest: closed while waiting for fetches")
	}
	return err
}

// InFlight is how many requests for documents are being answered now.
func (is *Issuer) InFlight() int {
	is.mu.Lock()
	defer is.mu.Unlock()
	return len(is.answering)
}

// MaxInFlight is the largest that [Issuer.InFlight] has ever been: 1 if all who
// asked asked one after the other.
func (is *Issuer) MaxInFlight() int {
	is.mu.Lock()
	defer is.mu.Unlock()
	return is.most
}

// begin counts a request in, unless the issuer is closed.
func (is *Issuer) begin(rt *route, w *http.ResponseController) bool {
	is.mu.Lock()
	defer is.mu.Unlock()
	if is.closed {
		return false
	}
	rt.fetches++
	is.answering[w] = struct{}{}
	is.most = max(is.most, len(is.answering))
	is.mu.changed()
	return true
}

func (is *Issuer) end(w *http.ResponseController) {
	is.mu.Lock()
	defer is.mu.Unlock()
	delete(is.answering, w)
	is.mu.changed()
}
