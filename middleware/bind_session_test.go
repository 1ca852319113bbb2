package middleware_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

func key(letter string) []byte { return bytes.Repeat([]byte(letter), 32) }

var alice = &middleware.Principal{Method: middleware.MethodJWT, Issuer: "https://login.example.com", Subject: "alice", Client: "cli"}

func TestSessionSealOpensForItsCallerOnly(t *testing.T) {
	seal := sealOf(key("k"))
	for _, id := range []string{"s-1", "", "a.b", "é", strings.Repeat("x", 5000)} {
		sealed := seal.Seal(alice, id)
		if got, ok := seal.Open(alice, sealed); !ok || got != id {
			t.Errorf("%q: %q %v", id, got, ok)
		}
		renewed := *alice
		renewed.Scopes = []string{"other"}
		renewed.Expiry = started
		if _, ok := seal.Open(&renewed, sealed); !ok {
			t.Errorf("%q: a renewed token loses it", id)
		}
		for name, thief := range map[string]*middleware.Principal{
			"another subject": {Method: "jwt", Issuer: alice.Issuer, Subject: "bob", Client: "cli"},
			"another issuer":  {Method: "jwt", Issuer: "https://login.example.net", Subject: "alice", Client: "cli"},
			"another client":  {Method: "jwt", Issuer: alice.Issuer, Subject: "alice", Client: "app"},
			"another method":  {Method: "api_key", Issuer: alice.Issuer, Subject: "alice", Client: "cli"},
			"another case":    {Method: "jwt", Issuer: alice.Issuer, Subject: "Alice", Client: "cli"},
			"nobody":          {Method: "anonymous"},
			// The same letters in other places.
			"issuer and subject": {Method: "jwt", Issuer: alice.Issuer + "alice", Subject: "", Client: "cli"},
			"subject and client": {Method: "jwt", Issuer: alice.Issuer, Subject: "alicec", Client: "li"},
			"lengths within":     {Method: "jwt", Issuer: alice.Issuer, Subject: "alice3:cli", Client: ""},
		} {
			if _, ok := seal.Open(thief, sealed); ok {
				t.Errorf("%q opens for %s", id, name)
			}
		}
	}
}

// The parts of a caller and the id are told apart by their lengths: nobody can move
// letters from one into another, and keep the seal.
func TestSessionSealTellsPartsApart(t *testing.T) {
	seal := sealOf(key("k"))
	seals := map[string]string{}
	parts := []string{"", "1", "1:", "0:", "1:1", "11", "1:10:", "0:1:1"}
	for _, subject := range parts {
		for _, client := range parts {
			for _, id := range parts {
				sealed := seal.Seal(&middleware.Principal{Method: "jwt", Subject: subject, Client: client}, id)
				mac, who := sealed[strings.LastIndexByte(sealed, '.'):], fmt.Sprintf("%q %q %q", subject, client, id)
				if other, ok := seals[mac]; ok {
					t.Errorf("%s and %s have one seal", who, other)
				}
				seals[mac] = who
			}
		}
	}
}

func TestSessionSealRefusesWhatWasChanged(t *testing.T) {
	seal := sealOf(key("k"))
	sealed := seal.Seal(alice, "s-1")
	for i := range sealed {
		for bit := range 8 {
			changed := []byte(sealed)
			changed[i] ^= 1 << bit
			if _, ok := seal.Open(alice, string(changed)); ok {
				t.Errorf("bit %d of byte %d does not matter: %q", bit, i, changed)
			}
		}
		if _, ok := seal.Open(alice, sealed[:i]); ok {
			t.Errorf("%q opens", sealed[:i])
		}
	}
	id, mac, _ := strings.Cut(sealed, ".")
	raw, err := base64.RawURLEncoding.DecodeString(mac)
	if err != nil || len(raw) < 16 {
		t.Fatalf("a seal of %d bytes: %v", len(raw), err)
	}
	for _, changed := range []string{
		"", ".", "..", id, id + ".", "." + mac, sealed + "A", sealed + "=", sealed + " ", " " + sealed, sealed + "." + mac, sealed + ".", "x" + sealed,
		id + "." + base64.StdEncoding.EncodeToString(raw), id + "." + strings.ToUpper(mac), id + "\x00." + mac,
	} {
		if got, ok := seal.Open(alice, changed); ok {
			t.Errorf("%q opens as %q", changed, got)
		}
	}
}

