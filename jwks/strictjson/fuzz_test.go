package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// What Object, Array and String accept, encoding/json reads as the same names and
// values; what they refuse though encoding/json takes it, they refuse for one of the
// reasons that the package is there for.
func FuzzAgainstEncodingJSON(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `""`, `0`, `null`, ` {"a":[1,{"b":"c"}],"d":-1.5e+3,"e":true} `, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":1,"A":2}`,
		`{"a":"\ud83d\ude00\u0000\"\\\/\b\f\n\r\t"}`, `{"\ud800":1}`, "{\"\xff\":1}", `[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`,
		`{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, `{"iss":"https://login.example.com","aud":["a","b"],"exp":1767355800,"nbf":0}`,
		`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`, `{"a":01}`, `{"a":1}x`, `{"a":"` + "\x7f" + `"}`, `{"":{"":{"":[]}}}`, `"\udc00\ud800"`, "\ufeff{}",
		`{"a" : 1 , "b":[ "]}" ,{"c":"\\"}] , "\u0064":null,"e":{"a":"\"","f":-0}}`, `{"a"`, `{"a":`, `{"a":"`, `{"a":"\`, `{"a":[`, `{"a":1`, `{"a":1,`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		valid := json.Valid(text) && d.Decode(&want) == nil
		accepted, err := read(text)
		asString(t, text)
		lookedUp(t, text)
		lookedUp(t, string(text))
		strictjson.Lookup(text, "none") // whatever it is, this ends
		switch {
		case accepted && !valid:
			t.Fatalf("accepted %q, which is not JSON", text)
		case accepted:
			same(t, text, want)
		case valid && !known(text) && !errors.Is(err, strictjson.ErrNumber):
			t.Fatalf("refused %q: %v", text, err)
		case !valid && !errors.Is(err, strictjson.ErrSyntax) && !errors.Is(err, strictjson.ErrDuplicate) && !errors.Is(err, strictjson.ErrDepth) && !errors.Is(err, strictjson.ErrNumber):
			t.Fatalf("refused %q, which is not JSON, with %v", text, err)
		}
	})
}

// read reads a text with the one function that is for its type. A number or a word is
// put into an array.
func read(text []byte) (bool, error) {
	_, object := strictjson.Object(text, nil)
	_, array := strictjson.Array(text, nil)
	_, str := strictjson.String(text)
	switch {
	case object == nil, array == nil, str == nil:
		return true, nil
	case errors.Is(object, strictjson.ErrType) && errors.Is(array, strictjson.ErrType) && errors.Is(str, strictjson.ErrType):
		_, err := strictjson.Array([]byte("["+string(text)+"]"), nil)
		return err == nil, err
	}
	return false, object
}

// asString wants a text to be read alike in bytes and as a string, and a string that
// was read once to be the same when it is unquoted.
func asString(t *testing.T, text []byte) {
	t.Helper()
	inBytes, errBytes := strictjson.Object(text, nil)
	inString, errString := strictjson.Object(string(text), nil)
	if !errors.Is(errString, errBytes) || len(inBytes) != len(inString) {
		t.Fatalf("%q: %d members, %v; as a string %d, %v", text, len(inBytes), errBytes, len(inString), errString)
	}
	for i, m := range inString {
		if m.Name != string(inBytes[i].Name) || m.Value != string(inBytes[i].Value) {
			t.Fatalf("%q: member %q: %s; as a string %q: %s", text, inBytes[i].Name, inBytes[i].Value, m.Name, m.Value)
		}
		want, errWant := strictjson.String(m.Value)
		if got, err := strictjson.Unquote(m.Value); got != want || !errors.Is(err, errWant) {
			t.Fatalf("%s unquoted: %q, %v; want %q, %v", m.Value, got, err, want, errWant)
		}
	}
}

// lookedUp wants each member of an object, and no other, to be found in the text again.
func lookedUp[T strictjson.Text](t *testing.T, text T) {
	t.Helper()
	members, err := strictjson.Object(text, nil)
	if err != nil {
		return
	}
	for _, m := range members {
		name, want := string(m.Name), string(m.Value)
		if got, ok := strictjson.Lookup(text, name); !ok || string(got) != want {
			t.Fatalf("%q: %q is %q, %t; want %s", text, name, got, ok, want)
		}
		lookedUp(t, m.Value)
	}
	if _, there := strictjson.Find(members, "none"); there {
		return
	}
	if got, ok := strictjson.Lookup(text, "none"); ok {
		t.Fatalf("%q: a member that is not there is %q", text, got)
	}
}

// same compares a text as this package reads it with what encoding/json made of it.
func same(t *testing.T, text []byte, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		members, err := strictjson.Object(text, nil)
		if err != nil || len(members) != len(want) {
			t.Fatalf("%q: %d members, %v; want %d", text, len(members), err, len(want))
		}
		for _, m := range members {
			value, ok := want[string(m.Name)]
			if !ok {
				t.Fatalf("%q: no member %q", text, m.Name)
			}
			same(t, m.Value, value)
		}
	case []any:
		elements, err := strictjson.Array(text, nil)
		if err != nil || len(elements) != len(want) {
			t.Fatalf("%q: %d elements, %v; want %d", text, len(elements), err, len(want))
		}
		for i, element := range elements {
			same(t, element, want[i])
		}
	case string:
		if got, err := strictjson.String(text); err != nil || got != want {
			t.Fatalf("%q: string %q, %v; want %q", text, got, err, want)
		}
	case json.Number:
		if got := string(bytes.Trim(text, " \t\r\n")); got != want.String() || strictjson.Kind([]byte(got)) != 0 {
			t.Fatalf("%q: number, want %s", text, want)
		}
	case bool:
		if got := string(bytes.Trim(text, " \t\r\n")); got != strconv.FormatBool(want) {
			t.Fatalf("%q: want %t", text, want)
		}
	case nil:
		if !strictjson.IsNull(bytes.Trim(text, " \t\r\n")) {
			t.Fatalf("%q: want null", text)
		}
	}
}

// known reports whether valid JSON has one of the faults that this package refuses:
// found here by other means than there.
func known(text []byte) bool {
	return !utf8.Valid(text) || loneSurrogate(string(text)) || duplicateOrDeep(text)
}

func loneSurrogate(text string) bool {
	for {
		_, rest, found := strings.Cut(text, `\`)
		if !found {
			return false
		}
		if rest[0] != 'u' {
			text = rest[1:]
			continue
		}
		first, _ := strconv.ParseUint(rest[1:5], 16, 32)
		text = rest[5:]
		switch {
		case first < 0xd800 || first > 0xdfff:
			continue
		case first >= 0xdc00 || len(text) < 6 || text[:2] != `\u`:
			return true
		}
		if second, _ := strconv.ParseUint(text[2:6], 16, 32); second < 0xdc00 || second > 0xdfff {
			return true
		}
		text = text[6:]
	}
}

// duplicateOrDeep walks over the tokens of encoding/json. names has, for each open
// object, what it had so far, and nil for an array.
func duplicateOrDeep(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var names []map[string]bool
	isName := false
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		top := len(names) - 1
		if name, ok := token.(string); ok && isName {
			if names[top][name] {
				return true
			}
			names[top][name], isName = true, false
			continue
		}
		switch token {
		case json.Delim('{'):
			names = append(names, map[string]bool{})
		case json.Delim('['):
			names = append(names, nil)
		case json.Delim('}'), json.Delim(']'):
			names = names[:top]
		}
		if len(names) > strictjson.MaxDepth {
			return true
		}
		isName = len(names) > 0 && names[len(names)-1] != nil
	}
}
