package rpc

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// A message is one JSON-RPC message and what the headers have to say about it.
type message struct {
	Operation
	version string   // the revision that _meta names, or ""
	mirror  string   // the value of params that Mcp-Name repeats, or ""
	listens []string // the resources that subscriptions/listen asks for
}

// readMessage tells requests, notifications and responses apart (JSON-RPC 2.0 §4,
// §4.1, §5) by rules under which each message is one of them only.
func readMessage(text []byte) (message, error) {
	members, err := object(text, envelopeNames)
	if err != nil {
		return message{}, err
	}
	if version, err := name(members, "jsonrpc"); err != nil || version != "2.0" {
		return message{}, fmt.Errorf(`%w: its version is not "2.0"`, ErrMalformed)
	}
	id, err := readID(members)
	if err != nil {
		return message{}, err
	}
	if _, ok := strictjson.Find(members, "method"); ok {
		return readCall(members, id)
	}
	return readResponse(members, id)
}

func readCall(members []strictjson.Member, id []byte) (message, error) {
	if has(members, "result") || has(members, "error") {
		return message{}, fmt.Errorf("%w: both a request and a response", ErrAmbiguous)
	}
	method, err := name(members, "method")
	if err != nil {
		return message{}, err
	}
	m := message{Operation: Operation{Method: method, ID: id}}
	params, err := inner(members, "params", paramNames)
	if err != nil {
		return message{}, err
	}
	return m, m.readParams(params)
}

// readResponse wants a result or an error, not both (JSON-RPC 2.0 §5). An error
// may lack the id: “id?: RequestId” — MCP 2025-11-25 Schema, JSONRPCErrorResponse.
func readResponse(members []strictjson.Member, id []byte) (message, error) {
	result, failure := has(members, "result"), has(members, "error")
	if result == failure || has(members, "params") {
		return message{}, fmt.Errorf("%w: neither a request nor a response", ErrMalformed)
	}
	if result && id == nil {
		return message{}, fmt.Errorf("%w: a result without an id", ErrMalformed)
	}
	return message{Operation: Operation{ID: id, Response: true}}, nil
}

// maxInteger is the greatest integer that readers who keep all numbers as
// floating point keep exact (RFC 7493 §2.2).
const maxInteger = 1<<53 - 1

// readID returns the id as it is written, or nil. “Requests MUST include a string
// or integer ID. […] the ID MUST NOT be null” — MCP 2025-11-25 Base Protocol,
// Requests. A null is what mcp-go takes for no id, and others for an id. An
// integer has to be written so that all readers find the same one.
func readID(members []strictjson.Member) ([]byte, error) {
	id, ok := strictjson.Find(members, "id")
	if !ok || strictjson.Kind(id) == '"' {
		return id, nil
	}
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil || n < -maxInteger || n > maxInteger || strconv.FormatInt(n, 10) != string(id) {
		return nil, fmt.Errorf("%w: the id is neither a string nor a safe integer", ErrMalformed)
	}
	return id, nil
}

// unreadable says what is wrong with a text that strictjson did not take.
func unreadable(err error) error {
	if errors.Is(err, strictjson.ErrDuplicate) || errors.Is(err, strictjson.ErrVariant) {
		return fmt.Errorf("%w: %w", ErrAmbiguous, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
