package middleware

// A DenialLine is one of the table, for tests that compare with it.
type DenialLine struct {
	Err    error
	Reason Reason
}

// DenialLines is the table, in its order.
func DenialLines() []DenialLine {
	var lines []DenialLine
	for i := range denials {
		lines = append(lines, DenialLine{denials[i].err, denials[i].reason})
	}
	return lines
}
