package middleware_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// A flowProvider answers questions about tokens (RFC 7662 §2), always the same: what an
// "opaque:" line of a flow file describes.
type flowProvider struct {
	opaque.Provider
	status int            // 0: it cannot be reached
	answer map[string]any // a good one, but for what the line says
}

const (
	askedBy     = "mcp-server"
	askedSecret = "canary-of-the-server-that-asks"
)

// newFlowProvider reads words: how to ask, and what to answer. Times are relative to
// now, and "none" leaves a member out.
func newFlowProvider(t *testing.T, words []string) *flowProvider {
	p := &flowProvider{status: 200, answer: map[string]any{
		"active": true, "sub": "alice", "client_id": "cli", "scope": "mcp:tools", "aud": resource, "exp": started.Add(time.Hour).Unix(),
	}}
	p.Issuer = "https://opaque.example.com"
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		list := strings.Split(value, ",")
		switch name {
		case "issuer":
			p.Issuer = value
		case "prefixes":
			p.Prefixes = list
		case "jwt":
			p.JWT = opaque.JWT(value)
		case "audiences":
			p.Audiences = list
		case "clients":
			p.Clients = list
		case "aud_optional":
			p.AudienceOptional = true
		case "down":
			p.status = 0
		case "status":
			p.status, _ = strconv.Atoi(value)
		case "inactive":
			p.answer = map[string]any{"active": false}
		case "cnf":
			p.answer[name] = cnfOf(value)
		case "exp", "nbf":
			d, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			p.answer[name] = started.Add(d).Unix()
		default:
			p.answer[name] = strings.Join(list, " ")
		}
		if value == "none" {
			delete(p.answer, name)
		}
	}
	p.Ask = opaque.Ask{URL: p.Issuer + "/introspect", Auth: opaque.AuthBasic, ClientID: askedBy, Secret: jwks.NewSecret([]byte(askedSecret))}
	return p
}

// A flowNetwork is where the guard of a flow file finds its providers.
type flowNetwork struct {
	next      http.RoundTripper // to whoever is no provider of these
	providers []*flowProvider
	server    *flowServer

	mu    sync.Mutex // protects asked
	asked []string
}

// addProviders makes a provider of each line.
func (s *flowServer) addProviders(t *testing.T, c *middleware.Config, lines []string) {
	s.network = &flowNetwork{next: c.Transport, server: s}
	for _, line := range lines {
		p := newFlowProvider(t, strings.Fields(line))
		s.network.providers = append(s.network.providers, p)
		c.Opaque = append(c.Opaque, p.Provider)
	}
	c.Transport = s.network
	s.secrets = append(s.secrets, askedSecret)
}

func (n *flowNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	i := slices.IndexFunc(n.providers, func(p *flowProvider) bool { return p.Ask.URL == r.URL.String() })
	if i < 0 {
		return n.next.RoundTrip(r)
	}
	p := n.providers[i]
	n.mu.Lock()
	n.asked = append(n.asked, p.Issuer)
	n.mu.Unlock()
	status, answer := p.status, p.answer
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	if err := n.understands(r); err != nil {
		status, answer = 400, map[string]any{"error": err.Error()}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(string(body))),
		Request:    r,
	}, nil
}

// understands makes sure that a question is one: from us, and about the token that was
// sent, which is in the body alone.
func (n *flowNetwork) understands(r *http.Request) error {
	if user, password, _ := r.BasicAuth(); user != askedBy || password != askedSecret {
		return errors.New("who are you?")
	}
	if err := r.ParseForm(); err != nil || r.Method != "POST" || r.URL.RawQuery != "" {
		return fmt.Errorf("%s: %v", r.Method, err)
	}
	if token := r.PostForm.Get("token"); token == "" || !slices.Contains(n.server.secrets, token) {
		return errors.New("what token is that?")
	}
	return nil
}

// check makes sure that just these providers were asked, in this order.
func (n *flowNetwork) check(t *testing.T, want []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Equal(n.asked, want) {
		t.Errorf("asked %q, want %q", n.asked, want)
	}
}
