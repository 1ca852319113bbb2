package condition

import (
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
)

// argumentNames is every name that an expression holds and by which it may read a
// member of the arguments: what it selects from anything but principal and op, and its
// strings, but for those that are only compared with a field or claim. It may be more
// than is read. It is less only where a name is put together as it runs.
func argumentNames(a *ast.AST) []string {
	var names []string
	for _, e := range ast.MatchDescendants(ast.NavigateAST(a), ast.AllMatcher()) {
		switch e.Kind() {
		case ast.SelectKind:
			if !isObject(a, e.AsSelect().Operand()) {
				names = append(names, e.AsSelect().FieldName())
			}
		case ast.LiteralKind:
			if name, ok := e.AsLiteral().(types.String); ok && !comparedWithCaller(a, e) {
				names = append(names, string(name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isObject reports whether an expression is principal or op.
func isObject(a *ast.AST, e ast.Expr) bool { return a.GetType(e.ID()).Kind() == types.StructKind }

// comparedWithCaller reports whether a string, by itself or in a list, is handed to a
// function of principal, or to one that tells true or false of it and of a field or
// claim. Such a call lets nobody have the string for a name.
func comparedWithCaller(a *ast.AST, literal ast.NavigableExpr) bool {
	parent, ok := literal.Parent()
	for ok && parent.Kind() == ast.ListKind {
		parent, ok = parent.Parent()
	}
	if !ok || parent.Kind() != ast.CallKind {
		return false
	}
	call := parent.AsCall()
	if call.IsMemberFunction() && isObject(a, call.Target()) {
		return true
	}
	if a.GetType(parent.ID()).Kind() != types.BoolKind {
		return false
	}
	operands := call.Args()
	if call.IsMemberFunction() {
		operands = append([]ast.Expr{call.Target()}, operands...)
	}
	return slices.ContainsFunc(operands, func(e ast.Expr) bool {
		switch e.Kind() {
		case ast.SelectKind:
			return isObject(a, e.AsSelect().Operand()) && a.GetType(e.ID()).Kind() != types.MapKind
		case ast.CallKind:
			return e.AsCall().IsMemberFunction() && isObject(a, e.AsCall().Target())
		}
		return false
	})
}
