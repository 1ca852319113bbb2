package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

func TestObjectRefuses(t *testing.T) {
	for _, row := range []struct {
		policy, text string
		want         error
	}{
		{"nothing", "", strictjson.ErrSyntax},
		{"white space", " \n", strictjson.ErrSyntax},
		{"other white space", "\v{}", strictjson.ErrSyntax},
		{"non-breaking space", "\u00a0{}", strictjson.ErrSyntax},
		{"line separator", "{\u2028}", strictjson.ErrSyntax},
		{"byte order mark", "\ufeff{}", strictjson.ErrSyntax},
		{"NUL before", "\x00{}", strictjson.ErrSyntax},
		{"NUL behind", "{}\x00", strictjson.ErrSyntax},
		{"brace behind", "{}}", strictjson.ErrSyntax},
		{"two objects", "{}{}", strictjson.ErrSyntax},
		{"two lines", "{}\n{}", strictjson.ErrSyntax},
		{"comma behind", "{},", strictjson.ErrSyntax},
		{"comment", "{}//", strictjson.ErrSyntax},
		{"comment inside", "{/**/}", strictjson.ErrSyntax},

		{"open", "{", strictjson.ErrSyntax},
		{"open after a name", `{"a"`, strictjson.ErrSyntax},
		{"open after a colon", `{"a":`, strictjson.ErrSyntax},
		{"open after a value", `{"a":1`, strictjson.ErrSyntax},
		{"open after a comma", `{"a":1,`, strictjson.ErrSyntax},
		{"open name", `{"a`, strictjson.ErrSyntax},
		{"open escape", `{"a\`, strictjson.ErrSyntax},
		{"open code point", `{"a\u00`, strictjson.ErrSyntax},
		{"open surrogate", `{"a\ud83d`, strictjson.ErrSyntax},
		{"open surrogate escape", `{"a\ud83d\`, strictjson.ErrSyntax},
		{"open second surrogate", `{"a\ud83d\ude`, strictjson.ErrSyntax},
		{"open array", `{"a":[`, strictjson.ErrSyntax},
		{"open array after a comma", `{"a":[1,`, strictjson.ErrSyntax},
		{"closed by a bracket", `{"a":1]`, strictjson.ErrSyntax},
		{"array closed by a brace", `{"a":[1}}`, strictjson.ErrSyntax},

		{"comma alone", `{,}`, strictjson.ErrSyntax},
		{"trailing comma", `{"a":1,}`, strictjson.ErrSyntax},
		{"two commas", `{"a":1,,"b":2}`, strictjson.ErrSyntax},
		{"no comma", `{"a":1 "b":2}`, strictjson.ErrSyntax},
		{"no colon", `{"a" 1}`, strictjson.ErrSyntax},
		{"two colons", `{"a"::1}`, strictjson.ErrSyntax},
		{"no value", `{"a":}`, strictjson.ErrSyntax},
		{"name alone", `{"a"}`, strictjson.ErrSyntax},
		{"name without quotes", `{a:1}`, strictjson.ErrSyntax},
		{"name in single quotes", `{'a':1}`, strictjson.ErrSyntax},
		{"name a number", `{1:1}`, strictjson.ErrSyntax},
		{"trailing comma in an array", `{"a":[1,]}`, strictjson.ErrSyntax},
		{"comma alone in an array", `{"a":[,]}`, strictjson.ErrSyntax},

		{"leading zero", `{"a":01}`, strictjson.ErrSyntax},
		{"leading zero of a negative", `{"a":-01}`, strictjson.ErrSyntax},
		{"plus", `{"a":+1}`, strictjson.ErrSyntax},
		{"minus alone", `{"a":-}`, strictjson.ErrSyntax},
		{"two minus", `{"a":--1}`, strictjson.ErrSyntax},
		{"point first", `{"a":.5}`, strictjson.ErrSyntax},
		{"point last", `{"a":1.}`, strictjson.ErrSyntax},
		{"two points", `{"a":1.2.3}`, strictjson.ErrSyntax},
		{"empty exponent", `{"a":1e}`, strictjson.ErrSyntax},
		{"exponent of a sign", `{"a":1e+}`, strictjson.ErrSyntax},
		{"exponent with a point", `{"a":1e1.5}`, strictjson.ErrSyntax},
		{"hex", `{"a":0x1}`, strictjson.ErrSyntax},
		{"underscore", `{"a":1_0}`, strictjson.ErrSyntax},
		{"NaN", `{"a":NaN}`, strictjson.ErrSyntax},
		{"Infinity", `{"a":Infinity}`, strictjson.ErrSyntax},
		{"minus Infinity", `{"a":-Infinity}`, strictjson.ErrSyntax},
		{"Arabic digit", `{"a":٣}`, strictjson.ErrSyntax},
		{"True", `{"a":True}`, strictjson.ErrSyntax},
		{"tru", `{"a":tru}`, strictjson.ErrSyntax},
		{"truex", `{"a":truex}`, strictjson.ErrSyntax},
		{"nul", `{"a":nul}`, strictjson.ErrSyntax},
		{"undefined", `{"a":undefined}`, strictjson.ErrSyntax},

		{"line feed in a string", "{\"a\":\"\n\"}", strictjson.ErrSyntax},
		{"tab in a string", "{\"a\":\"\t\"}", strictjson.ErrSyntax},
		{"NUL in a string", "{\"a\":\"\x00\"}", strictjson.ErrSyntax},
		{"NUL in a string behind an escape", "{\"a\":\"\\n\x00\"}", strictjson.ErrSyntax},
		{"control in a name", "{\"\x1f\":1}", strictjson.ErrSyntax},
		{"unknown escape", `{"a":"\x"}`, strictjson.ErrSyntax},
		{"capital escape", `{"a":"\N"}`, strictjson.ErrSyntax},
		{"escaped quote left open", `{"a":"\"}`, strictjson.ErrSyntax},
		{"code point of three digits", `{"a":"\u123"}`, strictjson.ErrSyntax},
		{"code point with a letter", `{"a":"\u12g4"}`, strictjson.ErrSyntax},
		{"code point with a sign", `{"a":"\u+123"}`, strictjson.ErrSyntax},
		{"code point in braces", `{"a":"\u{61}"}`, strictjson.ErrSyntax},
		{"lone high surrogate", `{"a":"\ud800"}`, strictjson.ErrSyntax},
		{"lone low surrogate", `{"a":"\udc00"}`, strictjson.ErrSyntax},
		{"surrogates swapped", `{"a":"\udc00\ud800"}`, strictjson.ErrSyntax},
		{"two high surrogates", `{"a":"\ud800\ud800"}`, strictjson.ErrSyntax},
		{"high surrogate before a letter", `{"a":"\ud800x"}`, strictjson.ErrSyntax},
		{"high surrogate before an escape", `{"a":"\ud800\n"}`, strictjson.ErrSyntax},
		{"high surrogate before a code point", `{"a":"\ud800\u0061"}`, strictjson.ErrSyntax},
		{"lone surrogate in a name", `{"\ud800":1}`, strictjson.ErrSyntax},
		{"lone surrogate deep down", `{"a":[{"b":"\ud800"}]}`, strictjson.ErrSyntax},
		{"byte that is no UTF-8", "{\"a\":\"\xff\"}", strictjson.ErrSyntax},
		{"overlong UTF-8", "{\"a\":\"\xc0\x80\"}", strictjson.ErrSyntax},
		{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", strictjson.ErrSyntax},
		{"beyond Unicode", "{\"a\":\"\xf4\x90\x80\x80\"}", strictjson.ErrSyntax},
		{"cut UTF-8", "{\"a\":\"\xe2\x82\"}", strictjson.ErrSyntax},
		{"no UTF-8 behind", "{}\xff", strictjson.ErrSyntax},

		{"array", `[]`, strictjson.ErrType},
		{"array of an object", `[{}]`, strictjson.ErrType},
		{"string", `"{}"`, strictjson.ErrType},
		{"number", ` -1.5 `, strictjson.ErrType},
		{"true", `true`, strictjson.ErrType},
		{"null", `null`, strictjson.ErrType},
		{"broken array", `[`, strictjson.ErrSyntax},
		{"array and more", `[] []`, strictjson.ErrSyntax},
		{"letter", `x`, strictjson.ErrSyntax},

		{"name twice", `{"a":1,"a":1}`, strictjson.ErrDuplicate},
		{"name twice, not in a row", `{"a":1,"b":1,"a":2}`, strictjson.ErrDuplicate},
		{"empty name twice", `{"":1,"":2}`, strictjson.ErrDuplicate},
		{"name twice by escape", `{"a":1,"\u0061":2}`, strictjson.ErrDuplicate},
		{"name twice by a pair of surrogates", `{"😀":1,"\ud83d\ude00":2}`, strictjson.ErrDuplicate},
		{"name twice in an object", `{"a":{"b":1,"b":2}}`, strictjson.ErrDuplicate},
		{"name twice in an array", `{"a":[0,{"b":1,"b":2}]}`, strictjson.ErrDuplicate},
		{"name twice in an array that is no object", `[{"b":1,"b":2}]`, strictjson.ErrDuplicate},
		{"sixteenth name twice", strings.Replace(many(16), `"15"`, `"0"`, 1), strictjson.ErrDuplicate},
		{"seventeenth name twice", strings.Replace(many(17), `"16"`, `"0"`, 1), strictjson.ErrDuplicate},
		{"thousandth name twice", strings.Replace(many(1000), `"999"`, `"998"`, 1), strictjson.ErrDuplicate},
	} {
		t.Run(row.policy, func(t *testing.T) {
			members, err := strictjson.Object([]byte(row.text), nil)
			if !errors.Is(err, row.want) || members != nil {
				t.Errorf("%q, %v; want %v", list(members), err, row.want)
			}
		})
	}
}
