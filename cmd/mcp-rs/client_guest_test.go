package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// A guest is mcp-go's own client, and what it said and heard.
type guest struct {
	*client.Client
	wire *wire
}

// visit returns a client that has not said anything yet.
func visit(t *testing.T, url, revision string, who credential, options ...transport.StreamableHTTPCOption) *guest {
	t.Helper()
	w := newWire()
	options = append([]transport.StreamableHTTPCOption{
		transport.WithHTTPBasicClient(&http.Client{Transport: w}),
		transport.WithHTTPHeaderFunc(who),
		transport.WithHTTPLogger(slog.New(slog.DiscardHandler)),
	}, options...)
	conn, err := transport.NewStreamableHTTP(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	return w.guest(t, conn, revision)
}

// visitSSE does the same over the transport of revision 2024-11-05.
func visitSSE(t *testing.T, url string, who credential) (*guest, error) {
	t.Helper()
	w := newWire()
	conn, err := transport.NewSSE(url, transport.WithHTTPClient(&http.Client{Transport: w}),
		transport.WithHeaderFunc(who), transport.WithSSELogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	g := w.guest(t, conn, "2024-11-05")
	if err := g.Start(context.Background()); err != nil { // the context ends the stream
		return g, err
	}
	return g, nil
}

// guest makes the client. One of the first revision cannot be asked anything:
// elicitation came with 2025-06-18.
func (w *wire) guest(t *testing.T, conn transport.Interface, revision string) *guest {
	t.Helper()
	options := []client.ClientOption{client.WithProtocolVersion(revision)}
	if revision > "2025-03-26" {
		options = append(options, client.WithElicitationHandler(ada{}))
	}
	g := &guest{client.NewClient(conn, options...), w}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// andListen makes a client open a GET stream beside its calls.
//
//lint:ignore SA1019 the revisions before 2026-07-28 have this stream, and clients open it
var andListen = transport.WithContinuousListening

// handshake connects, and returns the client for the sake of brevity.
func (g *guest) handshake(t *testing.T) *guest {
	t.Helper()
	if err := g.connect(t); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *guest) connect(t *testing.T) error {
	t.Helper()
	if err := g.Start(context.Background()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := g.Initialize(ctx, mcp.InitializeRequest{})
	return err
}

// call calls a tool.
func (g *guest) call(t *testing.T, name string, arguments any) (*mcp.CallToolResult, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return g.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: name, Arguments: arguments}})
}

// ada answers the question of the tool ask_name.
type ada struct{}

func (ada) Elicit(_ context.Context, q mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	if q.Params.Message != "What is your name?" {
		return nil, errors.New("an unknown question")
	}
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{
		Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"name": "Ada"},
	}}, nil
}

// A trip is one request and the beginning of its answer.
type trip struct {
	method, url    string
	sent, received http.Header
	status         int
}

// A wire is the network of one client, and remembers what went over it.
type wire struct {
	inner *http.Transport

	mu   sync.Mutex
	seen []trip
	more chan struct{} // closed with the next trip
}

// newWire uses a connection once. mcp-go's client cancels its answer to a question as
// soon as the call that asked is over, and net/http may then end the next request
// that it sends over the same connection.
func newWire() *wire {
	return &wire{inner: &http.Transport{DisableKeepAlives: true}, more: make(chan struct{})}
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, trip{r.Method, r.URL.String(), r.Header.Clone(), resp.Header.Clone(), resp.StatusCode})
	close(w.more)
	w.more = make(chan struct{})
	return resp, nil
}

func (w *wire) trips() []trip {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// await returns the first trip that is ok.
func (w *wire) await(t *testing.T, ok func(trip) bool) trip {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		w.mu.Lock()
		seen, more := w.seen, w.more
		w.mu.Unlock()
		for _, e := range seen {
			if ok(e) {
				return e
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("never happened among %d trips", len(seen))
		}
	}
}

// raw sends what no client would, and what tests can do without one for.
func raw(t *testing.T, method, url string, who credential, header map[string]string, body string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, more := range []map[string]string{who(ctx), header} {
		for name, value := range more {
			r.Header.Set(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// drained is a response that has been read to its end. A stream has none.
func drained(t *testing.T, resp *http.Response) (status int, body string) {
	t.Helper()
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		return resp.StatusCode, "a stream of events"
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func inSession(id string) map[string]string { return map[string]string{"Mcp-Session-Id": id} }
