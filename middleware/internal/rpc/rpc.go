// Package rpc reads the JSON-RPC body of an MCP request the way the server behind
// the guard will read it, or refuses it.
//
// A policy that reads a body in one way while the server reads it in another lets
// through what it never saw, and readers do differ: in which of two equal names
// wins, in whether case matters, in what they make of text that is broken. So a
// body that two readers could take for two requests is refused: a name twice, a
// name that differs from one of the protocol's by case only, text behind the end,
// text that is not UTF-8, headers that say something else than the body.
//
// [Read] is not about rights. It says what is asked for, all of it; whether that
// may be done is the policy's to decide.
package rpc

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// Why a request is refused. The texts wrapped around them are constants and carry
// nothing of the request.
var (
	// ErrContentType: not JSON in UTF-8, as it is. 415.
	ErrContentType = errors.New("the content is not plain JSON")
	// ErrMalformed: not a message of the protocol. 400, JSON-RPC -32600, or -32700
	// where it wraps [strictjson.ErrSyntax] too.
	ErrMalformed = errors.New("not a message of the protocol")
	// ErrAmbiguous: a message that readers could understand differently. 400,
	// JSON-RPC -32600.
	ErrAmbiguous = errors.New("the message can be read in two ways")
	// ErrBatch: an array, where the revision has none. 400, JSON-RPC -32600.
	ErrBatch = errors.New("no batch is allowed here")
	// ErrMismatch: the headers contradict the body, or are not there as the
	// revision wants them. 400, JSON-RPC -32020.
	ErrMismatch = errors.New("the headers do not match the message")
)

// MaxOperations is how many operations one request may ask for.
const MaxOperations = 1000

// A Kind says what the name of an [Operation] is the name of.
type Kind uint8

// The zero Kind is that of an operation without a name: its method says it all.
const (
	NoKind Kind = iota
	Tool
	Prompt
	Resource
	Task
)

// An Operation is one thing that a request asks for. Its slices point into the
// body that was read.
type Operation struct {
	// Method is the JSON-RPC method, "" in a Response. Nothing says that it is one
	// of the protocol's.
	Method string
	// Kind is what Name is about.
	Kind Kind
	// Name is the name of the tool or prompt, the URI of the resource, or the id of
	// the task: never empty, and without control characters. It is "" where Kind is
	// NoKind. In completion/complete the URI of a resource may be a template.
	Name string
	// ID is the request's id, as JSON: a string or an integer. It is nil in a
	// notification. Servers exist that treat a notification called tools/call as a
	// call, so what may be done must not depend on it.
	ID []byte
	// Arguments is the JSON object of params.arguments, for an operation with a
	// Kind, or nil. No object in it has a name twice; but as the names are the
	// tool's, some may differ by case only. Who decides by one of them has to rule
	// that out ([strictjson.NoVariants]): a tool that decodes into a Go struct takes
	// the last.
	Arguments []byte
	// Response is true in an answer of the client to a request of the server.
	Response bool
}

// Read returns what a POST with this body and these headers asks for, or why it
// must not be passed on. A single message is one operation, and one more for each
// resource that subscriptions/listen names; batch tells that it was an array of
// messages, which only revision 2025-03-26 has.
//
// The body is not copied and not kept.
func Read(body []byte, h http.Header) (ops []Operation, batch bool, err error) {
	if err := checkContent(h); err != nil {
		return nil, false, err
	}
	sent, err := readHeaders(h)
	if err != nil {
		return nil, false, err
	}
	text := bytes.TrimLeft(body, " \t\r\n")
	if strictjson.Kind(text) == '[' {
		ops, err = readBatch(text, sent)
		return ops, true, err
	}
	ops, err = readSingle(nil, text, sent)
	return ops, false, err
}

// readSingle appends the operations of one message to ops.
func readSingle(ops []Operation, text []byte, sent headers) ([]Operation, error) {
	m, err := readMessage(text)
	if err != nil {
		return nil, err
	}
	if err := sent.check(&m); err != nil {
		return nil, err
	}
	if len(ops)+1+len(m.listens) > MaxOperations {
		return nil, fmt.Errorf("%w: it asks for too much at once", ErrMalformed)
	}
	ops = append(ops, m.Operation)
	for _, uri := range m.listens {
		op := m.Operation
		op.Kind, op.Name = Resource, uri
		ops = append(ops, op)
	}
	return ops, nil
}

// batchRevision is the only one with batches: 2025-06-18 removed them. A request
// that names no revision counts as one of that time, but an array has to say so: no
// server of another revision knows what to do with it.
const batchRevision = "2025-03-26"

// readBatch reads “An array batching one or more requests and/or notifications” or
// “one or more responses” — MCP 2025-03-26 Transports, Sending Messages to the
// Server.
func readBatch(text []byte, sent headers) ([]Operation, error) {
	if sent.version != batchRevision {
		return nil, ErrBatch
	}
	if sent.method != "" || sent.name != "" {
		return nil, fmt.Errorf("%w: they name one method for many", ErrMismatch)
	}
	elements, err := strictjson.Array(text, nil)
	if err != nil {
		return nil, unreadable(err)
	}
	if len(elements) == 0 || len(elements) > MaxOperations {
		return nil, fmt.Errorf("%w: empty or too long", ErrBatch)
	}
	ops := make([]Operation, 0, len(elements))
	for _, element := range elements {
		if ops, err = readSingle(ops, element, sent); err != nil {
			return nil, err
		}
	}
	if err := checkBatch(ops); err != nil {
		return nil, err
	}
	return ops, nil
}

// checkBatch enforces: “The initialize request MUST NOT be part of a JSON-RPC
// batch” — MCP 2025-03-26 Lifecycle, Initialization.
func checkBatch(ops []Operation) error {
	for i := range ops {
		if ops[i].Method == "initialize" {
			return fmt.Errorf("%w: initialize comes alone", ErrBatch)
		}
		if ops[i].Response != ops[0].Response {
			return fmt.Errorf("%w: responses come without requests", ErrBatch)
		}
	}
	return nil
}
