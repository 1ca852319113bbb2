package strictjson

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// ends is what the plain run of a string ends at.
var ends = func() (ends [256]bool) {
	for c := range ' ' {
		ends[c] = true
	}
	ends['"'], ends['\\'] = true, true
	return ends
}()

// plainRun is how many bytes go on up to one of ends. It looks at eight at once: most
// of a token's claims are in strings.
func plainRun(text []byte) int {
	n := 0
	for ; n+8 <= len(text); n += 8 {
		if found := endsIn(binary.LittleEndian.Uint64(text[n:])); found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(text) && !ends[text[n]] {
		n++
	}
	return n
}

// endsIn sets the top bit of the lowest byte of eight that is one of ends, and of none
// below it: what a subtraction borrows can only mark bytes above the first that it
// marks in earnest.
func endsIn(eight uint64) uint64 {
	const each, top = 0x0101010101010101, 0x8080808080808080
	control := (eight - ' '*each) &^ eight
	quote := eight ^ '"'*each
	quote = (quote - each) &^ quote
	backslash := eight ^ '\\'*each
	backslash = (backslash - each) &^ backslash
	return (control | quote | backslash) & top
}

// text reads a string. Without escapes the result points into the data.
func (s *scanner[T]) text() (T, error) {
	var none T
	rest := s.data[s.pos+1:] // behind the "
	n := plainRun([]byte(rest))
	s.pos += 1 + n
	switch s.peek() {
	case '"':
		s.pos++
		return rest[:n], nil
	case '\\':
		return s.escaped(append([]byte(nil), rest[:n]...))
	}
	return none, ErrSyntax
}

// escaped goes on behind the first escape; b is what was read so far.
func (s *scanner[T]) escaped(b []byte) (T, error) {
	var none T
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		s.pos++
		switch {
		case c == '"':
			return T(b), nil
		case c < ' ':
			return none, ErrSyntax
		case c != '\\':
			b = append(b, c)
			continue
		}
		r, ok := s.escape()
		if !ok {
			return none, ErrSyntax
		}
		b = utf8.AppendRune(b, r)
	}
	return none, ErrSyntax
}

// escape reads what follows a backslash.
func (s *scanner[T]) escape() (rune, bool) {
	c := s.peek()
	s.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return s.codePoint()
	}
	return 0, false
}

// codePoint reads the digits of \uXXXX, and of the second half where the first is
// a surrogate. A lone half stands for no character and is refused: readers
// disagree about what to put in its place.
func (s *scanner[T]) codePoint() (rune, bool) {
	r, ok := s.hex4()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if s.peek() != '\\' {
		return 0, false
	}
	s.pos++
	if s.peek() != 'u' {
		return 0, false
	}
	s.pos++
	low, ok := s.hex4()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != unicode.ReplacementChar
}

func (s *scanner[T]) hex4() (rune, bool) {
	if len(s.data)-s.pos < 4 {
		return 0, false
	}
	var b [2]byte
	if _, err := hex.Decode(b[:], []byte(s.data[s.pos:s.pos+4])); err != nil {
		return 0, false
	}
	s.pos += 4
	return rune(binary.BigEndian.Uint16(b[:])), true
}
