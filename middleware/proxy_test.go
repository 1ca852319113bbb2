package middleware_test

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// remoteOf is where g thinks that a request comes from.
func remoteOf(t testing.TB, c middleware.Config, peer string, forwarded ...string) string {
	t.Helper()
	remote := ""
	c.Observe = func(_ context.Context, e middleware.Event) { remote = e.Remote }
	r := from(peer, "")
	r.Header["X-Forwarded-For"] = forwarded
	serve(newGuard(t, c).Handler(ok), r)
	return remote
}

func behind(ranges ...string) middleware.Config {
	c := config()
	for _, text := range ranges {
		c.TrustedProxies = append(c.TrustedProxies, netip.MustParsePrefix(text))
	}
	return c
}

func TestForwardedFor(t *testing.T) {
	const proxy = "10.1.2.3:4711"
	for _, row := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"nobody forwarded", proxy, nil, "10.1.2.3"},
		{"caller of the proxy", proxy, []string{"192.0.2.1"}, "192.0.2.1"},
		{"stranger not believed", "192.0.2.9:1", []string{"192.0.2.1"}, "192.0.2.9:1"},
		{"address without a port not believed", "192.0.2.9", []string{"192.0.2.1"}, "192.0.2.9"},
		{"socket not believed", "@", []string{"192.0.2.1"}, "@"},
		{"right-most counts", proxy, []string{"192.0.2.1, 192.0.2.2"}, "192.0.2.2"},
		{"right-most of all lines counts", proxy, []string{"192.0.2.1", "192.0.2.2"}, "192.0.2.2"},
		{"proxies passed over", proxy, []string{"192.0.2.1,192.0.2.2 ,10.0.0.1, 10.255.0.9"}, "192.0.2.2"},
		{"proxies alone", proxy, []string{"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},
		{"garbage ends the walk", proxy, []string{"192.0.2.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"garbage alone", proxy, []string{"unknown"}, "10.1.2.3"},
		{"nothing behind the comma", proxy, []string{"192.0.2.1,"}, "10.1.2.3"},
		{"empty line", proxy, []string{"192.0.2.1", ""}, "10.1.2.3"},
		{"name", proxy, []string{"localhost"}, "10.1.2.3"},
		{"with a port", proxy, []string{"192.0.2.1:80"}, "192.0.2.1"},
		{"IPv6", proxy, []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 in brackets", proxy, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port", proxy, []string{"[2001:db8::1]:80"}, "2001:db8::1"},
		{"IPv4 in brackets", proxy, []string{"[192.0.2.1]"}, "10.1.2.3"},
		{"half a bracket", proxy, []string{"[2001:db8::1"}, "10.1.2.3"},
		{"IPv4 inside of IPv6", proxy, []string{"::ffff:192.0.2.1, ::ffff:10.0.0.1"}, "192.0.2.1"},
		{"peer that is IPv4 inside of IPv6", "[::ffff:10.1.2.3]:1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"zone", "[fe80::1%eth0]:1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"zone of the caller", proxy, []string{"fe81::1%eth0"}, "fe81::1"},
		{"more proxies than there are", proxy, []string{"192.0.2.1" + strings.Repeat(",10.0.0.1", 40)}, "10.0.0.1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := remoteOf(t, behind("10.0.0.0/8", "fe80::/64"), row.peer, row.forwarded...); got != row.want {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
	if got := remoteOf(t, config(), proxy, "192.0.2.1"); got != proxy {
		t.Errorf("without trusted proxies %q is believed", got)
	}
}

// The limits are those of who calls the proxy, and not the proxy's.
func TestLimitsBehindAProxy(t *testing.T) {
	c := behind("10.0.0.0/8")
	c.FailureLimit, c.CallLimit = middleware.NewLimiter(1), middleware.NewLimiter(1)
	c.DangerouslyAllowAnonymous, c.Scopes = true, nil
	g := newGuard(t, c)
	call := func(token, caller string) middleware.Reason {
		r := from("10.0.0.1:1", token)
		r.Header.Set("X-Forwarded-For", "198.51.100.1, "+caller)
		return reasonOf(g, r)
	}
	for _, step := range []struct {
		token, caller string
		want          middleware.Reason
	}{
		{forged(), "192.0.2.1", "malformed_token"},
		{forged(), "192.0.2.1", "too_many_requests"},
		{forged(), "192.0.2.2", "malformed_token"},
		{"", "192.0.2.3", ""},
		{"", "192.0.2.3", "too_many_requests"},
		{"", "192.0.2.4", ""},
	} {
		if got := call(step.token, step.caller); got != step.want {
			t.Errorf("%+v: %q", step, got)
		}
	}
}

func TestProxyConfiguration(t *testing.T) {
	prefix := netip.MustParsePrefix
	good := []netip.Prefix{prefix("10.0.0.0/8")}
	for _, row := range []struct {
		name   string
		trust  []netip.Prefix
		header string
		field  string // "" if it is accepted
	}{
		{"ranges accepted", []netip.Prefix{prefix("10.0.0.0/8"), prefix("2001:db8::/32"), prefix("192.0.2.1/32")}, "", ""},
		{"range in a range accepted", []netip.Prefix{prefix("10.0.0.0/8"), prefix("10.1.0.0/16")}, "", ""},
		{"no range refused", []netip.Prefix{{}}, "", "TrustedProxies[0]"},
		{"everybody refused", []netip.Prefix{prefix("10.0.0.0/8"), prefix("0.0.0.0/0")}, "", "TrustedProxies[1]"},
		{"everybody of IPv6 refused", []netip.Prefix{prefix("::/0")}, "", "TrustedProxies[0]"},
		{"IPv4 inside of IPv6 refused", []netip.Prefix{prefix("::ffff:10.0.0.0/104")}, "", "TrustedProxies[0]"},
		{"same range twice refused", []netip.Prefix{prefix("10.0.0.0/8"), prefix("10.9.0.0/8")}, "", "TrustedProxies[1]"},
		{"header accepted", good, "client-cert", ""},
		{"header of nobody refused", nil, "Client-Cert", "ClientCertificateHeader"},
		{"two headers refused", good, "Client-Cert, X-Cert", "ClientCertificateHeader"},
		{"header with a colon refused", good, "Client-Cert:", "ClientCertificateHeader"},
		{"Authorization refused", good, "authorization", "ClientCertificateHeader"},
		{"X-API-Key refused", good, "X-API-Key", "ClientCertificateHeader"},
		{"DPoP refused", good, "DPoP", "ClientCertificateHeader"},
		{"X-Forwarded-For refused", good, "x-forwarded-for", "ClientCertificateHeader"},
		{"session id refused", good, "Mcp-Session-Id", "ClientCertificateHeader"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := config()
			c.TrustedProxies, c.ClientCertificateHeader = row.trust, row.header
			mistakes(t, c, row.field)
		})
	}
}

// FuzzForwarded: the address that the proxy wrote behind all that the caller wrote is
// the caller's, whatever that is; and where the peer is a stranger, nothing is read.
func FuzzForwarded(f *testing.F) {
	for _, text := range []string{"", "192.0.2.1", "10.0.0.1, unknown", "[::1]:80,", ",,10.0.0.1", "fe80::1%eth0", "\"192.0.2.1\""} {
		f.Add(text)
	}
	c := behind("10.0.0.0/8")
	remote := ""
	c.Observe = func(_ context.Context, e middleware.Event) { remote = e.Remote }
	h := newGuard(f, c).Handler(ok)
	f.Fuzz(func(t *testing.T, text string) {
		for peer, want := range map[string]string{"10.0.0.9:1": "192.0.2.7", "192.0.2.8:1": "192.0.2.8:1"} {
			r := from(peer, "")
			r.Header = http.Header{"X-Forwarded-For": {text, "192.0.2.7, 10.0.0.8"}}
			if serve(h, r); remote != want {
				t.Fatalf("%q: %q, want %q", text, remote, want)
			}
		}
		r := from("10.0.0.9:1", "")
		r.Header = http.Header{"X-Forwarded-For": {text}}
		if serve(h, r); netip.MustParseAddr(remote).Zone() != "" {
			t.Fatalf("%q: %q", text, remote)
		}
	})
}

// mistakes wants New to complain about one field alone, or about none where it is "".
func mistakes(t *testing.T, c middleware.Config, field string) {
	t.Helper()
	_, err := middleware.New(c)
	if got := strings.Join(fieldsOf(t, err), " "); got != field {
		t.Errorf("mistakes in %q, want %q: %v", got, field, err)
	}
}
