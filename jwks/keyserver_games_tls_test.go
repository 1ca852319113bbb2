package jwks_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// An authority signs certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key}
}

// sign makes a certificate for 127.0.0.1, unless edit says otherwise.
func (a *authority) sign(t *testing.T, edit func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// A secureIssuer is an issuer over real TLS, whose certificate can be replaced.
type secureIssuer struct {
	*jwkstest.Issuer
	shown atomic.Pointer[tls.Certificate]
}

func startSecure(t *testing.T, first *tls.Certificate) *secureIssuer {
	t.Helper()
	s := new(secureIssuer)
	s.shown.Store(first)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.ServeHTTP(w, r) }))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.Config.SetKeepAlivesEnabled(false) // a certificate is looked at once for each connection
	web.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{*s.shown.Load()}}, nil
	}}
	s.Issuer = bareIssuer(t, "https://"+web.Listener.Addr().String())
	web.StartTLS()
	t.Cleanup(web.Close)
	return s
}

// Keys come from who has proved to be the host of the issuer, on loopback too: nobody is
// asked for keys otherwise, and what was fetched before stays in use.
func TestTLSFailures(t *testing.T) {
	trusted, stranger := newAuthority(t), newAuthority(t)
	for _, tt := range []struct {
		policy string
		shown  *tls.Certificate
		cause  any // for errors.As
	}{
		{"unknown authority", stranger.sign(t, nil), new(x509.UnknownAuthorityError)},
		{"expired", trusted.sign(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), new(x509.CertificateInvalidError)},
		{"not valid yet", trusted.sign(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), new(x509.CertificateInvalidError)},
		{"of another host", trusted.sign(t, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} }), new(x509.HostnameError)},
		{"by common name alone", trusted.sign(t, func(c *x509.Certificate) { c.IPAddresses, c.Subject.CommonName = nil, "127.0.0.1" }), new(x509.HostnameError)},
		{"for clients", trusted.sign(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), new(x509.CertificateInvalidError)},
	} {
		s := startSecure(t, tt.shown)
		var clock atomic.Int64
		r := newKeyRigFor(t, s.Issuer, func(r *keyRig, c *jwks.Config) {
			r.wire.next = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted.pool()}, DisableKeepAlives: true}
			c.Now = func() time.Time { return time.Now().Add(time.Duration(clock.Load())) }
			s.SetNow(c.Now)
		})
		err := r.verify(r.good())
		checkRefusal(t, tt.policy+", cold", err, jwks.ErrUnavailable)
		if !errors.As(err, tt.cause) {
			t.Errorf("%s: %v, want a %T in it", tt.policy, err, tt.cause)
		}
		r.wantFetches(tt.policy, 0, 0)

		s.shown.Store(trusted.sign(t, nil))
		clock.Add(int64(time.Minute))
		r.accepts(tt.policy+": mended", r.good())
		s.shown.Store(tt.shown)
		r.refuses(tt.policy+", unknown kid", r.forged(), jwks.ErrUnavailable)
		r.accepts(tt.policy+", known kid", r.good())
		r.wantFetches(tt.policy+": mended, and broken again", 1, 1)
	}
}

// Without a Transport in the configuration it is the roots of the system that count, and
// loopback is no exception. A server that speaks no TLS where it must is no better.
func TestTLSOfOurOwnTransport(t *testing.T) {
	s := startSecure(t, newAuthority(t).sign(t, nil))
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for policy, url := range map[string]string{"unknown authority": s.URL, "no TLS": "https://" + plain.Listener.Addr().String()} {
		v, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{{URL: url, Audiences: []string{rigAudience}, Algorithms: []string{"ES256"}}}})
		if err != nil {
			t.Fatal(err)
		}
		token := bareIssuer(t, url).Mint(jwkstest.Token{})
		_, err = v.Verify(context.Background(), token)
		checkRefusal(t, policy, err, jwks.ErrUnavailable)
	}
	if n := s.Fetches(jwkstest.Everything); n != 0 {
		t.Errorf("%d requests were made of a server that nobody vouches for", n)
	}
}
