package middleware

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// New checks the whole configuration and returns every mistake, joined, each a
// [*ConfigError]. It does no I/O and starts nothing.
func New(c Config) (*Guard, error) {
	b := builder{Config: c}
	g := &Guard{
		apiKeys:         c.APIKeys,
		apiKeyBearer:    c.APIKeyBearer && c.APIKeys != nil, // without keys no Bearer value can be one
		anonymous:       c.DangerouslyAllowAnonymous,
		disabled:        c.DangerouslyDisableAuthentication,
		forward:         c.DangerouslyForwardCredential,
		requireBound:    c.RequireBound,
		nonces:          c.ProofNonces,
		replays:         c.Replays,
		scopes:          slices.Clone(c.Scopes),
		policy:          new(atomic.Pointer[policy]),
		readsBody:       c.Policy != nil || c.Sessions != nil, // which initialize is not held to
		sessions:        c.Sessions,
		streams:         new(streams),
		calls:           c.CallLimit,
		failures:        c.FailureLimit,
		challengeScopes: slices.Clone(c.ChallengeScopes),
		scopePrefix:     c.ScopePrefix,
		maxBody:         c.MaxBody,
		logger:          c.Logger,
		observer:        c.Observe,
		now:             c.Now,
	}
	if len(g.challengeScopes) == 0 {
		g.challengeScopes = g.asked(g.scopes)
	}
	if g.now == nil {
		g.now = time.Now
	}
	b.bounds(g)
	b.bound(g)
	b.forwarding(g)
	g.hidden = g.secrets()
	b.scopes()
	b.policy(g)
	b.endpoints(g)
	b.transport(g)
	b.authenticators(g)
	b.remembering(g)
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	return g, nil
}

// A builder checks a Config and collects what is wrong with it.
type builder struct {
	Config
	errs []error
}

