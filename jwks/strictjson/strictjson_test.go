package strictjson_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// list writes members as name=value.
func list(members []strictjson.Member) string {
	var all []string
	for _, m := range members {
		all = append(all, string(m.Name)+"="+string(m.Value))
	}
	return strings.Join(all, " ")
}

// many is an object of n members with the names 0 to n-1.
func many(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"%d":0`, i))
	}
	return "{" + strings.Join(all, ",") + "}"
}

func TestObjectAccepts(t *testing.T) {
	for _, row := range []struct {
		policy, text, want string
	}{
		{"empty", `{}`, ""},
		{"empty with white space", " \t\r\n{ \t\r\n} \t\r\n", ""},
		{"members in order", `{"b":1,"a":2}`, "b=1 a=2"},
		{"white space everywhere", " {\n\"a\" :\t[ 1 ,\r2 ] , \"b\" : { } }\n", "a=[ 1 ,\r2 ] b={ }"},
		{"every type", `{"s":"x","n":-1.5e+3,"t":true,"f":false,"0":null,"a":[],"o":{}}`, `s="x" n=-1.5e+3 t=true f=false 0=null a=[] o={}`},
		{"empty name", `{"":1}`, "=1"},
		{"escapes in a name", `{"\u0061\"\\\/\b\f\n\r\t":1}`, "a\"\\/\b\f\n\r\t=1"},
		{"hex of both cases", `{"\u00eF\u00Ef":1}`, "ïï=1"},
		{"a pair of surrogates", `{"\ud83d\ude00":1}`, "😀=1"},
		{"the last pair of surrogates", `{"\udbff\udfff":1}`, "\U0010ffff=1"},
		{"neighbours of surrogates", `{"\ud7ff\ue000":1}`, "\ud7ff\ue000=1"},
		{"replacement character, as such and escaped", "{\"\ufffd\":1,\"a\\ufffd\":2}", "\ufffd=1 a\ufffd=2"},
		{"escaped NUL", `{"a\u0000":1}`, "a\x00=1"},
		{"DEL and C1 controls", "{\"\x7f\u0080\":1}", "\x7f\u0080=1"},
		{"values keep their escapes", `{"a":"\u0061"}`, `a="\u0061"`},
		{"same names in different objects", `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}`, `a={"a":{"a":1}} b=[{"a":1},{"a":1}]`},
		{"names that differ by case", `{"a":1,"A":2}`, "a=1 A=2"},
		{"names that differ by normal form", `{"\u00e9":1,"e\u0301":2}`, "\u00e9=1 e\u0301=2"},
		{"zero", `{"a":0,"b":-0,"c":0.0,"d":0e0,"e":0E-0}`, "a=0 b=-0 c=0.0 d=0e0 e=0E-0"},
		{"numbers of any finite size", `{"a":1e308,"b":123456789012345678901234567890}`, "a=1e308 b=123456789012345678901234567890"},
	} {
		t.Run(row.policy, func(t *testing.T) {
			members, err := strictjson.Object([]byte(row.text), nil)
			if err != nil || list(members) != row.want {
				t.Errorf("%q, %v; want %q", list(members), err, row.want)
			}
		})
	}
}

func TestManyMembersAreAccepted(t *testing.T) {
	for _, n := range []int{15, 16, 17, 1000} {
		members, err := strictjson.Object([]byte(many(n)), nil)
		if err != nil || len(members) != n {
			t.Errorf("%d of %d members, %v", len(members), n, err)
		}
	}
}

func TestDepth(t *testing.T) {
	arrays := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	objects := func(depth int) string {
		return strings.Repeat(`{"a":`, depth-1) + "{}" + strings.Repeat("}", depth-1)
	}
	for _, row := range []struct {
		policy string
		text   string
		want   error
	}{
		{"objects to MaxDepth accepted", objects(strictjson.MaxDepth), nil},
		{"objects beyond refused", objects(strictjson.MaxDepth + 1), strictjson.ErrDepth},
		{"arrays to MaxDepth accepted", `{"a":` + arrays(strictjson.MaxDepth-1) + "}", nil},
		{"arrays beyond refused", `{"a":` + arrays(strictjson.MaxDepth) + "}", strictjson.ErrDepth},
		{"a million arrays refused", `{"a":` + strings.Repeat("[", 1_000_000), strictjson.ErrDepth},
		{"a million objects refused", strings.Repeat(`{"a":`, 1_000_000), strictjson.ErrDepth},
		{"broad is not deep", `{"a":[` + strings.Repeat("[],", 100) + `{}]}`, nil},
		{"brackets in a string are not deep", `{"a":"` + strings.Repeat("[", 100) + `"}`, nil},
	} {
		t.Run(row.policy, func(t *testing.T) {
			if _, err := strictjson.Object([]byte(row.text), nil); !errors.Is(err, row.want) {
				t.Errorf("error %v, want %v", err, row.want)
			}
		})
	}
	if _, err := strictjson.Array([]byte(arrays(strictjson.MaxDepth)), nil); err != nil {
		t.Errorf("Array: %v", err)
	}
	if _, err := strictjson.Array([]byte(arrays(strictjson.MaxDepth+1)), nil); !errors.Is(err, strictjson.ErrDepth) {
		t.Errorf("Array: error %v, want %v", err, strictjson.ErrDepth)
	}
}

func TestArray(t *testing.T) {
	for _, row := range []struct {
		policy, text string
		want         []string
		err          error
	}{
		{"empty accepted", ` [ ] `, nil, nil},
		{"elements in order", `[1, "a" ,null,[ ],{"a":1}]`, []string{`1`, `"a"`, `null`, `[ ]`, `{"a":1}`}, nil},
		{"object refused", `{}`, nil, strictjson.ErrType},
		{"string refused", `"[]"`, nil, strictjson.ErrType},
		{"null refused", `null`, nil, strictjson.ErrType},
		{"nothing refused", ``, nil, strictjson.ErrSyntax},
		{"trailing comma refused", `[1,]`, nil, strictjson.ErrSyntax},
		{"no comma refused", `[1 2]`, nil, strictjson.ErrSyntax},
		{"more behind refused", `[]]`, nil, strictjson.ErrSyntax},
		{"duplicate inside refused", `[{"a":1,"a":1}]`, nil, strictjson.ErrDuplicate},
		{"invalid UTF-8 refused", "[\"\xff\"]", nil, strictjson.ErrSyntax},
	} {
		t.Run(row.policy, func(t *testing.T) {
			elements, err := strictjson.Array([]byte(row.text), nil)
			var got []string
			for _, e := range elements {
				got = append(got, string(e))
			}
			if !slices.Equal(got, row.want) || !errors.Is(err, row.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, row.want, row.err)
			}
		})
	}
}

func TestString(t *testing.T) {
	for _, row := range []struct {
		policy, text, want string
		err                error
	}{
		{"plain", ` "abc" `, "abc", nil},
		{"empty", `""`, "", nil},
		{"escape last", `"abc\n"`, "abc\n", nil},
		{"escape first", `"\nabc"`, "\nabc", nil},
		{"every escape", `"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"`, "\"\\/\b\f\n\r\tA😀", nil},
		{"letters behind an escape", `"\t李 😀"`, "\t李 😀", nil},
		{"number refused", `1`, "", strictjson.ErrType},
		{"null refused", `null`, "", strictjson.ErrType},
		{"array refused", `["a"]`, "", strictjson.ErrType},
		{"nothing refused", ``, "", strictjson.ErrSyntax},
		{"open refused", `"a`, "", strictjson.ErrSyntax},
		{"more behind refused", `"a" "b"`, "", strictjson.ErrSyntax},
		{"lone surrogate refused", `"\udfff"`, "", strictjson.ErrSyntax},
		{"invalid UTF-8 refused", "\"\xff\"", "", strictjson.ErrSyntax},
	} {
		t.Run(row.policy, func(t *testing.T) {
			got, err := strictjson.String([]byte(row.text))
			if err == nil && got != row.want || !errors.Is(err, row.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, row.want, row.err)
			}
		})
	}
}

func TestKind(t *testing.T) {
	for value, want := range map[string]byte{
		`{}`: '{', `[]`: '[', `"a"`: '"', `true`: 't', `false`: 'f', `null`: 'n', `0`: 0, `-1`: 0, `9`: 0, ``: 0,
	} {
		if got := strictjson.Kind([]byte(value)); got != want {
			t.Errorf("Kind(%s) = %q, want %q", value, got, want)
		}
		if got := strictjson.IsNull([]byte(value)); got != (value == "null") {
			t.Errorf("IsNull(%s) = %t", value, got)
		}
	}
}

func TestFindIsExact(t *testing.T) {
	members, err := strictjson.Object([]byte(`{"Aud":1,"aud":2,"aud\u0000":3,"\u212aid":4}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Aud": "1", "aud": "2", "aud\x00": "3", "AUD": "", "kid": "", "Kid": "", "": "", "au": ""} {
		value, ok := strictjson.Find(members, name)
		if string(value) != want || ok != (want != "") {
			t.Errorf("Find(%q) = %q, %t; want %q", name, value, ok, want)
		}
	}
}

// What is appended does not touch what was there, and members stay what they were
// when the text is only read again.
func TestDestinationIsAppendedTo(t *testing.T) {
	text := []byte(`{"a":"x","\u0062":[1]}`)
	dst := []strictjson.Member{{Name: []byte("a"), Value: []byte("0")}}
	members, err := strictjson.Object(text, dst)
	if err != nil || list(members) != `a=0 a="x" b=[1]` {
		t.Errorf("%q, %v", list(members), err)
	}
	grown := append(members[1].Name, "zzz"...)
	if _, err := strictjson.Object(text, nil); err != nil || string(grown) != "azzz" {
		t.Errorf("appending to a name wrote over the text: %q", text)
	}
	elements, err := strictjson.Array([]byte(`[2]`), [][]byte{[]byte("1")})
	if err != nil || len(elements) != 2 {
		t.Errorf("%q, %v", elements, err)
	}
}

// Strings are looked at eight bytes at a time: what ends one is found in each place,
// and nothing else ends it, whatever stands beside.
func TestEndOfAString(t *testing.T) {
	for before := range 20 {
		for _, beside := range []string{"a", "\x7f", "!", "#", "[", "]", " ", "é", "\u0080", "\U0010ffff"} {
			plain := strings.Repeat(beside, before)
			for end, want := range map[string]string{`"`: plain, `\u0041"`: plain + "A", `\\"`: plain + `\`} {
				got, err := strictjson.String(`"` + plain + end)
				if err != nil || got != want {
					t.Errorf("%q before %s: %q, %v", plain, end, got, err)
				}
			}
			for c := range ' ' {
				if _, err := strictjson.String(`"` + plain + string(c) + `........"`); err == nil {
					t.Errorf("%q is taken behind %q", c, plain)
				}
			}
		}
	}
}

// Every pair of names that is equal is found, and no other, whatever they share.
func TestNamesTwice(t *testing.T) {
	for _, row := range []struct {
		text  string
		twice bool
	}{
		{`{"":1,"":2}`, true}, {`{"a":1,"b":2,"a":3}`, true}, {`{"a":1,"\u0061":2}`, true},
		{`{"ab":1,"ac":2,"ad":3}`, false}, {`{"ab":1,"ac":2,"ac":3}`, true}, {`{"a":1,"aa":2,"aaa":3,"":4}`, false},
	} {
		if _, err := strictjson.Object(row.text, nil); errors.Is(err, strictjson.ErrDuplicate) != row.twice {
			t.Errorf("%s: %v", row.text, err)
		}
	}
}
