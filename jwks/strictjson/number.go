package strictjson

import "strconv"

// number follows RFC 8259 §6: no leading zeros, no hex, no NaN; and nothing that a
// 64-bit float makes infinite of.
func (s *scanner[T]) number() error {
	from := s.pos
	if s.peek() == '-' {
		s.pos++
	}
	switch c := s.peek(); {
	case c == '0':
		s.pos++
	case '1' <= c && c <= '9':
		s.digits()
	default:
		return ErrSyntax
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return ErrSyntax
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return ErrSyntax
		}
	} else if s.pos-from < 300 { // 1e300 is far from infinite
		return nil
	}
	if _, err := strconv.ParseFloat(string(s.data[from:s.pos]), 64); err != nil {
		return ErrNumber
	}
	return nil
}

func (s *scanner[T]) digits() bool {
	from := s.pos
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > from
}
