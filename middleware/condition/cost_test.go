package condition_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

// list is n elements between brackets.
func list(n int, element string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]"
}

// What callers can make of an expression that is cheap for usual arguments. Each
// would take seconds or more without the bound.
func TestCostBombs(t *testing.T) {
	numbers, long := list(60_000, "1"), strings.Repeat("a", 120_000)
	for _, row := range []struct {
		name       string
		expression string
		arguments  string
	}{
		{"long list", `op.arguments.a.all(x, x == 1)`, `{"a":` + numbers + `}`},
		{"long list without looking", `op.arguments.a.all(x, true)`, `{"a":` + numbers + `}`},
		{"many members", `op.arguments.all(name, name != "x")`, `{` + members(20_000) + `}`},
		{"each with each", `op.arguments.a.all(x, op.arguments.b.exists(y, x == y + 1.0))`, `{"a":` + list(30_000, "1") + `,"b":` + list(30_000, "1") + `}`},
		{"each in the other", `op.arguments.a.all(x, !(x in op.arguments.b))`, `{"a":` + list(30_000, "1") + `,"b":` + list(30_000, "2") + `}`},
		{"each with a long text", `op.arguments.a.all(x, x > op.arguments.b)`, `{"a":` + list(200, `"b"`) + `,"b":"` + long + `"}`},
		{"size of a long text", `op.arguments.a.all(x, size(op.arguments.b) > 1)`, `{"a":` + list(2000, "1") + `,"b":"` + long + `"}`},
		{"long texts put together", `op.arguments.a.all(x, (x + op.arguments.b).contains("b"))`, `{"a":` + list(200, `"b"`) + `,"b":"` + long + `"}`},
		{"long texts that are equal", `op.arguments.a.all(x, op.arguments.a.all(y, op.arguments.b == op.arguments.c))`, `{"a":` + list(30, "1") + `,"b":"` + long + `","c":"` + long + `"}`},
		{"deep lists that are equal", `op.arguments.a.all(x, x == op.arguments.b)`, `{"a":` + list(400, `[[`+list(100, "1")+`]]`) + `,"b":[[` + list(100, "1") + `]]}`},
		{"deep objects that are equal", `op.arguments.a.all(x, x == op.arguments.b)`, `{"a":` + list(400, `{"x":{"y":`+list(100, "1")+`}}`) + `,"b":{"x":{"y":` + list(100, "1") + `}}}`},
		{"wide pattern", `op.arguments.a.matches("[a-z]{1000}[a-z]{1000}[0-9]")`, `{"a":"` + long + long + `"}`},
		{"wide pattern, whole function", `matches(op.arguments.a, "[a-z]{1000}[a-z]{1000}[0-9]")`, `{"a":"` + long + long + `"}`},
		{"pattern for many", `op.arguments.a.all(x, x.matches("([a-z]*)*[0-9]") || true)`, `{"a":` + list(1000, `"`+long[:100]+`"`) + `}`},
		{"list that grows", `op.arguments.a.map(x, [x, x, x]).map(y, [y, y, y]).size() > 0`, `{"a":` + numbers + `}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := compile(t, row.expression)
			start := time.Now()
			if got := judge(t, c, alice, call(row.arguments)); got != costly {
				t.Errorf("%s", got)
			}
			// Far more than it takes, also under the race detector on a busy machine.
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// The bound is no hindrance.
func TestCostOfUsualArguments(t *testing.T) {
	for _, row := range []struct {
		name       string
		expression string
		arguments  string
	}{
		{"a thousand numbers", `op.arguments.a.all(x, x <= 1)`, `{"a":` + list(1000, "1") + `}`},
		{"a thousand addresses", `op.arguments.a.all(x, x.endsWith("@example.com"))`, `{"a":` + list(1000, `"somebody@example.com"`) + `}`},
		{"a text of half a book", `op.arguments.a.size() > 0`, `{"a":"` + strings.Repeat("a", 200_000) + `"}`},
		{"beginnings of a long text", `op.arguments.a.all(x, op.arguments.b.startsWith(x))`, `{"a":` + list(500, `"x"`) + `,"b":"` + strings.Repeat("x", 100_000) + `"}`},
		{"a pattern over a page", `op.arguments.a.matches("^[a-z .,]+$")`, `{"a":"` + strings.Repeat("a", 4000) + `"}`},
		{"thirty against thirty", `op.arguments.a.all(x, op.arguments.b.exists(y, x == y))`, `{"a":` + list(30, "1") + `,"b":` + list(30, "1") + `}`},
		{"a text that is not looked at", `op.arguments.a.size() == 1000 && op.arguments.a.all(x, x != op.arguments.b)`, `{"a":` + list(1000, `"x"`) + `,"b":"` + strings.Repeat("a", 100_000) + `"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := judge(t, compile(t, row.expression), alice, call(row.arguments)); got != allow {
				t.Errorf("%s", got)
			}
		})
	}
}

// An expression costs as much as its author wrote, too.
func TestCostAtLoad(t *testing.T) {
	_, err := condition.Compile(`op.arguments.a.all(a, op.arguments.b.all(b, op.arguments.c.exists(c, a == b && b == c)))`)
	if want := "for lists of 20 and strings of 20 characters: nest fewer loops"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want …%s", err, want)
	}
	compile(t, `op.arguments.a.all(a, op.arguments.b.exists(b, a == b && a.startsWith("x")))`)
}
