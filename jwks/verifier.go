package jwks

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// A Verifier checks tokens. It is safe for concurrent use. It needs no [Verifier.Run]
// to work: requests cause the fetches that they need. Run keeps keys fresh between
// requests as well.
type Verifier struct {
	issuers map[string]*identity // by exact "iss"
	order   []*issuer            // each once, whatever its names
	now     func() time.Time
}

// An issuer is an Issuer that was checked and prepared. It is immutable; what
// changes is inside keys.
type issuer struct {
	algorithms       []algorithm
	keys             keySource
	leeway           time.Duration
	audiences        []string
	clients          []string
	required         []requirement
	refused          []requirement
	deciding         []string
	tenantClaim      string
	names            Names
	audienceOptional bool
	onlyATJWT        bool
	senderBound      bool
}

// A keySource has the keys of one issuer: *keySet has them, *remote fetches them.
type keySource interface {
	// key returns the one key that is wanted, or an error that wraps ErrKey or
	// ErrUnavailable.
	key(ctx context.Context, w wanted) (*key, error)
}

// A wanted key is what a token says of the key that signed it.
type wanted struct {
	kid       string
	algorithm *algorithm
	owners    []string // what its issuer may be, if it has one
}

// key implements keySource for keys that are configured.
func (s *keySet) key(_ context.Context, w wanted) (*key, error) { return s.find(w) }

// Verify returns the claims of a token in compact form, or an error that wraps one
// of the Err… values. ctx bounds waiting for keys, not a fetch once begun.
//
// The lines are the order: what costs nothing comes first, nothing is fetched for
// an issuer we do not know, and no claim decides before the signature holds.
func (v *Verifier) Verify(ctx context.Context, raw string) (*Claims, error) {
	t, err := split(raw)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(t.header)
	if err != nil {
		return nil, err
	}
	claims, err := parseClaims(t.payload)
	if err != nil {
		return nil, err
	}
	// The issuer is read before anything is verified: it is a key to this map,
	// and no URL is made of it (RFC 8725 §3.8, §3.10).
	id, ok := v.issuers[claims.Issuer]
	if !ok {
		return nil, ErrIssuer
	}
	if err := id.checkVariants(claims); err != nil {
		return nil, err
	}
	a, err := id.algorithm(h.alg)
	if err != nil {
		return nil, err
	}
	k, err := id.keys.key(ctx, wanted{kid: h.kid, algorithm: a, owners: id.owners})
	if err != nil {
		return nil, err
	}
	if err := k.verify(a, t.signed, t.signature); err != nil {
		return nil, err
	}
	if err := id.check(claims, h, v.now()); err != nil {
		return nil, err
	}
	if err := id.read(claims); err != nil {
		return nil, err
	}
	claims.Type = h.typ
	return claims, nil
}

// algorithm finds the header's algorithm among those the issuer may use: the
// configuration chooses and the token only says which (RFC 8725 §3.1).
func (is *issuer) algorithm(name string) (*algorithm, error) {
	for i := range is.algorithms {
		if is.algorithms[i].name == name {
			return &is.algorithms[i], nil
		}
	}
	return nil, fmt.Errorf("%w: the list has %s", ErrAlgorithm, is.algorithmNames())
}

func (is *issuer) algorithmNames() string {
	names := make([]string, len(is.algorithms))
	for i := range is.algorithms {
		names[i] = is.algorithms[i].name
	}
	return strings.Join(names, ", ")
}

// Run keeps fetched keys fresh until ctx ends, so that no request has to wait for
// them and [Verifier.Ready] tells the present state. It returns nil.
func (v *Verifier) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, is := range v.order {
		if r, ok := is.keys.(*remote); ok {
			wg.Go(func() { r.run(ctx) })
		}
	}
	wg.Wait()
	return nil
}
