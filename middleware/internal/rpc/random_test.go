package rpc_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// TestRandomMessagesAgainstMCPGo compares as FuzzAgainstMCPGo does, on messages that
// are nearly right: with members twice, in another case, escaped, of another type,
// and with headers that say something else.
func TestRandomMessagesAgainstMCPGo(t *testing.T) {
	peer := newPeer()
	var done, saved int
	for seed := range uint64(4000) {
		r := writer{rand.New(rand.NewPCG(seed, 1))}
		body, h := r.request()
		ops, _, err := rpc.Read([]byte(body), h)
		deeds := ask(peer, []byte(body), h)
		switch {
		case err == nil && len(deeds) > 0:
			done++
		case err != nil && len(deeds) > 0:
			saved++
			continue
		}
		for _, d := range deeds {
			if !covers(ops, d) {
				t.Errorf("seed %d: read as %q, but it did %+v\n%s\n%v", seed, lines(ops), d, body, h)
			}
		}
	}
	if done < 200 || saved < 200 {
		t.Errorf("the messages show little: %d were done, %d would have been", done, saved)
	}
}

// A writer writes requests. Each choice is one of its random numbers.
type writer struct{ *rand.Rand }

func (r writer) often() bool  { return r.IntN(10) > 0 }
func (r writer) seldom() bool { return r.IntN(20) == 0 }

func (r writer) pick(from ...string) string { return from[r.IntN(len(from))] }

func (r writer) request() (string, http.Header) {
	method := r.pick("tools/call", "tools/call", "tools/call", r.pick(methods...))
	name := r.pick("greet", "secret", "Greet", "日本", "file:///a")
	version := r.pick("", "", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "2026-07-28", "2026-07-28")
	h := header("Content-Type: " + r.pick("application/json", "application/json", "application/json; charset=utf-8", "Application/JSON"))
	if version != "" {
		h.Set("Mcp-Protocol-Version", version)
	}
	if version >= "2026-07-28" == r.often() {
		h.Set("Mcp-Method", method)
		h.Set("Mcp-Name", name)
	}
	if r.seldom() {
		h.Add(r.pick("Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version"), r.pick(method, name, "tools/list", "2025-06-18", "2026-07-28", "=?base64?c2VjcmV0?="))
	}
	body := r.object(
		"jsonrpc", `"2.0"`, "id", r.pick("1", `"a"`, "-3", "1", r.pick("null", "1.5", "1e1", "{}")),
		"method", r.text(method), "params", r.params(name, version))
	if r.seldom() {
		body = r.pick("[", " ", "\ufeff", "{}") + body + r.pick("]", " ", "\x00", "{}", body)
	}
	return body, h
}

func (r writer) params(name, version string) string {
	pairs := []string{"arguments", r.arguments(), "name", r.text(name)}
	for _, more := range []string{"uri", "taskId"} {
		if r.IntN(2) == 0 {
			pairs = append(pairs, more, r.text(name))
		}
	}
	if r.IntN(2) == 0 {
		pairs = append(pairs, "ref", r.object("type", r.text(r.pick("ref/prompt", "ref/resource")), "name", r.text(name), "uri", r.text(name)))
		pairs = append(pairs, "notifications", r.object("resourceSubscriptions", "["+r.text(name)+","+r.text("b:c")+"]"))
	}
	if version >= "2026-07-28" == r.often() {
		pairs = append(pairs, "_meta", r.object(
			"io.modelcontextprotocol/protocolVersion", r.text(r.pick(version, version, version, "2026-07-28", "2025-06-18")),
			"io.modelcontextprotocol/clientCapabilities", "{}"))
	}
	return r.object(pairs...)
}

func (r writer) arguments() string {
	return r.pick(r.object("a", `"b"`), r.object("path", r.text("/a"), "PATH", r.text("/b")), "{}", "null", r.pick(`"x"`, "[]", "{}"))
}

// object writes an object of names and values: most of the time as they are.
func (r writer) object(pairs ...string) string {
	var members []string
	for i := 0; i < len(pairs); i += 2 {
		members = append(members, r.text(pairs[i])+":"+pairs[i+1])
		if r.seldom() {
			members = append(members, r.text(r.twisted(pairs[i]))+":"+r.pick(pairs[i+1], `"secret"`, `"tools/call"`, `{"name":"secret"}`, "null"))
		}
		if r.IntN(400) == 0 {
			members = members[:len(members)-1]
		}
	}
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, r.pick(",", ", ", ",\n")) + "}"
}

// twisted writes a name so that some readers take it for the same.
func (r writer) twisted(name string) string {
	return r.pick(name, strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:],
		strings.Replace(name, "s", "ſ", 1), strings.Replace(name, "k", "\u212a", 1))
}

// text writes a string, with an escape that need not be now and then.
func (r writer) text(s string) string {
	text, _ := json.Marshal(s)
	if at := r.IntN(len(s) + 1); at < len(s) && s[at] < 0x80 && r.seldom() {
		return string(append(fmt.Appendf([]byte(`"`+s[:at]), `\u%04x`, s[at]), s[at+1:]+`"`...))
	}
	return string(text)
}
