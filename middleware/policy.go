package middleware

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// An Operation is one thing that a request asks an MCP server to do.
type Operation struct {
	Method    string // JSON-RPC method, such as "tools/call"
	Kind      Kind   // what Name is the name of
	Name      string // the tool or prompt, or the URI of the resource; "" where the method has none
	Arguments []byte // JSON object of the arguments of a tool or prompt; nil without any
	ID        []byte // JSON of the request's id; nil in a notification
}

// A Kind says what an [Operation] names.
type Kind uint8

// The kinds, in the order of package rpc.
const (
	KindNone     = Kind(rpc.NoKind)
	KindTool     = Kind(rpc.Tool)
	KindPrompt   = Kind(rpc.Prompt)
	KindResource = Kind(rpc.Resource)
	KindTask     = Kind(rpc.Task)
)

// A Condition decides about an operation by more than scopes. An error means that
// it cannot tell, and refuses. It must be safe for concurrent use. Package
// middleware/condition makes them from CEL expressions.
type Condition interface {
	Allow(p *Principal, op Operation) (bool, error)
}

// A Policy says what callers may do in an MCP server, beyond Config.Scopes, which
// every request needs. Scopes of several rules that are about one operation add
// up. The zero Policy demands nothing, but still reads every JSON-RPC body and
// refuses what can be read in two ways.
type Policy struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// ScopeClaims are the claims that hold scopes, all of which count: strings,
	// separated by spaces, or arrays. A dot descends: "realm_access.roles". Empty
	// means what each issuer's own configuration says.
	ScopeClaims []string

	// Implies names scopes that come with a scope, directly or through others:
	// "admin" with "write", "write" with "read". What is implied may end in a
	// "*", for all scopes that begin so. A "*" in a token means nothing.
	Implies map[string][]string

	// Methods, Tools and Prompts are rules by JSON-RPC method, tool name and
	// prompt name, all exact.
	Methods, Tools, Prompts map[string]Rule

	// Resources are rules by URI; every one that matches counts.
	Resources []ResourceRule

	// Default is about tools, prompts and resources without a rule.
	Default Default

	// Listing is whether lists show what a caller may not use.
	Listing Listing

	// Denied are callers who may do nothing, whatever they hold.
	Denied []Denied
}

// A Rule says what an operation needs. The zero Rule needs nothing more than
// being known.
type Rule struct {
	_ [0]func() // keyed literals only, so that fields can be added

	Scopes    []string  // all of them
	Deny      bool      // nobody may
	Condition Condition // must allow it too; nil always does
}

// A ResourceRule is a Rule about resources.
type ResourceRule struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// URI is a resource's, or the beginning of several and a "*". It is compared
	// as it is written; a request for a URI with "." or ".." segments, or with
	// letters encoded that need no encoding, is refused.
	URI string

	Rule Rule
}

// Default is what happens to a tool, prompt or resource that no rule is about.
type Default string

// The defaults.
const (
	DefaultAuto  Default = ""      // deny, once there is a rule about any of its kind; else allow
	DefaultDeny  Default = "deny"  // refuse
	DefaultAllow Default = "allow" // let pass, with Config.Scopes
)

// Listing is whether tools/list and its like show what the caller may not use.
type Listing string

// The ways of listing.
const (
	ListingAuto Listing = ""     // show it to callers who can get more scopes, which is users with a token; hide it from others
	ListingHide Listing = "hide" // from all
	ListingShow Listing = "show" // to all
)

// Denied describes callers. Every field that is set must be equal; at least one
// must be set.
type Denied struct {
	_ [0]func() // keyed literals only, so that fields can be added

	Issuer, Subject, Client string
	TokenID                 string // "jti"
}

// errForbidden is a refusal that no scope would lift.
var errForbidden = errors.New("not allowed, whatever the scopes")

// A policy is a Policy that was checked, and Config.Scopes. It is immutable.
type policy struct {
	Policy
	base   []string            // Config.Scopes, each once; to append to it is to copy it
	closed map[string][]string // Implies, followed to the end
	read   *readBy             // shared by policies that read scopes alike
}

// readBy stands for one way to read scopes: policies with equal ScopeClaims share it. Who
// keeps scopes that were read keeps this, and compares pointers.
type readBy struct{ _ byte } // not empty: pointers to empty structs may be equal

