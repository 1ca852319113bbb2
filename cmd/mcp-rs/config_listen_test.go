package main

import "testing"

func TestListenAddressAndResource(t *testing.T) {
	t.Parallel()
	f := newPEMFiles(t)
	https := "; MCP_HTTPS_ENABLED=true; MCP_SSL_CERT_FILE=" + f.cert + "; MCP_SSL_KEY_FILE=" + f.key
	const must, issuer = "MCP_AUTH_REQUIRED=true", "; MCP_JWT_ISSUER=https://login.example.com"
	for _, row := range []struct{ policy, settings, address, resource, alias string }{
		// Who may connect.
		{"strangers pass: loopback", "MCP_API_KEYS=k", "127.0.0.1:8000", "http://localhost:8000/mcp", "http://localhost:8000/mcp/messages"},
		{"everybody passes: loopback", "MCP_AUTH_ENABLED=false", "127.0.0.1:8000", "http://localhost:8000/mcp", ""},
		{"off is off, whatever is required", "MCP_AUTH_ENABLED=false; " + must, "127.0.0.1:8000", "http://localhost:8000/mcp", ""},
		{"a credential is required: every address", "MCP_API_KEYS=k; " + must, "0.0.0.0:8000", "http://localhost:8000/mcp", ""},
		{"MCP_HOST decides", "MCP_API_KEYS=k; " + must + "; MCP_HOST=192.0.2.1; MCP_PORT=80", "192.0.2.1:80", "http://localhost/mcp", ""},
		{"IPv6", "MCP_API_KEYS=k; MCP_HOST=::1", "[::1]:8000", "http://[::1]:8000/mcp", ""},
		{"IPv6, port of the scheme", "MCP_API_KEYS=k; MCP_HOST=::1; MCP_PORT=80", "[::1]:80", "http://[::1]/mcp", ""},
		{"127.0.0.1 is typed localhost", "MCP_API_KEYS=k; MCP_HOST=127.0.0.1", "127.0.0.1:8000", "http://localhost:8000/mcp", ""},
		{"another loopback address", "MCP_API_KEYS=k; MCP_HOST=127.0.0.2", "127.0.0.2:8000", "http://127.0.0.2:8000/mcp", ""},
		{"the port is not known yet", "MCP_API_KEYS=k; MCP_PORT=0", "127.0.0.1:0", "http://localhost/mcp", ""},
		// TLS.
		{"TLS here", "MCP_API_KEYS=k" + https, "127.0.0.1:8000", "https://localhost:8000/mcp", ""},
		{"TLS under a name", must + issuer + "; MCP_JWT_AUDIENCE=a; MCP_HOST=mcp.example.com; MCP_PORT=443" + https, "mcp.example.com:443", "https://mcp.example.com/mcp", ""},
		{"TLS under every address", "MCP_API_KEYS=k; " + must + https, "0.0.0.0:8000", "https://localhost:8000/mcp", ""},
		// MCP_RESOURCE_URL.
		{"without a path", "MCP_API_KEYS=k; MCP_RESOURCE_URL=https://mcp.example.com", "127.0.0.1:8000", "https://mcp.example.com/mcp", "https://mcp.example.com/mcp/messages"},
		{"with a slash", "MCP_API_KEYS=k; MCP_RESOURCE_URL=https://mcp.example.com/", "127.0.0.1:8000", "https://mcp.example.com/mcp", ""},
		{"with a path, as it is", "MCP_API_KEYS=k; MCP_RESOURCE_URL=https://MCP.example.com/a%2Fb/", "127.0.0.1:8000", "https://MCP.example.com/a%2Fb/", "https://MCP.example.com/a%2Fb/messages"},
		{"with a query", "MCP_API_KEYS=k; MCP_RESOURCE_URL=https://mcp.example.com/x?t=1", "127.0.0.1:8000", "https://mcp.example.com/x?t=1", "https://mcp.example.com/x/messages?t=1"},
		// A URL among the audiences.
		{"an audience", must + issuer + "; MCP_JWT_AUDIENCE=https://mcp.example.com", "0.0.0.0:8000", "https://mcp.example.com/mcp", ""},
		{"the first that is a URL", must + issuer + "; MCP_JWT_AUDIENCE=my-api,urn:x,http://api.example.com,https://api.example.com/v1/,https://b.example.com", "0.0.0.0:8000", "https://api.example.com/v1/mcp", ""},
		{"an audience with a query is no endpoint", issuer[2:] + "; MCP_JWT_AUDIENCE=https://api.example.com/v1?x=1", "127.0.0.1:8000", "http://localhost:8000/mcp", ""},
		{"an audience that is the endpoint", must + issuer + "; MCP_JWT_AUDIENCE=https://api.example.com/mcp", "0.0.0.0:8000", "https://api.example.com/mcp", ""},
		{"with a slash too much", must + issuer + "; MCP_JWT_AUDIENCE=https://api.example.com/mcp/", "0.0.0.0:8000", "https://api.example.com/mcp", ""},
		{"a path that merely ends so", must + issuer + "; MCP_JWT_AUDIENCE=https://api.example.com/xmcp", "0.0.0.0:8000", "https://api.example.com/xmcp/mcp", ""},
		{"no URL, on this machine", issuer[2:] + "; MCP_JWT_AUDIENCE=my-api", "127.0.0.1:8000", "http://localhost:8000/mcp", ""},
		{"the resource before the audience", issuer[2:] + "; MCP_JWT_AUDIENCE=https://a.example.com; MCP_RESOURCE_URL=https://b.example.com", "127.0.0.1:8000", "https://b.example.com/mcp", ""},
	} {
		c, err := read(row.settings)
		if err != nil {
			t.Errorf("%s: %v", row.policy, err)
			continue
		}
		if got := c.address(); got != row.address {
			t.Errorf("%s: listens on %s, want %s", row.policy, got, row.address)
		}
		if got := c.resource(); got != row.resource {
			t.Errorf("%s: resource %s, want %s", row.policy, got, row.resource)
		}
		if got := c.alias(); row.alias != "" && got != row.alias {
			t.Errorf("%s: alias %s, want %s", row.policy, got, row.alias)
		}
	}
}

// Whoever listens on port 0 sets Port to what the system gave.
func TestResourceFollowsThePort(t *testing.T) {
	t.Parallel()
	c := mustRead(t, withIssuer+"; MCP_PORT=0")
	c.Port = 4321
	if got, want := c.resource(), "http://localhost:4321/mcp"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if g, err := c.guard(); err != nil || g.Resource != c.resource() {
		t.Errorf("guard has %s, %v", g.Resource, err)
	}
}
