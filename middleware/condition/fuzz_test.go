package condition_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

// FuzzCompile: an expression is refused with an error of one line, or it makes a condition
// that answers whatever the arguments are: it allows only without an error.
func FuzzCompile(f *testing.F) {
	for _, expression := range []string{
		`op.arguments.amount <= 100 || "payments:large" in principal.scopes`,
		`op.arguments.to.all(r, r.endsWith("@example.com")) && size(op.arguments.to) < 10`,
		`op.arguments.items.filter(i, has(i.price) && i.price > 1).map(i, i.price)[0] == 2.5`,
		`principal.claim("a") == "b" && principal.hasClaim("a", "b") && "x" in principal.claimList("a", "b", "c")`,
		`now.getHours("Europe/Berlin") < 8 ? op.name.matches("^[a-z]{3}$") : type(op.arguments.x) == double`,
		`{b"a": 1} == {b"a": 1}`, `{"a": [1, 2u, 3.0]}.a[1u] == 2`, `op.arguments.a[op.arguments.b].c`,
		`timestamp(int(op.arguments.a)) - now > duration("1h")`, `'\u00e9' + "\x00" + r"\d" == """x"""`,
		"op.name\n==\t'x' // comment", `((((((`, `[[[[[[1]]]]]] == [] && !!!!true && ---1 == -1`, "\x00\xff", `a.b.c(d)[e]{f:g}`,
	} {
		f.Add(expression)
	}
	samples := []string{``, `{}`, `{"amount":1,"to":["a@example.com"],"items":[{"price":2.5}],"a":1,"b":"x","x":null}`,
		`{"a":[1,2,{"c":true}],"b":1,"to":{},"items":"x"}`, `{"a":1,"a":2}`, `[`}
	f.Fuzz(func(t *testing.T, expression string) {
		c, err := condition.Compile(expression)
		if err != nil {
			if c != nil || !errors.Is(err, condition.ErrExpression) {
				t.Fatalf("%v, %v", c, err)
			}
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		for _, arguments := range samples {
			judge(t, c, alice, call(arguments)) // fails the test when it allows with an error, or with one of no kind
		}
	})
}

// FuzzArguments: when a condition allows, then a tool that decodes the arguments into
// a struct, as tools written in Go do, finds what the condition asked for: encoding/json
// folds case, and lets the last of two names win.
func FuzzArguments(f *testing.F) {
	for _, arguments := range []string{
		`{"amount":100,"to":["alice@example.com"]}`, `{"amount":1e2,"to":[]}`, `{"amount":99.5}`, `{"to":["mallory"],"amount":1}`,
		`{"amount":1,"amount":1000,"to":[]}`, `{"amount":1,"Amount":1000,"to":[]}`, `{"AMOUNT":1000,"to":[]}`,
		`{"amount":1,"to":[],"\u0074o":["x"]}`, `{"amount":1,"to":[],"To":["x"]}`, `{"amount":"1","to":["x"]}`, `{"amount":null,"to":null}`,
		`{"amount":1e999,"to":[]}`, `{"amount":-0,"to":[],"task":"\ud83d\ude00"}`, `{"amount":1,"to":[],"ta\u017fk":"root"}`, `{"amount":1,"to":[],"tas\u212a":"root"}`,
		` {"amount":1,"to":[],"x":[[[{"task":{}}]]]} `, `[]`, `null`, ``, `{"amount":1,"to":[]}{}`, `{"amount":9007199254740993,"to":[]}`,
	} {
		f.Add([]byte(arguments))
	}
	c, err := condition.Compile(`op.arguments.amount <= 100 && op.arguments.to.all(r, r.endsWith("@example.com"))
		&& (!has(op.arguments.task) || op.arguments.task == "report")`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, arguments []byte) {
		op := call(string(arguments))
		if judge(t, c, alice, op) != allow {
			return
		}
		var tool struct {
			Amount float64
			To     []string
			Task   *string
		}
		if err := json.Unmarshal(op.Arguments, &tool); err != nil {
			return // the tool refuses
		}
		if tool.Amount > 100 || tool.Task != nil && *tool.Task != "report" {
			t.Errorf("%s: allowed, and the tool sees %+v", arguments, tool)
		}
		for _, to := range tool.To {
			if !strings.HasSuffix(to, "@example.com") {
				t.Errorf("%s: allowed, and the tool sees %+v", arguments, tool)
			}
		}
	})
}
