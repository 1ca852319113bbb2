package middleware_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// A flowServer is a server as one flow file configures it, and what is seen of it.
type flowServer struct {
	handler    http.Handler
	issuers    bool     // whose tokens are accepted, as Bearer tokens too
	secrets    []string // credentials that were put into the request
	keys       map[string]string
	document   string // what is published of the provider
	network    *flowNetwork
	complaints syncBuffer // of net/http
	logged     syncBuffer // by the guard

	mu      sync.Mutex // protects denials
	denials []*middleware.Denial
}

// A syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *syncBuffer) Len() int { return len(s.String()) }

func newFlowServer(t *testing.T, words, providers []string) *flowServer {
	s := &flowServer{}
	c := config()
	c.Logger = slog.New(slog.NewTextHandler(&s.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Observe = s.observe
	next := http.Handler(http.HandlerFunc(show))
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch list := strings.Split(value, ","); name {
		case "panic":
			next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug at 10.0.0.1") })
		case "keys_down":
			c.Transport = outage{}
		case "api_keys", "bearer_keys":
			c.APIKeys, c.APIKeyBearer = s.store(t), name == "bearer_keys"
		case "document":
			s.document = value
		default:
			if !set(&c, name, value, list) {
				t.Fatalf("unknown config %q", word)
			}
		}
	}
	s.addProviders(t, &c, providers)
	s.issuers = len(c.Issuers)+len(c.Opaque) > 0 && !c.RequireBound
	g := newGuard(t, c)
	mux := mount(g, c.Aliases, next)
	addDocuments(t, mux, g, next, s.document)
	s.handler = mux
	return s
}

// set reads the words of a config line that are only fields of the Config.
func set(c *middleware.Config, name, value string, list []string) bool {
	switch name {
	case "alias":
		c.Aliases = []string{alias}
	case "no_issuer":
		c.Issuers = nil
	case "resource":
		c.Resource = value
	case "servers":
		c.AuthorizationServers = list
	case "audience":
		c.Issuers[0].Audiences = list
	case "clients":
		c.Issuers[0].Clients = list
	case "at_jwt":
		c.Issuers[0].RequireATJWT = true
	case "scopes":
		c.Scopes = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	case "challenge":
		c.ChallengeScopes = list
	case "origins":
		c.AllowedOrigins = list
	case "hosts":
		c.AllowedHosts = list
	case "max_body":
		c.MaxBody, _ = strconv.ParseInt(value, 10, 64)
	case "anonymous":
		c.DangerouslyAllowAnonymous = true
	case "disabled":
		c.DangerouslyDisableAuthentication = true
	case "forward":
		c.DangerouslyForwardCredential = true
	default:
		return setBound(c, name, value, list)
	}
	return true
}

// mount is how README says to mount a guard.
func mount(g *middleware.Guard, aliases []string, next http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/mcp", g.Handler(next))
	mux.Handle(g.Metadata())
	for _, a := range aliases {
		mux.Handle("/mcp/messages", g.For(a).Handler(next))
		mux.Handle(g.For(a).Metadata())
	}
	return mux
}

func (s *flowServer) observe(_ context.Context, e middleware.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Denial != nil {
		s.denials = append(s.denials, e.Denial)
	}
}

// store makes keys for ${apikey …}: a good one, one that has ended, one that grants
// nothing.
func (s *flowServer) store(t *testing.T) *apikey.Store {
	s.keys = map[string]string{"": apikey.Generate(), "expired": apikey.Generate(), "unscoped": apikey.Generate()}
	line := func(name string, scopes []string, expires time.Time) string {
		line, err := apikey.Line(s.keys[name], "key"+name, scopes, expires)
		if err != nil {
			t.Fatal(err)
		}
		return line + "\n"
	}
	text := line("", []string{"mcp:tools"}, time.Time{}) + line("expired", []string{"mcp:tools"}, started) + line("unscoped", nil, time.Time{})
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := apikey.New(apikey.Config{File: path, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// An outage is a transport that reaches nobody.
type outage struct{}

func (outage) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}

// show is the guarded handler. It tells what reached it: who calls, which headers
// are left, the body.
func show(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	names := slices.Sorted(maps.Keys(r.Header))
	fmt.Fprintf(w, "caller: %s\n", describe(middleware.PrincipalFrom(r.Context())))
	fmt.Fprintf(w, "request: %s %s %s\n", r.Method, r.URL.RequestURI(), body)
	fmt.Fprintf(w, "headers: %s\n", strings.Join(names, " "))
}

func describe(p *middleware.Principal) string {
	if p == nil {
		return "nobody knows"
	}
	words := []string{string(p.Method), p.Issuer, p.Subject, p.Client, strings.Join(p.Scopes, " ")}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), ", ")
}

// template is ${name}, or ${name argument …}.
var template = regexp.MustCompile(`\$\{(\w+)((?: [^ }]+)*)\}`)

// expand fills in the credentials of a request.
func (s *flowServer) expand(t *testing.T, text string) string {
	return template.ReplaceAllStringFunc(text, func(found string) string {
		m := template.FindStringSubmatch(found)
		secret := ""
		switch args := strings.Fields(m[2]); m[1] {
		case "token":
			secret = tokenOf(t, args)
		case "opaque":
			secret = strings.Join(args, "") + "c0ffee0123456789abcdef"
		case "apikey":
			secret = s.keys[strings.Join(args, " ")]
		case "session":
			secret = sessionOf(args)
		case "proof":
			secret = s.flowProof(t, args)
		case "certificate":
			secret = flowCertificate(args)
		}
		if secret == "" {
			t.Fatalf("unknown template %s", found)
		}
		s.secrets = append(s.secrets, secret)
		return secret
	})
}

// tokenOf mints a good token, but for what args say: header members and claims, with
// times relative to now, and "none" for leaving a member out.
func tokenOf(t *testing.T, args []string) string {
	token := jwkstest.Token{Header: map[string]any{}, Claims: map[string]any{"scope": "mcp:tools", "client_id": "cli"}}
	spoil := false
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		place, v := token.Claims, any(value)
		list := strings.Split(value, ",")
		switch name {
		case "exp", "nbf", "iat":
			if d, err := time.ParseDuration(value); err == nil {
				v = started.Add(d)
			} else if value != "none" {
				t.Fatal(err)
			}
		case "aud":
			if len(list) > 1 {
				v = list
			}
		case "scope":
			v = strings.Join(list, " ")
		case "cnf":
			v = cnfOf(value)
		case "alg", "kid", "typ":
			place = token.Header
		case "signature":
			spoil = true
		}
		if value == "none" {
			v = nil
		}
		place[name] = v
	}
	delete(token.Claims, "signature")
	text := issuer().Mint(token)
	if spoil {
		other := issuer().Signature([]byte("something else"), jwkstest.Token{})
		text = text[:strings.LastIndexByte(text, '.')+1] + base64.RawURLEncoding.EncodeToString(other)
	}
	return text
}
