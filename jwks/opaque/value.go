package opaque

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// text is the first of names, as text, or "".
func (d *document) text(names []string) string {
	value, ok := d.find(names)
	if !ok {
		return ""
	}
	text, err := textOf(value)
	if err != nil {
		d.fail(err)
	}
	return text
}

// list is the first of names, an array of texts or one text, and whether it is there.
func (d *document) list(names []string) ([]string, bool) {
	value, ok := d.find(names)
	if !ok {
		return nil, false
	}
	list, err := listOf(value)
	if err != nil {
		d.fail(err)
	}
	return list, true
}

// words are those of all names, each once. An array has one in each element.
func (d *document) words(names []string) []string {
	var words []string
	for _, name := range names {
		value, ok := d.find([]string{name})
		if !ok {
			continue
		}
		list, err := listOf(value)
		if err != nil {
			d.fail(err)
		}
		if strictjson.Kind(value) == '"' {
			list = strings.FieldsFunc(list[0], func(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) })
		}
		for _, word := range list {
			if word != "" && !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	return words
}

// lastSecond is the end of the year 9999. Later dates overflow somebody's clock.
const lastSecond = 253402300799

// moment is the first of names, a number of seconds since 1970 or a time of RFC 3339, or
// the zero time.
func (d *document) moment(names []string) time.Time {
	value, ok := d.find(names)
	if !ok {
		return time.Time{}
	}
	if text, err := strictjson.String(value); err == nil && strings.Contains(text, "-") {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.Unix() < 0 || at.Unix() > lastSecond {
			d.fail(errors.New("a time is not one of RFC 3339"))
		}
		return at
	}
	seconds := d.seconds(value)
	if seconds < 0 {
		d.fail(errors.New("a date is before 1970"))
		return time.Time{}
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9))
}

// seconds reads a number, or a text of digits, that no clock overflows at.
func (d *document) seconds(value []byte) float64 {
	number := string(value)
	if text, err := strictjson.String(value); err == nil {
		if number = text; !digits(text) {
			d.fail(errors.New("a text that should be a number is none"))
			return 0
		}
	}
	seconds, err := strconv.ParseFloat(number, 64)
	if err != nil || seconds > lastSecond || seconds < -lastSecond {
		d.fail(errors.New("a number of seconds is none, or too large"))
		return 0
	}
	return seconds
}

func digits(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// textOf reads a text, or a whole number as it is written: of 1 and 1.0 and 1e0, which
// are one number to some and three to others, the first alone.
func textOf(value []byte) (string, error) {
	if text, err := strictjson.String(value); err == nil {
		return text, nil
	}
	if number := string(value); digits(strings.TrimPrefix(number, "-")) {
		return number, nil
	}
	return "", errors.New("a value is neither a text nor a whole number")
}

func listOf(value []byte) ([]string, error) {
	if strictjson.Kind(value) != '[' {
		text, err := textOf(value)
		return []string{text}, err
	}
	elements, err := strictjson.Array(value, nil)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(elements))
	for i, element := range elements {
		if list[i], err = textOf(element); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// repeats reports whether a value of an answer has the token in it, as those of some
// providers do. Claims are for handlers, and tokens are not.
func repeats(value []byte, token string) bool {
	var v any
	return json.Unmarshal(value, &v) != nil || holds(v, token)
}

func holds(v any, token string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, token)
	case []any:
		return slices.ContainsFunc(v, func(element any) bool { return holds(element, token) })
	case map[string]any:
		for _, member := range v {
			if holds(member, token) {
				return true
			}
		}
	}
	return false
}
