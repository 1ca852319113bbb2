package middleware

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// operations reads what a request asks for, as the MCP server behind us will read
// it. Without a policy nobody looks. The streams that GET opens and the sessions that
// DELETE ends come without a body and need no more than Config.Scopes; a body is read
// whatever the verb, because a handler may take a message with any.
//
// The body decides and never a header: Mcp-Method and Mcp-Name are for proxies,
// and a request in which they contradict the body is refused.
func (g *Guard) operations(r *http.Request) ([]Operation, error) {
	if !g.readsBody {
		return nil, nil
	}
	body, err := g.readBody(r)
	if err != nil || len(body) == 0 && r.Method != http.MethodPost {
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
	needed := pol.base
	conditions := 0
	for _, op := range ops {
		rules, err := pol.rules(op)
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			if r.Condition != nil {
				conditions++
			}
			if conditions > maxConditions {
				return nil, fmt.Errorf("%w: the batch needs more than %d conditions", errForbidden, maxConditions)
			}
			if err := r.allow(p, op); err != nil {
				return nil, err
			}
			needed = words(r.Scopes, needed)
		}
	}
	return needed, nil
}

// maxConditions bounds what one batch can make us work out.
const maxConditions = 32

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
	if pol.Default == DefaultDeny && found == nil && !slices.Contains(methods, op.Method) {
		return nil, fmt.Errorf("%w: no rule is about the method, and it is not one of the protocol's", errForbidden)
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
		return nil, fmt.Errorf("%w: the URI could mean another one", errForbidden)
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

// encodedPlain is an encoding, single or repeated, of what needs none: an unreserved
// character (RFC 3986 §6.2.2.2), a slash or a backslash.
var encodedPlain = regexp.MustCompile(`(?i)%(?:25)*(?:2[def]|3[0-9]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9ae])`)

// dotted reports whether a URI could mean another one to a server that decodes or
// tidies it: by dot segments (RFC 3986 §5.2.4), wherever a reader may begin or end
// one, or by encoding what is compared as it is written.
func dotted(uri string) bool {
	// The first letter of the scheme, and what follows the authority.
	scheme, rest, _ := strings.Cut(uri, ":")
	if scheme != strings.ToLower(scheme) || strings.Contains(strings.TrimLeft(rest, "/"), "//") || strings.HasPrefix(rest, "////") {
		return true
	}
	for segment := range strings.FieldsFuncSeq(uri, func(r rune) bool { return strings.ContainsRune(`/\:?#;`, r) }) {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return encodedPlain.MatchString(uri)
}
