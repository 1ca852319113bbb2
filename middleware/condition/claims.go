package condition

import (
	"errors"
	"strconv"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// maxPath is how many names our functions take.
const maxPath = 3

var errNoClaim = errors.New("it reads a claim that is not there, or is no string or list of strings")

// claimFunctions are what principal can be asked about its token. What is not there
// is an error rather than empty: principal.claim("tier") != "free" must not be true
// of an API key, which has no claims.
func claimFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		claimFunction("claim", cel.StringType, func(c *jwks.Claims, path []string) ref.Val {
			if text := c.Text(path...); text != "" {
				return types.String(text)
			}
			if list := c.List(path...); len(list) == 1 && list[0] == "" {
				return types.String("")
			}
			return types.WrapErr(errNoClaim)
		}),
		claimFunction("claimList", cel.ListType(cel.StringType), func(c *jwks.Claims, path []string) ref.Val {
			list := c.List(path...)
			if list == nil {
				return types.WrapErr(errNoClaim)
			}
			return types.NewStringList(types.DefaultTypeAdapter, list)
		}),
		claimFunction("hasClaim", cel.BoolType, func(c *jwks.Claims, path []string) ref.Val {
			return types.Bool(c.List(path...) != nil)
		}),
	}
}

// claimFunction declares a member function of principal. A principal without a token
// is asked as one whose token is empty.
func claimFunction(name string, result *cel.Type, ask func(*jwks.Claims, []string) ref.Val) cel.EnvOption {
	implementation := func(args ...ref.Val) ref.Val {
		claims := args[0].(object).of.principal.Claims
		if claims == nil {
			claims = &jwks.Claims{}
		}
		path := make([]string, len(args)-1)
		for i, arg := range args[1:] {
			path[i] = string(arg.(types.String))
		}
		return ask(claims, path)
	}
	var overloads []cel.FunctionOpt
	arguments := []*cel.Type{principalType}
	for n := 1; n <= maxPath; n++ {
		arguments = append(arguments, cel.StringType)
		overloads = append(overloads, cel.MemberOverload("principal_"+name+"_"+strconv.Itoa(n),
			append([]*cel.Type(nil), arguments...), result, cel.FunctionBinding(implementation)))
	}
	return cel.Function(name, overloads...)
}