// check makes sure that every rule can be obeyed, and matter.
func (p *Policy) check() []error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, &ConfigError{Field: "Policy." + field, Problem: fmt.Sprintf(format, args...)})
	}
	for scope, implied := range p.Implies {
		for _, s := range append([]string{scope}, implied...) {
			if !isScope(s) {
				add("Implies", "has %q, which is no scope", s)
			}
		}
		if strings.HasSuffix(scope, "*") {
			add("Implies", "has %q on the left, where * means nothing; name the scope", scope)
		}
	}
	for _, claim := range p.ScopeClaims {
		if strings.Trim(claim, ".") != claim || claim == "" {
			add("ScopeClaims", "has %q; write the name of a claim, with dots between the names of objects", claim)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(p.Methods)) {
		if !slices.Contains(methods, m) {
			add("Methods", "has %q, which is no method that clients call", m)
		}
	}
	for _, list := range []struct {
		field string
		rules map[string]Rule
	}{{"Methods", p.Methods}, {"Tools", p.Tools}, {"Prompts", p.Prompts}} {
		for _, name := range slices.Sorted(maps.Keys(list.rules)) {
			field := fmt.Sprintf("%s[%q]", list.field, name)
			if !canBeAsked(name) {
				add(field, "is a name that no request can have: empty, or not printable")
			}
			list.rules[name].check(field, add)
		}
	}
	for i, r := range p.Resources {
		field := fmt.Sprintf("Resources[%d]", i)
		if !canBeAsked(r.URI) || strings.Contains(strings.TrimSuffix(r.URI, "*"), "*") || dotted(r.URI) {
			add(field, "is about %q; write a URI, or the beginning of one and a final *", r.URI)
		}
		r.Rule.check(field, add)
	}
	if !slices.Contains([]Default{DefaultAuto, DefaultDeny, DefaultAllow}, p.Default) {
		add("Default", "is %q; write deny or allow", p.Default)
	}
	if !slices.Contains([]Listing{ListingAuto, ListingHide, ListingShow}, p.Listing) {
		add("Listing", "is %q; write hide or show, or nothing", p.Listing)
	}
	for i, d := range p.Denied {
		if d.Issuer+d.Subject+d.Client+d.TokenID == "" {
			add(fmt.Sprintf("Denied[%d]", i), "is empty, and would be about everybody; name an issuer, subject, client or token")
		}
	}
	return errs
}

// canBeAsked reports whether a request can name it: see package rpc.
func canBeAsked(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

func (r Rule) check(field string, add func(field, format string, args ...any)) {
	for _, s := range r.Scopes {
		if !isScope(s) {
			add(field, "has %q, which is no scope", s)
		}
	}
	if r.Deny && (len(r.Scopes) > 0 || r.Condition != nil) {
		add(field, "denies, so its scopes and condition can never matter; remove the one or the other")
	}
}

// methods are what clients call, by 2026-07-28 or before.
var methods = []string{
	"initialize", "ping", "server/discover", "logging/setLevel", "completion/complete",
	"tools/list", "tools/call", "prompts/list", "prompts/get",
	"resources/list", "resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe",
	"tasks/get", "tasks/list", "tasks/result", "tasks/cancel", "tasks/update", "subscriptions/listen",
	"notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/roots/list_changed",
}

// newPolicy checks p and prepares it.
func newPolicy(p *Policy, base []string) (*policy, []error) {
	checked := &policy{Policy: p.clone(), base: slices.Clip(words(base, nil)), closed: map[string][]string{}, read: new(readBy)}
	for scope := range p.Implies {
		checked.closed[scope] = closure(scope, p.Implies)
	}
	return checked, p.check()
}

// clone copies what the caller could change later.
func (p *Policy) clone() Policy {
	c := *p
	c.ScopeClaims, c.Denied, c.Resources = slices.Clone(p.ScopeClaims), slices.Clone(p.Denied), slices.Clone(p.Resources)
	for i := range c.Resources {
		c.Resources[i].Rule.Scopes = slices.Clone(c.Resources[i].Rule.Scopes)
	}
	c.Implies = maps.Clone(p.Implies)
	for scope, implied := range c.Implies {
		c.Implies[scope] = slices.Clone(implied)
	}
	for _, rules := range []*map[string]Rule{&c.Methods, &c.Tools, &c.Prompts} {
		*rules = maps.Clone(*rules)
		for name, r := range *rules {
			r.Scopes = slices.Clone(r.Scopes)
			(*rules)[name] = r
		}
	}
	return c
}

// SetPolicy puts p in the place of the policy there was, for requests that are
// decided from now on, and ends the streams of callers whom p denies. A mistake
// in p changes nothing; the error joins a
// [*ConfigError] for each. A guard made without a [Config.Policy], or
// [Config.Sessions], does not read bodies and can't get one.
func (g *Guard) SetPolicy(p Policy) error {
	if !g.readsBody {
		return &ConfigError{Field: "Policy", Problem: "was nil when the guard was made; give New a Policy to begin with"}
	}
	pol, errs := newPolicy(&p, g.scopes)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if old := g.policy.Load(); slices.Equal(old.ScopeClaims, pol.ScopeClaims) {
		pol.read = old.read
	}
	g.policy.Store(pol)
	g.streams.end(pol.denies)
	return nil
}

// closure follows implications from a scope to the end; circles are fine.
func closure(scope string, implies map[string][]string) []string {
	all := []string{scope}
	for i := 0; i < len(all); i++ {
		for _, next := range implies[all[i]] {
			if !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all[1:]
}
