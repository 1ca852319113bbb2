package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// deployAsking runs mcp-rs so that it asks the provider about the tokens that it cannot
// read.
func (p *oidcProvider) deployAsking(t *testing.T, environ ...string) *deployment {
	t.Helper()
	return p.deploy(t, append([]string{
		"MCP_INTROSPECTION_URL=" + p.document.IntrospectionEndpoint,
		"MCP_INTROSPECTION_AUTH=basic",
		"MCP_INTROSPECTION_CLIENT_ID=resource-server",
		"MCP_INTROSPECTION_CLIENT_SECRET=" + secretOf("resource-server"),
		"MCP_INTROSPECTION_CACHE=1s",
	}, environ...)...)
}

// asked is what whoami says to the holder of a token that was asked about.
func (p *oidcProvider) asked(user, client string) identity {
	return identity{Method: "introspection", Issuer: p.URL, Subject: user, Client: client}
}

// Tokens of both forms are good at one address, each by the one way there is to check
// it; and an opaque one only if it was made for here.
func TestOIDCProviderOpaque(t *testing.T) {
	p := startOIDCProvider(t)
	for name, environ := range map[string][]string{
		"endpoint written":    nil,
		"endpoint discovered": {"MCP_INTROSPECTION_URL=discover"},
	} {
		t.Run(name, func(t *testing.T) {
			d := p.deployAsking(t, environ...)
			d.admits(t, bearerOf(p.login(t, "app-opaque", "ada", d.mcp).Access), p.asked("ada", "app-opaque"))
			d.admits(t, bearerOf(p.robot(t, "robot-opaque", d.mcp)), p.asked("", "robot-opaque"))
			d.admits(t, bearerOf(p.robot(t, "robot-rs256", d.mcp)), p.ofRobot("robot-rs256"))

			other := p.login(t, "app-opaque", "ada", "https://other.example.com/mcp")
			d.refuses(t, bearerOf(other.Access), http.StatusUnauthorized, "wrong_audience")
			d.refuses(t, bearerOf(other.ID), http.StatusUnauthorized, "wrong_audience")
			d.refuses(t, bearerOf("made-up-by-somebody"), http.StatusUnauthorized, "inactive_token")
		})
	}
}

// What the provider takes back ends here no later than the answer that is kept; and what
// it did not take back stays.
func TestOIDCProviderRevocation(t *testing.T) {
	p := startOIDCProvider(t)
	d := p.deployAsking(t)
	robot, kept := p.robot(t, "robot-opaque", d.mcp), p.robot(t, "robot-opaque", d.mcp)
	user := p.login(t, "app-opaque", "ada", d.mcp).Access
	d.admits(t, bearerOf(robot), p.asked("", "robot-opaque"))
	d.admits(t, bearerOf(user), p.asked("ada", "app-opaque"))
	p.post(t, p.document.RevocationEndpoint, "robot-opaque", nil, url.Values{"token": {robot}})
	p.post(t, p.document.RevocationEndpoint, "", nil, url.Values{"token": {user}, "client_id": {"app-opaque"}})
	time.Sleep(1100 * time.Millisecond) // MCP_INTROSPECTION_CACHE, and a little
	d.refuses(t, bearerOf(robot), http.StatusUnauthorized, "inactive_token")
	d.refuses(t, bearerOf(user), http.StatusUnauthorized, "inactive_token")
	d.admits(t, bearerOf(kept), p.asked("", "robot-opaque"))
}

// Where the provider does not tell, nobody is called a liar and nobody gets in: the
// client keeps its token and tries again.
func TestOIDCProviderDoesNotTell(t *testing.T) {
	p := startOIDCProvider(t)
	cannotTell := func(t *testing.T, d *deployment, who credential) {
		t.Helper()
		answer := d.refuses(t, who, http.StatusServiceUnavailable, "introspection_unavailable")
		if answer.Header.Get("Retry-After") == "" || answer.Header.Get("Www-Authenticate") != "" {
			t.Errorf("header %v", answer.Header)
		}
	}
	t.Run("our own credentials are wrong", func(t *testing.T) {
		d := p.deployAsking(t, "MCP_INTROSPECTION_CLIENT_SECRET=wrong")
		cannotTell(t, d, bearerOf(p.robot(t, "robot-opaque", d.mcp)))
		d.admits(t, bearerOf(p.robot(t, "robot-rs256", d.mcp)), p.ofRobot("robot-rs256"))
	})
	// This provider answers 400 to a question about a JWT.
	for _, mode := range []string{"also", "instead"} {
		t.Run("JWTs are asked about "+mode, func(t *testing.T) {
			d := p.deployAsking(t, "MCP_INTROSPECTION_TOKENS="+mode)
			cannotTell(t, d, bearerOf(p.robot(t, "robot-rs256", d.mcp)))
			d.admits(t, bearerOf(p.login(t, "app-opaque", "ada", d.mcp).Access), p.asked("ada", "app-opaque"))
		})
	}
	t.Run("the provider is gone", func(t *testing.T) { // it is: this comes last
		d := p.deployAsking(t)
		opaque, signed := bearerOf(p.robot(t, "robot-opaque", d.mcp)), bearerOf(p.robot(t, "robot-rs256", d.mcp))
		next := bearerOf(p.robot(t, "robot-rs256", d.mcp))
		d.admits(t, signed, p.ofRobot("robot-rs256"))
		p.stop()
		cannotTell(t, d, opaque)
		d.admits(t, next, p.ofRobot("robot-rs256")) // its key is here
		if log := d.log.String(); strings.Contains(log, `"reason":"keys_unavailable"`) {
			t.Errorf("keys were missed:\n%s", log)
		}
	})
}
