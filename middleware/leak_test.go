package middleware_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// canary stands in every secret of the test, and in every claim that nobody signed.
const canary = "canary0123456789canary0123456789"

// presented is each way in which a caller can hand over a secret, whole or broken.
func presented() map[string]*http.Request {
	spoilt := issuer().Mint(jwkstest.Token{Claims: map[string]any{"sub": canary, "aud": canary, "scope": canary}})
	foreign := issuer().Mint(jwkstest.Token{Claims: map[string]any{"iss": "https://" + canary + ".example.net", "sub": canary}})
	named := issuer().Mint(jwkstest.Token{Header: map[string]any{"kid": canary}})
	typed := issuer().Mint(jwkstest.Token{Header: map[string]any{"typ": canary}})
	strange := issuer().Mint(jwkstest.Token{Header: map[string]any{"alg": canary}})
	secret := issuer().Mint(jwkstest.Token{Secret: []byte(canary), Claims: map[string]any{"iss": "https://hs.example.com", "scope": "mcp:tools"}})
	query := bearer(canary)
	query.URL.RawQuery = "access_token=" + canary
	return map[string]*http.Request{
		"good token":              bearer(mint(nil)),
		"expired token":           bearer(mint(map[string]any{"exp": started.Add(-1e12)})),
		"under-scoped token":      bearer(mint(map[string]any{"scope": nil})),
		"good token of a secret":  bearer(secret),
		"spoilt signature":        bearer(spoilt[:len(spoilt)-8] + "AAAAAAAA"),
		"claims that are no JSON": bearer(issuer().MintRaw([]byte(`{"alg":"ES256"}`), []byte(`{"iss":"`+canary), jwkstest.Token{})),
		"header that is no JSON":  bearer(issuer().MintRaw([]byte(canary), []byte(`{}`), jwkstest.Token{})),
		"claim twice":             bearer(issuer().MintRaw([]byte(`{"alg":"ES256"}`), []byte(`{"`+canary+`":1,"`+canary+`":2}`), jwkstest.Token{})),
		"expiry that is no date":  bearer(mint(map[string]any{"exp": canary})),
		"foreign issuer":          bearer(foreign),
		"unknown kid":             bearer(named),
		"unknown type":            bearer(typed),
		"unknown algorithm":       bearer(strange),
		"no base64":               bearer("a." + canary + "=." + canary),
		"encrypted":               bearer("a.b." + canary + ".d.e"),
		"opaque":                  bearer(canary),
		"good opaque token":       bearer("oat_" + canary),
		"spent opaque token":      bearer("oat_spent" + canary),
		"opaque, nobody to tell":  bearer("odn_" + canary),
		"good key as bearer":      bearer(canary + "-key"),
		"two tokens":              bearer(canary + " " + canary),
		"other scheme":            request("POST", "Authorization", "Basic "+canary),
		"unknown scheme":          request("POST", "Authorization", canary),
		"two headers":             request("POST", "Authorization", "Bearer "+canary, "Authorization", "Bearer "+canary),
		"good key":                request("POST", "X-API-Key", canary+"-key"),
		"unknown key":             request("POST", "X-API-Key", canary),
		"query":                   query,
		"good proof":              proven(map[string]any{"jti": canary}),
		"proof for another URL":   proven(map[string]any{"htu": "https://" + canary + ".example.net"}),
		"proof for another token": proven(map[string]any{"ath": canary, "htm": "POST"}),
		"proof of another type":   proven(map[string]any{"typ": canary}),
		"no proof":                dpop(bound(), canary),
		"bound token as bearer":   bearer(bound()),
		"good certificate":        certified(certificateHeader()),
		"garbled certificate":     certified(":" + canary + ":"),
		"certificate of no key":   certified("-----BEGIN CERTIFICATE-----%0A" + canary),
		"two certificates":        certified(certificateHeader() + ", :" + canary + ":"),
	}
}

// certified is what a proxy passes on of a caller whose certificate it has seen.
func certified(header string) *http.Request {
	r := bearer(mint(map[string]any{"cnf": cnfOf("certificate")}))
	r.Header.Set("Client-Cert", header)
	r.RemoteAddr = "192.0.2.7:1"
	return r
}

func certificateHeader() string {
	return ":" + base64.StdEncoding.EncodeToString(certificate().Raw) + ":"
}

// leaky is a guard with a secret in each place that can have one.
func leaky(t *testing.T) (middleware.Config, *syncBuffer) {
	keys, err := apikey.New(apikey.Config{Keys: []string{canary + "-key"}, Scopes: []string{"mcp:tools"}})
	if err != nil {
		t.Fatal(err)
	}
	c := config()
	c.APIKeys, c.APIKeyBearer = keys, true
	c.TrustedProxies, c.ClientCertificateHeader = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}, "Client-Cert"
	c.Opaque = []opaque.Provider{
		{Issuer: "https://opaque.example.com", Prefixes: []string{"oat_"}, Ask: opaque.Ask{URL: "https://opaque.example.com/introspect", Auth: opaque.AuthPost, ClientID: "mcp", Secret: jwks.NewSecret([]byte(canary))}},
		{Issuer: "https://down.example.com", Prefixes: []string{"odn_"}, Ask: opaque.Ask{URL: "https://down.example.com/ask", Put: "query:t", Auth: opaque.AuthBearer, Secret: jwks.NewSecret([]byte(canary))}},
	}
	c.Transport = talkative(c.Transport) // which can be printed while it is in use
	c.Issuers = append(c.Issuers, jwks.Issuer{URL: "https://hs.example.com", Algorithms: []string{"HS256"}, Secret: jwks.NewSecret([]byte(canary))})
	var b syncBuffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	text, object := slog.New(slog.NewTextHandler(&b, options)), slog.New(slog.NewJSONHandler(&b, options))
	c.Observe = func(_ context.Context, e middleware.Event) {
		printAll(&b, text, object, e, &e, e.Denial, e.Principal)
		if e.Denial != nil {
			printAll(&b, text, object, *e.Denial, e.Denial.Err)
		}
	}
	c.Logger = slog.New(slog.NewTextHandler(&b, options))
	return c, &b
}

