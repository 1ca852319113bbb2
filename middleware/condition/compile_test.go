package condition_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

func TestCompileRefuses(t *testing.T) {
	for _, row := range []struct {
		name       string
		expression string
		want       string // behind the expression; … is for more
	}{
		{"nothing", ``, `it is empty`},
		{"blanks", " \n", `it is empty`},
		{"half an expression", `op.name ==`, `1:11: Syntax error: mismatched input '<EOF>' expecting …`},
		{"another language", `op.name = "x"`, `1:9: Syntax error: token recognition error at: '= '; …`},
		{"text over two lines", "\"a\nb\" == op.name", `1:1: Syntax error: token recognition error at: '"a '; …`},
		{"unknown variable", `user.name == "x"`, `1:1: undeclared reference to 'user': there are principal, op and now`},
		{"unknown field of principal", `principal.subjct == "x"`, `1:10: undefined field 'subjct': op has arguments, method, name; principal has client, issuer, method, scopes, subject`},
		{"unknown field of op", `op.argument.amount <= 1`, `1:3: undefined field 'argument': …`},
		{"unknown field asked for", `!has(op.argument)`, `1:5: undefined field 'argument': …`},
		{"claims by a field", `principal.claims.department == "x"`, `1:10: undefined field 'claims': …`},
		{"unknown function", `op.name.beginsWith("x")`, `1:19: undeclared reference to 'beginsWith': …`},
		{"unknown method of principal", `principal.group("x") == "y"`, `1:16: undeclared reference to 'group': …`},
		{"claim without a name", `principal.claim() == "x"`, `1:16: found no matching overload for 'claim' applied to 'principal.()'`},
		{"claim of too many names", `principal.claim("a", "b", "c", "d") == "x"`, `1:16: found no matching overload for 'claim' applied to 'principal.(string, string, string, string)'`},
		{"claim named by a number", `principal.claim(1) == "x"`, `1:16: found no matching overload for 'claim' applied to 'principal.(int)'`},
		{"claim of something else", `op.claim("a") == "x"`, `1:9: found no matching overload for 'claim' applied to 'op.(string)'`},
		{"list against text", `principal.scopes == "admin"`, `1:18: found no matching overload for '_==_' applied to '(list(string), string)'`},
		{"text against number", `op.name == 7`, `1:9: found no matching overload for '_==_' applied to '(string, int)'`},
		{"claim against number", `principal.claim("level") >= 3`, `1:26: found no matching overload for '_>=_' applied to '(string, int)'`},
		{"text as a list", `"admin" in principal.subject`, `1:9: found no matching overload for '@in' applied to '(string, string)'`},
		{"second line", "op.name == \"x\" &&\n  op.nam == \"y\"", `2:5: undefined field 'nam': …`},

		{"text", `"true"`, `its result is string, and must be bool`},
		{"number", `1`, `its result is int, and must be bool`},
		{"list", `principal.scopes`, `its result is list(string), and must be bool`},
		{"everything", `principal`, `its result is principal, and must be bool`},
		{"argument", `op.arguments.ok`, `its result may be of any type: compare it, as in op.arguments.confirmed == true`},
		{"argument or true", `has(op.arguments.ok) ? op.arguments.ok : true`, `its result may be of any type: …`},

		{"broken pattern", `op.name.matches("(")`, `1:17: invalid matches argument`},
		{"pattern of the caller", `op.name.matches(op.arguments.pattern)`, `1:29: patterns and time zones must be written out`},
		{"pattern of the caller, whole function", `matches(op.name, op.arguments.pattern)`, `1:30: patterns and time zones must be written out`},
		{"pattern that is calculated", `op.name.matches("^" + principal.subject)`, `1:21: patterns and time zones must be written out`},
		{"time zone of the caller", `now.getHours(op.arguments.zone) < 8`, `1:26: patterns and time zones must be written out`},
		{"unknown time zone", `now.getHours("Europe/Atlantis") < 8`, `1:14: unknown time zone`},
		{"unknown time", `now < timestamp("tomorrow")`, `1:17: invalid timestamp argument`},
		{"unknown duration", `now - now < duration("1 hour")`, `1:22: invalid duration argument`},
		{"mixed list", `op.name in ["x", 7]`, `1:18: expected type 'string' but found 'int'`},
		{"message of Protocol Buffers", `google.protobuf.Struct{} == op.arguments`, `1:23: undeclared reference to 'google.protobuf.Struct': …`},
		{"principal made up", `principal{subject: "root"} == principal`, `1:10: 'principal' is not a type`},
		{"macro for what may be missing", `op.arguments.?amount.orValue(1) < 2`, `1:13: unsupported syntax '.?'`},

		{"loops in loops in loops", `op.arguments.a.all(a, op.arguments.b.all(b, op.arguments.c.exists(c, a == b && b == c)))`, `it costs too much: …`},
		{"four loops over literals", `[1].all(a, [1].all(b, [1].all(c, [1].all(d, a == d))))`, `1:41: comprehension exceeds nesting limit`},
		{"four loops in a row", `[1].map(a, [a, a]).map(b, [b, b]).map(c, [c, c]).all(d, d == d)`, `1:8: comprehension exceeds nesting limit`},
		{"too long", strings.Repeat("true||", 700) + "true", `expression code point size exceeds limit: size: 4204, limit 4096`},
		{"too deep", strings.Repeat("[", 300) + strings.Repeat("]", 300) + " == []", `…`},
		{"constant that cel-go panics at", `{b"a": 1} == {b"a": 1}`, `it cannot be planned: …`},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := condition.Compile(row.expression)
			if c != nil || !errors.Is(err, condition.ErrExpression) {
				t.Fatalf("%v, %v", c, err)
			}
			_, problem, _ := strings.Cut(err.Error(), fmt.Sprintf("%q: ", row.expression))
			if len(row.expression) > 200 {
				_, problem, _ = strings.Cut(err.Error(), `…": `)
			}
			if start, more := strings.CutSuffix(row.want, "…"); !strings.HasPrefix(problem, start) || problem == "" || !more && problem != start {
				t.Errorf("%v\nwant %s", err, row.want)
			}
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

// What an error quotes of an expression, a reader finds again in the configuration.
func TestCompileQuotes(t *testing.T) {
	_, err := condition.Compile("op.nam\n== \"ü\"")
	if want := `not a usable condition: "op.nam\n== \"ü\"": 1:3: `; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v\nwant %s…", err, want)
	}
	_, err = condition.Compile("op.nam == \"" + strings.Repeat("ü", 1000) + "\"")
	if want := `op.nam == \"` + strings.Repeat("ü", 199-len(`op.nam == "`)) + `…": `; !strings.Contains(err.Error(), want) {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// After three mistakes the rest is left to the next attempt.
func TestCompileNamesTheFirstMistakes(t *testing.T) {
	_, err := condition.Compile(`a == b && c == d`)
	if want := `1:1: undeclared reference to 'a': there are principal, op and now; 1:6: undeclared reference to 'b': there are principal, op and now; 1:11: undeclared reference to 'c': there are principal, op and now; …`; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v\nwant …%s", err, want)
	}
}

func TestStringIsTheExpression(t *testing.T) {
	const expression = "op.name ==\n\t\"x\""
	if got := compile(t, expression).String(); got != expression {
		t.Errorf("%q", got)
	}
}
