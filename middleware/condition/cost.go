package condition

import (
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// MaxCost is the most that one evaluation may cost. A step costs 1; what looks at
// all of a string or list costs more with its size. Comparing each of a thousand
// elements of a list fits. An evaluation that reaches the bound has taken some
// milliseconds.
const MaxCost = 10_000

// usualSize is how many elements a list, and characters a string, is thought to have
// when the cost of an expression is estimated at load.
const usualSize = 20

// perUnit is how many bytes are looked at for a cost of 1.
const perUnit = 32

// An estimator tells the size of what is not known at load.
type estimator struct{}

// EstimateSize implements [checker.CostEstimator].
func (estimator) EstimateSize(checker.AstNode) *checker.SizeEstimate {
	return &checker.SizeEstimate{Max: usualSize}
}

// EstimateCallCost implements [checker.CostEstimator].
func (estimator) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// affordable estimates what an expression costs.
func affordable(env *cel.Env, checked *cel.Ast) error {
	estimate, err := env.EstimateCost(checked, estimator{})
	if err == nil && estimate.Max > MaxCost {
		err = fmt.Errorf("it costs too much: %d where %d is allowed, for lists of %d and strings of %d characters: nest fewer loops",
			estimate.Max, MaxCost, usualSize, usualSize)
	}
	return err
}

// metered are the options of a program that is stopped at MaxCost.
func metered() []cel.ProgramOption {
	m := meter{programs: map[string]uint64{}}
	return []cel.ProgramOption{
		cel.EvalOptions(cel.OptOptimize),
		cel.CostTracking(m),
		cel.CostLimit(MaxCost),
		cel.OptimizeRegex(
			&interpreter.RegexOptimization{Function: overloads.Matches, OverloadID: overloads.Matches, RegexIndex: 1, Factory: m.pattern},
			&interpreter.RegexOptimization{Function: overloads.Matches, OverloadID: overloads.MatchesString, RegexIndex: 1, Factory: m.pattern},
		),
	}
}

// A meter tells what calls cost. cel-go's own prices do not bound time: they measure
// strings by walking over them, price the comparison of lists by their length however
// deep they are, and patterns by their text, of which [a-z]{1000} has little.
type meter struct {
	programs map[string]uint64 // instructions of the patterns of the expression; written by pattern only
}

// CallCost implements [interpreter.ActualCostEstimator].
func (m meter) CallCost(function, _ string, args []ref.Val, _ ref.Val) *uint64 {
	cost := uint64(1)
	switch function {
	case operators.Equals, operators.NotEquals, operators.In:
		cost += comparison(args[0], args[1])
	case overloads.StartsWith, overloads.EndsWith:
		cost += length(args[1])
	case overloads.Matches:
		if pattern, ok := args[1].(types.String); ok {
			cost += m.matching(args[0], string(pattern))
		}
	default:
		for _, arg := range args {
			cost += length(arg)
		}
	}
	return &cost
}

// pattern compiles a pattern, and makes matches() leave undone what exceeds MaxCost.
func (m meter) pattern(call interpreter.InterpretableCall, pattern string) (interpreter.InterpretableCall, error) {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	m.programs[pattern] = uint64(len(program.Inst))
	return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), func(args ...ref.Val) ref.Val {
		in, ok := args[0].(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(args[0])
		}
		if m.matching(in, pattern) > MaxCost { // which is noticed only once the call has returned
			return types.NewErr("too costly")
		}
		return types.Bool(compiled.MatchString(string(in)))
	}), nil
}

// matching is what a pattern costs: at worst every instruction for every byte.
func (m meter) matching(in ref.Val, pattern string) uint64 {
	text, _ := in.(types.String)
	return uint64(len(text)) * m.programs[pattern] / perUnit
}

// length is what it costs to look at all of a string once.
func length(v ref.Val) uint64 {
	switch v := v.(type) {
	case types.String:
		return uint64(len(v)) / perUnit
	case types.Bytes:
		return uint64(len(v)) / perUnit
	}
	return 0
}

// comparison is what it costs to find whether two values are equal, or one is in the other.
func comparison(a, b ref.Val) uint64 {
	_, listed := b.(traits.Lister)
	_, mapped := b.(traits.Mapper)
	if !listed && !mapped { // of unequal lengths, or types, strings are not looked at
		return min(length(a), length(b))
	}
	return weight(a) + weight(b)
}

// weight is what it costs to look at all of a value.
func weight(v ref.Val) uint64 {
	total := 1 + length(v)
	switch v := v.(type) {
	case traits.Lister:
		for it := v.Iterator(); it.HasNext() == types.True; {
			total += weight(it.Next())
		}
	case traits.Mapper:
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			total += weight(key) + weight(v.Get(key))
		}
	}
	return total
}
