package middleware_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

func TestScopeClaims(t *testing.T) {
	realm := func(v any) map[string]any { return map[string]any{"realm_access": v, "scope": nil} }
	for _, test := range []struct {
		name   string
		from   []string
		claims map[string]any
		want   string
	}{
		{"a string is words", nil, map[string]any{"scope": "a b"}, "a b"},
		{"an array is scopes", nil, map[string]any{"scope": []string{"a", "b"}}, "a b"},
		{"an element of an array is whole, or nothing", nil, map[string]any{"scope": []string{"a b", "c"}}, "c"},
		{"a name that somebody chose is no scope", []string{"groups"}, map[string]any{"groups": []string{"Friends of admin", "read"}}, "read"},
		{"each once", nil, map[string]any{"scope": "a b a"}, "a b"},
		{"scp without scope", nil, map[string]any{"scope": nil, "scp": []string{"a"}}, "a"},
		{"scp as a string", nil, map[string]any{"scope": nil, "scp": "a b"}, "a b"},
		{"scp beside scope is not read", nil, map[string]any{"scope": "a", "scp": "b"}, "a"},
		{"scp beside an empty scope is not read", nil, map[string]any{"scope": "", "scp": "b"}, ""},
		{"roles are not read unless named", nil, map[string]any{"scope": nil, "roles": []string{"a"}, "permissions": []string{"b"}}, ""},
		{"permissions when named", []string{"permissions"}, map[string]any{"scope": "a", "permissions": []string{"b", "c"}}, "b c"},
		{"roles when named", []string{"roles"}, map[string]any{"roles": []string{"b"}}, "b"},
		{"all that are named count", []string{"scope", "scp", "permissions", "roles"}, map[string]any{"scope": "a", "scp": []string{"b", "a"}, "permissions": []string{"c"}, "roles": "d"}, "a b c d"},
		{"one of them may be missing", []string{"permissions", "scope"}, map[string]any{"scope": "a"}, "a"},
		{"a dot descends", []string{"realm_access.roles"}, realm(map[string]any{"roles": []string{"a", "b"}}), "a b"},
		{"and again", []string{"realm_access.x.roles"}, realm(map[string]any{"x": map[string]any{"roles": "a"}}), "a"},
		{"into what is no object", []string{"realm_access.roles"}, realm([]string{"roles"}), ""},
		{"into what is not there", []string{"realm_access.roles"}, realm(nil), ""},
		{"a name with dots in it", []string{"https://example.com/roles"}, map[string]any{"https://example.com/roles": []string{"a"}}, "a"},
		{"a name with a dot before one that descends", []string{"a.b"}, map[string]any{"a.b": "flat", "a": map[string]any{"b": "deep"}}, "flat"},
		{"case matters", []string{"groups"}, map[string]any{"Groups": "a"}, ""},
		{"numbers are no scopes", []string{"groups"}, map[string]any{"groups": []any{1, 2}}, ""},
		{"nor is an array that has others", []string{"groups"}, map[string]any{"groups": []any{"a", 2}}, ""},
		{"nor an object", []string{"groups"}, map[string]any{"groups": map[string]any{"a": true}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := policed(t, middleware.Policy{ScopeClaims: test.from})
			p, err := g.Check(post(mint(test.claims), message("ping", nil)))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(p.Scopes, " "); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	const login = "https://login.example.com"
	mallory := map[string]any{"sub": "mallory", "client_id": "cli", "jti": "t-1"}
	for _, test := range []struct {
		name   string
		denied middleware.Denied
		want   bool
	}{
		{"by issuer", middleware.Denied{Issuer: login}, true},
		{"by subject", middleware.Denied{Subject: "mallory"}, true},
		{"by client", middleware.Denied{Client: "cli"}, true},
		{"by token", middleware.Denied{TokenID: "t-1"}, true},
		{"by all of them", middleware.Denied{Issuer: login, Subject: "mallory", Client: "cli", TokenID: "t-1"}, true},
		{"another issuer is another subject", middleware.Denied{Issuer: login + "/", Subject: "mallory"}, false},
		{"another subject", middleware.Denied{Issuer: login, Subject: "mallor"}, false},
		{"a subject in another case", middleware.Denied{Subject: "Mallory"}, false},
		{"another client", middleware.Denied{Subject: "mallory", Client: "other"}, false},
		{"another token", middleware.Denied{Subject: "mallory", TokenID: "t-2"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := policed(t, middleware.Policy{Denied: []middleware.Denied{{Subject: "nobody"}, test.denied}})
			want := middleware.Reason("")
			if test.want {
				want = "denied_caller"
			}
			if got := reasonOf(g, post(mint(mallory), tool("x"))); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// API keys are denied by their names, and have no token.
func TestDeniedAPIKey(t *testing.T) {
	for subject, want := range map[string]middleware.Reason{"key-1": "denied_caller", "key-2": ""} {
		c := config()
		c.APIKeys = store(t, "mcp:tools")
		c.Policy = &middleware.Policy{Denied: []middleware.Denied{{Subject: subject}, {TokenID: "x"}}}
		r := post("", message("ping", nil), "X-API-Key", goodKey)
		r.Header.Del("Authorization")
		if got := reasonOf(newGuard(t, c), r); got != want {
			t.Errorf("%s is denied: %q, want %q", subject, got, want)
		}
	}
}

// A verdict is a condition that has its mind made up, and remembers what it was asked.
type verdict struct {
	allow bool
	err   error
	asked *[]string
}

func (v verdict) Allow(p *middleware.Principal, op middleware.Operation) (bool, error) {
	if v.asked != nil {
		*v.asked = append(*v.asked, p.Subject+" "+op.Method+" "+op.Name+" "+string(op.Arguments)+" "+string(op.ID))
	}
	return v.allow, v.err
}

func TestConditions(t *testing.T) {
	yes, no, broken, contrary := verdict{allow: true}, verdict{}, verdict{err: errors.New("no such key: owner")}, verdict{true, errors.New("half an answer"), nil}
	g := policed(t, middleware.Policy{
		Methods: map[string]middleware.Rule{"prompts/get": {Condition: no}},
		Tools: map[string]middleware.Rule{
			"yes": {Condition: yes}, "no": {Condition: no}, "broken": {Condition: broken}, "contrary": {Condition: contrary},
			"yes and scoped": {Condition: yes, Scopes: []string{"s"}}, "no and scoped": {Condition: no, Scopes: []string{"s"}},
		},
		Prompts:   map[string]middleware.Rule{"p": {Condition: yes}},
		Resources: []middleware.ResourceRule{{URI: "a:*", Rule: middleware.Rule{Condition: yes}}, {URI: "a:b", Rule: middleware.Rule{Condition: no}}},
	})
	for _, r := range []row{
		allow("", tool("yes")), deny("", tool("no")), deny("", tool("broken")), deny("", tool("contrary")),
		ask("", tool("yes and scoped"), "s"), allow("s", tool("yes and scoped")),
		deny("", tool("no and scoped")), deny("s", tool("no and scoped")), // no scope would help, so none is named
		deny("", prompt("p")), // every condition that is about it must allow it
		allow("", read("a:c")), deny("", read("a:b")),
	} {
		r.check(t, g)
	}
}

// A condition sees what the server will see.
func TestConditionsSeeTheOperation(t *testing.T) {
	var asked []string
	v := verdict{true, nil, &asked}
	g := policed(t, middleware.Policy{Methods: map[string]middleware.Rule{"ping": {Condition: v}}, Tools: map[string]middleware.Rule{"t": {Condition: v}}})
	batch := `[{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"t","arguments":{"n":1.0}}},{"jsonrpc":"2.0","method":"ping"}]`
	if _, err := g.Check(post(mint(nil), batch, "Mcp-Protocol-Version", "2025-03-26")); err != nil {
		t.Fatal(err)
	}
	if want := []string{`alice tools/call t {"n":1.0} "a"`, "alice ping   "}; !slices.Equal(asked, want) {
		t.Errorf("%q, want %q", asked, want)
	}
}

// A condition that cannot tell says why to operators, and to nobody else.
func TestConditionErrorsAreForOperators(t *testing.T) {
	g := policed(t, middleware.Policy{Tools: map[string]middleware.Rule{"t": {Condition: verdict{err: errors.New("canary")}}}})
	r := post(mint(nil), tool("t"))
	if _, err := g.Check(r); !strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
	if w := serve(g.Handler(ok), post(mint(nil), tool("t"))); strings.Contains(w.Body.String(), "canary") || w.Code != 403 {
		t.Error(w.Code, w.Body)
	}
}