func TestSessionSealRotates(t *testing.T) {
	before, during, after := sealOf(key("a")), sealOf(key("b"), key("a")), sealOf(key("b"))
	open := func(s *middleware.SessionSeal, sealed string) bool { _, ok := s.Open(alice, sealed); return ok }
	old, fresh := before.Seal(alice, "s"), during.Seal(alice, "s")
	if !open(during, old) || !open(during, fresh) || !open(after, fresh) {
		t.Error("a session is lost")
	}
	if open(after, old) || open(before, fresh) {
		t.Error("a key that was dropped still opens, or the old one still seals")
	}
	one, other := sealOf(), sealOf()
	if !open(one, one.Seal(alice, "s")) || open(other, one.Seal(alice, "s")) {
		t.Error("keys that were made are not random")
	}
}

// The keys are copied, too short ones refused, and none printed.
func TestSessionSealKeys(t *testing.T) {
	k := key("k")
	seal := sealOf(k)
	sealed := seal.Seal(alice, "s")
	k[0] = 'x'
	if _, ok := seal.Open(alice, sealed); !ok {
		t.Error("a change of the caller's slice changed the key")
	}
	for _, keys := range [][][]byte{{nil}, {key("k")[:31]}, {key("k"), {}}} {
		if _, err := middleware.NewSessionSeal(keys...); err == nil {
			t.Errorf("keys of %d and last %d bytes are accepted", len(keys[0]), len(keys[len(keys)-1]))
		}
	}
	canary := "canary-canary-canary-canary-canary"
	seal = sealOf([]byte(canary))
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&all, verb+" ", seal)
		fmt.Fprintf(&all, verb+" ", *seal)
		fmt.Fprintf(&all, verb+" ", middleware.Config{Sessions: seal})
		fmt.Fprintf(&all, verb+" ", struct{ s *middleware.SessionSeal }{seal})
		fmt.Fprintf(&all, verb+" ", struct{ s middleware.SessionSeal }{*seal})
	}
	if text, err := json.Marshal(seal); err == nil {
		all.Write(text)
	}
	slog.New(slog.NewTextHandler(&all, nil)).Info("x", "seal", seal)
	slog.New(slog.NewJSONHandler(&all, nil)).Info("x", "seal", seal)
	_, err := middleware.NewSessionSeal([]byte(canary[:20]))
	fmt.Fprint(&all, err)
	for _, form := range []string{canary[:16], fmt.Sprintf("%x", canary[:8]), fmt.Sprint([]byte(canary[:8]))[1:20], base64.StdEncoding.EncodeToString([]byte(canary[:9]))} {
		if strings.Contains(all.String(), form) {
			t.Errorf("%q in %s", form, &all)
		}
	}
}

// A session id is looked at on every request that could have one, whatever its verb,
// and only with a seal.
func TestBindSession(t *testing.T) {
	c := config()
	c.Scopes, c.Policy, c.Sessions = nil, &middleware.Policy{}, flowSeal
	g := newGuard(t, c)
	c.Sessions = nil
	careless := newGuard(t, c)
	stolen := sessionOf([]string{"bob"})
	for _, verb := range []string{"POST", "GET", "DELETE", "HEAD", "PUT", "OPTIONS", "BREW"} {
		r := post(mint(nil), message("ping", nil), "Mcp-Session-Id", stolen)
		r.Method = verb
		if got := reasonOf(g, r); got != "unknown_session" {
			t.Errorf("%s: %q", verb, got)
		}
		r.Header["Mcp-Session-Id"] = []string{sessionOf([]string{"alice"})}
		r = r.Clone(r.Context())
		r.Body = http.NoBody
		if verb != "POST" && reasonOf(g, r) != "" {
			t.Errorf("%s: its own session is refused", verb)
		}
	}
	if got := reasonOf(careless, post(mint(nil), message("ping", nil), "Mcp-Session-Id", "any")); got != "" {
		t.Errorf("without a seal: %q", got)
	}
}

