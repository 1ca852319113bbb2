package rpc

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// maxMembers is how many members an object of the protocol itself may have. No
// revision has one of half the size; arguments are not bound by it.
const maxMembers = 64

// The names that readers look for, by object; those of params for all methods
// together. Extensions and other members are free to have any other name.
var (
	envelopeNames = setOf("jsonrpc", "id", "method", "params", "result", "error")

	paramNames = setOf("_meta", "name", "uri", "arguments", "ref", "argument", "context", "cursor", "level", "task",
		"inputResponses", "requestState", "taskId", "ttl", "status", "statusMessage", "createdAt", "lastUpdatedAt",
		"pollInterval", "requestId", "reason", "progressToken", "progress", "total", "message", "elicitationId",
		"protocolVersion", "capabilities", "clientInfo", "notifications")

	metaNames = setOf("progressToken", versionKey, "io.modelcontextprotocol/clientInfo",
		"io.modelcontextprotocol/clientCapabilities", "io.modelcontextprotocol/serverInfo",
		"io.modelcontextprotocol/logLevel", "io.modelcontextprotocol/subscriptionId",
		"io.modelcontextprotocol/related-task", "traceparent", "tracestate", "baggage")

	referenceNames = setOf("type", "name", "uri")

	filterNames = setOf("toolsListChanged", "promptsListChanged", "resourcesListChanged", "resourceSubscriptions")
)

// A nameSet holds names, as they are written and folded.
type nameSet struct{ exact, folded map[string]bool }

func setOf(names ...string) nameSet {
	set := nameSet{map[string]bool{}, map[string]bool{}}
	for _, n := range names {
		set.exact[n] = true
		set.folded[strictjson.Fold(n)] = true
	}
	return set
}

// check makes sure that no member could be taken for another: that none differs
// from a name of the set, or from another member, by case only.
func (s nameSet) check(members []strictjson.Member) error {
	if len(members) > maxMembers {
		return fmt.Errorf("%w: too many members", ErrMalformed)
	}
	var others []strictjson.Member
	for i := range members {
		if s.exact[string(members[i].Name)] {
			continue
		}
		if s.folded[strictjson.Fold(string(members[i].Name))] {
			return unreadable(strictjson.ErrVariant)
		}
		others = append(others, members[i])
	}
	if err := strictjson.NoVariants(others); err != nil {
		return unreadable(err)
	}
	return nil
}

// object reads an object in which those names mean something.
func object(text []byte, names nameSet) ([]strictjson.Member, error) {
	members, err := strictjson.Object(text, make([]strictjson.Member, 0, 8))
	if err != nil {
		return nil, unreadable(err)
	}
	return members, names.check(members)
}

// inner reads the object that is a member of another one. A null is no object: the
// clients that write one mean it so, and so does mcp-go.
func inner(members []strictjson.Member, member string, names nameSet) ([]strictjson.Member, error) {
	text, ok := strictjson.Find(members, member)
	if !ok || strictjson.IsNull(text) {
		return nil, nil
	}
	return object(text, names)
}

func has(members []strictjson.Member, member string) bool {
	_, ok := strictjson.Find(members, member)
	return ok
}

// name reads the member of that name as one by which something is decided.
func name(members []strictjson.Member, member string) (string, error) {
	text, ok := strictjson.Find(members, member)
	if !ok {
		return "", fmt.Errorf("%w: a name is missing", ErrMalformed)
	}
	return nameOf(text)
}

// nameOf reads a string that is not empty and has no control characters: programs
// exist for which a name ends at the first NUL.
func nameOf(text []byte) (string, error) {
	s, err := strictjson.String(text)
	if err != nil {
		return "", unreadable(err)
	}
	if s == "" || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("%w: a name is empty or not printable", ErrMalformed)
	}
	return s, nil
}
