package jwks_test

import (
	"slices"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

func TestScopes(t *testing.T) {
	type names = jwks.Names
	for _, row := range []struct {
		policy string
		names  jwks.Names
		add    string
		want   []string
	}{
		{"words of scope", names{}, `"scope":"read write"`, []string{"read", "write"}},
		{"scope before scp", names{}, `"scope":"read","scp":"write"`, []string{"read"}},
		{"scp where there is no scope", names{}, `"scp":["read","write"]`, []string{"read", "write"}},
		{"scp where scope is null", names{}, `"scope":null,"scp":"write"`, []string{"write"}},
		{"an empty scope is one", names{}, `"scope":"","scp":"write"`, nil},
		{"nothing", names{}, `"permissions":["x"]`, nil},
		{"blanks", names{}, `"scope":"  read   read write "`, []string{"read", "write"}},
		{"a tab is no blank", names{}, `"scope":"read\twrite"`, []string{"read\twrite"}},
		{"an array as it is", names{}, `"scope":["read","read","Friends of admin","","a\"b"]`, []string{"read"}},
		{"an array of other things", names{}, `"scope":["read",1]`, nil},
		{"a number", names{}, `"scope":1`, nil},

		{"claims together", names{Scopes: []string{"scp", "roles"}}, `"scp":"read","roles":["admin","read"],"scope":"x"`, []string{"read", "admin"}},
		{"dots descend", names{Scopes: []string{"realm.roles"}}, `"realm":{"roles":["admin"]}`, []string{"admin"}},
		{"a dot in a name", names{Scopes: []string{"a.b"}}, `"a.b":"dotted","a":{"b":"descended"}`, []string{"dotted"}},
		{"a dot in a name that is null", names{Scopes: []string{"a.b"}}, `"a.b":null,"a":{"b":"descended"}`, []string{"descended"}},
		{"dots that lead nowhere", names{Scopes: []string{"a.b.c", "a.x", "x.y"}}, `"a":{"b":"c"}`, nil},
		{"dots that lead to an object", names{Scopes: []string{"a.b"}}, `"a":{"b":{"c":"d"}}`, nil},

		{"a prefix is cut", names{ScopePrefixes: []string{"api://app/"}}, `"scope":"api://app/read api://other/read openid"`, []string{"read", "api://other/read", "openid"}},
		{"a prefix is cut in arrays", names{ScopePrefixes: []string{"app:"}}, `"scope":["app:read","read"]`, []string{"read"}},
		{"the first prefix is cut, once", names{ScopePrefixes: []string{"a:", "a:b:", "b:"}}, `"scope":"a:b:c a:a:d"`, []string{"b:c", "a:d"}},
		{"a prefix alone is nothing", names{ScopePrefixes: []string{"app:"}}, `"scope":"app: x"`, []string{"x"}},
		{"a prefix inside stays", names{ScopePrefixes: []string{"app:"}}, `"scope":"my-app:read"`, []string{"my-app:read"}},
		{"a prefix of another case stays", names{ScopePrefixes: []string{"app:"}}, `"scope":"App:read"`, []string{"App:read"}},
	} {
		t.Run(row.policy, func(t *testing.T) {
			c := judge(t, believeSecret(t, jwks.Issuer{Names: row.names}), mintClaims(t, claimsWith(row.add)), nil)
			if !slices.Equal(c.Scopes, row.want) {
				t.Errorf("Scopes = %q, want %q", c.Scopes, row.want)
			}
			if got := c.ReadScopes(row.names.Scopes); !slices.Equal(got, row.want) {
				t.Errorf("ReadScopes = %q, want %q", got, row.want)
			}
		})
	}
}

// A reader with names of its own gets the issuer's prefixes cut all the same.
func TestReadScopes(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{Names: jwks.Names{Scopes: []string{"scp"}, ScopePrefixes: []string{"app:"}}})
	c := judge(t, v, mintClaims(t, claimsWith(`"scp":"app:read","roles":["app:admin"],"scope":"app:x"`)), nil)
	for _, row := range []struct {
		claims, want []string
	}{
		{nil, []string{"x"}},
		{[]string{"roles"}, []string{"admin"}},
		{[]string{"roles", "scp", "roles"}, []string{"admin", "read"}},
		{[]string{"none"}, nil},
	} {
		if got := c.ReadScopes(row.claims); !slices.Equal(got, row.want) {
			t.Errorf("ReadScopes(%q) = %q, want %q", row.claims, got, row.want)
		}
	}
}

