package condition

import (
	"errors"
	"reflect"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// An evaluation is one question to a condition. It belongs to one goroutine.
type evaluation struct {
	condition *Condition
	principal *middleware.Principal
	op        middleware.Operation

	now       time.Time      // zero until it was asked for
	decoded   map[string]any // nil until arguments were asked for
	undecoded error          // why they cannot be read
}

// ResolveName implements [cel.Activation].
func (e *evaluation) ResolveName(name string) (any, bool) {
	switch name {
	case "principal":
		return object{principalType, e}, true
	case "op":
		return object{opType, e}, true
	case "now":
		if e.now.IsZero() {
			e.now = time.Now().UTC()
		}
		return e.now, true
	}
	return nil, false
}

// Parent implements [cel.Activation].
func (e *evaluation) Parent() cel.Activation { return nil }

// arguments reads the arguments when the expression first needs them: an expression
// that looks at something else is not held up by what they are.
func (e *evaluation) arguments() (map[string]any, error) {
	if e.decoded == nil && e.undecoded == nil {
		decoded, err := decode(e.op.Arguments, e.condition.names)
		if err != nil {
			e.undecoded = &argumentsError{err}
		}
		e.decoded = decoded
	}
	return e.decoded, e.undecoded
}

// An argumentsError says why arguments cannot be read, in words that hold nothing of them.
type argumentsError struct{ err error }

func (e *argumentsError) Error() string { return e.err.Error() }

// An object is principal or op as a value of CEL. Its fields are read by the
// provider; as a whole it can be handed to our functions, and to nothing else.
type object struct {
	kind *cel.Type
	of   *evaluation
}

var errNotConvertible = errors.New("type conversion error")

// ConvertToNative implements ref.Val.
func (o object) ConvertToNative(reflect.Type) (any, error) { return nil, errNotConvertible }

// ConvertToType implements ref.Val.
func (o object) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return o.kind
	}
	return types.WrapErr(errNotConvertible)
}

// Equal implements ref.Val.
func (o object) Equal(other ref.Val) ref.Val { return types.Bool(other == ref.Val(o)) }

// Type implements ref.Val.
func (o object) Type() ref.Type { return o.kind }

// Value implements ref.Val. It is what the provider's functions are given.
func (o object) Value() any { return o.of }
