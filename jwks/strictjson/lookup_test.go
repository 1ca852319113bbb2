package strictjson_test

import (
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

func TestLookup(t *testing.T) {
	const text = ` { "iss" : "https://login.example.com" ,"a":[1,{"exp":2},"]}\"exp\":3,"],"\u0065xp":4.5e1 , "null":null,"":{},"o":{"exp":"5\\"},"last":true} `
	for _, row := range []struct {
		name, want string
		there      bool
	}{
		{"iss", `"https://login.example.com"`, true},
		{"a", `[1,{"exp":2},"]}\"exp\":3,"]`, true},
		{"exp", `4.5e1`, true}, // the outer one, whatever its letters
		{"null", `null`, true},
		{"", `{}`, true},
		{"o", `{"exp":"5\\"}`, true},
		{"last", `true`, true},
		{"ISS", ``, false},
		{"is", ``, false},
		{`\u0065xp`, ``, false},
	} {
		if got, there := strictjson.Lookup(text, row.name); got != row.want || there != row.there {
			t.Errorf("%q: %s, %t; want %s, %t", row.name, got, there, row.want, row.there)
		}
	}
	for _, other := range []string{``, `{}`, `[]`, `["a"]`, `"a"`, `1`, `null`} {
		if got, there := strictjson.Lookup(other, "a"); there || got != "" {
			t.Errorf("%q: %s", other, got)
		}
	}
}
