// Package strictjson reads JSON objects whose member names decide something:
// JOSE headers, claims, key sets, JSON-RPC envelopes.
//
// encoding/json matches names without regard to case, lets the last of two equal
// names win and repairs broken text. Two readers that differ in such a point can
// be made to see two different messages in the same bytes, so here a text means
// one thing or is refused: one value, valid UTF-8, no lone surrogates, no name
// twice in any object, nesting of at most [MaxDepth] (RFC 8259 §4, RFC 8725 §3.7).
//
// Nothing is converted until it is asked for, and what is returned points into the
// text that was read. A text is a string or a []byte: what comes out of a string can
// be kept without a copy.
package strictjson

import (
	"errors"
	"slices"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may be nested.
const MaxDepth = 32

// What is wrong with a text. The errors carry nothing of the text itself.
var (
	ErrSyntax    = errors.New("not valid JSON")
	ErrDuplicate = errors.New("a member name is there twice")
	ErrVariant   = errors.New("two member names differ only by case")
	ErrDepth     = errors.New("nested too deeply")
	ErrNumber    = errors.New("a number is too large for any reader")
	ErrType      = errors.New("another JSON type was expected")
)

// Text is what holds a JSON text.
type Text interface{ ~string | ~[]byte }

// A MemberOf is one member of an object: its name, unescaped, and the text of its
// value, valid and without surrounding space.
type MemberOf[T Text] struct {
	Name  T
	Value T
}

// A Member is one of a text in bytes.
type Member = MemberOf[[]byte]

// Object reads text as one object and appends its members to dst, in order. It
// checks everything below too.
func Object[T Text](text T, dst []MemberOf[T]) ([]MemberOf[T], error) {
	s := scanner[T]{data: text}
	if err := s.start(); err != nil {
		return nil, err
	}
	if s.peek() != '{' {
		return nil, s.typeError()
	}
	members, err := s.object(1, dst)
	if err != nil {
		return nil, err
	}
	if members, ok := any(members).([]Member); ok {
		seal(members[len(dst):])
	}
	return members, s.end()
}

// seal makes sure that who appends to a name or a value does not write over the text.
func seal(members []Member) {
	for i := range members {
		m := &members[i]
		m.Name, m.Value = slices.Clip(m.Name), slices.Clip(m.Value)
	}
}

// Array reads text as one array and appends the texts of its elements to dst.
func Array[T Text](text T, dst []T) ([]T, error) {
	s := scanner[T]{data: text}
	if err := s.start(); err != nil {
		return nil, err
	}
	if s.peek() != '[' {
		return nil, s.typeError()
	}
	elements, err := s.array(1, true, dst, nil)
	if err != nil {
		return nil, err
	}
	return elements, s.end()
}

// String reads text as one string.
func String[T Text](text T) (string, error) {
	s := scanner[T]{data: text}
	if err := s.start(); err != nil {
		return "", err
	}
	if s.peek() != '"' {
		return "", s.typeError()
	}
	b, err := s.text()
	if err != nil {
		return "", err
	}
	return string(b), s.end()
}

// A scanner walks over one text. All of its methods that read a value expect pos
// at the value's first byte and leave it behind the last.
//
// Members go up and down as arguments and results, not in here, so that a caller's
// room for them can be on its stack.
type scanner[T Text] struct {
	data T
	pos  int
}

func (s *scanner[T]) start() error {
	if !utf8.Valid([]byte(s.data)) {
		return ErrSyntax
	}
	s.space()
	return nil
}

// peek is the byte at pos, or 0 at the end: no JSON value starts with 0.
func (s *scanner[T]) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner[T]) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// end makes sure that only space is left.
func (s *scanner[T]) end() error {
	s.space()
	if s.pos != len(s.data) {
		return ErrSyntax
	}
	return nil
}

// typeError tells a valid value of another type from something that is no value.
func (s *scanner[T]) typeError() error {
	if err := s.value(1, nil); err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	return ErrType
}

// value reads a value of any type. Behind outer, the members of the objects that it is
// in, there may be room for its own.
func (s *scanner[T]) value(depth int, outer []MemberOf[T]) error {
	switch c := s.peek(); {
	case c == '{':
		_, err := s.object(depth, outer)
		return err
	case c == '[':
		_, err := s.array(depth, false, nil, outer)
		return err
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if end := s.pos + len(word); end <= len(s.data) && string(s.data[s.pos:end]) == word {
			s.pos = end
			return nil
		}
	}
	return ErrSyntax
}

// object appends the members of an object to all.
func (s *scanner[T]) object(depth int, all []MemberOf[T]) ([]MemberOf[T], error) {
	if depth > MaxDepth {
		return nil, ErrDepth
	}
	s.pos++ // {
	s.space()
	if s.peek() == '}' {
		s.pos++
		return all, nil
	}
	base := len(all)
	for {
		m, err := s.member(depth, all)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.pos++
			return all, unique(all[base:])
		default:
			return nil, ErrSyntax
		}
	}
}

func (s *scanner[T]) member(depth int, outer []MemberOf[T]) (MemberOf[T], error) {
	if s.peek() != '"' {
		return MemberOf[T]{}, ErrSyntax
	}
	name, err := s.text()
	if err != nil {
		return MemberOf[T]{}, err
	}
	s.space()
	if s.peek() != ':' {
		return MemberOf[T]{}, ErrSyntax
	}
	s.pos++
	s.space()
	from := s.pos
	if err := s.value(depth+1, outer); err != nil {
		return MemberOf[T]{}, err
	}
	return MemberOf[T]{Name: name, Value: s.data[from:s.pos]}, nil
}

// array appends the elements of an array to dst, if they are to be kept.
func (s *scanner[T]) array(depth int, keep bool, dst []T, outer []MemberOf[T]) ([]T, error) {
	if depth > MaxDepth {
		return nil, ErrDepth
	}
	s.pos++ // [
	s.space()
	if s.peek() == ']' {
		s.pos++
		return dst, nil
	}
	for {
		from := s.pos
		if err := s.value(depth+1, outer); err != nil {
			return nil, err
		}
		if keep {
			dst = append(dst, s.data[from:s.pos])
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
			s.space()
		case ']':
			s.pos++
			return dst, nil
		default:
			return nil, ErrSyntax
		}
	}
}
