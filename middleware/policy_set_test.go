package middleware_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

var badPolicies = []struct {
	name   string
	policy middleware.Policy
	fields []string
}{
	{"a scope that is none, on the left", middleware.Policy{Implies: map[string][]string{"a b": {"c"}}}, []string{"Policy.Implies"}},
	{"a scope that is none, on the right", middleware.Policy{Implies: map[string][]string{"a": {"b", ""}}}, []string{"Policy.Implies"}},
	{"a star on the left", middleware.Policy{Implies: map[string][]string{"notes:*": {"b"}}}, []string{"Policy.Implies"}},
	{"a claim without a name", middleware.Policy{ScopeClaims: []string{"scope", ""}}, []string{"Policy.ScopeClaims"}},
	{"a claim in nothing", middleware.Policy{ScopeClaims: []string{".roles", "roles."}}, []string{"Policy.ScopeClaims", "Policy.ScopeClaims"}},
	{"a method that nobody calls", middleware.Policy{Methods: map[string]middleware.Rule{"tool/call": {}, "Tools/Call": {}}}, []string{"Policy.Methods", "Policy.Methods"}},
	{"a method that a server calls", middleware.Policy{Methods: map[string]middleware.Rule{"sampling/createMessage": {}}}, []string{"Policy.Methods"}},
	{"a method's scope that is none", middleware.Policy{Methods: map[string]middleware.Rule{"ping": {Scopes: []string{"a b"}}}}, []string{`Policy.Methods["ping"]`}},
	{"a tool's scope that is none", middleware.Policy{Tools: map[string]middleware.Rule{"t": {Scopes: []string{`a"b`}}}}, []string{`Policy.Tools["t"]`}},
	{"a prompt's scope that is none", middleware.Policy{Prompts: map[string]middleware.Rule{"p": {Scopes: []string{""}}}}, []string{`Policy.Prompts["p"]`}},
	{"a resource's scope that is none", middleware.Policy{Resources: []middleware.ResourceRule{{URI: "a:b", Rule: middleware.Rule{Scopes: []string{"\n"}}}}}, []string{"Policy.Resources[0]"}},
	{"scopes of what is denied", middleware.Policy{Tools: map[string]middleware.Rule{"t": {Deny: true, Scopes: []string{"a"}}}}, []string{`Policy.Tools["t"]`}},
	{"a condition of what is denied", middleware.Policy{Tools: map[string]middleware.Rule{"t": {Deny: true, Condition: verdict{}}}}, []string{`Policy.Tools["t"]`}},
	{"a resource without URI", middleware.Policy{Resources: []middleware.ResourceRule{{URI: "a:b"}, {}}}, []string{"Policy.Resources[1]"}},
	{"a star within a URI", middleware.Policy{Resources: []middleware.ResourceRule{{URI: "a:*/b"}, {URI: "a:**"}}}, []string{"Policy.Resources[0]", "Policy.Resources[1]"}},
	{"a URI that is never asked for", middleware.Policy{Resources: []middleware.ResourceRule{{URI: "a:b/../c"}, {URI: "a:%2e%2E/c"}, {URI: "a:%61"}}}, []string{"Policy.Resources[0]", "Policy.Resources[1]", "Policy.Resources[2]"}},
	{"a default that is none", middleware.Policy{Default: "Deny"}, []string{"Policy.Default"}},
	{"a listing that is none", middleware.Policy{Listing: "auto"}, []string{"Policy.Listing"}},
	{"a denial of everybody", middleware.Policy{Denied: []middleware.Denied{{Subject: "a"}, {}}}, []string{"Policy.Denied[1]"}},
	{"a tool without a name, which is never called", middleware.Policy{Tools: map[string]middleware.Rule{"": {}}}, []string{`Policy.Tools[""]`}},
	{"a prompt with a name that is never sent", middleware.Policy{Prompts: map[string]middleware.Rule{"a\n": {}}}, []string{`Policy.Prompts["a\n"]`}},
	{"several mistakes", middleware.Policy{Default: "x", Listing: "y", Denied: make([]middleware.Denied, 1)}, []string{"Policy.Default", "Policy.Listing", "Policy.Denied[0]"}},
}

func TestPolicyMistakes(t *testing.T) {
	for _, test := range badPolicies {
		t.Run(test.name, func(t *testing.T) {
			c := config()
			c.Policy = &test.policy
			_, err := middleware.New(c)
			if got := fieldsOf(t, err); !slices.Equal(got, test.fields) {
				t.Errorf("New: %q, want %q", got, test.fields)
			}
			g := policed(t, middleware.Policy{Tools: needs("kept")})
			if got := fieldsOf(t, g.SetPolicy(test.policy)); !slices.Equal(got, test.fields) {
				t.Errorf("SetPolicy: %q, want %q", got, test.fields)
			}
			deny("kept", tool("other")).check(t, g) // as the policy there was says
			ask("", tool("kept"), "kept").check(t, g)
		})
	}
}

