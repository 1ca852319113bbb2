package condition

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// MaxArguments is the most bytes of arguments that a condition reads.
const MaxArguments = 256 << 10

// Why arguments cannot be read, beside the errors of strictjson.
var (
	errTooLarge = errors.New("they are too large")
	errNumber   = errors.New("a number is 2^53 or more, which not every reader holds exactly: let the tool take a string")
	errVariant  = errors.New("a name differs only by case from one that the condition reads")
)

// decode reads arguments that can mean only one thing. names are those that the
// condition reads.
func decode(text []byte, names []string) (map[string]any, error) {
	if len(text) > MaxArguments {
		return nil, errTooLarge
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return map[string]any{}, nil
	}
	if _, err := strictjson.Object(text, nil); err != nil {
		return nil, err
	}
	// Of a text that strictjson has read, encoding/json makes nothing else.
	var object map[string]any
	if json.Unmarshal(text, &object) != nil {
		return nil, errNumber // all that can still be wrong
	}
	return object, unambiguous(object, names)
}

// unambiguous makes sure that a value has nothing of which the tool could make
// something else than we do.
func unambiguous(value any, names []string) error {
	switch value := value.(type) {
	case float64:
		if math.Abs(value) >= 1<<53 { // RFC 8259 §6, RFC 7493 §2.2
			return errNumber
		}
	case []any:
		for _, element := range value {
			if err := unambiguous(element, names); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, member := range value {
			if isVariant(name, names) {
				return errVariant
			}
			if err := unambiguous(member, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// isVariant reports whether a reader that folds case, as encoding/json does for a
// struct, would take name for one of names although it is none of them.
func isVariant(name string, names []string) bool {
	variant := false
	for _, known := range names {
		if name == known {
			return false
		}
		variant = variant || strings.EqualFold(name, known)
	}
	return variant
}
