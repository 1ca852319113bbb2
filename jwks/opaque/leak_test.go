package opaque_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

const (
	canaryToken  = "canary+TOKEN/q7z"
	canarySecret = "canary&SECRET q7z"
	canaryBasic  = "YXBwOmNhbmFyeSUyNlNFQ1JFVCtxN3o=" // app and the secret
)

func leaks(text string) bool {
	for _, shape := range []string{canaryBasic, canaryToken, canarySecret, url.QueryEscape(canaryToken), url.QueryEscape(canarySecret), url.PathEscape(canarySecret)} {
		if strings.Contains(text, shape) {
			return true
		}
	}
	return false
}

// chain prints an error and all that it wraps, in every way.
func chain(err error) string {
	if err == nil {
		return ""
	}
	text := fmt.Sprintf("%v %+v %#v\n", err, err, err)
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		text += chain(wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range wrapped.Unwrap() {
			text += chain(err)
		}
	}
	return text
}

// Neither the token nor our secret is in any error or event, whatever a provider, a
// transport or a lookup says.
func TestErrorsDoNotLeak(t *testing.T) {
	failing := func(format string) func(question) (*http.Response, error) {
		return func(q question) (*http.Response, error) {
			return nil, fmt.Errorf(format, q.method, q.url, q.body, q.header)
		}
	}
	echoing := `{"active":true,"sub":{"` + canaryToken + `":"` + canarySecret + `"},"` + canaryToken + `":1}`
	for policy, answer := range map[string]func(question) (*http.Response, error){
		"a transport that repeats the request": failing("%s %s %s %s"),
		"a transport that fails":               func(question) (*http.Response, error) { return nil, errors.New("no route") },
		"an answer that repeats the request":   respond(200, echoing),
		"a type that repeats the request":      respond(200, good, "Content-Type", canarySecret+"; "+canaryToken),
		"a type of the token":                  respond(200, good, "Content-Type", canaryToken),
		"an encoding that repeats the request": respond(200, good, "Content-Encoding", canaryToken),
		"a redirect that repeats the request":  respond(302, "", "Location", "/?"+url.QueryEscape(canaryToken)),
		"an error that repeats the request":    respond(500, echoing),
		"a panic that repeats the request":     func(q question) (*http.Response, error) { panic(q) },
	} {
		for _, put := range []string{"query:token", "form:token", "json:token", "bearer"} {
			t.Run(policy+" in "+put, func(t *testing.T) {
				p := provider(func(p *opaque.Provider) {
					p.Ask.Put = put
					if put == "form:token" {
						p.Ask.Auth, p.Ask.ClientID, p.Ask.Secret = opaque.AuthPost, "app", jwks.NewSecret([]byte(canarySecret))
					}
				})
				told := ""
				v := newFrom(t, opaque.Config{Providers: []opaque.Provider{p}, Transport: &network{answer: answer}, OnEvent: func(e opaque.Event) { told += fmt.Sprintf("%+v", e) + chain(e.Err) }})
				_, err := verify(t, v, canaryToken)
				isUnavailable(t, err)
				text := chain(err) + told
				if leaks(text) {
					t.Errorf("leaks: %s", text)
				}
				if policy == "a transport that fails" && !strings.Contains(text, "no route") {
					t.Errorf("does not say why: %s", text)
				}
			})
		}
	}
}

// What Basic makes of our secret is the secret.
func TestErrorsDoNotLeakBasic(t *testing.T) {
	p := provider(func(p *opaque.Provider) {
		p.Ask.Auth, p.Ask.ClientID, p.Ask.Secret = opaque.AuthBasic, "app", jwks.NewSecret([]byte(canarySecret))
	})
	n := &network{answer: func(q question) (*http.Response, error) { return nil, fmt.Errorf("sent %s", q.header) }}
	told := ""
	v := newFrom(t, opaque.Config{Providers: []opaque.Provider{p}, Transport: n, OnEvent: func(e opaque.Event) { told += chain(e.Err) }})
	_, err := verify(t, v, canaryToken)
	isUnavailable(t, err)
	if got := n.last().header.Get("Authorization"); got != "Basic "+canaryBasic {
		t.Fatalf("sent %q", got)
	}
	if text := chain(err) + told; leaks(text) {
		t.Errorf("leaks: %s", text)
	}
}

func TestLookupErrorsDoNotLeak(t *testing.T) {
	for policy, lookupErr := range map[string]error{
		"silence":   errors.New("GET https://x.example.com/?t=" + url.QueryEscape(canaryToken)),
		"judgement": fmt.Errorf("%w: %s", opaque.ErrInactive, canaryToken),
	} {
		v := newVerifier(t, nil, func(p *opaque.Provider) {
			p.Ask, p.Lookup = opaque.Ask{}, func(context.Context, string) ([]byte, error) { return nil, lookupErr }
		})
		if _, err := verify(t, v, canaryToken); leaks(chain(err)) {
			t.Errorf("%s leaks: %v", policy, err)
		}
	}
}

// Nothing that holds the secret, or has seen the token, prints it.
func TestValuesDoNotLeak(t *testing.T) { synctest.Test(t, valuesDoNotLeak) }

func valuesDoNotLeak(t *testing.T) {
	p := provider(func(p *opaque.Provider) {
		p.Ask.Auth, p.Ask.ClientID, p.Ask.Secret = opaque.AuthBasic, "app", jwks.NewSecret([]byte(canarySecret))
	})
	c := opaque.Config{Providers: []opaque.Provider{p}, Transport: saying(good)}
	v := newFrom(t, c)
	claims, err := verify(t, v, canaryToken)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // what is printed does not change meanwhile
	for name, value := range map[string]any{"Provider": p, "*Provider": &p, "Ask": p.Ask, "Verifier": v, "Verifier by value": *v, "Claims": claims} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, value); leaks(text) {
				t.Errorf("%s of %s leaks: %s", verb, name, text)
			}
		}
	}
	if text, err := json.Marshal(p.Ask); err != nil || leaks(string(text)) {
		t.Errorf("JSON leaks: %s, %v", text, err)
	}
	_, err = opaque.New(opaque.Config{Providers: []opaque.Provider{provider(func(p *opaque.Provider) {
		p.Ask.Auth, p.Ask.Secret = opaque.AuthBearer, jwks.NewSecret([]byte(canarySecret))
	})}})
	if err == nil || leaks(chain(err)) {
		t.Errorf("mistakes leak: %v", err)
	}
}

// Some providers repeat the token in their answer. Handlers read claims, and could log it
// or pass it on.
func TestClaimsDoNotRepeatTheToken(t *testing.T) {
	escaped := strings.ReplaceAll(canaryToken, "/", `\/`)
	answer := `{"active":true,"sub":"alice","client_id":"app","aud":"https://mcp.example.com/mcp","exp":4000000000,
		"token":"` + canaryToken + `","escaped":"` + escaped + `","deep":{"list":["x","Bearer ` + canaryToken + `"]},"department":"sales"}`
	c, err := verify(t, newVerifier(t, saying(answer), func(p *opaque.Provider) {
		p.Audiences = []string{"https://mcp.example.com/mcp"}
	}), canaryToken)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"token", "escaped", "deep"} {
		if c.Has(name) {
			t.Errorf("%s is a claim", name)
		}
	}
	if c.Text("department") != "sales" || c.User != "alice" {
		t.Errorf("the others are gone: %q %q", c.Text("department"), c.User)
	}
}
