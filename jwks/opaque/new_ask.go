package opaque

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/metadata"
)

const headerPrefix = "header:" // of a name in Read

var (
	placeName  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

func (a *Ask) isZero() bool {
	return a.URL == "" && a.Method == "" && a.Put == "" && a.Auth == "" && a.ClientID == "" &&
		a.Secret == nil && len(a.Header) == 0 && len(a.Bad) == 0
}

func (a *Ask) put() string {
	if a.Put == "" {
		return "form:token"
	}
	return a.Put
}

func (p *problems) ask(a *Ask, issuer string) {
	p.url(a, issuer)
	p.put(a)
	p.auth(a)
	for name := range a.Header {
		switch canonical := http.CanonicalHeaderKey(name); canonical {
		case "Authorization", "Content-Type", "Content-Length", "Host", "Transfer-Encoding", "Connection":
			p.add("Ask.Header", "has %s, which Put and Auth decide about; remove it", canonical)
		default:
			if !headerName.MatchString(name) || strings.ContainsAny(strings.Join(a.Header[name], ""), "\r\n\x00") {
				p.add("Ask.Header", "has %q, which cannot be sent; write the name and the value of a header", name)
			}
		}
	}
	for _, status := range a.Bad {
		p.bad(a, status)
	}
}

func (p *problems) url(a *Ask, issuer string) {
	if a.URL != "" {
		if err := metadata.CheckURL(a.URL); err != nil {
			p.add("Ask.URL", "%v", err)
		}
		return
	}
	if err := metadata.CheckURL(issuer); err != nil {
		p.add("Ask.URL", "is empty, and no documents that name it can be found, because Issuer %v; write where to ask", err)
	}
}

func (p *problems) put(a *Ask) {
	if a.Method != "" && a.Method != http.MethodGet && a.Method != http.MethodPost {
		p.add("Ask.Method", "is %q; write GET or POST", a.Method)
	}
	place, name, named := strings.Cut(a.put(), ":")
	switch {
	case place == "bearer" && !named:
	case !slices.Contains([]string{"form", "json", "query"}, place) || !placeName.MatchString(name):
		p.add("Ask.Put", "is %q; write form:NAME, json:NAME, query:NAME or bearer", a.Put)
		return
	}
	switch {
	case a.Method == http.MethodGet && (place == "form" || place == "json"):
		p.add("Ask.Put", "is %q, and a GET has no body to put it in; write query:NAME or bearer, or the method POST", a.put())
	case place == "form" && a.Auth == AuthPost && (name == "client_id" || name == "client_secret"):
		p.add("Ask.Put", "is %q, where our own credentials go; write another name", a.Put)
	case place == "query":
		if u, err := url.Parse(a.URL); err == nil && u.Query().Has(name) {
			p.add("Ask.URL", "has %q in its query, where the token goes; remove it", name)
		}
	}
}

func (p *problems) auth(a *Ask) {
	place, _, _ := strings.Cut(a.put(), ":")
	hasSecret := a.Secret != nil && a.Secret.Len() > 0
	switch a.Auth {
	case AuthNone:
		if a.ClientID != "" || a.Secret != nil {
			p.add("Ask.Auth", "is empty, so that ClientID and Secret are of no use; write basic, post or bearer, or remove them")
		}
		return
	case AuthBasic, AuthPost:
		if a.ClientID == "" {
			p.add("Ask.ClientID", "is empty, and %s needs it", a.Auth)
		}
	case AuthBearer:
		if a.ClientID != "" {
			p.add("Ask.ClientID", "is of no use with %s; remove it", a.Auth)
		}
		if hasSecret && wellFormed(reveal(a.Secret)) != nil {
			p.add("Ask.Secret", "is no token: it has characters that cannot be sent as one (RFC 6750 §2.1)")
		}
	default:
		p.add("Ask.Auth", "is %q; write basic, post or bearer, or leave it empty", a.Auth)
		return
	}
	if !hasSecret {
		p.add("Ask.Secret", "is missing, and %s needs it", a.Auth)
	}
	switch {
	case place == "bearer" && a.Auth != AuthPost:
		p.add("Ask.Auth", "is %q, and the token is to be in the Authorization header too; write another Put, or leave Auth empty", a.Auth)
	case place != "form" && a.Auth == AuthPost:
		p.add("Ask.Auth", "is %q, which goes into a form; write form:NAME into Put", a.Auth)
	}
}

// bad checks one status that is to mean that a token is not good.
func (p *problems) bad(a *Ask, status int) {
	switch {
	case status < 400 || status > 499:
		p.add("Ask.Bad", "has %d; only a status from 400 to 499 can tell that a token is not good", status)
	case status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status == http.StatusProxyAuthRequired:
		p.add("Ask.Bad", "has %d, which tells nothing of the token; remove it", status)
	case a.Auth != AuthNone && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		p.add("Ask.Bad", "has %d, which tells that our own credentials are not good; remove it", status)
	}
}

// read checks the names of a Read.
func (p *problems) read(r *Read, looked bool) {
	if strings.HasPrefix(r.Active, headerPrefix) {
		p.add("Read.Active", "is a header, which cannot be true; write a name in the answer, or - where the status alone tells")
	}
	if r.Active != "" && strings.TrimSpace(r.Active) != r.Active {
		p.add("Read.Active", "is %q; write the name without spaces", r.Active)
	}
	for _, f := range [...]struct {
		name  string
		names []string
	}{
		{"Subject", r.Subject}, {"Client", r.Client}, {"Audience", r.Audience}, {"Issuer", r.Issuer}, {"Scopes", r.Scopes},
		{"ID", r.ID}, {"Expiry", r.Expiry}, {"ExpiresIn", r.ExpiresIn},
	} {
		for _, name := range f.names {
			header, is := strings.CutPrefix(name, headerPrefix)
			switch {
			case name == "" || strings.TrimSpace(name) != name:
				p.add("Read."+f.name, "has the entry %q; write a name in the answer, or header:NAME", name)
			case is && looked:
				p.add("Read."+f.name, "has the entry %q, and what Lookup returns has no headers; write a name in the answer", name)
			case is && !headerName.MatchString(header):
				p.add("Read."+f.name, "has the entry %q; write header:NAME", name)
			}
		}
	}
}
