package jwks_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// FuzzIssuerClaims signs whatever text as claims for an issuer that asks for all that
// can be asked for. What is accepted is, to encoding/json too, of a listed tenant and
// client, has what is required and nothing that is refused, and is bound as it says.
func FuzzIssuerClaims(f *testing.F) {
	const good = `"iss":"https://login.example.com/t1","tid":"t1","azp":"app","scp":"a:read a:b"`
	for _, row := range confirmationRows {
		f.Add([]byte(claims("iss", good+`,"cnf":`+row.cnf)))
	}
	for _, text := range []string{
		`"uid":7`, `"uid":"u"`, `"roles":"x","Roles":"y"`, `"nonce":null`, `"token_use":"access"`, `"token_use":["id"]`, `"Nonce":1`, `"client_id":null`, `"AZP":"app"`, `"tid":"t2"`,
	} {
		f.Add([]byte(claims("iss", good+","+text)))
	}
	f.Add([]byte(strings.Replace(claims("iss", good), `"aud":"`+here+`",`, "", 1)))
	v, err := jwks.New(jwks.Config{
		SenderBound: true,
		Now:         func() time.Time { return noon },
		Issuers: []jwks.Issuer{{
			URL: login + "/{tenantid}", Tenants: []string{"t1", "t2"}, TenantClaim: "tid",
			Audiences: []string{here}, Clients: []string{"app"}, AudienceOptional: true,
			Algorithms: []string{"HS256"}, Secret: jwks.NewSecret(sharedSecret),
			RequiredClaims: []string{"scp|roles"}, RefusedClaims: []string{"nonce", "token_use=id"},
			Names: jwks.Names{ScopePrefixes: []string{"a:"}, User: []string{"uid"}},
		}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := v.Verify(t.Context(), mintClaims(t, string(text)))
		if err != nil {
			return
		}
		var exact map[string]any
		var folded struct {
			Tid, Nonce any
			Use        any `json:"token_use"`
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&exact) != nil || json.Unmarshal(text, &folded) != nil {
			t.Fatalf("accepted %q, which encoding/json refuses", text)
		}
		if tid, _ := folded.Tid.(string); tid != "t1" && tid != "t2" || c.Issuer != login+"/"+tid {
			t.Fatalf("%q: accepted of tenant %v", text, folded.Tid)
		}
		if aud, there := exact["aud"]; there && (aud == nil || !slices.Contains(c.Audience, here)) {
			t.Fatalf("%q: accepted for %v", text, aud)
		}
		if exact["scp"] == nil && exact["roles"] == nil || folded.Nonce != nil || folded.Use == "id" || c.Client != "app" {
			t.Fatalf("%q: accepted %+v", text, c)
		}
		checkNamed(t, c, exact)
	})
}

// checkNamed compares what the issuer's names find with what encoding/json does.
func checkNamed(t *testing.T, c *jwks.Claims, exact map[string]any) {
	t.Helper()
	cnf, bound := exact["cnf"]
	members, _ := cnf.(map[string]any)
	if bound != (c.Confirmation != nil) || bound && len(members) == 0 {
		t.Fatalf("cnf %v gave %+v", cnf, c.Confirmation)
	}
	for name, value := range members {
		got := map[string]string{"jkt": c.Confirmation.Key, "x5t#S256": c.Confirmation.Certificate}[name]
		if b, err := base64.RawURLEncoding.DecodeString(got); err != nil || len(b) != 32 || value != got {
			t.Fatalf("cnf %v gave %+v", cnf, c.Confirmation)
		}
	}
	want := c.Subject
	switch uid := exact["uid"].(type) {
	case string:
		want = uid
	case json.Number:
		want = uid.String()
	}
	if c.User != want || c.User == "" && exact["uid"] != nil {
		t.Fatalf("User = %q, want %q", c.User, want)
	}
	for i, scope := range c.Scopes {
		if scope == "" || strings.Contains(scope, " ") || slices.Contains(c.Scopes[:i], scope) {
			t.Fatalf("Scopes = %q", c.Scopes)
		}
	}
}
