package condition

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

var (
	principalType = cel.ObjectType("principal")
	opType        = cel.ObjectType("op")
)

// maxNesting is how deep loops may be nested, or chained: a few that each multiply
// what the one before made are beyond any bound on steps.
const maxNesting = 3

// environment is what an expression may mention.
func environment() (*cel.Env, error) {
	known, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	options := []cel.EnvOption{
		cel.CustomTypeProvider(provider{known}),
		cel.Variable("principal", principalType),
		cel.Variable("op", opType),
		cel.Variable("now", cel.TimestampType),

		cel.CrossTypeNumericComparisons(true), // numbers of arguments are doubles, in expressions they are mostly whole
		cel.EnableErrorOnBadPresenceTest(true),
		cel.ParserExpressionSizeLimit(MaxExpression),
		cel.ExtendedValidations(),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(maxNesting), writtenOut{}),
	}
	return cel.NewEnv(append(options, claimFunctions()...)...)
}

// A provider tells the checker what fields principal and op have: a field that it
// does not know fails at load. It knows no other types with fields, so that none can
// be built.
type provider struct{ *types.Registry }

func (p provider) FindStructType(name string) (*types.Type, bool) {
	switch name {
	case principalType.TypeName():
		return types.NewTypeTypeWithParam(principalType), true
	case opType.TypeName():
		return types.NewTypeTypeWithParam(opType), true
	}
	return nil, false
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	found, ok := fields[name]
	return slices.Sorted(maps.Keys(found)), ok
}

func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	found, ok := fields[name][field]
	return found, ok
}

// fields is what principal and op have.
var fields = map[string]map[string]*types.FieldType{
	principalType.TypeName(): {
		"method":  text(func(e *evaluation) string { return string(e.principal.Method) }),
		"issuer":  text(func(e *evaluation) string { return e.principal.Issuer }),
		"subject": text(func(e *evaluation) string { return e.principal.Subject }),
		"client":  text(func(e *evaluation) string { return e.principal.Client }),
		"scopes": {
			Type:    cel.ListType(cel.StringType),
			IsSet:   func(target any) bool { return len(target.(*evaluation).principal.Scopes) > 0 },
			GetFrom: func(target any) (any, error) { return target.(*evaluation).principal.Scopes, nil },
		},
	},
	opType.TypeName(): {
		"method": text(func(e *evaluation) string { return e.op.Method }),
		"name":   text(func(e *evaluation) string { return e.op.Name }),
		"arguments": {
			Type:    cel.MapType(cel.StringType, cel.DynType),
			IsSet:   func(target any) bool { return len(target.(*evaluation).op.Arguments) > 0 },
			GetFrom: func(target any) (any, error) { return target.(*evaluation).arguments() },
		},
	},
}

// text is a string field. has() tells whether it is empty.
func text(get func(*evaluation) string) *types.FieldType {
	return &types.FieldType{
		Type:    cel.StringType,
		IsSet:   func(target any) bool { return get(target.(*evaluation)) != "" },
		GetFrom: func(target any) (any, error) { return get(target.(*evaluation)), nil },
	}
}

func fieldNames() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		all = append(all, name+" has "+strings.Join(slices.Sorted(maps.Keys(fields[name])), ", "))
	}
	return strings.Join(all, "; ")
}

// writtenOut is a check that patterns and time zones are literals, and time zones
// known ones. A pattern from the arguments would be the caller's to choose, and so
// would the work that it makes.
type writtenOut struct{}

// Name implements [cel.ASTValidator].
func (writtenOut) Name() string { return "written_out" }

// Validate implements [cel.ASTValidator].
func (writtenOut) Validate(_ *cel.Env, _ cel.ValidatorConfig, a *ast.AST, issues *cel.Issues) {
	for _, e := range ast.MatchDescendants(ast.NavigateAST(a), ast.KindMatcher(ast.CallKind)) {
		call := e.AsCall()
		isZone := call.IsMemberFunction() && strings.HasPrefix(call.FunctionName(), "get")
		if len(call.Args()) == 0 || !isZone && call.FunctionName() != overloads.Matches {
			continue
		}
		last := call.Args()[len(call.Args())-1]
		if last.Kind() != ast.LiteralKind {
			issues.ReportErrorAtID(last.ID(), "patterns and time zones must be written out")
			continue
		}
		if isZone && types.IsError((types.Timestamp{}).Receive(call.FunctionName(), "", []ref.Val{last.AsLiteral()})) {
			issues.ReportErrorAtID(last.ID(), "unknown time zone")
		}
	}
}
