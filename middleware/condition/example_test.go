package condition_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/mcp-rs/mcp-rs/middleware"
	"github.com/mcp-rs/mcp-rs/middleware/condition"
)

func ExampleCompile() {
	c, err := condition.Compile(`op.arguments.amount <= 100 || "payments:large" in principal.scopes`)
	if err != nil {
		log.Fatal(err) // with the place in the expression
	}
	clerk := &middleware.Principal{Method: middleware.MethodJWT, Subject: "carol", Scopes: []string{"payments"}}
	for _, arguments := range []string{`{"amount":99.5}`, `{"amount":5000}`} {
		op := middleware.Operation{Method: "tools/call", Name: "transfer", Arguments: []byte(arguments)}
		allowed, err := c.Allow(clerk, op)
		fmt.Println(allowed, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}

// A misspelt field would be a rule that never does what was meant. It is no condition
// at all.
func ExampleCompile_incorrect() {
	_, err := condition.Compile(`principal.subjct == "alice"`)
	fmt.Println(err)
	_, err = condition.Compile(`op.arguments.confirmed`)
	fmt.Println(err)
	// Output:
	// not a usable condition: "principal.subjct == \"alice\"": 1:10: undefined field 'subjct': op has arguments, method, name; principal has client, issuer, method, scopes, subject
	// not a usable condition: "op.arguments.confirmed": its result may be of any type: compare it, as in op.arguments.confirmed == true
}

// What cannot be told is refused, and the error says why.
func ExampleCondition_Allow() {
	c, err := condition.Compile(`op.arguments.amount <= 100`)
	if err != nil {
		log.Fatal(err)
	}
	caller := &middleware.Principal{Method: middleware.MethodAPIKey, Subject: "deploy"}
	for _, arguments := range []string{`{}`, `{"amount":1,"Amount":5000}`} {
		op := middleware.Operation{Method: "tools/call", Name: "transfer", Arguments: []byte(arguments)}
		allowed, err := c.Allow(caller, op)
		fmt.Println(allowed, errors.Is(err, condition.ErrUndecided), err)
	}
	// Output:
	// false true condition cannot tell: "op.arguments.amount <= 100": 1:13: it reads something that is not there
	// false false condition cannot read the arguments: "op.arguments.amount <= 100": a name differs only by case from one that the condition reads
}

// A list of what is forbidden has a hole for every other spelling. Say what is
// allowed, as in op.arguments.path.matches("^/public/[a-z0-9]+$").
func ExampleCondition_Allow_incorrect() {
	c, err := condition.Compile(`op.arguments.path != "/etc/passwd"`)
	if err != nil {
		log.Fatal(err)
	}
	caller := &middleware.Principal{Method: middleware.MethodJWT, Subject: "mallory"}
	for _, arguments := range []string{`{"path":"/etc/passwd"}`, `{"path":"/etc/../etc/passwd"}`, `{"path":["/etc/passwd"]}`} {
		op := middleware.Operation{Method: "tools/call", Name: "read_file", Arguments: []byte(arguments)}
		fmt.Println(c.Allow(caller, op))
	}
	// Output:
	// false <nil>
	// true <nil>
	// true <nil>
}

// A new condition is watched on real calls before it counts.
func ExampleDangerouslyShadow() {
	c, err := condition.Compile(`op.arguments.amount <= 100`)
	if err != nil {
		log.Fatal(err)
	}
	shadow := condition.DangerouslyShadow(c, func(p *middleware.Principal, op middleware.Operation, allowed bool, err error) {
		fmt.Println("would have answered", allowed, "to", p.Subject, "for", op.Name)
	})
	carol := &middleware.Principal{Method: middleware.MethodJWT, Subject: "carol"}
	fmt.Println(shadow.Allow(carol, middleware.Operation{Method: "tools/call", Name: "transfer", Arguments: []byte(`{"amount":5000}`)}))
	// Output:
	// would have answered false to carol for transfer
	// true <nil>
}
