package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// devLife is how long the printed token lasts: a working day.
const devLife = 8 * time.Hour

func (p program) devCommand() *cobra.Command {
	var port, issuerPort int
	c := &cobra.Command{
		Use:   "dev",
		Short: "Serve on this machine with an issuer of its own; needs no account and no setting",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.dev(c.Context(), port, issuerPort)
		},
	}
	c.Flags().IntVar(&port, "port", 8000, "`port` of the MCP server; 0 finds a free one")
	c.Flags().IntVar(&issuerPort, "issuer-port", 8001, "`port` of the issuer; 0 finds a free one")
	return c
}

// dev is serve with an environment made up for it: an issuer whose keys are made
// now and gone afterwards, on loopback, and a server that believes it.
func (p program) dev(ctx context.Context, port, issuerPort int) error {
	listener, err := loopback(issuerPort, "--issuer-port")
	if err != nil {
		return err
	}
	issuer, err := jwkstest.New("http://" + listener.Addr().String())
	if err != nil {
		return err
	}
	issuerServer := &http.Server{Handler: issuer, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = issuerServer.Serve(listener) }()
	defer func() { _ = issuerServer.Close() }()

	if port, err = freePort(port, "--port"); err != nil {
		return err
	}
	resource := fmt.Sprintf("http://127.0.0.1:%d/mcp", port)
	p.environ = []string{
		"MCP_AUTH_REQUIRED=true",
		"MCP_HOST=127.0.0.1",
		fmt.Sprintf("MCP_PORT=%d", port),
		"MCP_RESOURCE_URL=" + resource,
		"MCP_OAUTH_SERVER_URL=" + issuer.URL,
		"MCP_JWT_ALGORITHM=ES256,RS256",
		"MCP_SCOPES_SUPPORTED=read,write,admin",
		"MCP_ALLOWED_ORIGINS=http://localhost:*,http://127.0.0.1:*",
		"MCP_LOG_LEVEL=info",
	}
	conf, err := p.load("")
	if err != nil {
		return err
	}
	token := issuer.Mint(jwkstest.Token{Alg: "ES256", Claims: map[string]any{
		"sub": "alice", "client_id": "mcp-rs-dev", "aud": resource, "scope": "read write admin",
		"exp": time.Now().Add(devLife).Unix(),
	}})
	return p.serve(ctx, conf, func() { p.welcome(resource, issuer.URL, token) })
}

// welcome prints what to paste.
func (p program) welcome(resource, issuer, token string) {
	curl := func(call string) string {
		return strings.Join([]string{
			"  curl -s " + resource,
			`    -H "Authorization: Bearer ` + token + `"`,
			`    -H "Content-Type: application/json"`,
			"    -d '" + call + "'",
		}, " \\\n")
	}
	fmt.Fprintf(p.stdout, `
A protected MCP server with its own issuer, on this machine only.

  MCP server  %s
  Issuer      %s

List the tools:

%s

Call one of them:

%s

In an MCP client, use the URL %s
and the header Authorization: Bearer <the token above>. It is alice's, with the scopes
read, write and admin, and lasts %s. Without it, the server answers 401. Ctrl-C stops both.

`, resource, issuer,
		curl(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`),
		curl(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whoami"}}`),
		resource, strings.TrimSuffix(devLife.String(), "0m0s"))
}

func loopback(port int, flag string) (net.Listener, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("%w; choose another port with %s", err, flag)
	}
	return listener, nil
}

// freePort makes sure of a port, and finds one for 0: the resource's URL must be
// known before anything listens there.
func freePort(port int, flag string) (int, error) {
	listener, err := loopback(port, flag)
	if err != nil {
		return 0, err
	}
	port = listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}
