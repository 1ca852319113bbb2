package jwkstest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// newGuard stands for your guard: middleware.New with the issuer's URL in Issuers,
// its Handler around h, and client.Transport in Transport. This one believes a
// signature, an audience and an expiry, which is too little for anything but an
// example.
func newGuard(jwksURL, audience string, client *http.Client, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := client.Get(jwksURL)
		if err != nil || resp.StatusCode != http.StatusOK {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		defer resp.Body.Close()
		keys, _ := io.ReadAll(resp.Body)
		d, err := verify(keys, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		expiry, _ := d.claims["exp"].(float64)
		if err != nil || d.claims["aud"] != audience || time.Now().Unix() >= int64(expiry) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func call(h http.Handler, token string) int {
	r := httptest.NewRequest("POST", "/mcp", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// The test of a guarded handler: a good token, and others that are bad in one way
// each.
func Example() {
	is := jwkstest.Start()
	defer is.Close()
	is.SetAudience("https://mcp.example.com/mcp")
	hello := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	h := newGuard(is.JWKSURL(), "https://mcp.example.com/mcp", http.DefaultClient, hello)

	stranger, err := jwkstest.New(is.URL) // says it is the issuer, has other keys
	if err != nil {
		panic(err)
	}
	expired := jwkstest.Token{Claims: map[string]any{"exp": time.Now().Add(-time.Minute)}}
	elsewhere := jwkstest.Token{Claims: map[string]any{"aud": "https://other.example.com"}}

	fmt.Println("good:", call(h, is.Mint(jwkstest.Token{})))
	fmt.Println("expired:", call(h, is.Mint(expired)))
	fmt.Println("other audience:", call(h, is.Mint(elsewhere)))
	fmt.Println("forged:", call(h, stranger.Mint(jwkstest.Token{})))
	// Output:
	// good: 200
	// expired: 401
	// other audience: 401
	// forged: 401
}

// Nothing listens: the issuer can have any URL, and works in a testing/synctest
// bubble.
func ExampleIssuer_RoundTripper() {
	is, err := jwkstest.New("https://login.example.com/tenant")
	if err != nil {
		panic(err)
	}
	client := &http.Client{Transport: is.RoundTripper()}
	resp, err := client.Get("https://login.example.com/.well-known/oauth-authorization-server/tenant")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	var doc struct {
		Issuer  string
		JWKSURI string `json:"jwks_uri"`
	}
	err = json.NewDecoder(resp.Body).Decode(&doc)
	fmt.Println(doc.Issuer, doc.JWKSURI, err)
	// Output: https://login.example.com/tenant https://login.example.com/tenant/jwks <nil>
}

// What the provider does to you: it rotates its keys, and then it is down.
func ExampleIssuer_SetAnswer() {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		panic(err)
	}
	is.SetAudience("https://mcp.example.com/mcp")
	hello := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	client := &http.Client{Transport: is.RoundTripper()}
	h := newGuard(is.JWKSURL(), "https://mcp.example.com/mcp", client, hello)

	old := is.Mint(jwkstest.Token{})
	is.Rotate()
	fmt.Println("token of a key that is gone:", call(h, old))
	fmt.Println("token of the new key:", call(h, is.Mint(jwkstest.Token{})))

	is.SetAnswer(jwkstest.Everything, jwkstest.Answer{Drop: true})
	fmt.Println("in an outage:", call(h, is.Mint(jwkstest.Token{})))

	is.SetAnswer(jwkstest.Everything, jwkstest.Answer{}) // good again
	fmt.Println("after it:", call(h, is.Mint(jwkstest.Token{})))
	fmt.Println("key set fetched:", is.JWKSFetches())
	// Output:
	// token of a key that is gone: 401
	// token of the new key: 200
	// in an outage: 503
	// after it: 200
	// key set fetched: 4
}

// Tokens that no honest issuer would make, with a right signature.
func ExampleIssuer_MintRaw() {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		panic(err)
	}
	token := is.MintRaw([]byte(`{"alg":"ES256"}`), []byte(`{"sub":"alice","sub":"root"}`), jwkstest.Token{Alg: "ES256"})
	payload, err := b64.DecodeString(strings.Split(token, ".")[1])
	fmt.Printf("%s %v\n", payload, err)
	// Output: {"sub":"alice","sub":"root"} <nil>
}

// A key set with members that a verifier must skip, and no alg in a good one.
func ExampleIssuer_Publish() {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		panic(err)
	}
	weak := jwkstest.WeakRSAKey()
	is.Publish(weak, jwkstest.UnknownKey("future"), jwkstest.RawKey("broken", `{"kty":"EC"}`))
	is.EditKey(is.KeyIDs()[1], map[string]any{"alg": nil})

	keys, err := keysOf(is.JWKS())
	fmt.Println(len(keys), err)
	fmt.Println(keys[1]["kty"], keys[1]["alg"], keys[3]["kty"], slices.Contains(is.KeyIDs(), weak.ID()))
	// Output:
	// 5 <nil>
	// EC <nil> LATTICE true
}

// Mint starts from a good token, so a test states only what it is about.
func ExampleIssuer_Mint() {
	is, err := jwkstest.New("https://login.example.com")
	if err != nil {
		panic(err)
	}
	d, err := decode(is.Mint(jwkstest.Token{
		Alg:    "ES256",
		Claims: map[string]any{"scope": "mcp:tools", "exp": nil}, // nil leaves it out
		Header: map[string]any{"typ": "JWT"},
	}))
	_, hasExpiry := d.claims["exp"]
	fmt.Println(d.header["typ"], d.claims["sub"], d.claims["scope"], hasExpiry, err)
	// Output: JWT alice mcp:tools false <nil>
}
