package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// A provider that publishes discovery documents needs its name and ours.
func ExampleNew() {
	v, err := jwks.New(jwks.Config{
		Issuers: []jwks.Issuer{{
			URL:       "https://login.example.com",
			Audiences: []string{"https://mcp.example.com/mcp"},
		}},
	})
	if err != nil {
		log.Fatal(err) // every mistake in Config, together
	}
	_, err = v.Verify(context.Background(), "not a token")
	fmt.Println(err)
	// Output: not a well-formed signed token: not three parts
}

// Each mistake is named, with what to write instead: here an audience was forgotten,
// a secret is too short, and a key set would come over plain http.
func ExampleNew_incorrect() {
	_, err := jwks.New(jwks.Config{
		Issuers: []jwks.Issuer{{
			URL: "https://login.example.com",
		}, {
			URL:        "https://partner.example.com",
			Audiences:  []string{"https://mcp.example.com/mcp"},
			Algorithms: []string{"HS256"},
			Secret:     jwks.NewSecret([]byte("your-256-bit-secret")),
		}, {
			URL:       "https://third.example.com",
			Audiences: []string{"https://mcp.example.com/mcp"},
			JWKSURL:   "http://third.example.com/jwks",
		}},
	})
	var first *jwks.ConfigError
	if errors.As(err, &first) {
		fmt.Println("first in", first.Field)
	}
	fmt.Println(err)
	// Output:
	// first in Issuers[0].Audiences
	// Issuers[0].Audiences: is empty, so a token made for any other server would pass; write the "aud" value that means this one
	// Issuers[1].Secret: has 19 bytes and HS256 needs at least 32; make one with: openssl rand -base64 48
	// Issuers[2].JWKSURL: must start with https://; http:// is accepted only for a loopback host; keys are fetched from there
}

// Claims are to be had from Verify alone, so whoever holds them need check nothing.
func ExampleVerifier_Verify() {
	login, _ := jwkstest.New("https://login.example.com") // stands for the provider
	v, err := jwks.New(jwks.Config{
		Issuers:   []jwks.Issuer{{URL: login.URL, Audiences: []string{"https://mcp.example.com/mcp"}}},
		Transport: login.RoundTripper(),
	})
	if err != nil {
		log.Fatal(err)
	}
	token := login.Mint(jwkstest.Token{Claims: map[string]any{
		"aud":          "https://mcp.example.com/mcp",
		"scope":        "notes.read notes.write",
		"realm_access": map[string]any{"roles": []string{"editor"}},
	}})

	claims, err := v.Verify(context.Background(), token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(claims.Subject)
	fmt.Println(claims.Text("scope"))
	fmt.Println(claims.List("realm_access", "roles"))
	// Output:
	// alice
	// notes.read notes.write
	// [editor]
}

// The "iss" of this provider ends in a slash, and the configuration does not. They
// are compared byte for byte: copy the value out of a token or out of the provider's
// discovery document, and do not tidy it.
func ExampleVerifier_Verify_incorrect() {
	login, _ := jwkstest.New("https://login.example.com/")
	login.SetAudience("https://mcp.example.com/mcp")
	for _, url := range []string{"https://login.example.com", "https://login.example.com/"} {
		v, err := jwks.New(jwks.Config{
			Issuers:   []jwks.Issuer{{URL: url, Audiences: []string{"https://mcp.example.com/mcp"}}},
			Transport: login.RoundTripper(),
		})
		if err != nil {
			log.Fatal(err)
		}
		_, err = v.Verify(context.Background(), login.Mint(jwkstest.Token{}))
		fmt.Println(url, "→", err)
	}
	// Output:
	// https://login.example.com → wrong issuer
	// https://login.example.com/ → <nil>
}

// Run keeps keys fresh between requests. Without it the first request after a quiet
// time waits for none either, but causes the refresh that it might have found done.
func ExampleVerifier_Run() {
	login, _ := jwkstest.New("https://login.example.com")
	v, err := jwks.New(jwks.Config{
		Issuers:   []jwks.Issuer{{URL: login.URL, Audiences: []string{"https://mcp.example.com/mcp"}}},
		Transport: login.RoundTripper(),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	done := make(chan error)
	go func() { done <- v.Run(ctx) }()

	if err := v.Ready(ctx); err != nil { // what a readiness probe asks
		log.Fatal(err)
	}
	cancel()
	fmt.Println("ready; Run returned", <-done)
	// Output: ready; Run returned <nil>
}

func ExampleNewSecret() {
	is := jwks.Issuer{
		URL:        "https://partner.example.com",
		Audiences:  []string{"https://mcp.example.com/mcp"},
		Algorithms: []string{"HS256"},
		Secret:     jwks.NewSecret([]byte("0123456789abcdef0123456789abcdef")),
	}
	fmt.Printf("%v %d\n", is.Secret, is.Secret.Len()) // whoever prints it, it does not show
	// Output: [secret] 32
}
