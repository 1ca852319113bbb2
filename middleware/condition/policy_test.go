package condition_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

type verdict string

const (
	allow verdict = "allow"
	deny  verdict = "deny"
)

// undecided, unreadable and costly are refusals with an error.
var (
	undecided  = verdict(condition.ErrUndecided.Error())
	unreadable = verdict(condition.ErrArguments.Error())
	costly     = verdict(condition.ErrCost.Error())
)

func judge(t *testing.T, c middleware.Condition, p *middleware.Principal, op middleware.Operation) verdict {
	t.Helper()
	allowed, err := c.Allow(p, op)
	switch {
	case err == nil && allowed:
		return allow
	case err == nil:
		return deny
	case allowed:
		t.Errorf("%v: allowed in spite of an error", err)
	}
	for _, sentinel := range []error{condition.ErrUndecided, condition.ErrArguments, condition.ErrCost} {
		if errors.Is(err, sentinel) {
			return verdict(sentinel.Error())
		}
	}
	t.Errorf("an error of no kind: %v", err)
	return ""
}

func TestArgumentsPolicy(t *testing.T) {
	for _, row := range []struct {
		name       string
		expression string
		arguments  string
		want       verdict
	}{
		{"amount within the limit", `op.arguments.amount <= 100`, `{"amount":100}`, allow},
		{"fraction within the limit", `op.arguments.amount <= 100`, `{"amount":99.5}`, allow},
		{"fraction above the limit", `op.arguments.amount <= 100`, `{"amount":100.5}`, deny},
		{"one number however it is written", `op.arguments.amount == 100`, `{"amount":1.0e2}`, allow},
		{"negative amount", `op.arguments.amount > 0 && op.arguments.amount <= 100`, `{"amount":-5}`, deny},
		{"whole number in a list of them", `op.arguments.level in [1, 2, 3]`, `{"level":2.0}`, allow},
		{"fraction in a list of whole numbers", `op.arguments.level in [1, 2, 3]`, `{"level":2.5}`, deny},
		{"calculation with fractions", `op.arguments.count * 2.0 <= 10`, `{"count":5}`, allow},
		{"calculation of two arguments", `op.arguments.price * op.arguments.count <= 10`, `{"price":2.5,"count":4}`, allow},
		{"calculation with whole numbers", `op.arguments.count * 2 <= 10`, `{"count":5}`, undecided},
		{"type of a number", `type(op.arguments.amount) == double`, `{"amount":1}`, allow},
		{"largest number", `op.arguments.amount > 0`, `{"amount":9007199254740991}`, allow},

		{"missing amount", `op.arguments.amount <= 100`, `{}`, undecided},
		{"missing amount, no arguments", `op.arguments.amount <= 100`, ``, undecided},
		{"missing amount, negated", `!(op.arguments.amount > 100)`, `{}`, undecided},
		{"missing amount, unequal", `op.arguments.amount != 100`, `{}`, undecided},
		{"missing amount, asked for", `!has(op.arguments.amount) || op.arguments.amount <= 100`, `{}`, allow},
		{"present amount, asked for", `!has(op.arguments.amount) || op.arguments.amount <= 100`, `{"amount":101}`, deny},
		{"missing on the other side", `op.arguments.amount <= 100 || op.name == "transfer"`, `{}`, allow},
		{"missing on the side that matters", `op.arguments.amount <= 100 || op.name == "other"`, `{}`, undecided},
		{"missing element", `op.arguments.list[3] == 1`, `{"list":[1]}`, undecided},
		{"missing object", `has(op.arguments.options.force)`, `{}`, undecided},
		{"something else than the object", `!has(op.arguments.options.force)`, `{"options":"force"}`, undecided},
		{"no arguments", `!has(op.arguments)`, ``, allow},
		{"no arguments in the object", `size(op.arguments) == 0`, ` {} `, allow},

		{"text for a number", `op.arguments.amount <= 100`, `{"amount":"1"}`, undecided},
		{"null for a number", `op.arguments.amount <= 100`, `{"amount":null}`, undecided},
		{"list for a number", `op.arguments.amount <= 100`, `{"amount":[1]}`, undecided},
		{"number for a text", `op.arguments.to.endsWith("@example.com")`, `{"to":7}`, undecided},
		{"number for a pattern", `op.arguments.to.matches("^a")`, `{"to":7}`, undecided},
		{"number for a list", `"a" in op.arguments.to`, `{"to":7}`, undecided},
		{"text for a condition", `op.arguments.ok && true`, `{"ok":"true"}`, undecided},
		{"true is true", `op.arguments.ok == true`, `{"ok":true}`, allow},
		{"text is not true", `op.arguments.ok == true`, `{"ok":"true"}`, deny},
		{"null is null", `op.arguments.to == null`, `{"to":null}`, allow},
		{"no number in the text", `int(op.arguments.to) > 0`, `{"to":"secret"}`, undecided},
		{"division by zero", `1 / int(op.arguments.to) == 1`, `{"to":"0"}`, undecided},
		{"key that a map cannot have", `size({bytes(op.arguments.to): 1}) == 1`, `{"to":"secret"}`, undecided},

		{"every recipient inside", `op.arguments.to.all(r, r.endsWith("@example.com"))`, `{"to":["a@example.com","b@example.com"]}`, allow},
		{"one recipient outside", `op.arguments.to.all(r, r.endsWith("@example.com"))`, `{"to":["a@example.com","b@example.org"]}`, deny},
		{"members of elements", `op.arguments.items.all(i, i.price < 5)`, `{"items":[{"price":1},{"price":4.5}]}`, allow},
		{"known arguments only", `op.arguments.all(name, name in ["amount", "to"])`, `{"amount":1,"to":"x","force":true}`, deny},
		{"pattern", `op.arguments.path.matches("^/public/[a-z]+$")`, `{"path":"/public/news"}`, allow},
		{"pattern, whole function", `matches(op.arguments.path, "^/public/[a-z]+$")`, `{"path":"/private/news"}`, deny},
		{"texts are compared exactly", `op.arguments.to == "alice"`, `{"to":"Alice"}`, deny},
		{"escapes are read", `op.arguments.to == "a\u00e9\U0001F600"`, `{"to":"a\u00e9\ud83d\ude00"}`, allow},
		{"member by its name", `op.arguments["dotted.name"] == 1`, `{"dotted.name":1}`, allow},
		{"nested values", `op.arguments.box == {"a": [1.0, 2.0]}`, `{"box":{"a":[1,2]}}`, allow},

		{"name twice", `op.arguments.amount <= 100`, `{"amount":1,"amount":1000}`, unreadable},
		{"name twice below", `op.arguments.amount <= 100`, `{"amount":1,"x":{"a":1,"a":1}}`, unreadable},
		{"name in another case", `!has(op.arguments.amount) || op.arguments.amount <= 100`, `{"Amount":1000}`, unreadable},
		{"name in two cases", `op.arguments.sum <= 100`, `{"sum":1,"\u017fum":1000}`, unreadable},
		{"name in another case below", `op.arguments.items.all(i, i.price < 5)`, `{"items":[{"price":1,"Price":9}]}`, unreadable},
		{"index in another case", `!("amount" in op.arguments)`, `{"AMOUNT":1}`, unreadable},
		{"forbidden name in another case", `op.arguments.all(name, name != "force")`, `{"Force":true}`, unreadable},
		{"name that is not read in two cases", `op.arguments.amount <= 100`, `{"amount":1,"x":1,"X":2}`, allow},
		{"both cases are read", `has(op.arguments.a) && has(op.arguments.A)`, `{"a":1,"A":2}`, allow},
		{"value in another case than a member", `op.name == "Transfer" || op.arguments.amount <= 100`, `{"amount":1,"transfer":true}`, allow},
		{"index that is chosen, in another case", `!has(op.arguments[has(op.name) ? "options" : "x"].force)`, `{"options":{},"Options":{"force":true}}`, unreadable},
		{"names of the operation are no arguments", `op.name == "transfer" && op.arguments.amount <= 100`, `{"amount":1,"Name":"x"}`, allow},
		{"names of tools in a list are no arguments", `op.name in ["transfer", "Refund"] && op.arguments.amount <= 100`, `{"amount":1,"refund":true}`, allow},
		{"beginnings of tools are no arguments", `op.name.startsWith("Trans") || op.arguments.amount <= 100`, `{"amount":1,"trans":true}`, allow},
		{"names of claims are no arguments", `principal.hasClaim("Limit") || op.arguments.amount <= 100`, `{"amount":1,"limit":true}`, allow},
		{"values of claims are no arguments", `principal.claim("department") == "Sales" || op.arguments.amount <= 100`, `{"amount":1,"sales":true}`, allow},
		{"2^53", `op.arguments.amount > 0`, `{"amount":9007199254740992}`, unreadable},
		{"-2^53 below", `op.arguments.amount > 0`, `{"amount":1,"x":[[-9007199254740993]]}`, unreadable},
		{"infinite number", `op.arguments.amount > 0`, `{"amount":1e999}`, unreadable},
		{"no object", `op.arguments.amount > 0`, `[1]`, unreadable},
		{"no JSON", `op.arguments.amount > 0`, `{"amount":1}}`, unreadable},
		{"half a character", `op.arguments.amount > 0`, `{"amount":1,"x":"\ud800"}`, unreadable},
		{"nested as deep as can be", `op.arguments.amount > 0`, `{"amount":1,"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, allow},
		{"nested too deeply", `op.arguments.amount > 0`, `{"amount":1,"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, unreadable},
		{"as large as can be", `op.arguments.amount > 0`, padded(condition.MaxArguments), allow},
		{"too large", `op.arguments.amount > 0`, padded(condition.MaxArguments + 1), unreadable},
		{"too large, asked for", `!has(op.arguments.amount)`, padded(condition.MaxArguments + 1), unreadable},
		{"too large, not read", `op.name == "transfer"`, padded(condition.MaxArguments + 1), allow},
		{"unreadable, not needed", `op.name == "transfer" || op.arguments.amount > 0`, `{"amount":1,"amount":2}`, allow},
		{"unreadable, behind what decides", `op.arguments.amount > 0 && op.name == "other"`, `{"amount":1,"amount":2}`, deny},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := judge(t, compile(t, row.expression), alice, call(row.arguments)); got != row.want {
				t.Errorf("%s\n%s: %s, want %s", row.expression, row.arguments, got, row.want)
			}
		})
	}
}

