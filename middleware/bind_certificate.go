package middleware

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// maxCertificate bounds the header with a certificate, in bytes.
const maxCertificate = 16 << 10

// clientCert is the header of RFC 9440 §2.2, and clientCertChain (§2.3) goes with it.
const (
	clientCert      = "Client-Cert"
	clientCertChain = "Client-Cert-Chain"
)

// checkCertificate holds a request to the certificate that its token is bound to: “If
// these thumbprints do not match, the resource server MUST reject the attempt with an
// error” — RFC 8705 §3. Who issued the certificate, and until when, is nobody's business
// here: the handshake proved its key, and the token says that it is the right one.
func (g *Guard) checkCertificate(r *http.Request, lines []string, want string) error {
	der, err := g.certificate(r, lines)
	if err != nil {
		return fmt.Errorf("%w: %w", jwks.ErrBound, err)
	}
	if !same(hashOf(string(der)), want) {
		return fmt.Errorf("%w: the caller's certificate is another one", jwks.ErrBound)
	}
	return nil
}

// certificate finds the caller's certificate; lines are those of the header. What comes
// over a trusted proxy's connection was said by others: their certificate is in the header
// or nowhere. Whatever anybody else has in that header is made up.
func (g *Guard) certificate(r *http.Request, lines []string) ([]byte, error) {
	if g.proxies.trust(peer(r)) {
		if g.certHeader == "" || len(lines) != 1 {
			return nil, errors.New("the proxy names no client certificate, or several")
		}
		return parseCertificate(g.certHeader, lines[0])
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, errors.New("the connection has no client certificate")
	}
	return r.TLS.PeerCertificates[0].Raw, nil
}

// parseCertificate returns the DER bytes of a certificate in a header: between colons,
// in base64, as RFC 9440 §2.1 has it in its own header; or one PEM block, with its line
// ends percent-encoded, as proxies send it in others.
func parseCertificate(header, value string) ([]byte, error) {
	const problem = "the certificate in the header of the proxy cannot be read"
	if len(value) > maxCertificate {
		return nil, fmt.Errorf("%s: longer than %d bytes", problem, maxCertificate)
	}
	begin, end := ":", ":"
	if header != clientCert {
		begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
		text, err := url.PathUnescape(value) // in which a + stays one
		if err != nil {
			return nil, fmt.Errorf("%s: not percent-encoded", problem)
		}
		value = strings.Join(strings.Fields(text), " ")
	}
	text, begun := strings.CutPrefix(value, begin)
	text, ended := strings.CutSuffix(text, end)
	if header != clientCert {
		text = strings.ReplaceAll(text, " ", "")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if !begun || !ended || err != nil || len(der) == 0 || strings.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("%s: not one certificate", problem)
	}
	return der, nil
}
