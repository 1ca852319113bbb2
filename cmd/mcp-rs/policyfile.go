package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

// A policyFile is the file of MCP_POLICY_FILE: YAML, of which JSON is a part. Its
// names are those of middleware.Policy.
type policyFile struct {
	ScopeClaims []string            `yaml:"scope_claims"`
	Implies     map[string][]string `yaml:"implies"`
	Methods     map[string]ruleFile `yaml:"methods"`
	Tools       map[string]ruleFile `yaml:"tools"`
	Prompts     map[string]ruleFile `yaml:"prompts"`
	Resources   []resourceFile      `yaml:"resources"`
	Default     string              `yaml:"default"`
	Listing     string              `yaml:"listing"`
}

type ruleFile struct {
	Scopes []string `yaml:"scopes"`
	Deny   bool     `yaml:"deny"`
	When   string   `yaml:"when"`   // CEL
	Shadow bool     `yaml:"shadow"` // When is only logged
}

type resourceFile struct {
	URI      string `yaml:"uri"`
	ruleFile `yaml:",inline"`
}

// A deniedFile is one entry of the list in MCP_DENYLIST_FILE.
type deniedFile struct {
	Issuer  string `yaml:"issuer"`
	Subject string `yaml:"subject"`
	Client  string `yaml:"client"`
	TokenID string `yaml:"token_id"`
}

// readYAML reads one document strictly: a name that is not known, or there twice,
// is a mistake, because the rule that was meant would be missing. So is an empty
// file: it is what others see while one is being written, and it would let in
// whoever the rules keep out.
func readYAML(path string, into any) error {
	text, err := watch.Read(path)
	if err != nil {
		return fmt.Errorf("cannot be read: %w; write the path of a file", cause(err))
	}
	var tree yaml.Node
	if yaml.Unmarshal(text, &tree) == nil {
		if line := blank(&tree); line > 0 {
			return fmt.Errorf("has a name without a value in line %d, where a rule may be missing; write it, or {} or [] for none", line)
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	switch err := decoder.Decode(into); {
	case errors.Is(err, io.EOF):
		return errors.New("is empty; write {} for nothing, or [] for nobody")
	case err != nil:
		return plainYAML(err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return errors.New("has more than one document; keep one")
	}
	return nil
}

// blank is the line of the first name or entry without a value, or 0. YAML reads it
// as null, and Go as nothing: no scopes, no denial, no condition.
func blank(n *yaml.Node) int {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return n.Line
	}
	for _, child := range n.Content {
		if line := blank(child); line > 0 {
			return line
		}
	}
	return 0
}

// quoted is what the messages of package yaml say of values, which may be anything
// if the wrong file is named, and of our types.
var quoted = regexp.MustCompile("(?: in type| into) (?:\\[\\]|map\\[string\\])?main\\.\\w+| `[^`]*`")

// plainYAML is an error of package yaml for people, on one line.
func plainYAML(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if many, ok := errors.AsType[*yaml.TypeError](err); ok {
		text = strings.Join(many.Errors, "; ")
	}
	return errors.New("cannot be used: " + quoted.ReplaceAllString(text, ""))
}

// policy converts, and reports every mistake in a condition.
func (f *policyFile) policy(report shadowReport) (middleware.Policy, []error) {
	var errs []error
	convert := func(where string, r ruleFile) middleware.Rule {
		rule, err := r.rule(where, report)
		if err != nil {
			errs = append(errs, &middleware.ConfigError{Field: "Policy." + where, Problem: err.Error()})
		}
		return rule
	}
	named := func(kind string, from map[string]ruleFile) map[string]middleware.Rule {
		if from == nil {
			return nil
		}
		to := make(map[string]middleware.Rule, len(from))
		for name, r := range from {
			to[name] = convert(fmt.Sprintf("%s[%q]", kind, name), r)
		}
		return to
	}
	p := middleware.Policy{
		ScopeClaims: f.ScopeClaims,
		Implies:     f.Implies,
		Methods:     named("Methods", f.Methods),
		Tools:       named("Tools", f.Tools),
		Prompts:     named("Prompts", f.Prompts),
		Default:     middleware.Default(f.Default),
		Listing:     listing(f.Listing),
	}
	for i, r := range f.Resources {
		p.Resources = append(p.Resources, middleware.ResourceRule{URI: r.URI, Rule: convert(fmt.Sprintf("Resources[%d]", i), r.ruleFile)})
	}
	return p, errs
}

// A shadowReport hears what a condition in shadow mode would have decided, where.
type shadowReport func(where string, p *middleware.Principal, op middleware.Operation, allowed bool, err error)

func (r ruleFile) rule(where string, report shadowReport) (middleware.Rule, error) {
	rule := middleware.Rule{Scopes: r.Scopes, Deny: r.Deny}
	if r.When == "" {
		if r.Shadow {
			return rule, errors.New("has shadow without when; write a condition, or remove it")
		}
		return rule, nil
	}
	c, err := condition.Compile(r.When)
	if err != nil {
		return rule, err
	}
	rule.Condition = c
	if r.Shadow {
		rule.Condition = condition.DangerouslyShadow(c, func(p *middleware.Principal, op middleware.Operation, allowed bool, err error) {
			if report != nil {
				report(where, p, op, allowed, err)
			}
		})
	}
	return rule, nil
}

func listing(word string) middleware.Listing {
	if word == "auto" {
		return middleware.ListingAuto
	}
	return middleware.Listing(word)
}
