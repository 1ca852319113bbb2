// Package report says what was measured: as Markdown, as JSON, and as a plot.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A Report is everything that one run found.
type Report struct {
	Machine  Machine           `json:"machine"`
	Versions map[string]string `json:"versions"` // by module
	Sections []Section         `json:"sections"`
}

// A Section is one table. The first column of a row says who it is about.
type Section struct {
	Name    string     `json:"name"`
	Title   string     `json:"title"`
	Note    string     `json:"note,omitempty"`
	Words   bool       `json:"-"` // the cells hold no numbers
	Header  []string   `json:"header"`
	Rows    [][]string `json:"rows"`
	Numbers []Number   `json:"numbers"`
}

// A Number is one measurement, as exactly as it is known.
type Number struct {
	Library string  `json:"library"`
	Case    string  `json:"case"`
	Unit    string  `json:"unit"`
	Value   float64 `json:"value"`

	// Of ratios only.
	Q1    float64 `json:"q1,omitempty"`
	Q3    float64 `json:"q3,omitempty"`
	CPU   float64 `json:"cpu,omitempty"`
	NS    float64 `json:"ns,omitempty"`
	Kept  int     `json:"pairs_kept,omitempty"`
	Pairs int     `json:"pairs,omitempty"`
}

// Row adds a row.
func (s *Section) Row(cells ...string) { s.Rows = append(s.Rows, cells) }

// Number records a number that is no ratio.
func (s *Section) Number(library, name, unit string, value float64) {
	s.Numbers = append(s.Numbers, Number{Library: library, Case: name, Unit: unit, Value: value})
}

// Find is the number of a case, if it was measured.
func (r *Report) Find(section, library, name string) (Number, bool) {
	for _, s := range r.Sections {
		for _, n := range s.Numbers {
			if s.Name == section && n.Library == library && n.Case == name {
				return n, true
			}
		}
	}
	return Number{}, false
}

// JSON writes all of it.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Markdown writes the machine and the tables.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(r.Machine.String() + "\n\nWith")
	for i, module := range slices.Sorted(maps.Keys(r.Versions)) {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(" " + strings.TrimPrefix(module, "github.com/") + " " + strings.TrimPrefix(r.Versions[module], "v"))
	}
	b.WriteString(".\n")
	for _, s := range r.Sections {
		s.markdown(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Section) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n", s.Title)
	if s.Note != "" {
		fmt.Fprintf(b, "%s\n\n", s.Note)
	}
	line(b, s.Header)
	rule := make([]string, len(s.Header))
	for i := range rule {
		rule[i] = "---"
		if i > 0 && !s.Words {
			rule[i] += ":"
		}
	}
	line(b, rule)
	for _, row := range s.Rows {
		line(b, row)
	}
}

func line(b *strings.Builder, cells []string) {
	b.WriteString("|")
	for _, cell := range cells {
		b.WriteString(" " + strings.ReplaceAll(cell, "|", `\|`) + " |")
	}
	b.WriteString("\n")
}
