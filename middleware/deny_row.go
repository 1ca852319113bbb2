package middleware

// rowOf is the first line of denials, before most, whose error err is, as errors.Is
// says; or most. It looks at each error of the tree once, and not once for each line:
// strangers cause refusals, and this was a fifth of what one costs.
func rowOf(err error, most int) int {
	for err != nil {
		for i := range most { // pointers all of them, so that no comparison can panic
			if denials[i].err == err {
				most = i
				break
			}
		}
		if own, ok := err.(interface{ Is(error) bool }); ok {
			most = ownRow(own, most)
		}
		switch inner := err.(type) {
		case interface{ Unwrap() error }:
			err = inner.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range inner.Unwrap() {
				most = rowOf(err, most)
			}
			return most
		default:
			return most
		}
	}
	return most
}

// ownRow is rowOf for an error that decides by itself what it is.
func ownRow(err interface{ Is(error) bool }, most int) int {
	for i := range most {
		if err.Is(denials[i].err) {
			return i
		}
	}
	return most
}
