package jwks_test

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

func TestRequiredAlternatives(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{RequiredClaims: []string{"scp|roles", "repository=a/b|repository=c/d|team=x"}})
	for _, row := range []struct {
		policy string
		add    string
		want   error
	}{
		{"the first of each accepted", `"scp":"read","repository":"a/b"`, nil},
		{"the last of each accepted", `"roles":["r"],"team":"x"`, nil},
		{"another value of the same claim accepted", `"roles":["r"],"repository":"c/d"`, nil},
		{"all of them accepted", `"scp":"read","roles":["r"],"repository":"c/d","team":["y","x"]`, nil},
		{"none of the names refused", `"repository":"a/b"`, jwks.ErrClaim},
		{"null for a name refused", `"scp":null,"repository":"a/b"`, jwks.ErrClaim},
		{"none of the values refused", `"scp":"read","repository":"a/d"`, jwks.ErrClaim},
		{"the value of another claim refused", `"scp":"read","team":"a/b"`, jwks.ErrClaim},
		{"the entry as a name refused", `"scp|roles":"read","repository":"a/b"`, jwks.ErrClaim},
		{"the entry as a value refused", `"scp":"read","repository":"a/b|repository=c/d"`, jwks.ErrClaim},
		{"a variant of a claim whose value counts refused", `"scp":"read","repository":"a/b","Team":"x"`, jwks.ErrMalformed},
		{"a variant of a claim whose presence counts is another claim", `"scp":"read","Roles":["r"],"repository":"a/b"`, nil},
		{"a variant of a claim whose presence counts is not it", `"Roles":["r"],"repository":"a/b"`, jwks.ErrClaim},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, v, mintClaims(t, claimsWith(row.add)), row.want) })
	}
}

// Who names two variants knows what each of them is.
func TestRequiredVariants(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{RequiredClaims: []string{"Team=x|team=x"}})
	judge(t, v, mintClaims(t, claimsWith(`"Team":"x"`)), nil)
	judge(t, v, mintClaims(t, claimsWith(`"team":"x"`)), nil)
	judge(t, v, mintClaims(t, claimsWith(`"team":"x","Team":"x"`)), jwks.ErrMalformed)
}

func TestRefusedClaims(t *testing.T) {
	v := believeSecret(t, jwks.Issuer{RefusedClaims: []string{"nonce", "token_use=id|typ=ID", "at_hash|c_hash"}})
	for _, row := range []struct {
		policy string
		add    string
		want   error
	}{
		{"none of them accepted", `"token_use":"access"`, nil},
		{"an array of other values accepted", `"token_use":["access","x"]`, nil},
		{"an empty array accepted", `"token_use":[]`, nil},
		{"null is not there", `"nonce":null,"token_use":null`, nil},
		{"deeper is not there", `"x":{"nonce":"n"}`, nil},
		{"a claim refused", `"nonce":"n"`, jwks.ErrClaim},
		{"a claim of any type refused", `"nonce":false`, jwks.ErrClaim},
		{"a value refused", `"token_use":"id"`, jwks.ErrClaim},
		{"an array with the value refused", `"token_use":["access","id"]`, jwks.ErrClaim},
		{"an alternative value refused", `"token_use":"access","typ":"ID"`, jwks.ErrClaim},
		{"an alternative claim refused", `"c_hash":"x"`, jwks.ErrClaim},
		{"a number that cannot be compared refused", `"token_use":1`, jwks.ErrClaim},
		{"an array that cannot be compared refused", `"token_use":["id",1]`, jwks.ErrClaim},
		{"an object that cannot be compared refused", `"token_use":{"id":true}`, jwks.ErrClaim},
		{"a variant of a claim refused", `"Nonce":"n"`, jwks.ErrMalformed},
		{"a variant of a claim by folding refused", `"at_haſh":"n"`, jwks.ErrMalformed},
		{"a variant of a claim with a value refused", `"Token_Use":"id"`, jwks.ErrMalformed},
	} {
		t.Run(row.policy, func(t *testing.T) { judge(t, v, mintClaims(t, claimsWith(row.add)), row.want) })
	}
	// Without such a configuration they are claims like any other.
	judge(t, believeSecret(t, jwks.Issuer{}), mintClaims(t, claimsWith(`"Nonce":"n","token_use":1,"AZP":1,"Tid":1`)), nil)
}
