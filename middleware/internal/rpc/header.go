package rpc

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// modernRevision is the first whose requests say in each message, and again in the
// headers, what they are. Later ones compare greater, and so does what is not a
// date: mcp-go draws the line like this.
const modernRevision = "2026-07-28"

// headers is what the headers say about the body, "" where they say nothing.
type headers struct {
	version string // MCP-Protocol-Version
	method  string // Mcp-Method
	name    string // Mcp-Name, decoded
}

// checkContent makes sure that the body is JSON, in the encoding it seems to be in:
// who honours a charset or a content coding would see another text than we do.
func checkContent(h http.Header) error {
	types := h.Values("Content-Type")
	if len(types) != 1 {
		return fmt.Errorf("%w: one Content-Type is needed", ErrContentType)
	}
	media, params, err := mime.ParseMediaType(types[0])
	if err != nil || media != "application/json" {
		return fmt.Errorf("%w: the Content-Type is not application/json", ErrContentType)
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return fmt.Errorf("%w: the charset is not UTF-8", ErrContentType) // RFC 8259 §8.1
	}
	for _, coding := range h.Values("Content-Encoding") {
		if !strings.EqualFold(coding, "identity") {
			return fmt.Errorf("%w: a content coding is used", ErrContentType) // RFC 9110 §8.4
		}
	}
	return nil
}

func readHeaders(h http.Header) (sent headers, err error) {
	if sent.version, err = single(h, "Mcp-Protocol-Version"); err != nil {
		return headers{}, err
	}
	if strings.ContainsAny(sent.version, ", \t") {
		return headers{}, fmt.Errorf("%w: more than one revision", ErrMismatch) // two lines, merged on the way
	}
	if sent.method, err = single(h, "Mcp-Method"); err != nil {
		return headers{}, err
	}
	if sent.name, err = single(h, "Mcp-Name"); err != nil {
		return headers{}, err
	}
	sent.name, err = decodeName(sent.name)
	return sent, err
}

// single returns the value of a header that must not be there twice, nor without a
// value: readers differ in which line they take, and whether an empty one is there.
func single(h http.Header, name string) (string, error) {
	lines := h.Values(name)
	if len(lines) == 0 {
		return "", nil
	}
	if len(lines) > 1 || lines[0] == "" {
		return "", fmt.Errorf("%w: a header is there twice, or empty", ErrMismatch)
	}
	return lines[0], nil
}

const (
	encodedPrefix = "=?base64?"
	encodedSuffix = "?="
)

// decodeName undoes “Base64 encoding of the UTF-8 representation” — MCP 2026-07-28
// Streamable HTTP, Value Encoding. What begins as an encoded value has to be one,
// written as an encoder writes it.
func decodeName(value string) (string, error) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", fmt.Errorf("%w: Mcp-Name is not plain ASCII", ErrMismatch)
	}
	encoded, ok := strings.CutPrefix(value, encodedPrefix)
	if !ok {
		return value, nil
	}
	encoded, ok = strings.CutSuffix(encoded, encodedSuffix)
	decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(decoded) == 0 {
		return "", fmt.Errorf("%w: Mcp-Name is not encoded as it says", ErrMismatch)
	}
	return string(decoded), nil
}

// check holds the headers against the message: “servers MUST reject requests where
// the values specified in the headers do not match the corresponding values in the
// request body” — MCP 2026-07-28 Streamable HTTP, Server Validation. Earlier
// revisions do not have these headers, but clients send them all the same, and
// what stands between could act on them.
func (sent headers) check(m *message) error {
	if sent.version != "" && m.version != "" && sent.version != m.version {
		return fmt.Errorf("%w: MCP-Protocol-Version", ErrMismatch)
	}
	if sent.version >= modernRevision || m.version >= modernRevision {
		if err := sent.checkPresent(m); err != nil {
			return err
		}
	}
	if sent.method != "" && sent.method != m.Method {
		return fmt.Errorf("%w: Mcp-Method", ErrMismatch)
	}
	if sent.name != "" && sent.name != m.mirror {
		return fmt.Errorf("%w: Mcp-Name", ErrMismatch)
	}
	return nil
}

// checkPresent makes sure that a message of [modernRevision] or later says all it
// has to. “Header requirements for notification POSTs are not defined by this
// revision”, and “The client MUST NOT send JSON-RPC responses” — MCP 2026-07-28
// Streamable HTTP, Sending Messages.
func (sent headers) checkPresent(m *message) error {
	switch {
	case m.Response:
		return fmt.Errorf("%w: the revision has no responses from clients", ErrMalformed)
	case sent.version == "":
		return fmt.Errorf("%w: no MCP-Protocol-Version", ErrMismatch)
	case m.ID == nil:
		return nil
	case m.version == "":
		return fmt.Errorf("%w: no revision in _meta", ErrMalformed)
	case sent.method == "":
		return fmt.Errorf("%w: no Mcp-Method", ErrMismatch)
	case sent.name == "" && needsName(m.Method):
		return fmt.Errorf("%w: no Mcp-Name", ErrMismatch)
	}
	return nil
}

// needsName is the table of MCP 2026-07-28 Streamable HTTP, Standard Request Headers.
func needsName(method string) bool {
	return method == "tools/call" || method == "resources/read" || method == "prompts/get"
}
