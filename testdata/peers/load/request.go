package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A request is one POST with a credential, and what is known of its right answer.
type request struct {
	kind    string
	header  string // "Authorization", "X-API-Key", or ""
	value   string
	list    bool   // tools/list, rather than tools/call whoami
	subject string // who a 200 has to be for

	// allowed are the right answers, to be asked when the answer is there.
	allowed func(from, to time.Time) []int
}

const (
	whoami    = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`
	toolsList = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
)

// exactly is for requests to which one answer is right at all times.
func exactly(status int) func(from, to time.Time) []int {
	return func(time.Time, time.Time) []int { return []int{status} }
}

// A client is one caller's connection.
type client struct {
	url       string
	transport *http.Transport
}

func newClient(url string) *client {
	return &client{url, &http.Transport{DisableCompression: true, MaxConnsPerHost: 1}}
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// do sends a request, and returns the status and what is wrong with the answer, if
// anything is.
func (c *client) do(r *request) (status int, wrong string) {
	text := whoami
	if r.list {
		text = toolsList
	}
	out, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(text))
	if err != nil {
		return 0, err.Error()
	}
	out.Header.Set("Content-Type", "application/json")
	out.Header.Set("Accept", "application/json, text/event-stream")
	if r.header != "" {
		out.Header.Set(r.header, r.value)
	}
	from := time.Now()
	resp, err := (&http.Client{Transport: c.transport, Timeout: patience}).Do(out)
	if err != nil {
		return 0, err.Error()
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	_ = resp.Body.Close()
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, r.check(resp, body, r.allowed(from, time.Now()))
}

// check says what is wrong with an answer. It never says the credential.
func (r *request) check(resp *http.Response, body []byte, allowed []int) string {
	if !slices.Contains(allowed, resp.StatusCode) {
		return fmt.Sprintf("answered %d, not %s", resp.StatusCode, strings.Trim(fmt.Sprint(allowed), "[]"))
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return r.checkResult(body)
	case http.StatusUnauthorized:
		if resp.Header.Get("WWW-Authenticate") == "" {
			return "answered 401 without a challenge"
		}
	case http.StatusServiceUnavailable:
		if resp.Header.Get("Retry-After") == "" {
			return "answered 503 without Retry-After"
		}
	}
	return ""
}

// checkResult makes sure that nobody is taken for somebody else.
func (r *request) checkResult(body []byte) string {
	if r.list {
		if !bytes.Contains(body, []byte(`"name":"whoami"`)) {
			return "answered 200 without the tools"
		}
		return ""
	}
	var answer struct {
		Result struct {
			StructuredContent struct{ Subject string } `json:"structuredContent"`
		} `json:"result"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "answered 200 with what is no JSON"
	}
	if got := answer.Result.StructuredContent.Subject; got != r.subject {
		return fmt.Sprintf("%s is taken for %.40q", r.subject, got)
	}
	return ""
}
