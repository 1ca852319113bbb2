package strictjson

// Kind is the first byte of a value that was read: one of { [ " t f n, or 0 for a
// number.
func Kind[T Text](value T) byte {
	if len(value) == 0 {
		return 0
	}
	switch c := value[0]; c {
	case '{', '[', '"', 't', 'f', 'n':
		return c
	}
	return 0
}

// Unquote is String for a value that Object or Array returned: that is valid, and is
// not read once more.
func Unquote[T Text](value T) (string, error) {
	if Kind(value) != '"' {
		return "", ErrType
	}
	if last := len(value) - 1; plainRun([]byte(value[1:])) == last-1 {
		return string(value[1:last]), nil
	}
	return String(value)
}

// IsNull reports whether value is null.
func IsNull[T Text](value T) bool { return Kind(value) == 'n' }

// Find returns the value of the member called name, exactly.
func Find[T Text](members []MemberOf[T], name string) (T, bool) {
	var none T
	for i := range members {
		if string(members[i].Name) == name {
			return members[i].Value, true
		}
	}
	return none, false
}
