package strictjson

// Lookup returns the value of the member called name, exactly, of a text that [Object] has
// read, or that is a value out of one. So it is valid, and nothing is checked again. What
// is no object has no members.
func Lookup[T Text](text T, name string) (T, bool) {
	var none T
	s := scanner[T]{data: text}
	s.space()
	if s.peek() != '{' {
		return none, false
	}
	for s.pos < len(s.data) {
		s.pos++ // { or ,
		s.space()
		if s.peek() != '"' { // which only an empty object has not
			return none, false
		}
		found, err := s.text()
		if err != nil {
			return none, false
		}
		s.space()
		s.pos++ // :
		s.space()
		from := s.pos
		s.skip()
		if string(found) == name && s.pos <= len(s.data) {
			return s.data[from:s.pos], true
		}
		s.space()
		if s.peek() != ',' {
			return none, false
		}
	}
	return none, false
}

// skip goes behind a valid value.
func (s *scanner[T]) skip() {
	for depth := 0; s.pos < len(s.data); s.pos++ {
		switch s.data[s.pos] {
		case '"':
			s.skipText()
			if depth == 0 {
				s.pos++
				return
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // that of the object around a number or a word
				return
			}
			if depth--; depth == 0 {
				s.pos++
				return
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return
			}
		}
	}
}

// skipText goes to the end of a string, that is to its last byte.
func (s *scanner[T]) skipText() {
	for s.pos++; ; s.pos += 2 { // two: what is behind a backslash ends nothing
		s.pos += plainRun([]byte(s.data[min(s.pos, len(s.data)):]))
		if s.peek() != '\\' {
			return
		}
	}
}
