package condition

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"
)

// What is wrong with a condition, or with what it was asked about. The text around
// these is for operators and never for callers.
var (
	ErrExpression = errors.New("not a usable condition")
	ErrArguments  = errors.New("condition cannot read the arguments")
	ErrCost       = errors.New("condition costs too much")
	ErrUndecided  = errors.New("condition cannot tell")
)

// unusable is the error of an expression. problem may tell all: an expression is
// configuration.
func unusable(expression, problem string) error {
	return fmt.Errorf("%w: %s: %s", ErrExpression, quote(expression), problem)
}

// quote shortens: an error goes on one line of a log.
func quote(expression string) string {
	const most = 200
	if runes := []rune(expression); len(runes) > most {
		expression = string(runes[:most-1]) + "…"
	}
	return fmt.Sprintf("%q", expression)
}

// problems puts what cel-go found on one line. After a few, the rest follows from
// the first.
func problems(issues *cel.Issues) string {
	const most = 3
	var found []string
	for i, e := range issues.Errors() {
		if i == most {
			found = append(found, "…")
			break
		}
		message := strings.Join(strings.Fields(e.Message), " ")
		switch {
		case strings.HasPrefix(message, "undeclared reference"):
			message = strings.TrimSuffix(message, " (in container '')") + ": there are principal, op and now"
		case strings.HasPrefix(message, "undefined field"):
			message += ": " + fieldNames()
		}
		if e.Location.Line() >= 1 { // else it is about the whole
			message = fmt.Sprintf("%d:%d: %s", e.Location.Line(), e.Location.Column()+1, message)
		}
		found = append(found, message)
	}
	return strings.Join(found, "; ")
}

// reasons are the beginnings of what cel-go says when it cannot evaluate, and what we
// say instead: its own texts go on with values, and values are what the caller sent.
var reasons = []struct{ theirs, ours string }{
	{"no such key", "it reads something that is not there"},
	{"index out of bounds", "it reads something that is not there"},
	{"no such overload", "a value has another type than it needs"},
	{"type conversion error", "a value cannot be converted"},
	{"division by zero", "it divides by zero"},
	{"modulus by zero", "it divides by zero"},
	{errNoClaim.Error(), errNoClaim.Error()},
}

// explain is the error of an evaluation.
func (c *Condition) explain(err error) error {
	var cancelled interpreter.EvalCancelledError
	switch unreadable := (*argumentsError)(nil); {
	case errors.As(err, &unreadable):
		return fmt.Errorf("%w: %s: %w", ErrArguments, quote(c.expression), unreadable.err)
	case errors.As(err, &cancelled):
		return fmt.Errorf("%w: %s", ErrCost, quote(c.expression))
	}
	reason := "a value is not what it needs"
	for _, r := range reasons {
		if strings.HasPrefix(err.Error(), r.theirs) {
			reason = r.ours
			break
		}
	}
	return fmt.Errorf("%w: %s: %s%s", ErrUndecided, quote(c.expression), c.position(err), reason)
}

// position says where in the expression an error arose, if that is known.
func (c *Condition) position(err error) string {
	var labelled *types.Err
	if !errors.As(err, &labelled) {
		return ""
	}
	if _, known := c.source.GetOffsetRange(labelled.NodeID()); !known {
		return ""
	}
	at := c.source.GetStartLocation(labelled.NodeID())
	return fmt.Sprintf("%d:%d: ", at.Line(), at.Column()+1)
}

// settleErrors gives the error that cel-go shares between all evaluations, of a time
// out of range, a place that is in no expression. Otherwise the first evaluation that
// returns it labels it with a place of its own: a data race with the others, and a
// place that is wrong for them.
var settleErrors = sync.OnceFunc(func() {
	const nowhere = -1
	types.LabelErrNode(nowhere, types.Int(math.MaxInt64).ConvertToType(types.TimestampType))
})
