package opaque_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

var now = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// What providers ask for and say, as data alone.
func TestShapes(t *testing.T) {
	form := "application/x-www-form-urlencoded"
	secret := jwks.NewSecret([]byte("s3cret&+"))
	for _, row := range []struct {
		policy  string
		p       opaque.Provider
		body    string
		headers []string
		want    question // of header, what is there must be equal
		who     string
		client  string
		scopes  string
		until   time.Time
	}{
		{
			policy: "introspection with client_secret_basic, form-encoded first",
			p:      opaque.Provider{Ask: opaque.Ask{URL: ask, Auth: opaque.AuthBasic, ClientID: "a:b", Secret: secret}, Audiences: []string{here}},
			body:   good,
			want: question{"POST", ask, "token=" + token, http.Header{
				"Content-Type": {form}, "Accept": {"application/json"}, "Authorization": {"Basic YSUzQWI6czNjcmV0JTI2JTJC"},
			}},
			who: "alice", client: "app", scopes: "read write", until: time.Unix(4102444860, 0),
		}, {
			policy: "introspection with client_secret_post",
			p:      opaque.Provider{Ask: opaque.Ask{URL: ask, Auth: opaque.AuthPost, ClientID: "a", Secret: secret}, Audiences: []string{here}},
			body:   good,
			want:   question{"POST", ask, "client_id=a&client_secret=s3cret%26%2B&token=" + token, http.Header{"Content-Type": {form}, "Authorization": nil}},
			who:    "alice", client: "app", scopes: "read write", until: time.Unix(4102444860, 0),
		}, {
			policy: "introspection with a token of our own",
			p:      opaque.Provider{Ask: opaque.Ask{URL: ask, Auth: opaque.AuthBearer, Secret: jwks.NewSecret([]byte("ours"))}, Audiences: []string{here}},
			body:   good,
			want:   question{"POST", ask, "token=" + token, http.Header{"Authorization": {"Bearer ours"}}},
			who:    "alice", client: "app", scopes: "read write", until: time.Unix(4102444860, 0),
		}, {
			policy: "tokeninfo, with numbers in strings",
			p: opaque.Provider{
				Ask:       opaque.Ask{URL: login + "/tokeninfo?v=3", Method: "GET", Put: "query:access_token", Bad: []int{400}},
				Read:      opaque.Read{Active: "-", Client: []string{"azp", "aud"}, ExpiresIn: []string{"expires_in"}},
				Audiences: []string{"app.example.com"}, RequiredClaims: []string{"email_verified=true"},
			},
			body: `{"azp":"app.example.com","aud":"app.example.com","sub":"108","scope":"openid https://www.example.com/auth/email","exp":"1767359400","expires_in":"1800","email_verified":"true"}`,
			want: question{"GET", login + "/tokeninfo?access_token=" + token + "&v=3", "", http.Header{"Authorization": nil, "Content-Type": nil}},
			who:  "108", client: "app.example.com", scopes: "openid https://www.example.com/auth/email", until: now.Add(30 * time.Minute),
		}, {
			policy: "check of a token in a JSON body, with an answer in depth and a token that does not end",
			p: opaque.Provider{
				Ask:  opaque.Ask{URL: login + "/applications/app/token", Put: "json:access_token", Auth: opaque.AuthBasic, ClientID: "app", Secret: secret, Bad: []int{404, 422}, Header: http.Header{"accept": {"application/vnd.example+json"}}},
				Read: opaque.Read{Active: "-", Subject: []string{"user.id"}, Client: []string{"app.client_id"}, Scopes: []string{"scopes"}, Expiry: []string{"expires_at"}, Endless: true},

				Clients: []string{"app"}, AudienceOptional: true,
			},
			body: `{"id":1,"token":"","app":{"name":"x","client_id":"app"},"user":{"login":"alice","id":583231},"scopes":["repo","read:user"],"expires_at":null}`,
			want: question{"POST", login + "/applications/app/token", `{"access_token":"` + token + `"}`, http.Header{"Content-Type": {"application/json"}, "Accept": {"application/vnd.example+json"}}},
			who:  "583231", client: "app", scopes: "repo read:user",
		}, {
			policy: "who am I, asked with the token itself, with a time of RFC 3339",
			p: opaque.Provider{
				Ask:     opaque.Ask{URL: login + "/oauth2/@me", Method: "GET", Put: "bearer", Bad: []int{401}},
				Read:    opaque.Read{Active: "-", Subject: []string{"user.id"}, Client: []string{"application.id"}, Scopes: []string{"scopes"}, Expiry: []string{"expires"}},
				Clients: []string{"159799960412356608"}, AudienceOptional: true,
			},
			body: `{"application":{"id":"159799960412356608"},"scopes":["identify","guilds"],"expires":"2026-01-09T12:00:00.5+00:00","user":{"id":"268473310986240001"}}`,
			want: question{"GET", login + "/oauth2/@me", "", http.Header{"Authorization": {"Bearer " + token}}},
			who:  "268473310986240001", client: "159799960412356608", scopes: "identify guilds", until: now.Add(7*24*time.Hour + time.Minute + time.Second/2),
		}, {
			policy: "token info asked with the token itself, with the seconds that are left",
			p: opaque.Provider{
				Ask:     opaque.Ask{URL: login + "/oauth/token/info", Method: "GET", Put: "bearer", Bad: []int{401}},
				Read:    opaque.Read{Active: "-", Subject: []string{"resource_owner_id"}, Client: []string{"application.uid"}, Expiry: []string{"none"}, ExpiresIn: []string{"expires_in"}},
				Clients: []string{"uid"}, AudienceOptional: true,
			},
			body: `{"resource_owner_id":7,"scope":["api","read_user"],"expires_in":7200,"application":{"uid":"uid"},"created_at":1767355200}`,
			want: question{"GET", login + "/oauth/token/info", "", http.Header{"Authorization": {"Bearer " + token}}},
			who:  "7", client: "uid", scopes: "api read_user", until: now.Add(2 * time.Hour),
		}, {
			policy: "scopes and client in headers of the answer",
			p: opaque.Provider{
				Ask:     opaque.Ask{URL: login + "/user", Method: "GET", Put: "bearer", Bad: []int{401}},
				Read:    opaque.Read{Active: "-", Subject: []string{"id"}, Client: []string{"header:x-oauth-client-id"}, Scopes: []string{"header:X-OAuth-Scopes"}, Endless: true},
				Clients: []string{"app"}, AudienceOptional: true,
			},
			body:    `{"login":"alice","id":583231}`,
			headers: []string{"X-OAuth-Scopes", "repo, read:user", "X-OAuth-Client-Id", "app", "Content-Type", "application/json; charset=utf-8"},
			want:    question{"GET", login + "/user", "", http.Header{"Authorization": {"Bearer " + token}}},
			who:     "583231", client: "app", scopes: "repo read:user",
		}, {
			policy: "a claim whose own name has dots",
			p:      opaque.Provider{Ask: opaque.Ask{URL: ask}, Read: opaque.Read{Subject: []string{"none", "https://example.com/user"}}, Audiences: []string{here}},
			body:   strings.Replace(good, `"sub"`, `"sub":null,"https://example.com/user"`, 1),
			want:   question{"POST", ask, "token=" + token, nil},
			who:    "alice", client: "app", scopes: "read write", until: time.Unix(4102444860, 0),
		},
	} {
		t.Run(row.policy, func(t *testing.T) {
			n := &network{answer: respond(http.StatusOK, row.body, row.headers...)}
			row.p.Issuer = login
			v := newFrom(t, opaque.Config{Providers: []opaque.Provider{row.p}, Transport: n, Now: func() time.Time { return now }})
			claims, err := verify(t, v, token)
			if err != nil {
				t.Fatal(err)
			}
			q := n.last()
			if q.method != row.want.method || q.url != row.want.url || q.body != row.want.body {
				t.Errorf("asked %s %s %q, want %s %s %q", q.method, q.url, q.body, row.want.method, row.want.url, row.want.body)
			}
			for name, values := range row.want.header {
				if got := q.header.Values(name); !slices.Equal(got, values) {
					t.Errorf("%s: %q, want %q", name, got, values)
				}
			}
			if claims.Issuer != login || claims.Subject != row.who || claims.User != row.who || claims.Client != row.client || strings.Join(claims.Scopes, " ") != row.scopes {
				t.Errorf("issuer %q, subject %q, user %q, client %q, scopes %q", claims.Issuer, claims.Subject, claims.User, claims.Client, claims.Scopes)
			}
			if !claims.Until.Equal(row.until) {
				t.Errorf("until %s, want %s", claims.Until, row.until)
			}
		})
	}
}

// “characters outside of this set are form-encoded” is what decodes to the same: whatever
// is in a token, it stays where it was put.
func TestTokenStaysInItsPlace(t *testing.T) {
	odd := "a+b/c~d.e-f_g=="
	for put, where := range map[string]func(question) string{
		"form:token":  func(q question) string { v, _ := url.ParseQuery(q.body); return v.Get("token") },
		"query:token": func(q question) string { u, _ := url.Parse(q.url); return u.Query().Get("token") },
		"json:token":  func(q question) string { return strings.TrimSuffix(strings.TrimPrefix(q.body, `{"token":"`), `"}`) },
		"bearer":      func(q question) string { return strings.TrimPrefix(q.header.Get("Authorization"), "Bearer ") },
	} {
		n := saying(good)
		v := newVerifier(t, n, func(p *opaque.Provider) { p.Ask.Put = put })
		if _, err := verify(t, v, odd); err != nil {
			t.Fatal(err)
		}
		if got := where(n.last()); got != odd {
			t.Errorf("%s: %q", put, got)
		}
	}
}
