package condition

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// MaxExpression is the most characters that an expression may have.
const MaxExpression = 4096

// A Condition is a compiled expression, and a [middleware.Condition]. Make one with
// [Compile]; the zero value refuses everything. It is immutable and safe for
// concurrent use.
type Condition struct {
	expression string
	program    cel.Program
	source     *ast.SourceInfo
	names      []string // of arguments that the expression reads
}

// Compile reads a CEL expression. An error wraps [ErrExpression], quotes the
// expression, and says where in it (line and column) what is wrong.
func Compile(expression string) (c *Condition, err error) {
	// While it plans, cel-go computes what is constant, and panics at some of it:
	// {b"a": 1} is one. A policy that is reloaded must not end the server.
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, unusable(expression, fmt.Sprintf("it cannot be planned: %v", r))
		}
	}()
	if strings.TrimSpace(expression) == "" {
		return nil, unusable(expression, "it is empty")
	}
	settleErrors()
	env, err := environment()
	if err != nil {
		return nil, unusable(expression, err.Error())
	}
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, unusable(expression, problems(issues))
	}
	if problem := notBool(checked.OutputType()); problem != "" {
		return nil, unusable(expression, problem)
	}
	if err := affordable(env, checked); err != nil {
		return nil, unusable(expression, err.Error())
	}
	program, err := env.Program(checked, metered()...)
	if err != nil {
		return nil, unusable(expression, err.Error())
	}
	a := checked.NativeRep()
	return &Condition{expression, program, a.SourceInfo(), argumentNames(a)}, nil
}

func notBool(t *cel.Type) string {
	switch {
	case t.IsExactType(cel.BoolType):
		return ""
	case t.IsExactType(cel.DynType):
		return "its result may be of any type: compare it, as in op.arguments.confirmed == true"
	}
	return fmt.Sprintf("its result is %s, and must be bool", cel.FormatCELType(t))
}

// String is the expression.
func (c *Condition) String() string { return c.expression }

// Allow evaluates the condition. It returns true only without an error; an error
// wraps [ErrArguments], [ErrCost] or [ErrUndecided], and carries nothing of what the
// caller sent.
func (c *Condition) Allow(p *middleware.Principal, op middleware.Operation) (bool, error) {
	if c == nil || c.program == nil {
		return false, fmt.Errorf("%w: it was not made by Compile", ErrUndecided)
	}
	if p == nil {
		return false, fmt.Errorf("%w: %s: nobody is calling", ErrUndecided, quote(c.expression))
	}
	result, _, err := c.program.Eval(&evaluation{condition: c, principal: p, op: op})
	if err != nil { // a panic inside of cel-go has become one too
		return false, c.explain(err)
	}
	return result == types.True, nil
}
