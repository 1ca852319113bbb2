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

// policyAt is what callers may do at one place: what the file of MCP_CONFIG_FILE says of
// it, or MCP_POLICY_FILE, or the variables and what the tools say of themselves. It reads
// the files anew.
func (c *config) policyAt(pl place, p *problems) middleware.Policy {
	var pol middleware.Policy
	add := c.policyNote(pl, p)
	switch {
	case pl.Policy != nil:
		pol = c.filedPolicy(pl.Policy, add)
	case pl.PolicyFile != "":
		pol = c.readPolicy(pl.PolicyFile, add)
	case c.PolicyFile != "":
		c.checkInFile(p)
		pol = c.readPolicy(c.PolicyFile, add)
	default:
		pol = c.plainPolicy(p)
	}
	pol.Denied = c.denied(p)
	for _, name := range slices.Sorted(maps.Keys(pol.Tools)) {
		if _, ok := demo.Rules()[name]; !ok {
			add("has a rule about the tool %q, which is not there; write one of %s", name, strings.Join(slices.Sorted(maps.Keys(demo.Rules())), ", "))
		}
	}
	if len(pol.Prompts) > 0 || len(pol.Resources) > 0 {
		add("has rules about prompts or resources, and this server has none; remove them")
	}
	return pol
}

// policyNote is add for where the rules of a place are written.
func (c *config) policyNote(pl place, p *problems) note {
	switch {
	case pl.Policy != nil:
		return pl.at.about("policy")
	case pl.PolicyFile != "":
		return pl.at.about("policy_file")
	case c.PolicyFile != "":
		return p.about("MCP_POLICY_FILE")
	}
	return p.about("MCP_TOOL_SCOPES")
}

// checkInFile finds variables whose place is in the file.
func (c *config) checkInFile(p *problems) {
	for _, variable := range inFile {
		if c.set(variable) {
			p.add(variable, "stands beside MCP_POLICY_FILE; write it in the file")
		}
	}
}

func (c *config) readPolicy(path string, add note) middleware.Policy {
	var f policyFile
	if err := readYAML(path, &f); err != nil {
		add("%v", err)
		return middleware.Policy{}
	}
	return c.filedPolicy(&f, add)
}

func (c *config) filedPolicy(f *policyFile, add note) middleware.Policy {
	pol, errs := f.policy(c.shadow)
	for _, err := range errs {
		each(err, func(field, problem string) { add("%s %s", inPolicyFile(field), problem) })
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

// seal makes what binds sessions to callers, of the ring of keys that it returns too: a
// file is read once, or two things could be made of two rings.
func (c *config) seal(p *problems) (*middleware.SessionSeal, [][]byte) {
	ring, variable, entry := c.sessionRing(p)
	seal, err := middleware.NewSessionSeal(ring...)
	each(err, func(field, problem string) {
		p.add(variable, "%s %s %s; make one with: openssl rand -base64 48", entry, oneBased(field), problem)
	})
	return seal, ring
}

// sessionRing is the keys of sessions from wherever they are, and what one of them is
// called.
func (c *config) sessionRing(p *problems) (ring [][]byte, variable, entry string) {
	variable, entry, written := "MCP_SESSION_KEYS", "entry", c.SessionKeys.values()
	if c.SessionKeysFile != "" {
		if len(written) > 0 {
			p.add("MCP_SESSION_KEYS_FILE", "stands beside MCP_SESSION_KEYS; keep one of them")
			return nil, variable, entry
		}
		text := readKeyFile(c.SessionKeysFile, p.about("MCP_SESSION_KEYS_FILE"))
		if text == nil {
			return nil, variable, entry
		}
		variable, entry, written = "MCP_SESSION_KEYS_FILE", "line", strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	for _, key := range written {
		ring = append(ring, []byte(strings.TrimSpace(key)))
	}
	return ring, variable, entry
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

// translatePolicy says a mistake in a field of the policy of a place in variables.
func (c *config) translatePolicy(pl place, field, problem string) (variable, text string) {
	rest := strings.TrimPrefix(field, "Policy.")
	switch {
	case strings.HasPrefix(rest, "Denied"):
		return "MCP_DENYLIST_FILE", fmt.Sprintf("entry %s %s", oneBased(rest), problem)
	case pl.Policy != nil || pl.PolicyFile != "" || c.PolicyFile != "":
		var p problems
		pl.at.p = &p
		c.policyNote(pl, &p)("%s %s", inPolicyFile(field), problem)
		return p.found[0].Field, p.found[0].Problem
	case rest == "Implies":
		return "MCP_SCOPE_HIERARCHY", problem
	case rest == "ScopeClaims":
		return "MCP_SCOPE_CLAIMS", problem
	case rest == "Listing":
		return "MCP_TOOL_LISTING", problem
	}
	return "MCP_TOOL_SCOPES", fmt.Sprintf("%s %s", inPolicyFile(field), problem)
}

// inPolicyFile writes "Policy.Tools["whoami"]" as the file has it, with what is quoted as
// it is.
func inPolicyFile(field string) string {
	name, rest, _ := strings.Cut(field, "[")
	name = snake(strings.TrimPrefix(name, "Policy."))
	if rest != "" {
		name += "[" + rest
	}
	return name
}
