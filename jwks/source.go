package jwks

import (
	"context"
	"fmt"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// rediscover is how long a discovered key set URL is used before discovery is
// asked again.
const rediscover = 24 * time.Hour

// A source fetches the key set of one issuer. It is used by one fetch at a time,
// which is what guards its fields.
type source struct {
	issuer  string
	base    string // where discovery starts; empty means issuer
	fixed   string // configured key set URL; empty means discovery finds it
	fetcher *metadata.Fetcher

	found   string // by discovery
	foundAt time.Time
}

// keySet fetches and parses the set. age is how long the server lets us keep it,
// or negative where it does not say.
func (s *source) keySet(ctx context.Context, now time.Time) (set *keySet, age time.Duration, err error) {
	from, err := s.url(ctx, now)
	if err != nil {
		return nil, 0, err
	}
	document, err := s.fetcher.Fetch(ctx, from)
	if err == nil {
		set, err = parseKeySet(document.Body)
	}
	if err != nil {
		s.foundAt = time.Time{} // the provider may have moved its keys
		return nil, 0, fmt.Errorf("%s: %w", from, err)
	}
	return set, document.MaxAge, nil
}

func (s *source) url(ctx context.Context, now time.Time) (string, error) {
	if s.fixed != "" {
		return s.fixed, nil
	}
	if s.found != "" && now.Sub(s.foundAt) < rediscover {
		return s.found, nil
	}
	server, err := s.fetcher.Discover(ctx, s.base, s.issuer)
	if err != nil {
		if s.found != "" { // the keys may well be where they were
			return s.found, nil
		}
		return "", err
	}
	if server.JWKSURI == "" {
		return "", fmt.Errorf("the discovery document of %q has no jwks_uri", s.issuer)
	}
	s.found, s.foundAt = server.JWKSURI, now
	return s.found, nil
}
