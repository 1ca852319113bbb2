package opaque

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/mcp-rs/mcp-rs/metadata"
)

const (
	// maxFound is how long an address that was found is believed without looking again.
	maxFound = time.Hour

	// The documents may be away while the rest is there: looking again takes no more than
	// the first of the time that a question has, and no more often than the second.
	searchAgain = 2 * time.Second
	searchPause = time.Minute
)

// An endpoint is where to ask: an address that is configured, or one that the issuer's
// documents name.
type endpoint struct {
	fixed   string
	issuer  string
	fetcher *metadata.Fetcher
	now     func() time.Time
	flights singleflight.Group

	mu    sync.Mutex // protects what follows, and is never held during a search
	found string
	at    time.Time // when it was found, or earlier, so that it is looked for sooner
}

func (e *endpoint) url(ctx context.Context) (string, error) {
	if e.fixed != "" {
		return e.fixed, nil
	}
	if found, fresh := e.known(); fresh {
		return found, nil
	}
	_, err, _ := e.flights.Do("", func() (any, error) { return nil, e.search(ctx) })
	if found, _ := e.known(); found != "" { // an old one, perhaps
		return found, nil
	}
	return "", err
}

func (e *endpoint) known() (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	age := e.now().Sub(e.at)
	return e.found, e.found != "" && 0 <= age && age < maxFound
}

// failed makes the questions after a pause look for the address again: it may have moved.
func (e *endpoint) failed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if soon := e.now().Add(searchPause - maxFound); soon.Before(e.at) {
		e.at = soon
	}
}

// search looks for an address, and keeps the old one where it finds none.
func (e *endpoint) search(ctx context.Context) error {
	old, _ := e.known()
	if old != "" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, searchAgain)
		defer cancel()
	}
	found, err := e.discover(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case err == nil:
		e.found, e.at = found, e.now()
	case old != "":
		e.at = e.now().Add(searchPause - maxFound)
	}
	return err
}

// discover reads the documents of the issuer, RFC 8414 §2.
func (e *endpoint) discover(ctx context.Context) (string, error) {
	server, err := e.fetcher.Discover(ctx, "", e.issuer)
	if err != nil {
		return "", err
	}
	var found string
	raw := server.Member("introspection_endpoint")
	if raw == nil {
		return "", errors.New(`the documents of the issuer name no "introspection_endpoint"; write the address into Ask.URL`)
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return "", errors.New(`"introspection_endpoint" is not a string`)
	}
	if err := metadata.CheckSource(found, e.issuer); err != nil {
		return "", fmt.Errorf(`"introspection_endpoint" %w`, err)
	}
	return found, nil
}
