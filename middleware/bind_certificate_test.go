package middleware_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// The certificate of the connection itself, over TLS: nobody vouches for it but the
// token, and the handshake proves its key.
func TestCertificateOfTheConnection(t *testing.T) {
	c := config()
	server := httptest.NewUnstartedServer(newGuard(t, c).Handler(ok))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	token := mint(map[string]any{"cnf": cnfOf("certificate")})
	for _, row := range []struct {
		name  string
		certs []tls.Certificate
		want  int
	}{
		{"bound", []tls.Certificate{{Certificate: [][]byte{certificate().Raw}, PrivateKey: clientKey()}}, http.StatusOK},
		{"other", []tls.Certificate{{Certificate: [][]byte{newCertificate(otherKey()).Raw}, PrivateKey: otherKey()}}, http.StatusUnauthorized},
		{"behind another", []tls.Certificate{{Certificate: [][]byte{newCertificate(otherKey()).Raw, certificate().Raw}, PrivateKey: otherKey()}}, http.StatusUnauthorized},
		{"none", nil, http.StatusUnauthorized},
	} {
		transport := server.Client().Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = row.certs
		transport.DisableKeepAlives = true
		r, err := http.NewRequest("POST", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != row.want {
			t.Errorf("%s: %d, want %d", row.name, response.StatusCode, row.want)
		}
	}
}

// The connection of a trusted proxy has the proxy's certificate, which is nobody else's:
// a token that is bound to that is no caller's.
func TestCertificateOfAProxyIsNotTheCallers(t *testing.T) {
	for name, change := range map[string]func(*middleware.Config){
		"with a header":    func(c *middleware.Config) { c.ClientCertificateHeader = "Client-Cert" },
		"without a header": func(*middleware.Config) {},
	} {
		c := behind("10.0.0.0/8")
		change(&c)
		g := newGuard(t, c)
		for remote, want := range map[string]middleware.Reason{"10.0.0.1:1": "sender_bound", "192.0.2.1:1": ""} {
			r := from(remote, mint(map[string]any{"cnf": cnfOf("certificate")}))
			r.TLS = &tls.ConnectionState{}
			r.TLS.PeerCertificates = append(r.TLS.PeerCertificates, certificate())
			if got := reasonOf(g, r); got != want {
				t.Errorf("%s, from %s: %q, want %q", name, remote, got, want)
			}
		}
	}
}

// FuzzCertificate: what is read as a certificate is written again as it was read.
func FuzzCertificate(f *testing.F) {
	f.Add(flowCertificate(nil), true)
	f.Add(flowCertificate([]string{"pem"}), false)
	f.Add("-----BEGIN CERTIFICATE----- AAAA\tBBBB -----END CERTIFICATE-----", false)
	f.Add("-----BEGIN CERTIFICATE----------END CERTIFICATE-----", false)
	f.Add("::", true)
	f.Add(":", true)
	f.Add(":AA==:", true)
	f.Add(":AB==:", true)
	f.Add("%2", false)
	f.Fuzz(func(t *testing.T, text string, rfc9440 bool) {
		header := map[bool]string{true: "Client-Cert", false: "X-Ssl-Cert"}[rfc9440]
		der, err := middleware.ParseCertificate(header, text)
		if err != nil {
			return
		}
		written := ":" + base64.StdEncoding.EncodeToString(der) + ":"
		if len(der) == 0 || rfc9440 && written != text {
			t.Fatalf("%q is read as %x", text, der)
		}
		again, err := middleware.ParseCertificate("X-Ssl-Cert", "-----BEGIN CERTIFICATE-----%0A"+base64.StdEncoding.EncodeToString(der)+"%0A-----END CERTIFICATE-----")
		if len(text) < 8<<10 && (err != nil || !bytes.Equal(again, der)) {
			t.Fatalf("%q: %x, %v", text, again, err)
		}
	})
}

func TestCertificateIsBounded(t *testing.T) {
	long := base64.StdEncoding.EncodeToString(make([]byte, 3*(16<<10)/4))
	if _, err := middleware.ParseCertificate("Client-Cert", ":"+long+":"); err == nil {
		t.Error("a long one is read")
	}
	if _, err := middleware.ParseCertificate("Client-Cert", ":"+long[:len(long)-4]+":"); err != nil {
		t.Error(err)
	}
}
