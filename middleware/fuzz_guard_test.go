package middleware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// A guardFuzz is a guard with all sorts of credentials and a policy, an mcp-go server
// behind it, and a list of what was minted for it.
type guardFuzz struct {
	clock   clock
	guarded http.Handler
	fill    *strings.Replacer
	good    map[string]pass // by token
	done    *[]string       // the tools that ran, in the request at hand
	caller  *middleware.Principal
}

// A pass is what a good token is good for.
type pass struct {
	from, until time.Time
	scopes      []string
	proof       string // the one that goes with it, or ""
}

// newGuardFuzz mints good tokens, and many that look like them.
func newGuardFuzz(f *testing.F) *guardFuzz {
	fz := &guardFuzz{good: map[string]pass{}, done: new([]string)}
	hour := func(n int) time.Time { return started.Add(time.Duration(n) * time.Hour) }
	claims := func(scope string, from, until int) map[string]any {
		return map[string]any{"scope": scope, "iat": hour(from), "nbf": hour(from), "exp": hour(until)}
	}
	token, admin := mint(claims("mcp:tools", -1, 1)), mint(claims("mcp:tools admin", -1, 1))
	later, other := mint(claims("mcp:tools", 3, 5)), mint(map[string]any{"aud": "https://other.example.com/mcp"})
	tied := mint(map[string]any{"cnf": cnfOf("key"), "iat": hour(-1), "exp": hour(1)})
	stranger, err := jwkstest.New(issuer().URL)
	if err != nil {
		f.Fatal(err)
	}
	stranger.RemoveKey(stranger.KeyIDs()[0])
	stranger.EditKey(stranger.KeyIDs()[0], map[string]any{"kid": issuer().KeyIDs()[0]})
	forged := stranger.Mint(jwkstest.Token{Claims: map[string]any{"aud": resource, "scope": "mcp:tools admin"}})
	none := issuer().Mint(jwkstest.Token{Alg: "none", Claims: map[string]any{"scope": "mcp:tools admin"}})
	proof := proofOf(tied, clientKey(), nil)
	fz.good[token] = pass{hour(-1), hour(1), []string{"mcp:tools"}, ""}
	fz.good[admin] = pass{hour(-1), hour(1), []string{"mcp:tools", "admin"}, ""}
	fz.good[later] = pass{hour(3), hour(5), []string{"mcp:tools"}, ""}
	fz.good[tied] = pass{hour(-1), hour(1), []string{"mcp:tools"}, proof}
	fz.fill = strings.NewReplacer("TOKEN", token, "ADMIN", admin, "LATER", later, "OTHER", other, "FORGED", forged, "NONE", none,
		"BOUND", tied, "PROOF", proof, "STOLEN", proofOf(tied, otherKey(), nil), "KEY", goodKey,
		"HEAD", token[:strings.IndexByte(token, '.')], "CLAIMS", strings.Split(admin, ".")[1], "SIGNATURE", token[strings.LastIndexByte(token, '.')+1:])

	c := config()
	c.Now, c.APIKeys, c.Replays = fz.clock.now, store(f, "mcp:tools"), fresh{}
	c.Policy = &middleware.Policy{
		Tools:   map[string]middleware.Rule{"greet": {}, "secret": {Scopes: []string{"admin"}}, "off": {Deny: true}},
		Prompts: map[string]middleware.Rule{"secret": {Scopes: []string{"admin"}}},
	}
	fz.guarded = newGuard(f, c).Handler(fz.peer())
	return fz
}

// fresh forgets proofs: FuzzGuard presents the same one time and again.
type fresh struct{}

func (fresh) Take(context.Context, string, time.Time) (bool, error) { return true, nil }

// peer is an mcp-go server that notes which tools and prompts run, "open" being one that
// no rule is about.
func (fz *guardFuzz) peer() http.Handler {
	s := server.NewMCPServer("peer", "1", server.WithRecovery())
	var mu sync.Mutex
	note := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		*fz.done = append(*fz.done, name)
	}
	for _, name := range []string{"greet", "secret", "off", "open", "Secret"} {
		s.AddTool(mcp.NewTool(name), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			note(name)
			return mcp.NewToolResultText("done"), nil
		})
		s.AddPrompt(mcp.NewPrompt(name), func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			note("prompt " + name)
			return mcp.NewGetPromptResult("", nil), nil
		})
	}
	h := server.NewStreamableHTTPServer(s, server.WithStateLess(true), server.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fz.caller = middleware.PrincipalFrom(r.Context())
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Millisecond) // some calls listen for ever
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// vouched is who a request may be admitted as, read by other means than ours: exactly one
// line, of exactly one token that was minted, in time, with its proof if it has one.
func (fz *guardFuzz) vouched(h http.Header) (scopes []string, ok bool) {
	lines := h["Authorization"]
	if len(lines) == 0 {
		return []string{"mcp:tools"}, slices.Equal(h["X-Api-Key"], []string{goodKey})
	}
	fields := strings.FieldsFunc(lines[0], func(r rune) bool { return r == ' ' })
	if len(lines) > 1 || len(fields) != 2 {
		return nil, false
	}
	p, ok := fz.good[fields[1]]
	now, leeway := fz.clock.now(), time.Minute
	inTime := !now.Before(p.from.Add(-leeway)) && now.Before(p.until.Add(leeway))
	scheme, proven := "bearer", p.proof == ""
	if !proven {
		scheme, proven = "dpop", slices.Equal(h["Dpop"], []string{p.proof})
	}
	return p.scopes, ok && inTime && proven && strings.ToLower(fields[0]) == scheme
}

