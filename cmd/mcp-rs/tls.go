package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
)

// secure puts TLS on the listener when it is asked for. The certificate is read
// again when its files change; a bad new one changes nothing but the log.
func (s *server) secure(ctx context.Context, listener net.Listener) (net.Listener, error) {
	if !s.conf.HTTPSEnabled {
		return listener, nil
	}
	var current atomic.Pointer[tls.Certificate]
	read := func() error {
		certificate, err := s.conf.certificate()
		if err == nil {
			current.Store(&certificate)
		}
		return err
	}
	if err := read(); err != nil {
		return nil, err
	}
	changed := func() {
		if err := read(); err != nil {
			s.logger.Error("certificate not reloaded, the old one stays in use", "error", err.Error())
			return
		}
		s.logger.Info("certificate reloaded")
	}
	if err := watch.Files(ctx, changed, s.conf.SSLCertFile, s.conf.SSLKeyFile); err != nil {
		return nil, err
	}
	asked := tls.NoClientCert
	if s.conf.SSLClientCerts {
		// Whose it is does not matter, so nobody verifies it: tokens are bound to the
		// certificate itself (RFC 8705 §6.2), and its holder has proved the key.
		asked = tls.RequestClientCert
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12,
		ClientAuth: asked,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return current.Load(), nil
		},
	}), nil
}

// certificate reads the files of MCP_SSL_CERT_FILE and MCP_SSL_KEY_FILE.
func (c *config) certificate() (tls.Certificate, error) {
	chain, err := watch.Read(c.SSLCertFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("MCP_SSL_CERT_FILE cannot be read: %w", cause(err))
	}
	key, err := watch.Read(c.SSLKeyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("MCP_SSL_KEY_FILE cannot be read: %w", cause(err))
	}
	return tls.X509KeyPair(chain, key)
}