// A transport is an http.RoundTripper without state.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// talkative has a provider that repeats the token, and one that cannot be reached, which
// the error tells with all that was asked.
func talkative(next http.RoundTripper) transport {
	return func(r *http.Request) (*http.Response, error) {
		switch r.URL.Host {
		case "down.example.com":
			return nil, fmt.Errorf("no route for %s", r.URL)
		case "opaque.example.com":
			good := r.FormValue("token") == "oat_"+canary && r.FormValue("client_secret") == canary
			body := fmt.Sprintf(`{"active":%t,"aud":%q,"sub":"alice","scope":"mcp:tools","exp":%d,"token":%q}`, good, resource, started.Add(1e12).Unix(), r.FormValue("token"))
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}
		return next.RoundTrip(r)
	}
}

// printAll prints values in every way that people print them.
func printAll(b *syncBuffer, text, object *slog.Logger, values ...any) {
	for _, v := range values {
		fmt.Fprintf(b, "%v\n%+v\n%#v\n%s\n%q\n%x\n", v, v, v, v, v, v)
		if encoded, err := json.Marshal(v); err == nil {
			_, _ = b.Write(encoded)
		}
		text.Info("printed", "value", v)
		object.Info("printed", "value", v)
	}
}

func TestNothingLeaks(t *testing.T) {
	for name, r := range presented() {
		t.Run(name, func(t *testing.T) {
			c, b := leaky(t)
			secrets := []string{canary, fmt.Sprintf("%x", canary)}
			for _, value := range append(r.Header["Authorization"], r.Header["Dpop"]...) {
				secrets = append(secrets, partsOf(value)...)
			}
			g := newGuard(t, c)
			if strings.HasPrefix(name, "good") != (reasonOf(g, r) == "") {
				t.Fatalf("the request does not do what its name says: %q", reasonOf(g, r))
			}
			w := serve(g.Handler(ok), r)
			_ = w.Result().Header.Write(b)
			_, _ = b.Write(w.Body.Bytes())
			options := &slog.HandlerOptions{Level: slog.LevelDebug}
			printAll(b, slog.New(slog.NewTextHandler(b, options)), slog.New(slog.NewJSONHandler(b, options)), c, &c, g, *g, c.Issuers, c.Opaque, c.APIKeys)
			for _, secret := range secrets {
				if i := strings.Index(b.String(), secret); i >= 0 {
					t.Fatalf("%s is in what was printed: …%s…", secret, b.String()[max(0, i-200):i+100])
				}
			}
		})
	}
}

// partsOf is the words and the parts of a credential that nobody else has: signed
// claims and the signature, but not the header, which says nothing.
func partsOf(authorization string) []string {
	token := authorization[strings.IndexByte(authorization, ' ')+1:]
	parts := []string{token}
	for i, part := range strings.Split(token, ".") {
		if i > 0 && len(part) > 16 {
			parts = append(parts, part)
		}
	}
	return parts
}

// A handler that fails with all it has in hand has no credential in hand: what it had was
// taken out before it ran. So its panic tells nothing, to callers or in the log.
func TestNothingLeaksFromPanics(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"token":        bearer(mint(map[string]any{"jti": "1"})),
		"opaque token": bearer("oat_" + canary),
		"key":          request("POST", "X-API-Key", canary+"-key"),
		"proof":        proven(map[string]any{"jti": canary}),
	} {
		secrets := partsOf(r.Header.Get("Authorization"))
		if proof := r.Header.Get("DPoP"); proof != "" {
			secrets = append(secrets, partsOf(proof)...)
		}
		secrets = slices.DeleteFunc(append(secrets, canary), func(secret string) bool { return secret == "" })
		c, b := leaky(t)
		h := newGuard(t, c).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			fmt.Fprint(b, "reached")
			panic(fmt.Sprintf("%+v %+v %+v", r, r.Header, middleware.PrincipalFrom(r.Context())))
		}))
		func() {
			defer func() { fmt.Fprintf(b, "%v", recover()) }()
			w := serve(h, servers(r))
			_ = w.Result().Header.Write(b)
			_, _ = b.Write(w.Body.Bytes())
		}()
		if !strings.Contains(b.String(), "reached") {
			t.Errorf("%s: the handler does not run", name)
		}
		for _, secret := range secrets {
			if i := strings.Index(b.String(), secret); i >= 0 {
				t.Errorf("%s: %s is in what a panic leaves: …%s…", name, secret, b.String()[max(0, i-200):i+20])
			}
		}
	}
}

// The canary is there: without it a test that finds nothing means nothing.
func TestLeakTestFindsLeaks(t *testing.T) {
	var b syncBuffer
	logger := slog.New(slog.NewTextHandler(&b, nil))
	printAll(&b, logger, logger, struct{ Key string }{canary})
	if strings.Count(b.String(), canary) < 6 {
		t.Errorf("printed only: %s", &b)
	}
}
