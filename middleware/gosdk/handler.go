package gosdk

import (
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Handler is [mcp.NewStreamableHTTPHandler] for use inside a guard: the two take the
// same arguments, and opts is copied. A server that getServer returns is given, once,
// a receiving middleware in front of those it has by then, so that all of them see the
// caller in the context; so does getServer, in the context of its request.
//
// A request that no guard has admitted is answered 500. Handler panics when getServer
// is nil. What it returns is safe for concurrent use.
func Handler(getServer func(*http.Request) *mcp.Server, opts *mcp.StreamableHTTPOptions) http.Handler {
	if getServer == nil {
		panic("gosdk: Handler: getServer is nil; write func(*http.Request) *mcp.Server { return server }")
	}
	var o mcp.StreamableHTTPOptions
	if opts != nil {
		o = *opts
	}
	// The guard has checked Host, and unlike the SDK it knows the name of the server:
	// behind a proxy on this machine a loopback connection carries a public name.
	o.DisableLocalhostProtection = true
	return &handler{mcp.NewStreamableHTTPHandler((&roster{choose: getServer}).server, &o)}
}

type handler struct{ sdk http.Handler }

// ServeHTTP lets [auth.RequireBearerToken] put the caller where the SDK looks: the
// context key is private to its package, and no other function sets it. Of what that
// makes of the request only the context is kept, so nothing else sees the placeholder.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	known := http.HandlerFunc(func(w http.ResponseWriter, told *http.Request) {
		h.sdk.ServeHTTP(w, r.WithContext(told.Context()))
	})
	auth.RequireBearerToken(identify, &trustTheGuard)(known).ServeHTTP(w, placeholder(r))
}

// placeholder is r with the one header without which RequireBearerToken asks nobody;
// the guard has taken the real one away. It is the same for every request, so it can
// tell no caller from another, and [identify] does not look at it. That it is there
// admits nobody: whether a request passes depends on its context alone, which no
// client can write to.
func placeholder(r *http.Request) *http.Request {
	r = r.WithContext(r.Context())
	r.Header = http.Header{"Authorization": {"Bearer admitted-by-the-guard"}}
	return r
}