func TestClient(t *testing.T) {
	for _, row := range []struct {
		policy string
		names  []string
		add    string
		want   string
	}{
		{"client_id first", nil, `"azp":"b","client_id":"a","cid":"c","appid":"d"`, "a"},
		{"azp second", nil, `"azp":"b","cid":"c","appid":"d"`, "b"},
		{"cid third", nil, `"cid":"c","appid":"d"`, "c"},
		{"appid last", nil, `"appid":"d"`, "d"},
		{"none", nil, `"application":"d"`, ""},
		{"of the wrong type is none", nil, `"client_id":{"a":1},"azp":"b"`, ""},
		{"by its own name", []string{"app.id", "client"}, `"app":{"id":"x"},"client":"y","client_id":"z"`, "x"},
		{"by its second name", []string{"app.id", "client"}, `"app":{"name":"x"},"client":"y","client_id":"z"`, "y"},
		{"by no other name", []string{"app.id"}, `"client_id":"z"`, ""},
	} {
		t.Run(row.policy, func(t *testing.T) {
			c := judge(t, believeSecret(t, jwks.Issuer{Names: jwks.Names{Client: row.names}}), mintClaims(t, claimsWith(row.add)), nil)
			if c.Client != row.want {
				t.Errorf("Client = %q, want %q", c.Client, row.want)
			}
		})
	}
	v := believeSecret(t, jwks.Issuer{Names: jwks.Names{Client: []string{"app.id"}}})
	judge(t, v, mintClaims(t, claimsWith(`"app":{"id":"x"},"APP":{"id":"y"}`)), jwks.ErrMalformed)
	judge(t, v, mintClaims(t, claimsWith(`"App":{"id":"y"}`)), jwks.ErrMalformed)
	judge(t, v, mintClaims(t, claimsWith(`"App.id":"y"`)), jwks.ErrMalformed)
}

func TestUser(t *testing.T) {
	for _, row := range []struct {
		policy string
		names  []string
		add    string
		want   string
		err    error
	}{
		{"the subject accepted", nil, `"oid":"x"`, "alice", nil},
		{"its own name accepted", []string{"oid"}, `"oid":"x"`, "x", nil},
		{"the first that is there accepted", []string{"oid", "uid"}, `"uid":"y"`, "y", nil},
		{"the first of two accepted", []string{"oid", "uid"}, `"uid":"y","oid":"x"`, "x", nil},
		{"the subject where none is there accepted", []string{"oid", "uid"}, `"x":1`, "alice", nil},
		{"the subject where it is null accepted", []string{"oid"}, `"oid":null`, "alice", nil},
		{"an integer accepted as it is written", []string{"id"}, `"id":12345678901234567890`, "12345678901234567890", nil},
		{"zero accepted", []string{"id"}, `"id":0`, "0", nil},
		{"dots accepted", []string{"user.id"}, `"user":{"id":7}`, "7", nil},
		{"minus zero refused", []string{"id"}, `"id":-0`, "", jwks.ErrClaim},
		{"a fraction refused", []string{"id"}, `"id":1.0`, "", jwks.ErrClaim},
		{"an exponent refused", []string{"id"}, `"id":1e3`, "", jwks.ErrClaim},
		{"true refused", []string{"id"}, `"id":true`, "", jwks.ErrClaim},
		{"an array refused", []string{"id"}, `"id":["x"]`, "", jwks.ErrClaim},
		{"an object refused", []string{"id"}, `"id":{"x":"y"}`, "", jwks.ErrClaim},
		{"an empty string refused", []string{"id"}, `"id":""`, "", jwks.ErrClaim},
	} {
		t.Run(row.policy, func(t *testing.T) {
			c := judge(t, believeSecret(t, jwks.Issuer{Names: jwks.Names{User: row.names}}), mintClaims(t, claimsWith(row.add)), row.err)
			if c != nil && (c.User != row.want || c.Subject != "alice") {
				t.Errorf("User = %q, Subject = %q, want %q and alice", c.User, c.Subject, row.want)
			}
		})
	}
}