// padded is arguments of n bytes.
func padded(n int) string {
	const frame = `{"amount":1,"x":""}`
	return `{"amount":1,"x":"` + strings.Repeat("x", n-len(frame)) + `"}`
}

func TestPrincipalPolicy(t *testing.T) {
	carol := withClaims(t, map[string]any{
		"department":      "finance",
		"empty":           "",
		"email_verified":  true,
		"level":           7,
		"groups":          []string{"payments", "audit"},
		"none":            []string{},
		"realm_access":    map[string]any{"roles": []string{"admin"}},
		"resource_access": map[string]any{"mcp": map[string]any{"roles": []string{"writer"}}},
	})
	for _, row := range []struct {
		name       string
		expression string
		p          *middleware.Principal
		want       verdict
	}{
		{"method of a token", `principal.method == "jwt"`, alice, allow},
		{"method of a token that was asked about", `principal.method == "introspection"`, &middleware.Principal{Method: middleware.MethodOpaque}, allow},
		{"method of a key", `principal.method == "jwt"`, deploy, deny},
		{"issuer and subject", `principal.issuer == "https://login.example.com" && principal.subject == "alice"`, alice, allow},
		{"client", `principal.client in ["desktop", "cli"]`, alice, allow},
		{"no client", `has(principal.client)`, deploy, deny},
		{"scope held", `"write" in principal.scopes`, alice, allow},
		{"scope not held", `"admin" in principal.scopes`, alice, deny},
		{"no scopes", `has(principal.scopes) || size(principal.scopes) != 0`, deploy, deny},
		{"scopes of a key", `principal.scopes.all(s, s == "read")`, deploy, allow},
		{"itself", `principal == principal && op == op`, alice, allow},
		{"as a value", `type(principal) == type(principal)`, alice, allow},
		{"hidden from the checker", `dyn(principal).subject == "alice"`, alice, undecided},

		{"claim", `principal.claim("department") == "finance"`, carol, allow},
		{"claim of another value", `principal.claim("department") == "sales"`, carol, deny},
		{"claim that is empty", `principal.claim("empty") == ""`, carol, allow},
		{"claim that is not there", `principal.claim("tier") == "free"`, carol, undecided},
		{"claim that is not there, unequal", `principal.claim("tier") != "free"`, carol, undecided},
		{"claim in another case", `principal.claim("Department") == "finance"`, carol, undecided},
		{"claim that is not there, asked for", `!principal.hasClaim("tier") || principal.claim("tier") != "free"`, carol, allow},
		{"claim of a key", `principal.claim("department") != "sales"`, deploy, undecided},
		{"list of a key", `!("contractor" in principal.claimList("groups"))`, deploy, undecided},
		{"claim of a key, asked for", `principal.hasClaim("department")`, deploy, deny},
		{"claim that is a list", `principal.claim("groups") == "payments"`, carol, undecided},
		{"claim that is true", `principal.claim("email_verified") == "true"`, carol, undecided},
		{"claim that is a number", `principal.hasClaim("level")`, carol, deny},
		{"claim that is an object", `principal.hasClaim("realm_access")`, carol, deny},
		{"list", `"audit" in principal.claimList("groups")`, carol, allow},
		{"list of one string", `"finance" in principal.claimList("department")`, carol, allow},
		{"empty list", `principal.hasClaim("none") && principal.claimList("none").size() == 0`, carol, allow},
		{"empty list is no text", `principal.claim("none") == ""`, carol, undecided},
		{"list that is not there", `"audit" in principal.claimList("teams")`, carol, undecided},
		{"list below", `"admin" in principal.claimList("realm_access", "roles")`, carol, allow},
		{"list below that", `"writer" in principal.claimList("resource_access", "mcp", "roles")`, carol, allow},
		{"claim named by the caller", `principal.claim(op.name) == "x"`, carol, undecided},
		{"claim named by the method", `principal.claim(op.method == "tools/call" ? "department" : "x") == "finance"`, carol, allow},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := judge(t, compile(t, row.expression), row.p, call(`{}`)); got != row.want {
				t.Errorf("%s: %s, want %s", row.expression, got, row.want)
			}
		})
	}
}

