package strictjson_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

func TestNoVariants(t *testing.T) {
	for _, row := range []struct {
		policy string
		names  []string
		known  []string
		want   error
	}{
		{"nothing accepted", nil, nil, nil},
		{"different names accepted", []string{"a", "b", "Ab"}, nil, nil},
		{"known names accepted", []string{"aud", "exp"}, []string{"aud", "exp", "nbf"}, nil},
		{"known name with capitals accepted as it is", []string{"kidID"}, []string{"kidID"}, nil},
		{"variant of another refused", []string{"a", "A"}, nil, strictjson.ErrVariant},
		{"variant of another far away refused", []string{"Ax", "b", "c", "aX"}, nil, strictjson.ErrVariant},
		{"three variants refused", []string{"AB", "Ab", "aB"}, nil, strictjson.ErrVariant},
		{"variant of a known name alone refused", []string{"AUD"}, []string{"aud"}, strictjson.ErrVariant},
		{"variant of a known name beside it refused", []string{"aud", "Aud"}, []string{"aud"}, strictjson.ErrVariant},
		{"lower case of a known name with capitals refused", []string{"kidid"}, []string{"kidID"}, strictjson.ErrVariant},
		{"long s refused", []string{"i\u017fs"}, []string{"iss"}, strictjson.ErrVariant},
		{"Kelvin sign refused", []string{"\u212aid"}, []string{"kid"}, strictjson.ErrVariant},
		{"sharp S refused", []string{"\u1e9e", "\u00df"}, nil, strictjson.ErrVariant},
		{"three sigmas refused", []string{"\u03c3", "\u03c2"}, nil, strictjson.ErrVariant},
		{"Cyrillic refused", []string{"Ж", "ж"}, nil, strictjson.ErrVariant},
		{"ohm sign refused", []string{"\u2126", "\u03c9"}, nil, strictjson.ErrVariant},
		{"sharp s and ss accepted: no simple folding", []string{"\u00df", "ss"}, nil, nil},
		{"dotless i accepted", []string{"\u0131ss"}, []string{"iss"}, nil},
		{"dotted capital I accepted", []string{"\u0130ss"}, []string{"iss"}, nil},
		{"full-width letter accepted", []string{"\uff41ud"}, []string{"aud"}, nil},
		{"Cyrillic look-alike accepted", []string{"\u0430ud"}, []string{"aud"}, nil},
		{"trailing NUL accepted", []string{"aud\x00"}, []string{"aud"}, nil},
	} {
		t.Run(row.policy, func(t *testing.T) {
			var members []strictjson.Member
			for _, name := range row.names {
				members = append(members, strictjson.Member{Name: []byte(name)})
			}
			if err := strictjson.NoVariants(members, row.known...); !errors.Is(err, row.want) {
				t.Errorf("error %v, want %v", err, row.want)
			}
			slices.Reverse(members)
			if err := strictjson.NoVariants(members, row.known...); !errors.Is(err, row.want) {
				t.Errorf("the other way round: error %v, want %v", err, row.want)
			}
		})
	}
}

// Fold agrees with strings.EqualFold about every character that has cases.
func TestFoldEveryRune(t *testing.T) {
	byFold := map[string][]rune{}
	for r := rune(0); r <= 0x1ffff; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		folded := strictjson.Fold(string(r))
		byFold[folded] = append(byFold[folded], r)
		if !strings.EqualFold(folded, string(r)) {
			t.Fatalf("Fold(%q) = %q, which is not equal to it", r, folded)
		}
		if next := string(unicode.SimpleFold(r)); strictjson.Fold(next) != folded {
			t.Fatalf("Fold(%q) is not Fold(%q)", r, next)
		}
	}
	if got := fmt.Sprintf("%c", byFold["k"]); got != fmt.Sprintf("%c", []rune("Kk\u212a")) {
		t.Errorf("equal to k: %s", got)
	}
	if strictjson.Fold("ABCxyz_-.09") != "abcxyz_-.09" {
		t.Error("ASCII is not folded to lower case")
	}
}

func FuzzFold(f *testing.F) {
	for _, pair := range [][2]string{{"aud", "AUD"}, {"kid", "\u212aid"}, {"iss", "i\u017f\u017f"}, {"ß", "ss"}, {"", "a"}, {"Σ", "ς"}, {"\u0130", "i"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return // no such name gets this far
		}
		equal := strings.EqualFold(a, b)
		if (strictjson.Fold(a) == strictjson.Fold(b)) != equal {
			t.Errorf("Fold(%q) = %q, Fold(%q) = %q, EqualFold %t", a, strictjson.Fold(a), b, strictjson.Fold(b), equal)
		}
		members := []strictjson.Member{{Name: []byte(a)}, {Name: []byte(b)}}
		if err := strictjson.NoVariants(members); (err != nil) != (equal && a != b) {
			t.Errorf("NoVariants(%q, %q) = %v", a, b, err)
		}
		if err := strictjson.NoVariants(members[:1], b); (err != nil) != (equal && a != b) {
			t.Errorf("NoVariants(%q) of known %q = %v", a, b, err)
		}
	})
}
