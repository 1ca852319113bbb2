package middleware

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/metadata"
)

var (
	errHost   = errors.New("host not allowed")
	errOrigin = errors.New("origin not allowed")
)

// checkHost stops DNS rebinding: a page of a stranger whose name was pointed at
// this machine sends its own name as Host. With a list, the host must be on it.
// Without one, only a connection to a loopback address is held to a loopback name,
// because there the network protects nobody.
func (g *Guard) checkHost(r *http.Request) error {
	if slices.Contains(g.hosts, r.Host) { // which it mostly is as it stands
		return nil
	}
	host := hostname(r.Host)
	switch {
	case slices.Contains(g.hosts, host):
		return nil
	case g.anyHost && (!overLoopback(r) || metadata.IsLoopbackHost(host)):
		return nil
	}
	return errHost
}

// overLoopback reports whether the connection came to a loopback address of ours.
// What the address of the peer is says nothing: a browser here is a peer here.
func overLoopback(r *http.Request) bool {
	switch addr := r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr: // as it nearly always is; to write it down costs more than all the rest
		return addr != nil && addr.IP.IsLoopback()
	case net.Addr:
		return metadata.IsLoopbackHost(addr.String())
	}
	return false
}

// hostname is a Host without its port, in lower case.
func hostname(host string) string {
	if strings.IndexByte(host, ':') < 0 { // the error costs more than all the rest
		return strings.ToLower(strings.Trim(host, "[]"))
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// checkOrigin: “Servers MUST validate the Origin header on all incoming
// connections … If the Origin header is present and invalid, servers MUST respond
// with HTTP 403 Forbidden” — MCP, Streamable HTTP. Programs send no Origin.
func (g *Guard) checkOrigin(lines []string) error {
	switch {
	case len(lines) == 0:
		return nil
	case len(lines) == 1 && g.origins.allow(lines[0]):
		return nil
	}
	return errOrigin
}

// An originSet is the allowed web origins.
type originSet struct {
	any     bool
	exact   []string // "https://app.example.com"
	anyPort []string // "http://localhost", of "http://localhost:*"
}

func (s *originSet) allow(origin string) bool {
	if s.any || slices.Contains(s.exact, origin) {
		return true
	}
	i := strings.LastIndexByte(origin, ':')
	if i < 0 {
		return false
	}
	return slices.Contains(s.anyPort, origin) || isPort(origin[i+1:]) && slices.Contains(s.anyPort, origin[:i])
}

func isPort(s string) bool {
	return 0 < len(s) && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

// parseOrigins reads Config.AllowedOrigins.
func parseOrigins(list []string) (*originSet, []error) {
	s := &originSet{}
	var errs []error
	for i, entry := range list {
		if entry == "*" {
			s.any = true
			continue
		}
		origin, anyPort := strings.CutSuffix(entry, ":*")
		if err := checkOriginText(origin); err != nil {
			errs = append(errs, &ConfigError{Field: fmt.Sprintf("AllowedOrigins[%d]", i), Problem: err.Error()})
			continue
		}
		if anyPort {
			s.anyPort = append(s.anyPort, origin)
		} else {
			s.exact = append(s.exact, origin)
		}
	}
	return s, errs
}

// checkOriginText accepts an origin as browsers write it (RFC 6454 §6.2).
func checkOriginText(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" || origin != originOf(u) || strings.Contains(origin, "*") {
		return fmt.Errorf("is %q; write scheme, host and port only, in lower case and without the default port, such as https://app.example.com", origin)
	}
	return nil
}

// originOf is the origin of a URL (RFC 6454 §6.2): the default port is left out.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + strings.TrimSuffix(host, ":")
}
