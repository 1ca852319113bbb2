package middleware

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// operations reads what a request asks for, as the MCP server behind us will read
// it. Without a policy nobody looks. Only POST carries messages; the streams that
// GET opens and the sessions that DELETE ends need no more than Config.Scopes.
//
// The body decides and never a header: Mcp-Method and Mcp-Name are for proxies,
// and a request in which they contradict the body is refused.
func (g *Guard) operations(r *http.Request) ([]Operation, error) {
	if !g.readsBody || r.Method != http.MethodPost {
		return nil, nil
	}
	body, err := g.readBody(r)
	if err != nil {
		return nil, err
	}
	read, _, err := rpc.Read(body, r.Header)
	if err != nil {
		return nil, err
	}
	ops := make([]Operation, 0, len(read))
	for _, op := range read {
		if !op.Response { // an answer to the server's own question asks for nothing
			ops = append(ops, Operation{op.Method, Kind(op.Kind), op.Name, op.Arguments, op.ID})
		}
	}
	return ops, nil
}

// needed is every scope that ops need together, or an error where no scope helps:
// then none is named, because asking for one would be in vain.
func (pol *policy) needed(p *Principal, ops []Operation) ([]string, error) {
	needed := words(pol.base, nil)
	for _, op := range ops {
		rules, err := pol.rules(op)
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			if err := r.allow(p, op); err != nil {
				return nil, err
			}
			needed = words(r.Scopes, needed)
		}
	}
	return needed, nil
}

// allow decides all of a rule but its scopes.
func (r *Rule) allow(p *Principal, op Operation) error {
	if r.Deny {
		return fmt.Errorf("%w: a rule denies it", errForbidden)
	}
	if r.Condition == nil {
		return nil
	}
	ok, err := r.Condition.Allow(p, op)
	switch {
	case err != nil:
		return fmt.Errorf("%w: a condition cannot tell: %w", errForbidden, err)
	case !ok:
		return fmt.Errorf("%w: a condition denies it", errForbidden)
	}
	return nil
}

// rules are the rules about an operation.
func (pol *policy) rules(op Operation) ([]*Rule, error) {
	var found []*Rule
	if r, ok := pol.Methods[op.Method]; ok {
		found = append(found, &r)
	}
	switch op.Kind {
	case KindTool:
		return pol.named(found, pol.Tools, op)
	case KindPrompt:
		return pol.named(found, pol.Prompts, op)
	case KindResource:
		return pol.resource(found, op)
	}
	return found, nil
}

func (pol *policy) named(found []*Rule, rules map[string]Rule, op Operation) ([]*Rule, error) {
	if r, ok := rules[op.Name]; ok {
		return append(found, &r), nil
	}
	return found, pol.unknown(len(rules) > 0, op)
}

func (pol *policy) resource(found []*Rule, op Operation) ([]*Rule, error) {
	if len(pol.Resources) > 0 && dotted(op.Name) {
		return nil, fmt.Errorf("%w: the URI has dot segments", errForbidden)
	}
	matched := false
	for i := range pol.Resources {
		if pol.Resources[i].matches(op.Name) {
			found, matched = append(found, &pol.Resources[i].Rule), true
		}
	}
	if matched {
		return found, nil
	}
	return found, pol.unknown(len(pol.Resources) > 0, op)
}

// unknown decides about what no rule is about.
func (pol *policy) unknown(others bool, op Operation) error {
	if pol.Default == DefaultDeny || pol.Default == DefaultAuto && others {
		return fmt.Errorf("%w: no rule is about what %s asks for", errForbidden, op.Method)
	}
	return nil
}

func (r *ResourceRule) matches(uri string) bool {
	prefix, wild := strings.CutSuffix(r.URI, "*")
	return uri == r.URI || wild && strings.HasPrefix(uri, prefix)
}

// dotted reports whether a URI could mean another one to a server that tidies
// paths, encoded dots included.
func dotted(uri string) bool {
	uri = strings.ToLower(uri)
	for _, encoded := range [...]string{"%2e", "%2f", "%5c"} {
		if strings.Contains(uri, encoded) {
			return true
		}
	}
	for segment := range strings.FieldsFuncSeq(uri, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}
