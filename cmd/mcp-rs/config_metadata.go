package main

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// registerPath is where the registration endpoint is, for clients that guess too
// (MCP 2025-03-26, Authorization, Fallbacks).
const registerPath = "/register"

// registrations is how many registrations one address may make in a minute: a client
// makes one.
const registrations = 30

// A publication is what we publish of the provider, at most one of mirror and patch.
type publication struct {
	trust  *trust // whose document; nil where there is none
	mode   preset.Metadata
	why    string // the mode's source
	mirror *metadata.Mirror
	patch  *metadata.Patch
}

// published is about the first provider that has a document.
func (c *config) published() publication {
	trusts, _ := c.trusts(new(problems))
	for i := range trusts {
		t := &trusts[i]
		if t.document == nil {
			continue
		}
		pub := publication{trust: t, mode: preset.Mirror, why: "default"}
		switch {
		case c.MetadataMode != "auto":
			pub.mode, pub.why = preset.Metadata(c.MetadataMode), "derived from MCP_METADATA_MODE"
		case t.preset.Metadata != "":
			pub.mode, pub.why = t.preset.Metadata, "derived from the preset"
		}
		switch pub.mode {
		case preset.Mirror:
			pub.mirror = t.document
		case preset.Patch:
			pub.patch = c.patch(t)
		}
		return pub
	}
	return publication{mode: preset.Off, why: "derived from the issuers"}
}

// mirror is the provider's document as we publish it. It is nil where it is not.
func (c *config) mirror() *metadata.Mirror { return c.published().mirror }

func (c *config) patch(t *trust) *metadata.Patch {
	patch := &metadata.Patch{As: originOf(c.resource()), Provider: *t.document}
	if c.RegistrationClientID != "" {
		patch.Registration = patch.As + registerPath
	}
	return patch
}

// originOf is a URL without its path.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Scheme + "://" + u.Host
}

// handlers makes the endpoints: the provider's document, and registration, which is nil
// unless it is configured. source says who asks, for the limit, and report hears why
// either refuses.
func (pub publication) handlers(c *config, source func(*http.Request) string, report func(message string, err error)) (document, register http.Handler, err error) {
	if report == nil {
		report = func(string, error) {}
	}
	failed := func(err error) { report("the provider's metadata cannot be fetched", err) }
	switch {
	case pub.mirror != nil:
		pub.mirror.OnError = failed
		document, err = pub.mirror.Handler()
	case pub.patch != nil:
		pub.patch.Provider.OnError = failed
		document, err = pub.patch.Handler()
	case pub.trust == nil:
		document = metadata.NotConfigured("MCP_OAUTH_SERVER_URL")
	default:
		document = metadata.NotFound()
	}
	if err != nil || pub.patch == nil || pub.patch.Registration == "" {
		return document, nil, err
	}
	limiter := middleware.NewLimiter(registrations)
	register, err = metadata.Registration{
		ClientID:     c.RegistrationClientID,
		RedirectURIs: c.RegistrationRedirectURIs,
		Limit:        func(r *http.Request) time.Duration { return limiter.Take(source(r)) },
		OnError:      func(err error) { report("a registration was refused", err) },
	}.Handler()
	return document, register, err
}

// checkMetadata holds the rules of what may be published.
func (c *config) checkMetadata(p *problems) {
	pub := c.published()
	patched := pub.mode == preset.Patch && pub.trust != nil
	if patched && pub.trust.preset.SendsIssuer {
		p.add("MCP_METADATA_MODE", "is patch, and %s names itself in redirects, which clients compare with the issuer of the document and then refuse (RFC 9207 §2.4); write mirror",
			pub.trust.preset.Title)
	}
	if c.RegistrationClientID == "" {
		if len(c.RegistrationRedirectURIs) > 0 {
			p.add("MCP_REGISTRATION_REDIRECT_URIS", "does nothing without MCP_REGISTRATION_CLIENT_ID; write that too, or remove it")
		}
		return
	}
	switch {
	case pub.trust != nil && pub.trust.preset.SendsIssuer:
		p.add("MCP_REGISTRATION_CLIENT_ID", "is of no use with %s: clients would have to find the endpoint in a document of ours, and this provider's own is the only one that they accept "+
			"(it names itself in redirects, RFC 9207 §2.4); remove it, and switch on registration there or give clients their ids", pub.trust.preset.Title)
	case c.OAuthRegistrationEndpoint != "":
		p.add("MCP_REGISTRATION_CLIENT_ID", "stands beside MCP_OAUTH_REGISTRATION_ENDPOINT; keep one of them")
	case !patched:
		p.add("MCP_REGISTRATION_CLIENT_ID", "needs a document of our own, in which clients find the endpoint, and the provider's is published as %s (%s); "+
			"write MCP_METADATA_MODE=patch", pub.mode, pub.why)
	}
}

// describe is the publication in a few words.
func (pub publication) describe() string {
	switch {
	case pub.mirror != nil:
		return fmt.Sprintf("%s, of %s", pub.mode, pub.mirror.Issuer)
	case pub.patch != nil:
		return fmt.Sprintf("%s, of %s as %s", pub.mode, pub.patch.Provider.Issuer, pub.patch.As)
	}
	return string(pub.mode)
}
