package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/demo"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// inFile are the variables whose place is in the file, where there is one.
var inFile = []string{"MCP_TOOL_SCOPES", "MCP_SCOPE_HIERARCHY", "MCP_SCOPE_CLAIMS", "MCP_TOOL_LISTING"}

// policy is what callers may do: from MCP_POLICY_FILE, or from the variables and
// what the tools say of themselves. It reads the files anew.
func (c *config) policy(p *problems) middleware.Policy {
	var pol middleware.Policy
	if c.PolicyFile != "" {
		pol = c.filedPolicy(p)
	} else {
		pol = c.plainPolicy(p)
	}
	pol.Denied = c.denied(p)
	for _, name := range slices.Sorted(maps.Keys(pol.Tools)) {
		if _, ok := demo.Rules()[name]; !ok {
			p.add(c.policyVariable(), "has a rule about the tool %q, which is not there; write one of %s", name, strings.Join(slices.Sorted(maps.Keys(demo.Rules())), ", "))
		}
	}
	if len(pol.Prompts) > 0 || len(pol.Resources) > 0 {
		p.add(c.policyVariable(), "has rules about prompts or resources, and this server has none; remove them")
	}
	return pol
}

// policyVariable is where a rule about a tool was written.
func (c *config) policyVariable() string {
	if c.PolicyFile != "" {
		return "MCP_POLICY_FILE"
	}
	return "MCP_TOOL_SCOPES"
}

func (c *config) filedPolicy(p *problems) middleware.Policy {
	for _, variable := range inFile {
		if c.set(variable) {
			p.add(variable, "stands beside MCP_POLICY_FILE; write it in the file")
		}
	}
	var f policyFile
	if err := readYAML(c.PolicyFile, &f); err != nil {
		p.add("MCP_POLICY_FILE", "%v", err)
		return middleware.Policy{}
	}
	pol, errs := f.policy(c.shadow)
	for _, err := range errs {
		each(err, func(field, problem string) {
			p.add("MCP_POLICY_FILE", "%s %s", strings.TrimPrefix(field, "Policy."), problem)
		})
	}
	// What the file lets pass without a word needs what the tool says of itself: a
	// file that is only about lists must not make everything free.
	if pol.Default == middleware.DefaultAllow || pol.Default == middleware.DefaultAuto && len(pol.Tools) == 0 {
		rules := demo.Rules()
		maps.Copy(rules, pol.Tools)
		pol.Tools = rules
	}
	return pol
}

func (c *config) plainPolicy(p *problems) middleware.Policy {
	pol := middleware.Policy{
		ScopeClaims: c.ScopeClaims,
		Implies:     map[string][]string{},
		Tools:       demo.Rules(),
		Listing:     listing(c.ToolListing),
	}
	for _, chain := range c.ScopeHierarchy {
		scopes := strings.Split(chain, ">")
		for i := 1; i < len(scopes); i++ {
			wider, narrower := strings.TrimSpace(scopes[i-1]), strings.TrimSpace(scopes[i])
			pol.Implies[wider] = append(pol.Implies[wider], narrower)
		}
		if len(scopes) < 2 {
			p.add("MCP_SCOPE_HIERARCHY", "has %q; write the wider scope, >, and the narrower, such as admin>write>read", chain)
		}
	}
	written := map[string]bool{}
	for _, entry := range c.ToolScopes {
		tool, scopes, ok := strings.Cut(entry, "=")
		if !ok || tool == "" {
			p.add("MCP_TOOL_SCOPES", "has %q; write tool=scope, or tool= for none", entry)
			continue
		}
		if written[tool] {
			p.add("MCP_TOOL_SCOPES", "has %q twice; write all of its scopes in one entry, separated by spaces", tool)
		}
		written[tool] = true
		pol.Tools[tool] = middleware.Rule{Scopes: strings.Fields(scopes)}
	}
	return pol
}

// denied reads the file of callers who may do nothing.
func (c *config) denied(p *problems) []middleware.Denied {
	if c.DenylistFile == "" {
		return nil
	}
	var entries []deniedFile
	if err := readYAML(c.DenylistFile, &entries); err != nil {
		p.add("MCP_DENYLIST_FILE", "%v", err)
	}
	var denied []middleware.Denied
	for _, e := range entries {
		denied = append(denied, middleware.Denied{Issuer: e.Issuer, Subject: e.Subject, Client: e.Client, TokenID: e.TokenID})
	}
	return denied
}

// seal makes what binds sessions to callers, of keys from wherever they are.
func (c *config) seal(p *problems) *middleware.SessionSeal {
	variable, entry, written := "MCP_SESSION_KEYS", "entry", c.SessionKeys.values()
	if c.SessionKeysFile != "" {
		if len(written) > 0 {
			p.add("MCP_SESSION_KEYS_FILE", "stands beside MCP_SESSION_KEYS; keep one of them")
			return nil
		}
		text := readKeyFile("MCP_SESSION_KEYS_FILE", c.SessionKeysFile, p)
		if text == nil {
			return nil
		}
		variable, entry, written = "MCP_SESSION_KEYS_FILE", "line", strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	ring := make([][]byte, len(written))
	for i, key := range written {
		ring[i] = []byte(strings.TrimSpace(key))
	}
	seal, err := middleware.NewSessionSeal(ring...)
	each(err, func(field, problem string) {
		p.add(variable, "%s %s %s; make one with: openssl rand -base64 48", entry, oneBased(field), problem)
	})
	return seal
}

// oneBased is the number of "keys[0]" as people count.
func oneBased(field string) string {
	m := fieldPath.FindStringSubmatch(field)
	if m == nil {
		return field
	}
	i, _ := strconv.Atoi(m[2]) // digits only
	return strconv.Itoa(i + 1)
}

// limits are the calls of one caller and the failures of one address in a minute.
func (c *config) limits(g *middleware.Config, p *problems) {
	for _, l := range []struct {
		variable string
		n        int
		limiter  *middleware.Limiter
	}{
		{"MCP_CALL_LIMIT", c.CallLimit, &g.CallLimit},
		{"MCP_FAILURE_LIMIT", c.FailureLimit, &g.FailureLimit},
	} {
		switch {
		case l.n < 0:
			p.add(l.variable, "%d is negative; write how many in a minute, or 0 for no limit", l.n)
		case l.n > 0:
			*l.limiter = middleware.NewLimiter(l.n)
		}
	}
}

// translatePolicy says a mistake in a field of the policy in variables.
func (c *config) translatePolicy(field, problem string) (variable, text string) {
	rest := strings.TrimPrefix(field, "Policy.")
	switch {
	case strings.HasPrefix(rest, "Denied"):
		return "MCP_DENYLIST_FILE", fmt.Sprintf("%s %s", strings.TrimPrefix(rest, "Denied"), problem)
	case c.PolicyFile != "":
		return "MCP_POLICY_FILE", fmt.Sprintf("%s %s", rest, problem)
	case rest == "Implies":
		return "MCP_SCOPE_HIERARCHY", problem
	case rest == "ScopeClaims":
		return "MCP_SCOPE_CLAIMS", problem
	case rest == "Listing":
		return "MCP_TOOL_LISTING", problem
	}
	return "MCP_TOOL_SCOPES", fmt.Sprintf("%s %s", rest, problem)
}