// Mistakes of a policy come together with the others.
func TestPolicyMistakesAmongOthers(t *testing.T) {
	c := config()
	c.Resource, c.Policy = "", &middleware.Policy{Default: "x"}
	_, err := middleware.New(c)
	if got := fieldsOf(t, err); !slices.Contains(got, "Policy.Default") || !slices.Contains(got, "Resource") {
		t.Errorf("%q", got)
	}
}

func TestSetPolicyNeedsOneToBeginWith(t *testing.T) {
	err := newGuard(t, config()).SetPolicy(middleware.Policy{})
	if mistake, ok := errors.AsType[*middleware.ConfigError](err); !ok || mistake.Field != "Policy" {
		t.Errorf("%v", err)
	}
}

// A policy is copied: changing it later changes nothing.
func TestPolicyIsCopied(t *testing.T) {
	p := middleware.Policy{
		ScopeClaims: []string{"scope"},
		Implies:     map[string][]string{"admin": {"write"}},
		Tools:       needs("t"), Prompts: needs("p"), Methods: map[string]middleware.Rule{"ping": {Scopes: []string{"ping"}}},
		Resources: []middleware.ResourceRule{{URI: "a:b", Rule: middleware.Rule{Scopes: []string{"r"}}}},
		Denied:    []middleware.Denied{{Subject: "mallory"}},
	}
	g := policed(t, p)
	p.ScopeClaims[0] = "other"
	p.Implies["admin"][0], p.Implies["x"] = "t", []string{"t"}
	p.Tools["t"].Scopes[0], p.Prompts["p"].Scopes[0], p.Methods["ping"].Scopes[0] = "x", "x", "x"
	p.Tools["new"] = middleware.Rule{}
	p.Resources[0].Rule.Scopes[0], p.Resources[0].URI, p.Denied[0].Subject = "x", "c:d", "alice"
	for _, r := range []row{
		ask("x", tool("t"), "t"), ask("admin", tool("t"), "t"), ask("x", prompt("p"), "p"), ask("x", message("ping", nil), "ping"),
		ask("x", read("a:b"), "r"), deny("x", tool("new")), allow("t", tool("t")),
	} {
		r.check(t, g)
	}
}

// SetPolicy holds for all guards of the resource, from the next request on.
func TestSetPolicyIsShared(t *testing.T) {
	c := config()
	c.Scopes, c.Aliases, c.Policy = nil, []string{alias}, &middleware.Policy{}
	g := newGuard(t, c)
	other := g.For(alias)
	allow("", tool("t")).check(t, other)
	if err := g.SetPolicy(middleware.Policy{Tools: needs("t")}); err != nil {
		t.Fatal(err)
	}
	ask("", tool("t"), "t").check(t, other)
	if err := other.SetPolicy(middleware.Policy{}); err != nil {
		t.Fatal(err)
	}
	allow("", tool("t")).check(t, g)
}

// Scopes of Config stay needed, whatever the policy.
func TestSetPolicyKeepsTheScopes(t *testing.T) {
	c := config()
	c.Policy = &middleware.Policy{}
	g := newGuard(t, c)
	if err := g.SetPolicy(middleware.Policy{Tools: needs("t")}); err != nil {
		t.Fatal(err)
	}
	ask("t", tool("t"), "mcp:tools t").check(t, g)
	allow("mcp:tools t", tool("t")).check(t, g)
}

// Each request is decided by one policy, from its scopes to its rules: here the old
// one needs what only its claim grants, and so does the new one.
func TestSetPolicyUnderLoad(t *testing.T) {
	old := middleware.Policy{ScopeClaims: []string{"roles"}, Tools: needs("old")}
	old.Tools["t"] = middleware.Rule{Scopes: []string{"old"}}
	next := middleware.Policy{ScopeClaims: []string{"permissions"}, Tools: map[string]middleware.Rule{"t": {Scopes: []string{"new"}}}}
	bad := middleware.Policy{Default: "bad"}
	g := policed(t, old)
	token := mint(map[string]any{"roles": []string{"old"}, "permissions": []string{"new"}})
	var done atomic.Bool
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for !done.Load() {
				if p, err := g.Check(post(token, tool("t"))); err != nil {
					t.Errorf("refused: %v", err)
					return
				} else if s := strings.Join(p.Scopes, " "); s != "old" && s != "new" {
					t.Errorf("scopes %q", s)
				}
			}
		})
	}
	for i := range 200 {
		p := next
		if i%2 == 0 {
			p = old
		}
		if err := g.SetPolicy(p); err != nil {
			t.Error(err)
		}
		if err := g.SetPolicy(bad); err == nil {
			t.Error("a bad policy is accepted")
		}
	}
	done.Store(true)
	callers.Wait()
}
