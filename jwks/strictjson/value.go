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
