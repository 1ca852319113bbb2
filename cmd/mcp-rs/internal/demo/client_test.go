package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// connect returns mcp-go's own client, after its handshake.
func connect(t *testing.T, url, as, version string, options ...client.ClientOption) *client.Client {
	t.Helper()
	wire, err := transport.NewStreamableHTTP(url, transport.WithHTTPHeaders(map[string]string{caller: as}),
		transport.WithHTTPLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return handshake(t, client.NewClient(wire, append(options, client.WithProtocolVersion(version))...))
}

// connectSSE does the same over the transport of revision 2024-11-05.
func connectSSE(t *testing.T, url, as string, options ...client.ClientOption) *client.Client {
	t.Helper()
	wire, err := transport.NewSSE(url, transport.WithHeaders(map[string]string{caller: as}))
	if err != nil {
		t.Fatal(err)
	}
	return handshake(t, client.NewClient(wire, append(options, client.WithProtocolVersion("2024-11-05"))...))
}

func handshake(t *testing.T, c *client.Client) *client.Client {
	t.Helper()
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := c.Initialize(t.Context(), mcp.InitializeRequest{}); err != nil {
		t.Fatal(err)
	}
	return c
}

func callTool(name string, arguments any) mcp.CallToolRequest {
	return mcp.CallToolRequest{Params: mcp.CallToolParams{Name: name, Arguments: arguments}}
}

func textOf(t *testing.T, result *mcp.CallToolResult, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Content) == 0 {
		t.Fatalf("no content: %+v", result)
	}
	text, ok := mcp.AsTextContent(result.Content[0])
	if !ok {
		t.Fatalf("not text: %+v", result.Content[0])
	}
	return text.Text
}

// events reads the data of the events on a stream, and closes the channel when
// the stream ends.
func events(body io.Reader) <-chan []byte {
	out := make(chan []byte, 100)
	go func() {
		defer close(out)
		for lines := bufio.NewScanner(body); lines.Scan(); {
			if data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
				out <- bytes.Clone(data)
			}
		}
	}()
	return out
}

// last returns the last event before the stream ends.
func last(t *testing.T, stream <-chan []byte) (event []byte) {
	t.Helper()
	for more := next(t, stream); more != nil; more = next(t, stream) {
		event = more
	}
	return event
}

// next returns the next event, or nil at the end of the stream.
func next(t *testing.T, stream <-chan []byte) []byte {
	t.Helper()
	select {
	case data := <-stream:
		return data
	case <-time.After(patience):
		t.Fatal("the stream is silent and open")
		return nil
	}
}
