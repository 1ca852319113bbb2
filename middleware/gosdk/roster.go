package gosdk

import (
	"net/http"
	"runtime"
	"sync"
	"weak"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A roster sees to it that each server tells its tools who is calling. The SDK asks for
// a server at every request, and middleware cannot be taken off one or looked for, so
// the roster remembers which servers have it. It keeps none of them alive: some
// programs make one for each request.
type roster struct {
	choose func(*http.Request) *mcp.Server

	mu   sync.Mutex // guards told
	told map[weak.Pointer[mcp.Server]]struct{}
}

// server returns the server that is chosen for r.
func (ro *roster) server(r *http.Request) *mcp.Server {
	s := ro.choose(r)
	if s != nil {
		ro.tell(s)
	}
	return s
}

// tell gives s the middleware if it has none. It returns when s has it, whoever gave
// it, so that no request gets past.
func (ro *roster) tell(s *mcp.Server) {
	w := weak.Make(s)
	ro.mu.Lock()
	defer ro.mu.Unlock()
	if _, ok := ro.told[w]; ok {
		return
	}
	if ro.told == nil {
		ro.told = make(map[weak.Pointer[mcp.Server]]struct{})
	}
	s.AddReceivingMiddleware(withCaller, visibleOnly)
	ro.told[w] = struct{}{}
	runtime.AddCleanup(s, ro.forget, w)
}

func (ro *roster) forget(w weak.Pointer[mcp.Server]) {
	ro.mu.Lock()
	defer ro.mu.Unlock()
	delete(ro.told, w)
}
