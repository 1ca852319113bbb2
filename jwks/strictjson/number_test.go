package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// What one reader takes for infinity, another refuses, and a third cuts off.
func TestNumbersAreFinite(t *testing.T) {
	for number, want := range map[string]error{
		"1e308":                         nil,
		"-1.7976931348623157e308":       nil,
		"1e-999":                        nil, // which is zero to everybody
		"1e309":                         strictjson.ErrNumber,
		"-1e999":                        strictjson.ErrNumber,
		"0.1e99999":                     strictjson.ErrNumber,
		"1" + strings.Repeat("0", 308):  nil,
		"1" + strings.Repeat("0", 309):  strictjson.ErrNumber,
		"0." + strings.Repeat("0", 400): nil,
	} {
		_, err := strictjson.Object([]byte(`{"a":[{"b":`+number+`}]}`), nil)
		if !errors.Is(err, want) {
			t.Errorf("%.20s: %v, want %v", number, err, want)
		}
	}
}
