package main

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"
)

// Messages for what mcp-go's client does not let a test see.
const (
	modernMeta = `{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},` +
		`"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"progressToken":"steps"}`

	legacyCountdown = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"countdown",` +
		`"arguments":{"from":8,"interval_ms":250},"_meta":{"progressToken":"steps"}}}`
	modernCountdown = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"countdown",` +
		`"arguments":{"from":8,"interval_ms":250},"_meta":` + modernMeta + `}}`
	modernListen = `{"jsonrpc":"2.0","id":8,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":` + modernMeta + `}}`
)

// eventsOf reads the data of the events on a stream, and closes the channel when the
// stream ends.
func eventsOf(body io.Reader) <-chan string {
	out := make(chan string, 100)
	go func() {
		defer close(out)
		for lines := bufio.NewScanner(body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				out <- data
			}
		}
	}()
	return out
}

// next returns the next event, or "" at the end of the stream.
func next(t *testing.T, events <-chan string) string {
	t.Helper()
	select {
	case data := <-events:
		return data
	case <-time.After(patience):
		t.Fatal("the stream is silent and open")
		return ""
	}
}
