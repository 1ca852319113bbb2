package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// strongKey is how long an API key must be that others may try to guess.
const strongKey = 20

// warnings is what an operator should know although it starts: one sentence each,
// beginning with the variable. None holds a secret.
func (c *config) warnings() []string {
	warnings := slices.Clone(c.unknown)
	host, _ := c.host()
	resource, from := c.resourceFrom()
	weak := func(key string) bool { return len(key) < strongKey }
	for _, w := range []struct {
		applies bool
		text    string
	}{
		{!c.AuthEnabled, "MCP_AUTH_ENABLED: authentication is off, every request passes; for local development only"},
		{c.AuthEnabled && c.open() && !c.local(),
			"MCP_AUTH_REQUIRED: requests without a credential pass, and " + host + " can be reached from other machines; write MCP_AUTH_REQUIRED=true"},
		{!c.AuthEnabled && !c.local(),
			"MCP_HOST: " + host + " can be reached from other machines while authentication is off"},
		{c.AuthEnabled && !c.JWTEnabled && (c.anySet("MCP_JWT_", "MCP_OAUTH_", "MCP_INTROSPECTION_") || len(c.file.Issuers) > 0),
			"MCP_JWT_ENABLED: is false, so the other MCP_JWT_*, MCP_OAUTH_* and MCP_INTROSPECTION_* variables and the issuers of MCP_CONFIG_FILE do nothing"},
		{c.AuthEnabled && !c.APIKeyEnabled && c.anySet("MCP_API_KEYS"),
			"MCP_API_KEY_ENABLED: is false, so MCP_API_KEYS and MCP_API_KEYS_FILE do nothing"},
		{!c.HTTPSEnabled && c.anySet("MCP_SSL_"),
			"MCP_HTTPS_ENABLED: is false, so MCP_SSL_CERT_FILE and MCP_SSL_KEY_FILE do nothing"},
		{c.keysOn() && c.exposed() && slices.ContainsFunc(c.APIKeys.values(), weak),
			"MCP_API_KEYS: a key is short enough to be guessed, and others can reach this server; make one with: mcp-rs keygen"},
		{c.jwtOn() && !c.local() && loopbackURL(resource),
			from + ": " + resource + " means anybody's local server, so tokens made for one would pass here; write the URL that clients use"},
	} {
		if w.applies {
			warnings = append(warnings, w.text)
		}
	}
	_, doubled := c.trusts(new(problems))
	for _, entry := range doubled {
		warnings = append(warnings, "MCP_CONFIG_FILE: "+entry+" is an issuer of the variables too, which win, so that the entry does nothing; remove one")
	}
	return warnings
}

// notes is what presets say of how to set up the provider, one sentence each.
func (c *config) notes() []string {
	var notes []string
	for _, pl := range c.places(new(problems)) {
		trusts, _ := c.trustsAt(pl.url, new(problems))
		for _, t := range pl.chosen(trusts) {
			notes = union(notes, t.preset.Warnings)
		}
	}
	return notes
}

// hints is what to do about refusals, by reason. A preset knows more of its provider.
func (c *config) hints() map[middleware.Reason]string {
	all := maps.Clone(hints)
	trusts, _ := c.trusts(new(problems))
	for i := range slices.Backward(trusts) { // that of the variables last, which wins
		for reason, hint := range trusts[i].preset.Hints {
			all[middleware.Reason(reason)] = hint
		}
		if trusts[i].at.path == "" && trusts[i].preset.Hints[unanswered] != "" {
			all[unanswered] = c.askedAs(all[unanswered])
		}
	}
	return all
}

// unanswered is the reason that is about how we ask.
const unanswered = "introspection_unavailable"

// askedAs is the hint of a preset with the variables that are in force: its own, unless
// others stand over them.
func (c *config) askedAs(hint string) string {
	if c.clientSet() == "" {
		return hint
	}
	secret := c.entryVariables()["opaque.ask.secret_file"]
	return strings.NewReplacer("MCP_OAUTH_CLIENT_SECRET", secret, "MCP_OAUTH_CLIENT_ID", c.clientSet()).Replace(hint)
}

// anySet reports whether a variable with one of prefixes was set, switches aside.
func (c *config) anySet(prefixes ...string) bool {
	for variable := range c.from {
		for _, prefix := range prefixes {
			if strings.HasPrefix(variable, prefix) && !strings.HasSuffix(variable, "_ENABLED") {
				return true
			}
		}
	}
	return false
}