// What is no initialize can't pass for one, and neither can an old revision for a new
// one and keep its session.
func TestBindSessionIsNotTalkedOutOf(t *testing.T) {
	c := config()
	c.Scopes, c.Policy, c.Sessions = nil, &middleware.Policy{}, flowSeal
	g := newGuard(t, c)
	stolen := sessionOf([]string{"bob"})
	for name, r := range map[string]*http.Request{
		"an answer":                  post(mint(nil), `{"jsonrpc":"2.0","id":1,"result":{}}`),
		"a notification":             post(mint(nil), `{"jsonrpc":"2.0","method":"notifications/initialized"}`),
		"initialize in another case": post(mint(nil), message("Initialize", nil)),
		"a revision before":          post(mint(nil), message("ping", nil), "Mcp-Protocol-Version", "2025-11-25"),
		"initialize in the headers":  post(mint(nil), message("initialized", nil), "Mcp-Method", "initialized"),
	} {
		r.Header.Set("Mcp-Session-Id", stolen)
		if got := reasonOf(g, r); got != "unknown_session" {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, version := range map[string]string{"a modern one": "2026-07-28", "one to come": "2027-01-01", "none": "draft"} {
		r := request("GET", "Authorization", "Bearer "+mint(nil), "Mcp-Session-Id", stolen, "Mcp-Protocol-Version", version)
		saw := "nothing"
		serve(g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { saw = r.Header.Get("Mcp-Session-Id") })), r)
		if saw != "" {
			t.Errorf("%s: the handler saw %q", name, saw)
		}
		if r.Header.Get("Mcp-Session-Id") != stolen {
			t.Error("the outer request was changed")
		}
	}
}

// A caller without the right to a method does not learn by it whose a session is.
func TestBindSessionComesBeforeScopes(t *testing.T) {
	c := config()
	c.Policy, c.Sessions = &middleware.Policy{Tools: needs("t")}, flowSeal
	g := newGuard(t, c)
	token := mint(map[string]any{"scope": "none"})
	for _, id := range []string{sessionOf([]string{"bob"}), "invented"} {
		if got := reasonOf(g, post(token, tool("t"), "Mcp-Session-Id", id)); got != "unknown_session" {
			t.Errorf("%q", got)
		}
	}
}

// Sessions work without a Policy as well.
func TestBindSessionWithoutAPolicy(t *testing.T) {
	c := config()
	c.Sessions = flowSeal
	g := newGuard(t, c)
	stolen := sessionOf([]string{"bob"})
	if got := reasonOf(g, post(mint(nil), message("ping", nil), "Mcp-Session-Id", stolen)); got != "unknown_session" {
		t.Errorf("%q", got)
	}
	if got := reasonOf(g, post(mint(nil), message("initialize", nil), "Mcp-Session-Id", stolen)); got != "" {
		t.Errorf("initialize with a stale id: %q", got)
	}
}

// A seal that nobody made has no keys, and must not come to light with a request.
func TestSessionsNeedKeys(t *testing.T) {
	c := config()
	c.Sessions = new(middleware.SessionSeal)
	_, err := middleware.New(c)
	if got := fieldsOf(t, err); len(got) != 1 || got[0] != "Sessions" {
		t.Errorf("%q", got)
	}
}

// What opens is what was sealed, byte for byte.
func FuzzSessionSealOpen(f *testing.F) {
	seal := sealOf(key("b"), key("a"))
	f.Add(seal.Seal(alice, "s-1"))
	f.Add(sealOf(key("a")).Seal(alice, "s.1"))
	f.Add("s-1.")
	for _, sealed := range []string{ // another's, spoiled, cut, another alphabet, with something to it, and of no key of ours
		seal.Seal(&middleware.Principal{Method: middleware.MethodJWT, Issuer: alice.Issuer, Subject: "mallory", Client: alice.Client}, "s-1"),
		strings.ToUpper(seal.Seal(alice, "s-1")), seal.Seal(alice, "s-1")[1:], seal.Seal(alice, "s-1") + "=", seal.Seal(alice, "s-1") + "\n", seal.Seal(alice, ""),
		seal.Seal(alice, "../../etc"), seal.Seal(alice, seal.Seal(alice, "s-1")), sealOf(key("z")).Seal(alice, "s-1"), ".", "..", "",
	} {
		f.Add(sealed)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		id, ok := seal.Open(alice, sealed)
		if ok && sealed != seal.Seal(alice, id) && sealed != sealOf(key("a")).Seal(alice, id) {
			t.Errorf("%q opens as %q", sealed, id)
		}
	})
}
