package main

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// endpointPath is where the MCP endpoint answers, and aliasSuffix what its second
// address adds to it.
const (
	endpointPath = "/mcp"
	aliasSuffix  = "/messages"
)

// open reports whether a request without a credential could get in.
func (c *config) open() bool { return !c.AuthEnabled || !c.AuthRequired }

// host is the address to listen on, and why that one. Without MCP_HOST, nobody on
// another machine reaches a server that lets strangers in.
func (c *config) host() (host, why string) {
	switch {
	case c.Host != "":
		return c.Host, "MCP_HOST"
	case !c.AuthEnabled:
		return "127.0.0.1", "MCP_AUTH_ENABLED: without authentication, loopback only"
	case !c.AuthRequired:
		return "127.0.0.1", "MCP_AUTH_REQUIRED: while anonymous requests pass, loopback only"
	default:
		return "0.0.0.0", "MCP_AUTH_REQUIRED: every request needs a credential"
	}
}

// address is host and port in the form that net.Listen takes. Port 0 lets the system
// choose; whoever listens then sets Port to what it got before asking for more.
func (c *config) address() string {
	host, _ := c.host()
	return net.JoinHostPort(host, strconv.Itoa(c.Port))
}

// local reports whether only this machine can connect.
func (c *config) local() bool {
	host, _ := c.host()
	return metadata.IsLoopbackHost(host)
}

// exposed reports whether others may reach us, directly or through a proxy on this
// machine, which one of our URLs then names.
func (c *config) exposed() bool {
	return !c.local() || slices.ContainsFunc(c.places(new(problems)), func(pl place) bool {
		return slices.ContainsFunc(pl.addresses(), func(at address) bool { return !loopbackURL(at.url) })
	})
}

// resource is the URL of the MCP endpoint as clients type it.
func (c *config) resource() string {
	resource, _ := c.resourceFrom()
	return resource
}

// resourceFrom is resource, and what it comes from.
func (c *config) resourceFrom() (resource, from string) {
	if len(c.file.Resources) > 0 {
		return withEndpoint(c.file.Resources[0].URL), configVariable
	}
	if c.ResourceURL != "" {
		return withEndpoint(c.ResourceURL), "MCP_RESOURCE_URL"
	}
	for _, audience := range c.JWTAudience {
		if _, err := metadata.ResourceURL(audience); err == nil && !strings.Contains(audience, "?") {
			return underEndpoint(audience), "MCP_JWT_AUDIENCE"
		}
	}
	scheme := "http"
	if c.HTTPSEnabled {
		scheme = "https"
	}
	// 127.0.0.1 is where we listen by default too, and people type localhost for it.
	if c.Host != "" && c.Host != "127.0.0.1" && (c.local() || c.HTTPSEnabled && !unspecified(c.Host)) {
		return c.ownURL(scheme, c.Host), "MCP_HOST and MCP_PORT"
	}
	return c.ownURL(scheme, "localhost"), "MCP_PORT"
}

// assumed reports whether resource is a guess that holds on this machine only. As an
// audience such a URL means anybody's local server.
func (c *config) assumed() bool {
	resource, from := c.resourceFrom()
	return from != "MCP_RESOURCE_URL" && from != "MCP_JWT_AUDIENCE" && from != configVariable && loopbackURL(resource)
}

// alias is the second URL of the endpoint.
func (c *config) alias() string { return second(c.resource()) }

func second(resource string) string {
	path, query, found := strings.Cut(resource, "?")
	path = strings.TrimSuffix(path, "/") + aliasSuffix
	if found {
		return path + "?" + query
	}
	return path
}

// ownURL leaves out a port that is the scheme's own, or not known yet.
func (c *config) ownURL(scheme, host string) string {
	port := strconv.Itoa(c.Port)
	switch {
	case c.Port != 0 && scheme+port != "http80" && scheme+port != "https443":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return scheme + "://" + host + endpointPath
}

// withEndpoint adds the path of the endpoint to a URL without a path.
func withEndpoint(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Path != "" && u.Path != "/" {
		return raw
	}
	u.Path = endpointPath
	return u.String()
}

// underEndpoint adds the path of the endpoint unless the path ends with it.
func underEndpoint(raw string) string {
	return strings.TrimSuffix(strings.TrimSuffix(raw, "/"), endpointPath) + endpointPath
}

func loopbackURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && metadata.IsLoopbackHost(u.Host)
}

func unspecified(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsUnspecified()
}

// checkListen holds the rules of who may reach us, and under which name.
func (c *config) checkListen(p *problems) {
	if _, err := netip.ParseAddr(c.Host); err != nil && strings.ContainsAny(c.Host, ":/[]@ \t") {
		p.add("MCP_HOST", "is not a host; write an address or a name alone, without brackets or scheme (the port is MCP_PORT)")
	}
	if c.Port < 0 || c.Port > 65535 {
		p.add("MCP_PORT", "%d is not a port; write 1 to 65535, or 0 to let the system choose", c.Port)
	}
	if c.open() && !c.local() && !c.set("MCP_AUTH_REQUIRED") && !c.set("MCP_AUTH_ENABLED") {
		p.add("MCP_HOST", "%s can be reached from other machines while requests without a credential pass; write MCP_AUTH_REQUIRED=true, "+
			"or MCP_AUTH_REQUIRED=false to say that this is meant", c.Host)
	}
	if c.jwtOn() && c.assumed() && !c.local() && !p.has("MCP_JWT_AUDIENCE") {
		p.add("MCP_RESOURCE_URL", "is not set, and %s, which would be assumed, could be anybody's server; "+
			"write the URL that clients use, such as https://mcp.example.com/mcp", c.resource())
	}
}

// checkTLS reads the certificate as the server will.
func (c *config) checkTLS(p *problems) {
	if c.SSLClientCerts && !c.HTTPSEnabled {
		p.add("MCP_SSL_CLIENT_CERTS", "needs TLS, and MCP_HTTPS_ENABLED is false; write MCP_HTTPS_ENABLED=true, or MCP_CLIENT_CERT_HEADER if a proxy ends TLS")
	}
	if !c.HTTPSEnabled {
		return
	}
	readable := true
	for _, file := range []struct{ variable, path string }{
		{"MCP_SSL_CERT_FILE", c.SSLCertFile},
		{"MCP_SSL_KEY_FILE", c.SSLKeyFile},
	} {
		if file.path == "" {
			p.add(file.variable, "is not set, and MCP_HTTPS_ENABLED needs it; write the path of a PEM file")
			readable = false
		} else if _, err := watch.Read(file.path); err != nil {
			p.add(file.variable, "cannot be read: %v; write the path of a PEM file", cause(err))
			readable = false
		}
	}
	if !readable {
		return
	}
	if _, err := c.certificate(); err != nil {
		p.add("MCP_SSL_KEY_FILE", "does not go with MCP_SSL_CERT_FILE: %v; write the files of one certificate", err)
	}
}
