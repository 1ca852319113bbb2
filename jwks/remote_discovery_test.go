package jwks_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// Providers publish one form of document or the other, at one place or the other.
func TestDiscoveryFindsEitherForm(t *testing.T) {
	for _, url := range []string{rigIssuer, rigIssuer + "/", rigIssuer + "/tenant", rigIssuer + "/tenant/"} {
		for _, tt := range []struct {
			policy string
			only   jwkstest.Document
		}{
			{"RFC 8414, inserted", jwkstest.OAuthInserted},
			{"OpenID Connect, inserted", jwkstest.OpenIDInserted},
			{"OpenID Connect, appended", jwkstest.OpenIDAppended},
		} {
			inBubble(t, func(t *testing.T) {
				r := newKeyRigFor(t, bareIssuer(t, url), nil)
				r.SetAnswer(jwkstest.Discovery, jwkstest.Answer{Status: 404})
				r.SetAnswer(tt.only, jwkstest.Answer{})
				r.accepts(url+", "+tt.policy, r.good())
				if n := r.JWKSFetches(); n != 1 {
					t.Errorf("%s, %s: %d key set fetches, want 1", url, tt.policy, n)
				}
			})
		}
	}
}

// “If these values are not identical, the data contained in the response MUST NOT be
// used” — RFC 8414 §3.3. The operator has to see both.
func TestDiscoveryOfAnotherIssuerIsRefused(t *testing.T) {
	for _, other := range []string{"https://other.example.com", rigIssuer + "/", "https://LOGIN.example.com", "http://login.example.com"} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.SetMetadata(map[string]any{"issuer": other})
			token := r.good()
			r.refuses(other, token, jwks.ErrUnavailable)
			err := r.verify(token)
			for _, name := range []string{r.URL, other} {
				if err == nil || !strings.Contains(err.Error(), `"`+name+`"`) {
					t.Errorf("error %q does not name %q", err, name)
				}
			}
			if n := r.JWKSFetches(); n != 0 {
				t.Errorf("%s: %d key set fetches, want none", other, n)
			}
			r.SetMetadata(nil)
			time.Sleep(time.Second)
			r.accepts("mended", token)
		})
	}
}

// “https unless loopback”, and never less than the issuer itself promises.
func TestKeySetURLMustBeAsSafeAsTheIssuer(t *testing.T) {
	for _, tt := range []struct{ policy, uri string }{
		{"plain http", "http://login.example.com/jwks"},
		{"plain http to a loopback host", "http://127.0.0.1/jwks"},
		{"another scheme", "file:///etc/jwks.json"},
		{"relative", "/jwks"},
		{"password", "https://user:password@login.example.com/jwks"},
		{"empty", ""},
	} {
		inBubble(t, func(t *testing.T) {
			r := newKeyRig(t, nil)
			r.SetMetadata(map[string]any{"jwks_uri": tt.uri})
			err := r.verify(r.good())
			checkRefusal(t, tt.policy, err, jwks.ErrUnavailable)
			if err != nil && strings.Contains(err.Error(), "password@") {
				t.Errorf("%s: the error repeats the URL: %v", tt.policy, err)
			}
			for _, url := range r.wire.seen() {
				if !strings.HasPrefix(url, rigIssuer+"/.well-known/") {
					t.Errorf("%s: asked for %s", tt.policy, url)
				}
			}
		})
	}
}

// “https unless loopback”, for what the operator writes.
func TestConfiguredURLsMustBeSafe(t *testing.T) {
	for _, tt := range []struct {
		policy string
		issuer jwks.Issuer
		field  string // that is wrong; empty if none is
	}{
		{"issuer on plain http", jwks.Issuer{URL: "http://login.example.com"}, "Issuers[0].URL"},
		{"issuer on loopback", jwks.Issuer{URL: "http://127.0.0.1:9000"}, ""},
		{"issuer that is no URL, with a key set", jwks.Issuer{URL: "login", JWKSURL: "https://login.example.com/jwks"}, ""},
		{"issuer that is no URL", jwks.Issuer{URL: "login"}, "Issuers[0].URL"},
		{"discovery on plain http", jwks.Issuer{URL: rigIssuer, Discovery: "http://login.example.com"}, "Issuers[0].Discovery"},
		{"key set on plain http", jwks.Issuer{URL: rigIssuer, JWKSURL: "http://login.example.com/jwks"}, "Issuers[0].JWKSURL"},
		{"key set in a file", jwks.Issuer{URL: rigIssuer, JWKSURL: "file:///etc/jwks.json"}, "Issuers[0].JWKSURL"},
		{"key set behind a password", jwks.Issuer{URL: rigIssuer, JWKSURL: "https://user:password@login.example.com/jwks"}, "Issuers[0].JWKSURL"},
	} {
		tt.issuer.Audiences = []string{rigAudience}
		_, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{tt.issuer}})
		var wrong *jwks.ConfigError
		switch {
		case tt.field == "" && err != nil:
			t.Errorf("%s: %v", tt.policy, err)
		case tt.field != "" && (!errors.As(err, &wrong) || wrong.Field != tt.field || strings.Contains(err.Error(), "password@")):
			t.Errorf("%s: error %v, want a ConfigError for %s that keeps secrets", tt.policy, err, tt.field)
		}
	}
}

