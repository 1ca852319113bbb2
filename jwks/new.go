package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// The bounds of Issuer.Leeway.
const (
	defaultLeeway = time.Minute
	maxLeeway     = 5 * time.Minute
)

// New checks the whole configuration and returns every mistake, joined, each a
// [*ConfigError]. It does no I/O and starts nothing.
func New(c Config) (*Verifier, error) {
	v := &Verifier{issuers: map[string]*identity{}, now: c.Now, headers: newHeaderMemo()}
	if v.now == nil {
		v.now = time.Now
	}
	var errs []error
	if len(c.Issuers) == 0 {
		errs = append(errs, &ConfigError{Field: "Issuers", Problem: "is empty; name at least one issuer"})
	}
	for i := range c.Issuers {
		p := problems{prefix: fmt.Sprintf("Issuers[%d]", i)}
		is := c.issuer(&c.Issuers[i], v.now, &p)
		is.verifier = v
		v.add(is.identities(&c.Issuers[i], &p), 1+len(c.Issuers[i].Aliases), &p)
		v.order = append(v.order, is)
		v.algorithms = append(v.algorithms, is.algorithmNames()...)
		errs = append(errs, p.errs...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	slices.Sort(v.algorithms)
	v.algorithms = slices.Compact(v.algorithms)
	v.errAlgorithm = wrongAlgorithm(v.algorithms)
	return v, nil
}

// add makes tokens of these names find their issuer. The first of each so many is of
// URL, and the others of Aliases.
func (v *Verifier) add(list []*identity, each int, p *problems) {
	for i, id := range list {
		if _, twice := v.issuers[id.iss]; !twice {
			v.issuers[id.iss] = id
			continue
		}
		if i%each == 0 {
			p.add("URL", "is there twice; give each issuer one entry")
		} else {
			p.add("Aliases", "has %q twice, or another issuer has it; keep one", id.iss)
		}
		return // with many tenants, one is enough to tell
	}
}

// problems collects the mistakes of one issuer.
type problems struct {
	prefix string
	errs   []error
}

func (p *problems) add(field, format string, args ...any) {
	p.errs = append(p.errs, &ConfigError{Field: p.prefix + "." + field, Problem: fmt.Sprintf(format, args...)})
}

func (c *Config) issuer(from *Issuer, now func() time.Time, p *problems) *issuer {
	is := &issuer{
		leeway:           from.Leeway,
		audiences:        slices.Clone(from.Audiences),
		clients:          slices.Clone(from.Clients),
		required:         requirements("RequiredClaims", from.RequiredClaims, p),
		refused:          requirements("RefusedClaims", from.RefusedClaims, p),
		tenantClaim:      from.TenantClaim,
		names:            from.Names.copied(p),
		audienceOptional: from.AudienceOptional,
		onlyATJWT:        from.RequireATJWT,
		senderBound:      c.SenderBound,
	}
	is.deciding = deciding(from, is.required, is.refused)
	if from.URL == "" {
		p.add("URL", `is empty; write the exact "iss" value`)
	}
	// Where keys are fetched from there, metadata.CheckURL says so.
	if elsewhere := from.JWKSURL != "" || from.Discovery != "" || len(from.PublicKeys) > 0 || from.Secret != nil; elsewhere {
		checkNoUser("URL", from.URL, p)
	}
	for _, alias := range from.Aliases {
		checkNoUser("Aliases", alias, p)
	}
	if len(is.audiences) == 0 {
		p.add("Audiences", `is empty, so a token made for any other server would pass; write the "aud" value that means this one`)
	}
	if slices.Contains(is.audiences, "") {
		p.add("Audiences", "has an empty entry; remove it")
	}
	if slices.Contains(is.clients, "") {
		p.add("Clients", "has an empty entry; remove it")
	}
	if is.audienceOptional && len(is.clients) == 0 {
		p.add("AudienceOptional", "needs Clients, or a token without aud would be for anybody; list the clients whose tokens to accept")
	}
	switch {
	case is.leeway == 0:
		is.leeway = defaultLeeway
	case is.leeway < 0 || is.leeway > maxLeeway:
		p.add("Leeway", "is %s; write a duration up to %s", is.leeway, maxLeeway)
	}
	is.algorithms = listAlgorithms(from.Algorithms, p)
	is.keys = c.keySource(from, is.algorithms, now, p)
	return is
}

// checkNoUser keeps passwords out of issuers, which are public names: they are printed,
// logged and published.
func checkNoUser(field, issuer string, p *problems) {
	if u, err := url.Parse(issuer); err == nil && u.User != nil {
		p.add(field, "holds user information; leave out everything up to the @")
	}
}

func listAlgorithms(names []string, p *problems) []algorithm {
	if len(names) == 0 {
		names = []string{"RS256"}
	}
	var list []algorithm
	secrets := 0
	for _, name := range names {
		a, err := newAlgorithm(name)
		if err != nil {
			p.add("Algorithms", "%v; write one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA HS256 HS384 HS512", err)
			continue
		}
		if a.kind == kindSecret {
			secrets++
		}
		list = append(list, a)
	}
	if secrets > 0 && secrets < len(list) {
		p.add("Algorithms", "mixes HS* with public-key algorithms for one issuer, so that a public key might be taken for the secret; choose one sort")
	}
	return list
}

// keySource makes sure that exactly one source of keys is configured.
func (c *Config) keySource(from *Issuer, list []algorithm, now func() time.Time, p *problems) keySource {
	symmetric := len(list) > 0 && list[0].kind == kindSecret
	switch {
	case from.Secret != nil && (from.JWKSURL != "" || len(from.PublicKeys) > 0):
		p.add("Secret", "stands beside a public key source (JWKSURL or PublicKeys); keep one of them")
	case from.Discovery != "" && (from.JWKSURL != "" || len(from.PublicKeys) > 0 || from.Secret != nil):
		p.add("Discovery", "is of no use where keys are given by JWKSURL, PublicKeys or Secret; remove it")
	case from.JWKSURL != "" && len(from.PublicKeys) > 0:
		p.add("PublicKeys", "stands beside JWKSURL; keep one of them")
	case symmetric && from.Secret == nil:
		p.add("Secret", "is missing, and %s needs it", list[0].name)
	case !symmetric && from.Secret != nil:
		p.add("Secret", "is of no use with public-key algorithms; list HS256, HS384 or HS512 in Algorithms, or remove it")
	case symmetric:
		return secretKeys(from.Secret, list, p)
	case len(from.PublicKeys) > 0:
		set, err := parsePEM(from.PublicKeys)
		if err == nil {
			err = set.one(list)
		}
		if err != nil {
			p.add("PublicKeys", "%v", err)
			return nil
		}
		return set
	default:
		return c.remote(from, now, p)
	}
	return nil
}

func secretKeys(secret *Secret, list []algorithm, p *problems) *keySet {
	for i := range list {
		// “A key of the same size as the hash output … or larger MUST be used” —
		// RFC 7518 §3.2
		if need := list[i].hash.Size(); secret.Len() < need {
			p.add("Secret", "has %d bytes and %s needs at least %d; make one with: openssl rand -base64 48", secret.Len(), list[i].name, need)
		}
	}
	k, err := newKey("", "", secret.raw())
	if err != nil {
		p.add("Secret", "%v", err)
		return nil
	}
	return &keySet{keys: []*key{k}, anyKid: true}
}

func (c *Config) remote(from *Issuer, now func() time.Time, p *problems) *remote {
	s := &source{issuer: from.URL, base: from.Discovery, fixed: from.JWKSURL, fetcher: &metadata.Fetcher{Transport: c.Transport}}
	field, start := "URL", from.URL
	switch {
	case from.JWKSURL != "":
		field, start = "JWKSURL", from.JWKSURL
	case from.Discovery != "":
		field, start = "Discovery", from.Discovery
	case strings.Contains(from.URL, placeholder):
		p.add("Discovery", "is empty, and %s in URL leads nowhere; write where the documents for all tenants are, or JWKSURL", placeholder)
		return nil
	}
	if err := metadata.CheckURL(start); err != nil && start != "" {
		p.add(field, "%v; keys are fetched from there", err)
	}
	onEvent := c.OnEvent
	if onEvent == nil {
		onEvent = func(Event) {}
	}
	return &remote{issuer: from.URL, fetch: s.keySet, now: now, onEvent: onEvent}
}

// Ready returns nil once the keys of every issuer can be used, and otherwise why
// not: for each issuer whose keys are missing, an [*UnavailableError]. It starts a
// fetch where one is due and waits for it, at most until ctx ends.
func (v *Verifier) Ready(ctx context.Context) error {
	errs := make([]error, len(v.order))
	var wg sync.WaitGroup
	for i, is := range v.order {
		if r, ok := is.keys.(*remote); ok {
			wg.Go(func() { _, errs[i] = r.usable(ctx) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}
