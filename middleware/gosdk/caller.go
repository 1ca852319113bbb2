package gosdk

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// withCaller gives what handles a request the context that the guard made of it, and so
// the caller and the policy of this request. The context that the SDK passes on is
// derived from the one in which the session began: its caller is the right user with
// the token of that time, and rights that this token granted may be gone.
//
// Other transports of the same server (stdio, in memory) give no Extra. No guard has
// seen their requests, and their context stays what it is.
func withCaller(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if extra := req.GetExtra(); extra != nil {
			if admitted := admittedContext(extra.TokenInfo); admitted != nil {
				ctx = callContext{ctx, admitted}
			}
		}
		return next(ctx, method, req)
	}
}

// admittedExtra is the member of TokenInfo.Extra with which the guard's context gets
// through the SDK to [withCaller].
const admittedExtra = "github.com/mcp-rs/mcp-rs/middleware/gosdk context"

// admittedContext is the context of the HTTP request that info is about, or nil.
func admittedContext(info *auth.TokenInfo) context.Context {
	if info == nil {
		return nil
	}
	admitted, _ := info.Extra[admittedExtra].(context.Context)
	return admitted
}

// A callContext ends when the SDK says, and knows what the HTTP request knew, before
// what the request knew that opened the session.
type callContext struct {
	context.Context
	admitted context.Context // its values only: it is without cancel
}

func (c callContext) Value(key any) any {
	if v := c.admitted.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}
