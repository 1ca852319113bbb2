package jwks_test

import (
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

func TestClients(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{Clients: []string{"app", "https://app.example.com/client.json"}})
	for _, row := range []struct {
		policy string
		add    string
		want   error
	}{
		{"listed in client_id accepted", `"client_id":"app"`, nil},
		{"listed in azp accepted", `"azp":"app"`, nil},
		{"listed in cid accepted", `"cid":"app"`, nil},
		{"listed in appid accepted", `"appid":"https://app.example.com/client.json"`, nil},
		{"client_id comes first", `"client_id":"app","azp":"other","cid":"other","appid":"other"`, nil},
		{"azp comes second", `"azp":"app","cid":"other","appid":"other"`, nil},
		{"cid comes third", `"cid":"app","appid":"other"`, nil},
		{"null is not there", `"client_id":null,"azp":"app"`, nil},

		{"another refused", `"client_id":"other"`, jwks.ErrClient},
		{"another refused, whatever a later claim says", `"client_id":"other","azp":"app"`, jwks.ErrClient},
		{"none refused", `"x":1`, jwks.ErrClient},
		{"an empty one refused", `"client_id":""`, jwks.ErrClient},
		{"an empty one refused, whatever a later claim says", `"client_id":"","azp":"app"`, jwks.ErrClient},
		{"an array refused, whatever a later claim says", `"client_id":["app"],"azp":"app"`, jwks.ErrClient},
		{"a number refused", `"client_id":1`, jwks.ErrClient},
		{"another case refused", `"client_id":"App"`, jwks.ErrClient},
		{"a beginning refused", `"client_id":"ap"`, jwks.ErrClient},
		{"the subject is no client", `"sub":"app"`, jwks.ErrClient},
		{"the audience is no client", `"aud":["` + here + `","app"]`, jwks.ErrClient},
		{"deeper is no client", `"act":{"client_id":"app"}`, jwks.ErrClient},
		{"AZP refused", `"client_id":"app","AZP":"app"`, jwks.ErrMalformed},
		{"appId refused", `"appId":"app"`, jwks.ErrMalformed},
		{"listed but for another audience refused", `"aud":"other","client_id":"app"`, jwks.ErrAudience},
		{"expired first", `"exp":1,"client_id":"other"`, jwks.ErrExpired},
	} {
		t.Run(row.policy, func(t *testing.T) {
			if c := judge(t, v, mintClaims(t, claimsWith(row.add)), row.want); c != nil && !strings.Contains("app https://app.example.com/client.json", c.Client) {
				t.Errorf("Client = %q", c.Client)
			}
		})
	}
	judge(t, v, compact(t, "HS256", make([]byte, 32), `{"alg":"HS256"}`, claimsWith(`"client_id":"other"`)), jwks.ErrSignature)
}

// “or otherwise verify” — who wrote no audience must have given the token to a client
// of ours; an audience that is there counts as ever.
func TestAudienceOptional(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{Clients: []string{"app"}, AudienceOptional: true})
	without := strings.TrimSuffix(claimsWithout("aud"), "}")
	for _, row := range []struct {
		policy string
		claims string
		want   error
	}{
		{"no audience and a listed client accepted", without + `,"client_id":"app"}`, nil},
		{"our audience and a listed client accepted", claimsWith(`"client_id":"app"`), nil},
		{"no audience and another client refused", without + `,"client_id":"other"}`, jwks.ErrClient},
		{"no audience and no client refused", without + "}", jwks.ErrClient},
		{"our audience and another client refused", claimsWith(`"client_id":"other"`), jwks.ErrClient},
		{"another audience refused", without + `,"client_id":"app","aud":"other"}`, jwks.ErrAudience},
		{"an empty array of audiences refused", without + `,"client_id":"app","aud":[]}`, jwks.ErrAudience},
		{"an empty audience refused", without + `,"client_id":"app","aud":""}`, jwks.ErrAudience},
		{"an audience of null refused", without + `,"client_id":"app","aud":null}`, jwks.ErrMalformed},
		{"AUD refused", without + `,"client_id":"app","AUD":"other"}`, jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, v, mintClaims(t, row.claims), row.want) })
	}
	strict := believeSecret(t, jwks.Issuer{Clients: []string{"app"}})
	judge(t, strict, mintClaims(t, without+`,"client_id":"app"}`), jwks.ErrAudience)
}
