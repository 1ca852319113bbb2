package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

func TestDigits(t *testing.T) {
	for value, want := range map[float64]string{330.4: "330", 12.34: "12.3", 1: "1.00", 0.999: "0.999", 0.0612: "0.0612", 0.0000123: "0.0000123", 0: "0"} {
		if got := report.Digits(value); got != want {
			t.Errorf("%v is written %s, not %s", value, got, want)
		}
	}
}

// TestHostileNames shows that a name stays a name.
func TestHostileNames(t *testing.T) {
	name := `a|b <script>"&`
	cold, hot := report.Section{Name: report.ColdSection, Title: "Cold", Header: []string{"", "x"}}, report.Section{Name: report.HotSection}
	cold.Row(name, "1")
	cold.Number(name, report.ColdCase, "ratio", 1.5)
	hot.Number(name, report.HotCase, "ratio", 1e-9)
	rep := report.Report{Machine: report.Machine{CPU: name}, Sections: []report.Section{cold, hot}}
	var svg, md strings.Builder
	if err := rep.SVG(&svg, []string{name}); err != nil {
		t.Fatal(err)
	}
	if err := rep.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(md.String(), `| a\|b <script>"& | 1 |`) {
		t.Error(md.String())
	}
	text, decoder := "", xml.NewDecoder(strings.NewReader(svg.String()))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if chars, ok := token.(xml.CharData); ok {
			text += string(chars)
		}
	}
	if strings.Count(text, name) != 2 || strings.Contains(svg.String(), "<script") {
		t.Error(svg.String())
	}
}

func TestNothingToDraw(t *testing.T) {
	if err := new(report.Report).SVG(io.Discard, []string{"x"}); err == nil {
		t.Error("an empty plot was drawn")
	}
}
