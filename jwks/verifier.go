package jwks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Verifier checks tokens. It is safe for concurrent use. It needs no [Verifier.Run]
// to work: requests cause the fetches that they need. Run keeps keys fresh between
// requests as well.
type Verifier struct {
	issuers map[string]*identity // by exact "iss"
	order   []*issuer            // each once, whatever its names
	now     func() time.Time

	algorithms   []string // of any issuer
	errAlgorithm error

	headers *headerMemo
	quoted  atomic.Int64 // when the words of a refused token were last looked into; see attributed
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
	verifier         *Verifier // that it is part of
}

// A keySource has the keys of one issuer: *keySet has them, *remote fetches them.
type keySource interface {
	// key returns the one key that is wanted, or an error that wraps ErrKey or
	// ErrUnavailable.
	key(ctx context.Context, w wanted) (*key, error)

	// atHand returns the keys that key would look among now, or nil where it would
	// have to wait for them. It fetches nothing.
	atHand(now time.Time) *keySet

	// due reports whether calling key would do more than that: begin a refresh.
	due(now time.Time) bool
}

// A wanted key is what a token says of the key that signed it.
type wanted struct {
	kid       string
	algorithm *algorithm
	owners    []string // what its issuer may be, if it has one
}

// key, atHand and due implement keySource for keys that are configured.
func (s *keySet) key(_ context.Context, w wanted) (*key, error) { return s.find(w) }
func (s *keySet) atHand(time.Time) *keySet                      { return s }
func (s *keySet) due(time.Time) bool                            { return false }

// Verify returns the claims of a token in compact form, or an error that wraps one
// of the Err… values. ctx bounds waiting for keys, not a fetch once begun.
//
// The lines are the order: what costs nothing comes first, nothing is fetched for an
// issuer we do not know, and no claim admits before the signature holds. A claim may
// refuse before it does: an expired token is [ErrExpired] even with a bad signature,
// or while keys cannot be had.
func (v *Verifier) Verify(ctx context.Context, raw string) (*Claims, error) {
	t, err := split(raw)
	if err != nil {
		return nil, err
	}
	r := rooms.Get().(*room)
	defer r.free()
	h, known, err := v.headers.read(t.header, r)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(v.algorithms, h.alg) {
		return nil, v.errAlgorithm
	}
	claims, err := parseClaims(t.payload, r)
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
	w := wanted{kid: h.kid, algorithm: a, owners: id.owners}
	now := v.now()
	if err := id.glance(claims, h, now); err != nil {
		return nil, v.attributed(err, id.issuer, w, t, r, claims, now)
	}
	k, err := id.keys.key(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := r.verify(t, a, k); err != nil {
		return nil, err
	}
	if err := id.check(claims, v.now()); err != nil {
		return nil, err
	}
	if err := id.read(claims); err != nil {
		return nil, err
	}
	claims.Type, claims.key = h.typ, k.named
	if h.kid == "" {
		claims.key = k.lone
	}
	if !known {
		v.headers.put(t.header, h)
	}
	return r.keep(), nil
}

// algorithm finds the header's algorithm among those the issuer may use: the
// configuration chooses and the token only says which (RFC 8725 §3.1).
func (is *issuer) algorithm(name string) (*algorithm, error) {
	for i := range is.algorithms {
		if is.algorithms[i].name == name {
			return &is.algorithms[i], nil
		}
	}
	return nil, wrongAlgorithm(is.algorithmNames())
}

func wrongAlgorithm(list []string) error {
	return fmt.Errorf("%w: the list has %s", ErrAlgorithm, strings.Join(list, ", "))
}

func (is *issuer) algorithmNames() []string {
	names := make([]string, len(is.algorithms))
	for i := range is.algorithms {
		names[i] = is.algorithms[i].name
	}
	return names
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
