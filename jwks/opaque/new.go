package opaque

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// The bounds of the durations of a Provider.
const (
	defaultLeeway  = time.Minute
	maxLeeway      = 5 * time.Minute
	defaultKeepFor = time.Minute
	maxKeepFor     = time.Hour
	defaultTimeout = 5 * time.Second
	maxTimeout     = 10 * time.Second
)

// New checks the whole configuration and returns every mistake, joined, each a
// [*jwks.ConfigError]. It does no I/O and starts nothing.
func New(c Config) (*Verifier, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnEvent == nil {
		c.OnEvent = func(Event) {}
	}
	v := &Verifier{}
	var errs []error
	if len(c.Providers) == 0 {
		errs = append(errs, &jwks.ConfigError{Field: "Opaque", Problem: "is empty; name at least one provider"})
	}
	for i := range c.Providers {
		p := problems{prefix: fmt.Sprintf("Opaque[%d]", i)}
		v.providers = append(v.providers, c.provider(&c.Providers[i], &p))
		p.routing(c.Providers, i)
		errs = append(errs, p.errs...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return v, nil
}

// problems collects the mistakes of one provider.
type problems struct {
	prefix string
	errs   []error
}

func (p *problems) add(field, format string, args ...any) {
	p.errs = append(p.errs, &jwks.ConfigError{Field: p.prefix + "." + field, Problem: fmt.Sprintf(format, args...)})
}

func (c *Config) provider(from *Provider, p *problems) *provider {
	if from.Issuer == "" {
		p.add("Issuer", `is empty; write who vouches for these tokens, the "iss" of the answers if they have one`)
	}
	made := &provider{
		issuer:   from.Issuer,
		prefixes: slices.Clone(from.Prefixes),
		jwt:      from.JWT,
		rules:    newRules(from, p),
		read:     newReader(from.Read),
		keepFor:  p.duration("KeepFor", from.KeepFor, defaultKeepFor, maxKeepFor),
		timeout:  p.duration("Timeout", from.Timeout, defaultTimeout, maxTimeout),
		now:      c.Now,
		cache:    newCache(),
		gate:     newGate(from.Issuer, c.Now, c.OnEvent),
	}
	p.read(&from.Read, from.Lookup != nil)
	if from.Lookup != nil {
		if !from.Ask.isZero() {
			p.add("Ask", "stands beside Lookup, which asks in its place; keep one of them")
		}
		made.lookup = lookup(from.Lookup)
		return made
	}
	p.ask(&from.Ask, from.Issuer)
	made.lookup = c.asker(from).ask
	made.secrets = from.Ask.secrets()
	return made
}

// lookup puts a Lookup in the place of an asker.
func lookup(ask func(context.Context, string) ([]byte, error)) func(context.Context, string) (*reply, error) {
	return func(ctx context.Context, token string) (*reply, error) {
		body, err := ask(ctx, token)
		if err == nil && len(body) > maxAnswer {
			err = fmt.Errorf("%w: more than %d bytes", metadata.ErrTooLarge, maxAnswer)
		}
		if err != nil {
			return nil, err
		}
		return &reply{body: slices.Clone(body)}, nil
	}
}

func (c *Config) asker(from *Provider) *asker {
	a := &from.Ask
	place, name, _ := strings.Cut(a.put(), ":")
	method := a.Method
	if method == "" {
		method = http.MethodPost
	}
	return &asker{
		endpoint: &endpoint{fixed: a.URL, issuer: from.Issuer, fetcher: &metadata.Fetcher{Transport: c.Transport}, now: c.Now},
		client:   newClient(c.Transport),
		method:   method,
		place:    place,
		name:     name,
		auth:     a.Auth,
		clientID: a.ClientID,
		secret:   a.Secret,
		header:   a.Header.Clone(),
		bad:      slices.Clone(a.Bad),
	}
}

func newRules(from *Provider, p *problems) rules {
	switch {
	case len(from.Audiences) == 0 && len(from.Clients) == 0:
		p.add("Audiences", "is empty, and so is Clients: a token made for anybody else would pass; write what the answer must name")
	case from.AudienceOptional && len(from.Clients) == 0:
		p.add("AudienceOptional", "is set without Clients, so that nothing would say whom a token was made for; list the clients")
	case !from.AudienceOptional && len(from.Audiences) == 0:
		p.add("Audiences", "is empty, so that no answer would do; write what the answer must name, or set AudienceOptional where it names none")
	}
	if slices.Contains(from.Audiences, "") {
		p.add("Audiences", "has an empty entry; remove it")
	}
	if slices.Contains(from.Clients, "") {
		p.add("Clients", "has an empty entry; remove it")
	}
	return rules{
		issuer:           from.Issuer,
		audiences:        slices.Clone(from.Audiences),
		clients:          slices.Clone(from.Clients),
		audienceOptional: from.AudienceOptional,
		endless:          from.Read.Endless,
		leeway:           p.duration("Leeway", from.Leeway, defaultLeeway, maxLeeway),
		required:         p.requirements("RequiredClaims", from.RequiredClaims),
		refused:          p.requirements("RefusedClaims", from.RefusedClaims),
	}
}

func (p *problems) duration(field string, d, usual, most time.Duration) time.Duration {
	if d < 0 || d > most {
		p.add(field, "is %s; write a duration up to %s", d, most)
	}
	if d == 0 {
		return usual
	}
	return d
}

func (p *problems) requirements(field string, entries []string) []requirement {
	var list []requirement
	for _, entry := range entries {
		var r requirement
		for part := range strings.SplitSeq(entry, "|") {
			var a alternative
			if a.name, a.value, a.exact = strings.Cut(part, "="); a.name == "" || a.exact && a.value == "" {
				p.add(field, "has the entry %q; write the name of a claim, or name=value, with | between alternatives", entry)
			}
			if len(r) > 0 && r[len(r)-1].exact && !a.exact { // the rest of that value, most likely, and looser
				p.add(field, `has the entry %q, where "|" ends a value and no value follows; write name=value behind it too`, entry)
			}
			r = append(r, a)
		}
		list = append(list, r)
	}
	return list
}