func (b *builder) add(field, format string, args ...any) {
	b.errs = append(b.errs, &ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

func (b *builder) bounds(g *Guard) {
	switch {
	case g.maxBody == 0:
		g.maxBody = defaultMaxBody
	case g.maxBody < 0:
		b.add("MaxBody", "is negative; write a number of bytes, or 0 for %d", defaultMaxBody)
	}
	if b.NoAuthorizationServers && len(b.AuthorizationServers) > 0 {
		b.add("NoAuthorizationServers", "stands beside AuthorizationServers; keep one of them")
	}
	if b.Sessions != nil && b.Sessions.keys == nil {
		b.add("Sessions", "has no keys; make it with NewSessionSeal")
	}
}

// scopes checks what every challenge and document will carry.
func (b *builder) scopes() {
	for _, list := range []struct {
		field  string
		scopes []string
	}{{"Scopes", b.Scopes}, {"ChallengeScopes", b.ChallengeScopes}, {"ScopesSupported", b.ScopesSupported}} {
		for i, scope := range list.scopes {
			if err := metadata.CheckScope(scope); err != nil {
				b.add(fmt.Sprintf("%s[%d]", list.field, i), "%v", err)
			}
		}
	}
	if b.ScopePrefix != "" && !isScope(b.ScopePrefix) {
		b.add("ScopePrefix", "is %q; write what may stand before a scope, without spaces or quotes", b.ScopePrefix)
	}
}

func isScope(s string) bool { return metadata.CheckScope(s) == nil }

// resources is every URL of this server.
func (b *builder) resources() []string { return append([]string{b.Resource}, b.Aliases...) }

func (b *builder) policy(g *Guard) {
	from := b.Policy
	if from == nil {
		from = new(Policy)
	}
	pol, errs := newPolicy(from, g.scopes)
	b.errs = append(b.errs, errs...)
	g.policy.Store(pol)
}

// endpoints prepares what is said of the resource and its aliases.
func (b *builder) endpoints(g *Guard) {
	all := b.resources()
	for i, resource := range all {
		field := "Resource"
		if i > 0 {
			field = fmt.Sprintf("Aliases[%d]", i-1)
		}
		at, err := newEndpoint(resource)
		switch {
		case err != nil:
			b.add(field, "%v", err)
			continue
		case slices.Contains(all[:i], resource):
			b.add(field, "is there twice; remove it")
			continue
		}
		b.document(g, &at)
		at.challenges(g.challengeScopes)
		g.all = append(g.all, at)
	}
	if len(g.all) > 0 {
		g.at = g.all[0]
	}
}

func newEndpoint(resource string) (at endpoint, err error) {
	at.resource, at.target = resource, normalised(resource)
	if at.metadataURL, err = metadata.ResourceURL(resource); err != nil {
		return at, err
	}
	at.metadataPattern, err = metadata.ResourcePattern(resource)
	return at, err
}

// document makes the handler of the RFC 9728 document. All documents have the same
// lists, so their mistakes are reported with the first, and as those of our own
// fields; scopes were checked before.
func (b *builder) document(g *Guard, at *endpoint) {
	d := metadata.Resource{Resource: at.resource, AuthorizationServers: b.authorizationServers(), ScopesSupported: b.scopesSupported(g)}
	b.binding(&d)
	var err error
	at.metadata, err = d.Handler()
	joined, failed := err.(interface{ Unwrap() []error })
	if !failed || len(g.all) > 0 {
		return
	}
	for _, err := range joined.Unwrap() {
		mistake, ok := errors.AsType[*metadata.ConfigError](err)
		if ok && !strings.HasPrefix(mistake.Field, "ScopesSupported") {
			b.add(mistake.Field, "%s", mistake.Problem)
		}
	}
}

// authorizationServers are issuers that clients can look up. An issuer that is no
// http URL has no documents to find.
func (b *builder) authorizationServers() []string {
	if len(b.AuthorizationServers) > 0 || b.NoAuthorizationServers {
		return b.AuthorizationServers
	}
	var list []string
	add := func(issuer string) {
		if metadata.CheckURL(issuer) == nil && !slices.Contains(list, issuer) {
			list = append(list, issuer)
		}
	}
	for i := range b.Issuers {
		add(b.Issuers[i].URL)
		for _, tenant := range b.Issuers[i].Tenants { // whose URL stands for many, and is none
			add(strings.Replace(b.Issuers[i].URL, "{tenantid}", tenant, 1))
		}
	}
	for i := range b.Opaque {
		add(b.Opaque[i].Issuer)
	}
	return list
}

func (b *builder) scopesSupported(g *Guard) []string {
	if len(b.ScopesSupported) > 0 {
		return b.ScopesSupported
	}
	return g.challengeScopes
}

func (b *builder) transport(g *Guard) {
	var errs []error
	g.origins, errs = parseOrigins(b.AllowedOrigins)
	b.errs = append(b.errs, errs...)
	if g.origins.any && (g.anonymous || g.disabled) {
		b.add("AllowedOrigins", "has * while requests pass without a credential, so any web page could call; name the origins")
	}
	for i := range g.all {
		if u, err := url.Parse(g.all[i].resource); err == nil {
			g.origins.exact = append(g.origins.exact, originOf(u))
			g.hosts = append(g.hosts, hostname(u.Host))
		}
	}
	g.anyHost = len(b.AllowedHosts) == 0
	for i, host := range b.AllowedHosts {
		if host == "" || strings.ContainsAny(host, "/* ") {
			b.add(fmt.Sprintf("AllowedHosts[%d]", i), "is %q; write a host name", host)
		}
		g.hosts = append(g.hosts, hostname(host))
	}
}

func (b *builder) authenticators(g *Guard) {
	if g.disabled {
		return
	}
	if len(b.Issuers) == 0 && len(b.Opaque) == 0 && b.APIKeys == nil {
		b.add("Issuers", "is empty, as is Opaque, and APIKeys is nil, so nobody could ever sign in; name an issuer or give API keys")
	}
	if len(b.Issuers) > 0 {
		b.issuers(g)
	}
	if len(b.Opaque) > 0 {
		b.lookups(g)
	}
}

func (b *builder) issuers(g *Guard) {
	issuers := slices.Clone(b.Issuers)
	for i := range issuers {
		issuers[i].Audiences = b.audiences(issuers[i].Audiences)
	}
	tokens, err := jwks.New(jwks.Config{Issuers: issuers, SenderBound: true, Transport: b.Transport, Now: b.Now, OnEvent: b.onKeys})
	if err != nil {
		b.errs = append(b.errs, err)
	}
	g.tokens = tokens
}

// audiences adds every URL of the resource: clients ask for a token for the one
// that they typed (RFC 8707 §2). A URL without a path is written with and without
// its slash, depending on the client's URL parser.
func (b *builder) audiences(configured []string) []string {
	list := slices.Clone(configured)
	for _, resource := range b.resources() {
		if resource == "" {
			continue // reported already
		}
		list = append(list, resource)
		if u, err := url.Parse(resource); err == nil && u.RawQuery == "" && strings.Trim(u.Path, "/") == "" {
			list = append(list, strings.TrimSuffix(resource, "/"), strings.TrimSuffix(resource, "/")+"/")
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
