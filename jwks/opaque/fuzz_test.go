package opaque_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// Whatever an answer looks like: who is admitted was called active, was meant for us, has
// not ended and is somebody, as encoding/json reads it; and who is not was either judged
// or could not be.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		good, `{"active":false}`, `{"active":"true"}`, set("aud", `["`+here+`",1]`), set("aud", ""), set("exp", `"4102444800"`), set("exp", `"2030-01-01T00:00:00Z"`),
		set("client_id", "7"), set("cnf", `{"jkt":"`+thumbprint+`"}`), `{"active":true,"Active":false}`, set("sub", "null"), set("iss", `""`), set("nbf", "1e9"), `[]`, `{"active":true,"active":false}`,
		set("exp", "1e12"), set("exp", "-1"), strings.ReplaceAll(good, "a", `\u0061`),
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, byClient bool) {
		p := provider(func(p *opaque.Provider) {
			p.Ask, p.Lookup = opaque.Ask{}, func(context.Context, string) ([]byte, error) { return []byte(text), nil }
			if byClient {
				p.Clients, p.AudienceOptional = []string{"app", "7"}, true
			}
		})
		v, err := opaque.New(opaque.Config{Providers: []opaque.Provider{p}, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		claims, err := v.Verify(t.Context(), token)
		if err != nil {
			judged := slices.ContainsFunc(refused, func(judgement error) bool { return errors.Is(err, judgement) })
			if judged == errors.Is(err, opaque.ErrUnavailable) {
				t.Fatalf("%q: %v is both or neither", text, err)
			}
			if errors.Is(err, opaque.ErrInactive) && read(t, text)["active"] != false {
				t.Fatalf("%q is called inactive", text)
			}
			return
		}
		admitted(t, text, claims, byClient)
	})
}

func read(t *testing.T, text string) map[string]any {
	t.Helper()
	var members map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		t.Fatalf("admitted or refused, but no JSON: %q: %v", text, err)
	}
	return members
}

func admitted(t *testing.T, text string, claims *jwks.Claims, byClient bool) {
	t.Helper()
	m := read(t, text)
	asText := func(value any) string {
		switch value := value.(type) {
		case string:
			return value
		case json.Number:
			return value.String()
		}
		return ""
	}
	list, _ := m["aud"].([]any)
	if m["aud"] != nil && list == nil {
		list = []any{m["aud"]}
	}
	client := asText(m["client_id"])
	named := slices.ContainsFunc(list, func(aud any) bool { return asText(aud) == here })
	end, isNumber := m["exp"].(json.Number)
	switch seconds, err := end.Float64(); {
	case m["active"] != true:
		t.Errorf("%q is not active", text)
	case m["aud"] != nil && !named:
		t.Errorf("%q is for others", text)
	case m["aud"] == nil && !byClient, byClient && client != "app" && client != "7":
		t.Errorf("%q is for nobody, or of another client", text)
	case m["iss"] != nil && asText(m["iss"]) != login && asText(m["iss"]) != "":
		t.Errorf("%q is of another issuer", text)
	case isNumber && (err != nil || seconds+60 < float64(now.Unix())), m["exp"] == nil:
		t.Errorf("%q has ended, or never does", text)
	case claims.Subject != asText(m["sub"]) || claims.Client != client || client == "" && claims.Subject == "":
		t.Errorf("%q: subject %q, client %q", text, claims.Subject, claims.Client)
	case m["cnf"] != nil && claims.Confirmation == nil:
		t.Errorf("%q is bound, and nobody hears of it", text)
	}
}
