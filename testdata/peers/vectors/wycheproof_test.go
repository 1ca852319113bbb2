package vectors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// What came of a vector.
const (
	accepted      = "accepted"
	refused       = "refused"
	notApplicable = "not applicable"
)

// exceptions are the vectors with which we disagree, or of which we cannot have an
// opinion, by file and number. All others come out as their authors say.
var exceptions = map[string]struct{ outcome, why string }{
	"signature 346": {refused, "the key is for PS256 and the header says PS384: RFC 7517 §4.4"},
	"signature 350": {refused, "the key is for PS256 and the header says PS384: RFC 7517 §4.4"},
	"signature 347": {refused, `the key is for "ES521", which is no algorithm: RFC 7518 §3.1`},
	"signature 351": {refused, `the key is for "ES521", which is no algorithm: RFC 7518 §3.1`},
	"signature 372": {refused, "a character that base64url has not: RFC 7515 §2"},
	"signature 373": {refused, "a character that base64url has not: RFC 7515 §2"},
	"signature 367": {accepted, "its padding is lost: the text is that of 357, which is valid"},
	"signature 370": {accepted, "its padding is lost: the text is that of 357, which is valid"},

	"key 4":  {notApplicable, "an issuer has one secret, and a set of secrets cannot be configured"},
	"key 25": {notApplicable, "a secret is configured without an algorithm of its own"},
	"key 26": {notApplicable, "a secret is configured without an algorithm of its own"},

	// A finding of theirs that we leave open: whoever configures an issuer trusts its keys.
	"key 7":     {accepted, "CVE-2017-15361 is not looked for: whoever can sign is the issuer, who has to replace such keys"},
	"crypto 46": {accepted, "CVE-2017-15361 is not looked for: whoever can sign is the issuer, who has to replace such keys"},
}

// A verdict is a line of the table.
type verdict struct {
	name, outcome, why string
}

var files = map[string]string{
	"signature":  "json_web_signature_test.json",
	"key":        "json_web_key_test.json",
	"crypto":     "json_web_crypto_test.json",
	"encryption": "json_web_encryption_test.json",
}

func TestWycheproof(t *testing.T) {
	for short, name := range files {
		t.Run(short, func(t *testing.T) {
			f := load(t, name)
			count := map[string]int{}
			for _, g := range f.Groups {
				for _, v := range g.Tests {
					id := fmt.Sprintf("%s %d", short, v.ID)
					d := g.judge(t, id, v)
					count[d.outcome]++
					t.Logf("%-14s %-62s %-14s %s", id, v.Result+": "+v.Comment, d.outcome, d.why)
				}
			}
			if sum := count[accepted] + count[refused] + count[notApplicable]; sum != f.Tests || sum == 0 {
				t.Errorf("%d of %d vectors accounted for", sum, f.Tests)
			}
			t.Logf("%s: %d vectors, %d accepted, %d refused, %d not applicable",
				name, f.Tests, count[accepted], count[refused], count[notApplicable])
		})
	}
}

// TestExceptions makes sure that there is none without its vector, that each is contrary
// to what its authors say, and that those whose padding is lost are what we say.
func TestExceptions(t *testing.T) {
	all := map[string]*vector{}
	for short, name := range files {
		for _, g := range load(t, name).Groups {
			for _, v := range g.Tests {
				all[fmt.Sprintf("%s %d", short, v.ID)] = v
			}
		}
	}
	for id, e := range exceptions {
		v, ok := all[id]
		if !ok {
			t.Errorf("there is no %s", id)
			continue
		}
		if e.why == "" || e.outcome == accepted && v.Result != "invalid" || e.outcome == refused && v.Result != "valid" {
			t.Errorf("%s is %s, and no exception is needed to have it %s", id, v.Result, e.outcome)
		}
	}
	for _, id := range []string{"signature 367", "signature 370"} {
		if all[id].text != all["signature 357"].text {
			t.Errorf("%s is not the text of 357", id)
		}
	}
}

// judge holds the vector to what is expected of it, and says what came of it.
func (g *group) judge(t *testing.T, id string, v *vector) verdict {
	t.Helper()
	if v.JWE != nil {
		return judgeEncrypted(t, id, v)
	}
	want, why := refused, ""
	if v.Result == "valid" {
		want = accepted
	}
	if e, ok := exceptions[id]; ok {
		want, why = e.outcome, e.why+"; "
	}
	if want == notApplicable {
		return verdict{id, want, why}
	}
	token, how := g.restate(v)
	got, reason := g.ask(v, token)
	if got != want {
		t.Errorf("%s (%s): %s, want %s: %s (signature: %s)\n%s", id, v.Comment, got, want, reason, how, token)
	}
	if as, reason := g.ask(v, v.text); as == accepted {
		t.Errorf("%s (%s): accepted as it is written: %s", id, v.Comment, reason)
	}
	g.control(t, id, v, reason)
	return verdict{id, got, fmt.Sprintf("%s%s (signature: %s)", why, reason, how)}
}

// ask verifies a token with the keys of the vector's group.
func (g *group) ask(v *vector, token string) (outcome, reason string) {
	_, kid, _ := header(strings.Split(v.text, ".")[0])
	verifier, err := g.verifier(kid)
	if err != nil {
		return refused, "at configuration: " + err.Error()
	}
	c, err := verifier.Verify(context.Background(), token)
	if err != nil || c == nil {
		return refused, reasonOf(err)
	}
	return accepted, "its signature holds"
}

// control makes sure that a refusal is for what is wrong with the vector: a good token of
// the same key is accepted, unless it is the key that is wrong.
func (g *group) control(t *testing.T, id string, v *vector, reason string) {
	t.Helper()
	if g.base == nil {
		return
	}
	if e, ok := exceptions[id]; ok && e.outcome == refused {
		return
	}
	if outcome, why := g.ask(v, strings.Join(g.good(g.base[0], "alice"), ".")); outcome != accepted {
		t.Errorf("%s: a good token of its group is refused: %s; so %q says nothing", id, why, reason)
	}
}

// judgeEncrypted makes sure that nothing encrypted is taken for a token, whether it is
// valid or not: only signed tokens can be checked.
func judgeEncrypted(t *testing.T, id string, v *vector) verdict {
	t.Helper()
	g := &group{keys: []*privateKey{{Kty: "oct", K: make([]byte, 64)}}}
	got, reason := g.ask(v, v.text)
	if got != refused {
		t.Errorf("%s: encrypted, and %s", id, got)
	}
	if v.Result == "valid" {
		return verdict{id, notApplicable, "encrypted tokens are not read; " + got + ": " + reason}
	}
	return verdict{id, got, reason}
}

// reasonOf names the sentinel alone: what else errors say is not the same every time.
func reasonOf(err error) string {
	for _, sentinel := range []error{jwks.ErrMalformed, jwks.ErrEncrypted, jwks.ErrAlgorithm, jwks.ErrKey, jwks.ErrSignature, jwks.ErrUnavailable} {
		if errors.Is(err, sentinel) {
			return sentinel.Error()
		}
	}
	return fmt.Sprintf("for another reason than its key, its form or its signature: %v", err)
}