// FuzzGuard: whatever stands in the headers and in the body, and whatever the time is, the
// handler runs for a credential alone that we minted, byte for byte, in time; and no tool
// runs behind it that its scopes and the policy do not allow. Tokens are remembered
// between requests, so that this holds for them too.
func FuzzGuard(f *testing.F) {
	callTool := func(name string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + name + `"}}`
	}
	bodies := []string{
		callTool("greet"), callTool("secret"), callTool("off"), callTool("open"), callTool("Secret"), callTool(`s\u0065cret`),
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","name":"secret"}}`, `{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call","params":{"name":"secret"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"},"paramſ":{"name":"secret"}}`, "[" + callTool("greet") + "," + callTool("secret") + "]",
		callTool("greet") + callTool("secret"), "\ufeff" + callTool("secret"), `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"secret"}}`, "", "{", "null",
	}
	lines := []string{
		"Bearer TOKEN", "bearer  ADMIN ", "Bearer LATER", "Bearer OTHER", "Bearer FORGED", "Bearer NONE", "Bearer BOUND", "DPoP BOUND", "DPoP TOKEN", "Bearer HEAD.CLAIMS.SIGNATURE",
		"Bearer eyJhbGciOiJub25lIn0.CLAIMS.", "Bearer TOKEN,ADMIN", "Bearer TOKEN\nBearer ADMIN", "Bearer TOKEN=", "Bearer TOKENA", "Bearer KEY", "Basic TOKEN", "Bearer", "\tBearer TOKEN",
	}
	for i := range max(len(lines), len(bodies)) {
		line, body := lines[i%len(lines)], bodies[i%len(bodies)]
		f.Add(line, "", "PROOF", "", "", "application/json", body, int16(0))
		f.Add(line, "", "", "2025-11-25", "", "application/json", bodies[0], int16(0))
		f.Add(lines[i%2], "", "", "", "", "application/json", body, int16(i-8))
		f.Add("", "KEY", "", "2025-06-18", "tools/call\ngreet", "application/json", body, int16(i))
		f.Add(lines[0], "", "", "", "", "application/json", bodies[0], int16(31*(i%7))) // in time, and past it when it is remembered
		f.Add(lines[1], "", "", "2026-07-28\n2025-06-18", "tools/call\ngreet", "application/json; charset=utf-8", body, int16(60))
		f.Add("", "KEY", "", "2025-06-18", "tools/call\nsecret", "application/json", body, int16(i))
		f.Add(line, "KEY\nKEY", "STOLEN", "", "", "text/plain", bodies[1], int16(62*(i%7)))
	}
	fz := newGuardFuzz(f)
	var tried, admitted, deeds int
	f.Cleanup(func() {
		f.Logf("%d requests tried, %d refused, %d admitted, %d tools and prompts run", tried, tried-admitted, admitted, deeds)
		if tried > 50 && (admitted == 0 || deeds == 0) {
			f.Error("nobody is ever admitted, or nothing is done: this proves nothing")
		}
	})
	f.Fuzz(func(t *testing.T, authorization, key, proof, version, named, contentType, body string, minutes int16) {
		fz.clock.set(started.Add(time.Duration(minutes) * time.Minute))
		r := httptest.NewRequest("POST", resource, bytes.NewReader([]byte(body)))
		method, name, _ := strings.Cut(named, "\n")
		for header, text := range map[string]string{"Authorization": authorization, "X-Api-Key": key, "Dpop": proof, "Mcp-Protocol-Version": version,
			"Mcp-Method": method, "Mcp-Name": name, "Content-Type": contentType} {
			if text != "" {
				r.Header[header] = strings.Split(fz.fill.Replace(text), "\n")
			}
		}
		sent := r.Header.Clone()
		*fz.done, fz.caller = nil, nil
		w := serve(fz.guarded, r)
		scopes, vouched := fz.vouched(sent)
		ran := slices.Clone(*fz.done)
		tried++
		if fz.caller == nil {
			if len(ran) > 0 || w.Code < 400 || w.Code >= 500 {
				t.Fatalf("refused with %d, and %q ran", w.Code, ran)
			}
			return
		}
		admitted, deeds = admitted+1, deeds+len(ran)
		if !vouched {
			t.Fatalf("admitted %+v at %s: %q", fz.caller, fz.clock.now(), sent)
		}
		if !slices.Equal(fz.caller.Scopes, scopes) {
			t.Fatalf("scopes %q, want %q: %q", fz.caller.Scopes, scopes, sent)
		}
		for _, tool := range ran {
			allowed := tool == "greet" || slices.Contains(scopes, "admin") && (tool == "secret" || tool == "prompt secret")
			if !allowed || !json.Valid([]byte(body)) {
				t.Fatalf("%q ran with %q\n%q\n%s", tool, scopes, sent, body)
			}
		}
	})
}
