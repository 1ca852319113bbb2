package metadata

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// uri is every character that RFC 3986 §2 lets a URI hold. A backslash, a quote or
// a space cannot pass, so that a checked URL can be quoted in a header as it is.
var uri = regexp.MustCompile(`^(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$`)

// parts is a URL as it is written: scheme + "://" + authority + path + query gives
// it back, byte for byte. net/url is not used to take URLs apart, because what it
// puts together again need not be what was written.
type parts struct {
	scheme, authority string
	path              string // "" or begins with "/"
	query             string // "" or begins with "?"
}

// CheckURL says why raw must not name a resource, an issuer or a document: it has to
// be absolute, https (http only to a loopback host, see [IsLoopbackHost]), without
// fragment and without user information. The error reads as the end of a sentence
// about the URL, and does not repeat it, because it may hold a password.
func CheckURL(raw string) error {
	_, err := split(raw)
	return err
}

// CheckSource is [CheckURL] for the address of a document that is believed on
// behalf of issuer, such as its key set: plain http is accepted only where issuer
// itself is plain http on a loopback host. Otherwise whoever answers on that port
// could speak for an issuer that promises TLS.
func CheckSource(raw, issuer string) error {
	p, err := split(raw)
	if err != nil {
		return err
	}
	own, err := split(strings.ReplaceAll(issuer, template, "tenant"))
	if p.plain() && (err != nil || !own.plain()) {
		return errors.New("must start with https://; http:// is accepted only when the issuer is itself http:// on a loopback host")
	}
	return nil
}

// template is where the name of a tenant goes in the issuer of many.
const template = "{tenantid}"

// isTemplate reports whether an issuer stands for many.
func isTemplate(issuer string) bool { return strings.ContainsAny(issuer, "{}") }

// IsLoopbackHost reports whether host, with or without a port, is "localhost",
// an address in 127.0.0.0/8, or ::1. Names below localhost are not: resolvers
// differ on them.
func IsLoopbackHost(host string) bool {
	if h, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = h
	} else if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && addr.IsLoopback()
}

func (p parts) plain() bool { return strings.EqualFold(p.scheme, "http") }

// split takes raw apart after the checks that CheckURL promises.
func split(raw string) (parts, error) {
	const example = "write an absolute URL such as https://mcp.example.com/mcp"
	scheme, rest, ok := strings.Cut(raw, "://")
	switch {
	case raw == "":
		return parts{}, errors.New("is empty; " + example)
	case !ok:
		return parts{}, errors.New("is not absolute; " + example)
	case strings.Contains(raw, "#"):
		return parts{}, errors.New("has a fragment; leave out # and what follows")
	case !uri.MatchString(raw):
		return parts{}, errors.New("holds a character that no URL may hold; percent-encode it (RFC 3986 §2.1)")
	}
	end := strings.IndexAny(rest+"/", "/?")
	p := parts{scheme: scheme, authority: rest[:end], path: rest[end:]}
	if i := strings.IndexByte(p.path, '?'); i >= 0 {
		p.path, p.query = p.path[:i], p.path[i:]
	}
	if err := p.check(); err != nil {
		return parts{}, err
	}
	return p, nil
}

func (p parts) check() error {
	switch {
	case !p.plain() && !strings.EqualFold(p.scheme, "https"):
		return errors.New("must start with https:// (http:// only for a loopback host)")
	case strings.Contains(p.authority, "@"):
		return errors.New("holds user information; leave out everything up to the @")
	case strings.Contains(p.authority, "%"):
		return errors.New("has a percent-encoded host; write its ASCII form (xn--…)")
	}
	u, err := url.Parse("https://" + p.authority + p.path)
	if err != nil {
		return fmt.Errorf("is not a URL: %w", errors.Unwrap(err)) // the inner error does not repeat the URL
	}
	if u.Hostname() == "" {
		return errors.New("has no host")
	}
	if u.Port() != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
			return errors.New("has a port that is not between 1 and 65535")
		}
	}
	if p.plain() && !IsLoopbackHost(p.authority) {
		return errors.New("must start with https://; http:// is accepted only for a loopback host")
	}
	return nil
}
