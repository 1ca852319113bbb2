package report

import (
	"fmt"
	"strconv"
)

// Digits writes a ratio with three digits that count.
func Digits(value float64) string {
	switch {
	case value >= 100:
		return fmt.Sprintf("%.0f", value)
	case value >= 10:
		return fmt.Sprintf("%.1f", value)
	case value >= 1:
		return fmt.Sprintf("%.2f", value)
	}
	text := strconv.FormatFloat(value, 'g', 3, 64)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return strconv.FormatFloat(n, 'f', -1, 64) // never 1e-05
	}
	return text
}

// Count writes a count.
func Count(value float64) string { return fmt.Sprintf("%.0f", value) }