func TestDiscoveryWithoutKeySetURL(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetMetadata(map[string]any{"jwks_uri": nil})
		err := r.verify(r.good())
		checkRefusal(t, "no jwks_uri", err, jwks.ErrUnavailable)
		if err == nil || !strings.Contains(err.Error(), "jwks_uri") {
			t.Errorf("error %v does not say what is missing", err)
		}
	})
}

// movedKeys publishes a key on another host of the provider.
func movedKeys(t *testing.T, r *keyRig) (*jwkstest.Issuer, *jwkstest.Key) {
	t.Helper()
	elsewhere := bareIssuer(t, "https://keys.example.com")
	r.wire.next = jwkstest.Network(r.Issuer, elsewhere)
	k := jwkstest.NewKey("ES256")
	elsewhere.Publish(k)
	return elsewhere, k
}

// Where the key set is, is for the discovery document to say; another host is fine.
func TestProviderMovesItsKeySet(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		elsewhere, k := movedKeys(t, r)
		r.warm()
		r.Publish(k)
		r.SetMetadata(map[string]any{"jwks_uri": elsewhere.JWKSURL()})
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Status: 404})

		r.refuses("not at the old address any more", r.signedBy(k.ID()), jwks.ErrUnavailable)
		r.wantFetches("old address", 1, 2)
		time.Sleep(rigInterval)
		r.accepts("found at the new one", r.signedBy(k.ID()))
		r.wantFetches("new address", 2, 2)
		if n := elsewhere.JWKSFetches(); n != 1 {
			t.Errorf("%d fetches at the new address, want 1", n)
		}
	})
}

func TestDiscoveryIsAskedAgainAfterADay(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		elsewhere, k := movedKeys(t, r)
		r.warm()
		start := time.Now()
		r.SetMetadata(map[string]any{"jwks_uri": elsewhere.JWKSURL()}) // and the old address works on
		for time.Since(start) < rigStale-30*time.Minute {
			time.Sleep(20 * time.Minute)
			r.acceptsAtOnce("old address", r.good())
			synctest.Wait()
		}
		if n := r.DiscoveryFetches(); n != 1 || elsewhere.JWKSFetches() != 0 {
			t.Errorf("%d discovery fetches within a day, want 1", n)
		}
		time.Sleep(time.Until(start.Add(rigStale)))
		r.accepts("starts the refresh", r.good())
		synctest.Wait()
		r.Publish(k)
		r.acceptsAtOnce("new address", r.signedBy(k.ID()))
		if n := r.DiscoveryFetches(); n != 2 || elsewhere.JWKSFetches() != 1 {
			t.Errorf("%d discovery fetches after a day, want 2, and 1 at the new address", n)
		}
	})
}

func TestGivenKeySetURLNeedsNoDiscovery(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, func(r *keyRig, c *jwks.Config) { c.Issuers[0].JWKSURL = r.JWKSURL() })
		r.SetAnswer(jwkstest.Discovery, jwkstest.Answer{Drop: true})
		r.accepts("first token", r.good())
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Status: 500})
		r.refuses("failure", r.forged(), jwks.ErrUnavailable)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{})
		r.Rotate()
		time.Sleep(rigInterval)
		r.accepts("after the failure", r.good())
		r.wantFetches("in the end", 0, 3)
	})
}

// Discovery may start elsewhere, and still has to find the configured issuer.
func TestDiscoveryElsewhere(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		front := bareIssuer(t, "https://front.example.com")
		v, err := jwks.New(jwks.Config{
			Issuers:   []jwks.Issuer{{URL: r.URL, Discovery: front.URL, Audiences: []string{rigAudience}, Algorithms: []string{"ES256"}}},
			Transport: jwkstest.Network(r.Issuer, front),
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(t.Context(), r.good())
		checkRefusal(t, "document of another issuer", err, jwks.ErrUnavailable)
		front.SetMetadata(map[string]any{"issuer": r.URL, "jwks_uri": r.JWKSURL()})
		time.Sleep(time.Second)
		if _, err := v.Verify(t.Context(), r.good()); err != nil {
			t.Errorf("document of the issuer: %v", err)
		}
		r.wantFetches("key set", 0, 1)
	})
}

// The first error wins over none: an operator who mistyped a URL must learn which.
func TestUnavailableNamesIssuerAndCause(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newKeyRig(t, nil)
		r.SetAnswer(jwkstest.KeySet, jwkstest.Answer{Status: 418})
		err := r.verify(r.good())
		var unavailable *jwks.UnavailableError
		if !errors.As(err, &unavailable) || unavailable.Issuer != r.URL {
			t.Fatalf("error %v, want an UnavailableError of %s", err, r.URL)
		}
		for _, part := range []string{r.URL, r.JWKSURL(), "418"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q does not hold %q", err, part)
			}
		}
	})
}
