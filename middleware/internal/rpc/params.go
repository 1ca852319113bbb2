package rpc

import (
	"fmt"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// versionKey is where _meta names the revision, from 2026-07-28 on.
const versionKey = "io.modelcontextprotocol/protocolVersion"

func (m *message) readParams(params []strictjson.Member) error {
	meta, err := inner(params, "_meta", metaNames)
	if err != nil {
		return err
	}
	if has(meta, versionKey) {
		if m.version, err = name(meta, versionKey); err != nil {
			return err
		}
	}
	switch m.Method {
	case "tools/call":
		return m.readNamed(params, Tool, "name")
	case "prompts/get":
		return m.readNamed(params, Prompt, "name")
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		return m.readNamed(params, Resource, "uri")
	case "tasks/get", "tasks/result", "tasks/update", "tasks/cancel":
		return m.readNamed(params, Task, "taskId")
	case "completion/complete":
		return m.readReference(params)
	case "subscriptions/listen":
		return m.readFilter(params)
	}
	m.mirror = anyName(params)
	return nil
}

// readNamed reads params that name what the method is about.
func (m *message) readNamed(params []strictjson.Member, kind Kind, member string) (err error) {
	if m.Name, err = name(params, member); err != nil {
		return err
	}
	m.Kind, m.mirror = kind, m.Name
	arguments, ok := strictjson.Find(params, "arguments")
	if !ok || strictjson.IsNull(arguments) {
		return nil
	}
	if strictjson.Kind(arguments) != '{' {
		return fmt.Errorf("%w: the arguments are no object", ErrMalformed)
	}
	m.Arguments = arguments
	return nil
}

// readReference reads the prompt or resource whose arguments are to be completed.
func (m *message) readReference(params []strictjson.Member) error {
	ref, err := inner(params, "ref", referenceNames)
	if err != nil {
		return err
	}
	kind, err := name(ref, "type")
	if err != nil {
		return err
	}
	switch kind {
	case "ref/prompt":
		m.Kind = Prompt
		m.Name, err = name(ref, "name")
	case "ref/resource":
		m.Kind = Resource
		m.Name, err = name(ref, "uri")
	default:
		err = fmt.Errorf("%w: a reference to neither a prompt nor a resource", ErrMalformed)
	}
	return err
}

// readFilter reads the resources whose changes the client wants to hear of.
func (m *message) readFilter(params []strictjson.Member) error {
	filter, err := inner(params, "notifications", filterNames)
	if err != nil {
		return err
	}
	list, ok := strictjson.Find(filter, "resourceSubscriptions")
	if !ok || strictjson.IsNull(list) {
		return nil
	}
	uris, err := strictjson.Array(list, nil)
	if err != nil {
		return unreadable(err)
	}
	m.listens = make([]string, len(uris))
	for i, uri := range uris {
		if m.listens[i], err = nameOf(uri); err != nil {
			return err
		}
	}
	return nil
}

// anyName is what a client may repeat in Mcp-Name for a method that is not one of
// the protocol's: “params.name or params.uri” — MCP 2026-07-28 Streamable HTTP,
// Standard Request Headers. Nothing is decided by it.
func anyName(params []strictjson.Member) string {
	for _, member := range [...]string{"name", "uri"} {
		if text, ok := strictjson.Find(params, member); ok {
			if s, err := nameOf(text); err == nil {
				return s
			}
		}
	}
	return ""
}
