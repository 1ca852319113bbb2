package middleware

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds how many addresses of X-Forwarded-For are looked at.
const maxHops = 32

// proxies are the addresses of Config.TrustedProxies.
type proxies []netip.Prefix

func (p proxies) trust(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// peer is the address at the other end of the connection, or the zero Addr.
func peer(r *http.Request) netip.Addr {
	addr, _ := parseAddr(r.RemoteAddr)
	return addr
}

// parseAddr reads an address, with or without a port, in the one form in which
// addresses compare: no IPv4 inside of IPv6, no zone.
func parseAddr(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	bare, bracketed := strings.CutPrefix(text, "[")
	if bracketed {
		var closed bool
		if bare, closed = strings.CutSuffix(bare, "]"); !closed || !strings.Contains(bare, ":") {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(bare)
	return addr.Unmap().WithZone(""), err == nil
}

// remote is the address of the caller: that of the peer or, where the peer is a trusted
// proxy, the right-most address in X-Forwarded-For that is not of another one. Each
// proxy wrote down who called it, so what is left of that address is its own word. An
// entry that is no address ends the walk at the proxy that wrote it.
func (g *Guard) remote(r *http.Request) string {
	if len(g.proxies) == 0 {
		return r.RemoteAddr
	}
	hop := peer(r)
	if !g.proxies.trust(hop) {
		return r.RemoteAddr
	}
	forwarded := strings.Join(r.Header["X-Forwarded-For"], ",")
	for range maxHops {
		i := strings.LastIndexByte(forwarded, ',')
		next, ok := parseAddr(strings.Trim(forwarded[i+1:], " \t"))
		if !ok {
			break
		}
		hop = next
		if i < 0 || !g.proxies.trust(hop) {
			break
		}
		forwarded = forwarded[:i]
	}
	return hop.String()
}

// Source is the address that stands for the caller where something is counted by address:
// that of the connection or, where it comes from one of Config.TrustedProxies, what that
// proxy says; without a port, and as a whole network of IPv6.
func (g *Guard) Source(r *http.Request) string { return source(g.remote(r)) }

// reservedHeaders mean something already, so that no proxy can put a certificate there.
var reservedHeaders = []string{
	"Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Dpop", "Forwarded", "Host", "Last-Event-Id",
	"Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version", "Mcp-Session-Id", "Origin", "Transfer-Encoding", "X-Api-Key", "X-Forwarded-For",
}

// forwarding checks what is believed of proxies.
func (b *builder) forwarding(g *Guard) {
	for i, prefix := range b.TrustedProxies {
		field, masked := fmt.Sprintf("TrustedProxies[%d]", i), prefix.Masked()
		switch {
		case !prefix.IsValid():
			b.add(field, "is no range of addresses; write one such as 10.0.0.0/8")
		case prefix.Bits() == 0:
			b.add(field, "is every address there is, so that anybody could claim any; write those of the proxies")
		case prefix.Addr().Is4In6():
			b.add(field, "is IPv4 inside of IPv6; write it as IPv4, such as 10.0.0.0/8")
		case slices.Contains(g.proxies, masked):
			b.add(field, "is there twice; remove it")
		default:
			g.proxies = append(g.proxies, masked)
		}
	}
	if b.ClientCertificateHeader == "" {
		return
	}
	const field = "ClientCertificateHeader"
	g.certHeader = http.CanonicalHeaderKey(b.ClientCertificateHeader)
	switch {
	case strings.Trim(b.ClientCertificateHeader, headerLetters) != "":
		b.add(field, "is %q; write the name of one header", b.ClientCertificateHeader)
	case slices.Contains(reservedHeaders, g.certHeader):
		b.add(field, "is %s, which means something else; let the proxy use another, such as Client-Cert", g.certHeader)
	case len(b.TrustedProxies) == 0:
		b.add(field, "is set while TrustedProxies is empty, so nobody's would be believed; write the addresses of the proxies there")
	}
}

// headerLetters is what the names of headers are made of in practice; RFC 9110 §5.6.2
// has some more.
const headerLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
