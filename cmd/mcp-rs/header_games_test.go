package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// An arena is a server to play games with, over HTTP/1.1 and HTTP/2.
type arena struct {
	name     string
	address  string
	admitted func() int // requests that reached what is behind the guard
	words    *strings.Replacer
}

// arenas are mcp-rs as an operator runs it, and a guard before a handler of its own on
// a plain [http.ServeMux].
func arenas(t *testing.T) []arena {
	t.Helper()
	certificate, key, err := selfSigned("mcp-rs")
	if err != nil {
		t.Fatal(err)
	}
	files := filepath.Join(t.TempDir(), "tls")
	for end, text := range map[string][]byte{".crt": certificate, ".key": key} {
		if err := os.WriteFile(files+end, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := deploy(t, "MCP_HTTPS_ENABLED=true", "MCP_SSL_CERT_FILE="+files+".crt", "MCP_SSL_KEY_FILE="+files+".key")
	address := strings.TrimSuffix(strings.TrimPrefix(d.mcp, "https://"), endpointPath)
	deployed := arena{name: "mcp-rs", address: address, words: wordsFor(d, d.mcp)}
	deployed.admitted = func() int { return strings.Count(d.log.String(), `"msg":"admitted"`) }
	return []arena{deployed, plain(t, d)}
}

// wordsFor puts credentials for a resource into what is sent.
func wordsFor(d *deployment, resource string) *strings.Replacer {
	return strings.NewReplacer("KEY", apiKey,
		"TOKEN", d.issuer.mint(map[string]any{"aud": resource}),
		"STALE", d.issuer.mint(map[string]any{"aud": resource, "exp": ago()}))
}

// plain is the guard as README shows it, beside a folder that is open to all.
func plain(t *testing.T, d *deployment) arena {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewUnstartedServer(mux)
	server.EnableHTTP2 = true
	server.Config.MaxHeaderBytes = 64 << 10
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the games are what it would tell
	address := server.Listener.Addr().String()
	keys, err := apikey.New(apikey.Config{Keys: []string{apiKey}, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := middleware.New(middleware.Config{
		Resource: "https://" + address + endpointPath,
		Issuers:  []jwks.Issuer{{URL: d.issuer.URL, Algorithms: []string{"ES256"}}},
		Scopes:   []string{"read"},
		APIKeys:  keys,
	})
	if err != nil {
		t.Fatal(err)
	}
	var reached atomic.Int64
	mux.Handle(endpointPath, guard.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) })))
	mux.Handle(guard.Metadata())
	server.StartTLS()
	t.Cleanup(server.Close)
	return arena{name: "a guard on a mux", address: address, words: wordsFor(d, "https://"+address+endpointPath),
		admitted: func() int { return int(reached.Load()) }}
}

// games is the whole table, each with what an honest call would have.
func games() []game {
	all := append(append([]game{}, credentialGames...), proxyGames...)
	for _, target := range pathGames {
		all = append(all, game{name: "path " + target, target: target}, game{name: "path, GET " + target, target: target, method: "GET"})
	}
	return all
}

// prepared is the game as it is played there.
func (a arena) prepared(g game) game {
	if g.method == "" {
		g.method = http.MethodPost
	}
	if g.target == "" && g.status != 0 {
		g.target = endpointPath
	}
	if g.host == "" {
		g.host = a.address
	}
	if g.body == "" {
		g.body = listTools
	}
	g.target, g.body = a.words.Replace(g.target), a.words.Replace(g.body)
	lines := []string{"Accept: application/json, text/event-stream"}
	for _, line := range g.lines {
		lines = append(lines, a.words.Replace(line))
	}
	if !strings.Contains(strings.Join(lines, "\n"), "Content-Type:") {
		lines = append(lines, "Content-Type: application/json")
	}
	g.lines = lines
	return g
}

// Nobody reaches the handler by a header or a path that is not what it seems, and what
// is right is admitted whatever else is sent. The log sums up.
func TestHeaderGames(t *testing.T) {
	wires := []struct {
		protocol string
		send     func(*testing.T, string, game) (int, string)
	}{{"HTTP/1.1", overHTTP1}, {"HTTP/2", overHTTP2}}
	tried, accepted, silent := 0, 0, 0
	for _, a := range arenas(t) {
		for _, wire := range wires {
			for _, g := range games() {
				if g.over != "" && g.over != wire.protocol {
					continue
				}
				t.Run(a.name+", "+wire.protocol+", "+g.name, func(t *testing.T) {
					before := a.admitted()
					status, text := wire.send(t, a.address, a.prepared(g))
					reached := a.admitted() - before
					tried, accepted = tried+1, accepted+reached
					if status == 0 {
						silent++
					}
					g.judge(t, status, reached)
					if exact := a.name == "mcp-rs" && wire.protocol == "HTTP/1.1" && g.status != 0; exact && status != g.status {
						t.Errorf("status %d, want %d", status, g.status)
					}
					if strings.Contains(text, "attacker.example") && g.status != 0 {
						t.Errorf("the answer repeats what was sent: %s", text)
					}
				})
			}
		}
	}
	t.Logf("%d tried, %d refused (%d of them by ending the stream or connection), %d accepted", tried, tried-accepted, silent, accepted)
	if tried < 700 || accepted == 0 {
		t.Errorf("%d games and %d admissions are not all of them", tried, accepted)
	}
}

// judge wants what is right to reach the handler once, and all else not at all. A
// success without an admission would be a second way in.
func (g game) judge(t *testing.T, status, reached int) {
	t.Helper()
	if g.status == http.StatusOK {
		if reached != 1 || status != http.StatusOK {
			t.Errorf("%d requests were admitted, status %d", reached, status)
		}
		return
	}
	if reached != 0 {
		t.Errorf("it was admitted, with status %d", status)
	}
	if status != 0 && status < 300 {
		t.Errorf("status %d without a credential", status)
	}
}

// The program has no profiles and no variables to look at, with or without a token.
func TestNoProfiles(t *testing.T) {
	d := deploy(t)
	site := strings.TrimSuffix(d.mcp, endpointPath)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/profile?seconds=1", "/debug/vars", "/debug/requests", "/metrics"} {
		for name, who := range map[string]credential{"nobody": nobody, "alice": d.as("alice"), "an operator": keyOf(apiKey)} {
			if status, body := drained(t, raw(t, http.MethodGet, site+path, who, nil, "")); status != http.StatusNotFound || strings.Contains(body, "goroutine") {
				t.Errorf("%s for %s: %d, %s", path, name, status, body)
			}
		}
	}
}
