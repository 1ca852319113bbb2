package gosdk

import (
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// UserID is the UserID of a principal.
var UserID = userID

// Roster returns what chooses servers as [Handler] has it, and how many servers it
// remembers.
func Roster(choose func(*http.Request) *mcp.Server) (server func(*http.Request) *mcp.Server, size func() int) {
	ro := &roster{choose: choose}
	return ro.server, func() int {
		ro.mu.Lock()
		defer ro.mu.Unlock()
		return len(ro.told)
	}
}
