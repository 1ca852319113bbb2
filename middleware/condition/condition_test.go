package condition_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

func TestRefusesWithoutExpressionOrCaller(t *testing.T) {
	for name, c := range map[string]*condition.Condition{"nil": nil, "zero": {}} {
		if got := judge(t, c, alice, call(`{}`)); got != undecided {
			t.Errorf("%s condition: %s", name, got)
		}
	}
	if got := judge(t, compile(t, `true`), nil, call(`{}`)); got != undecided {
		t.Errorf("nobody: %s", got)
	}
}

// An operator learns which condition, where in it, and what; never what was sent.
func TestErrorTexts(t *testing.T) {
	const canary = "canary"
	for _, row := range []struct{ expression, arguments, want string }{
		{`op.arguments.amount <= 100`, `{}`, `condition cannot tell: "op.arguments.amount <= 100": 1:13: it reads something that is not there`},
		{`op.arguments.amount <= 100`, `{"amount":"canary"}`, `condition cannot tell: "op.arguments.amount <= 100": 1:21: a value has another type than it needs`},
		{`op.arguments.key.matches("^c")`, `{"key":7}`, `1:25: a value has another type than it needs`},
		{"op.name == 'x' ||\n  op.arguments.amount <= 100", `{"amount":"canary"}`, `condition cannot tell: "op.name == 'x' ||\n  op.arguments.amount <= 100": 2:23: a value has another type than it needs`},
		{`op.arguments[op.arguments.key] == 1`, `{"key":"canary"}`, `1:13: it reads something that is not there`},
		{`op.arguments.list[int(op.arguments.key)] == 1`, `{"key":"7","list":["canary"]}`, `1:18: it reads something that is not there`},
		{`int(op.arguments.key) == 1`, `{"key":"canary"}`, `1:4: a value cannot be converted`},
		{`double(op.arguments.key) == 1.0`, `{"key":"canary"}`, `1:7: a value cannot be converted`},
		{`timestamp(op.arguments.key) < now`, `{"key":"canary"}`, `1:10: a value cannot be converted`},
		{`duration(op.arguments.key) < duration("1s")`, `{"key":"canary"}`, `1:9: a value cannot be converted`},
		{`timestamp(int(op.arguments.key)) < now`, `{"key":999999999999}`, `"timestamp(int(op.arguments.key)) < now": a value is not what it needs`},
		{`timestamp(int(op.arguments.key)) > now || op.arguments.x`, `{"key":9,"x":"canary"}`, `: a value has another type than it needs`},
		{`1 % int(op.arguments.key) == 1`, `{"key":0}`, `1:3: it divides by zero`},
		{`-9223372036854775807 - int(op.arguments.key) < 0`, `{"key":7}`, `1:22: a value is not what it needs`},
		{`size({bytes(op.arguments.key): 1}) == 1`, `{"key":"canary"}`, `a value is not what it needs`},
		{`op.arguments.key.all(x, x)`, `{"key":"canary"}`, `it needs`},
		{`principal.claim(op.arguments.key) == "x"`, `{"key":"canary"}`, `1:16: it reads a claim that is not there, or is no string or list of strings`},
		{`op.arguments.key == 1`, `{"key":1,"key":"canary"}`, `condition cannot read the arguments: "op.arguments.key == 1": a member name is there twice`},
		{`op.arguments.key == 1`, `{"Key":"canary"}`, `condition cannot read the arguments: "op.arguments.key == 1": a name differs only by case from one that the condition reads`},
		{`op.arguments.key == 1`, `{"key":1e300}`, `a number is 2^53 or more, which not every reader holds exactly: let the tool take a string`},
		{`op.arguments.key == 1`, `canary`, `"op.arguments.key == 1": not valid JSON`},
		{`op.arguments.key == 1`, padded(condition.MaxArguments + 1), `condition cannot read the arguments: "op.arguments.key == 1": they are too large`},
		{`op.arguments.key.all(x, x == "canary")`, `{"key":` + list(20_000, `"canary"`) + `}`, `condition costs too much: "op.arguments.key.all(x, x == \"canary\")"`},
	} {
		allowed, err := compile(t, row.expression).Allow(alice, call(row.arguments))
		if allowed || err == nil || !strings.HasSuffix(err.Error(), row.want) {
			t.Errorf("%s\n%.99s: %v, %v\nwant %s", row.expression, row.arguments, allowed, err, row.want)
			continue
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, canary) && !strings.Contains(row.expression, canary) {
			t.Errorf("%s: tells what was sent: %s", row.expression, text)
		}
	}
}

func TestShadowObservesAndAllows(t *testing.T) {
	type observed struct {
		p       *middleware.Principal
		op      string
		allowed bool
		kind    error
	}
	var got []observed
	shadow := condition.DangerouslyShadow(compile(t, `op.arguments.amount <= 100`),
		func(p *middleware.Principal, op middleware.Operation, allowed bool, err error) {
			var kind error
			for _, sentinel := range []error{condition.ErrUndecided, condition.ErrArguments} {
				if errors.Is(err, sentinel) {
					kind = sentinel
				}
			}
			got = append(got, observed{p, op.Name + string(op.Arguments), allowed, kind})
		})
	want := []observed{
		{alice, `transfer{"amount":7}`, true, nil},
		{alice, `transfer{"amount":700}`, false, nil},
		{deploy, `transfer{}`, false, condition.ErrUndecided},
		{deploy, `transfer{"amount":7,"Amount":700}`, false, condition.ErrArguments},
	}
	for i, w := range want {
		arguments := strings.TrimPrefix(w.op, "transfer")
		if got := judge(t, shadow, w.p, call(arguments)); got != allow {
			t.Errorf("%s: %s", w.op, got)
		}
		if len(got) != i+1 || got[i] != w {
			t.Errorf("%s: observed %+v, want %+v", w.op, got, w)
		}
	}
}

func TestShadowNeedsSomethingToObserve(t *testing.T) {
	report := func(*middleware.Principal, middleware.Operation, bool, error) {}
	for name, make := range map[string]func(){
		"no condition": func() { condition.DangerouslyShadow(nil, report) },
		"no report":    func() { condition.DangerouslyShadow(compile(t, `true`), nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: allows everything, and nobody hears of it", name)
				}
			}()
			make()
		}()
	}
}

// One condition decides for everybody at once. The errors are the ones that cel-go
// shares between evaluations.
func TestConcurrentUse(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			c := compile(t, `"a" in op.arguments.list || timestamp(int(op.arguments.time)) < now || op.arguments.name.matches("^a")`)
			for range 50 {
				for arguments, want := range map[string]verdict{
					`{"list":["a"]}`: allow,
					`{"list":7,"time":999999999999,"name":7}`:       undecided,
					`{"list":["b"],"time":999999999999,"name":"b"}`: undecided,
					`{"list":["b"],"time":0,"name":"b"}`:            allow,
				} {
					if got := judge(t, c, alice, call(arguments)); got != want {
						t.Errorf("%s: %s, want %s", arguments, got, want)
					}
				}
			}
		})
	}
	c := compile(t, `op.arguments.amount <= 100 && op.arguments.to.all(x, x.matches("^[a-z]+$"))`)
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				want := deny
				if i <= 3 {
					want = allow
				}
				arguments := fmt.Sprintf(`{"amount":%d,"to":["abc"]}`, 97+i)
				if got := judge(t, c, alice, call(arguments)); got != want {
					t.Errorf("%s: %s, want %s", arguments, got, want)
				}
			}
		})
	}
	group.Wait()
}