func TestOperationPolicy(t *testing.T) {
	for _, row := range []struct {
		name       string
		expression string
		op         middleware.Operation
		want       verdict
	}{
		{"tool", `op.method == "tools/call" && op.name == "transfer"`, call(`{}`), allow},
		{"tool in another case", `op.name == "Transfer"`, call(`{}`), deny},
		{"method without a name", `has(op.name)`, middleware.Operation{Method: "tools/list"}, deny},
		{"resource", `op.name.startsWith("file:///public/")`, middleware.Operation{Method: "resources/read", Name: "file:///public/x"}, allow},
		{"no arguments", `op.arguments == {}`, middleware.Operation{Method: "resources/read"}, allow},
		{"empty arguments", `has(op.arguments.x)`, middleware.Operation{Method: "tools/call", Arguments: []byte{}}, deny},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := judge(t, compile(t, row.expression), alice, row.op); got != row.want {
				t.Errorf("%s: %s, want %s", row.expression, got, row.want)
			}
		})
	}
}

// The clock of a bubble starts at midnight UTC on 1 January 2000, a Saturday.
func TestTimePolicy(t *testing.T) {
	for expression, hours := range map[string][]int{ // when it allows
		`now.getHours() >= 9 && now.getHours() < 11`:              {9, 10},
		`now.getHours("Europe/Berlin") == 3`:                      {2},
		`now.getHours("+05:00") == 0`:                             {19},
		`now < timestamp("2000-01-01T02:00:00Z")`:                 {0, 1},
		`now.getDayOfWeek() == 6 && now.getHours() > 21`:          {22, 23},
		`timestamp("2000-01-01T00:00:00+05:00").getHours() != 19`: nil,
		`[1, 2].exists(i, now != now)`:                            nil,
	} {
		t.Run(expression, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := compile(t, expression)
				var got []int
				for h := range 24 {
					if judge(t, c, alice, call(`{}`)) == allow {
						got = append(got, h)
					}
					time.Sleep(time.Hour)
				}
				if !slices.Equal(got, hours) {
					t.Errorf("allows at %v, want %v", got, hours)
				}
			})
		})
	}
}

// Reading the arguments again costs next to nothing.
func TestArgumentsAreDecodedOnce(t *testing.T) {
	const elements = 1000
	op := call(`{"amount":1,"x":` + list(elements, `"x"`) + `}`)
	allocations := func(expression string) float64 {
		c := compile(t, expression)
		return testing.AllocsPerRun(10, func() { judge(t, c, alice, op) })
	}
	once := allocations(`op.arguments.amount == 1`)
	again := allocations(`op.arguments.amount == 1 && op.arguments.amount < 2 && op.arguments.amount > 0`)
	if again-once > elements/2 {
		t.Errorf("%v allocations, %v for reading again", once, again)
	}
}

// The machine's own time zone changes nothing, and neither does the time that passes
// while an expression is evaluated.
func TestNowIsUTCAndOne(t *testing.T) {
	old := time.Local
	defer func() { time.Local = old }()
	time.Local = time.FixedZone("", 5*3600)
	c := compile(t, `now == now && string(now).endsWith("Z") && now.getHours() == now.getHours("UTC")`)
	for range 100 {
		if got := judge(t, c, alice, call(`{}`)); got != allow {
			t.Fatal(got)
		}
	}
}
