package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// The plot, in pixels. Its scale is logarithmic, from lowest to highest.
const (
	plotWidth   = 880
	labelWidth  = 250
	barsWidth   = 540
	rowHeight   = 38
	barHeight   = 13
	topMargin   = 64
	lowest      = 0.001
	highest     = 10.0
	plotHeading = "One request, as a multiple of verifying its RS256 signature (shorter is better)"
)

// Colours that can be read on white; the second block is for dark themes. Whoever
// shows the file asks for the theme, with no script.
const plotStyle = `
text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.heading { font-weight: 600; font-size: 15px; }
.scale { fill: #59636e; font-size: 11px; }
.value { font-size: 11px; }
.grid { stroke: #d1d9e0; }
.floor { stroke: #59636e; stroke-dasharray: 4 3; }
.cold { fill: #0969da; }
.hot { fill: #bc4c00; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .scale { fill: #9198a1; }
  .grid { stroke: #3d444d; }
  .floor { stroke: #9198a1; }
  .cold { fill: #4493f8; }
  .hot { fill: #db6d28; }
}
`

// ColdCase and HotCase are the numbers that the plot shows.
const (
	ColdSection, ColdCase = "cold-RS256", "ratio to the floor"
	HotSection, HotCase   = "hot", "ratio to the floor"
)

// SVG draws what a token costs the first time and again, for each library.
func (r *Report) SVG(w io.Writer, libraries []string) error {
	var b strings.Builder
	rows := 0
	for _, name := range libraries {
		cold, hasCold := r.Find(ColdSection, name, ColdCase)
		hot, hasHot := r.Find(HotSection, name, HotCase)
		if hasCold && hasHot {
			bars(&b, topMargin+rows*rowHeight, name, cold.Value, hot.Value)
			rows++
		}
	}
	if rows == 0 {
		return errors.New("nothing to draw: the plot needs the sections " + ColdSection + " and " + HotSection)
	}
	height := topMargin + rows*rowHeight + 44
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">
<style>%s</style>
%s%s</svg>
`, plotWidth, height, plotWidth, height, plotHeading, plotStyle, scale(topMargin+rows*rowHeight, r.Machine), b.String())
	return err
}

// scale is what lies behind the bars, and says what they are.
func scale(bottom int, m Machine) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<text class="heading" x="8" y="22">%s</text>`+"\n", plotHeading)
	fmt.Fprintf(&b, `<rect class="cold" x="%d" y="34" width="12" height="12"/><text x="%d" y="45">a token not seen before</text>`+"\n", labelWidth, labelWidth+18)
	fmt.Fprintf(&b, `<rect class="hot" x="%d" y="34" width="12" height="12"/><text x="%d" y="45">the same token again</text>`+"\n", labelWidth+190, labelWidth+208)
	for mark := lowest; mark <= highest*1.01; mark *= 10 {
		x := position(mark)
		class := "grid"
		if math.Abs(mark-1) < 0.01 {
			class = "floor"
		}
		fmt.Fprintf(&b, `<line class="%s" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/><text class="scale" text-anchor="middle" x="%.1f" y="%d">%s</text>`+"\n",
			class, x, topMargin-8, x, bottom, x, bottom+14, strconv.FormatFloat(mark, 'g', 3, 64)+"×")
	}
	fmt.Fprintf(&b, `<text class="scale" x="8" y="%d">%s</text>`+"\n", bottom+36, escape(fmt.Sprintf("%s · Go %s · %s · commit %s", m.CPU, m.Go, m.Platform, m.Commit)))
	return b.String()
}

func bars(b *strings.Builder, y int, name string, cold, hot float64) {
	fmt.Fprintf(b, `<text text-anchor="end" x="%d" y="%d">%s</text>`+"\n", labelWidth-10, y+barHeight+4, escape(name))
	for i, bar := range []struct {
		class string
		value float64
	}{{"cold", cold}, {"hot", hot}} {
		top, end := y+i*(barHeight+1), position(bar.value)
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/><text class="value" x="%.1f" y="%d">%s</text>`+"\n",
			bar.class, labelWidth, top, max(end-labelWidth, 1), barHeight, max(end, labelWidth+1)+5, top+barHeight-2, times(bar.value))
	}
}

func position(value float64) float64 {
	value = min(max(value, lowest), highest)
	return labelWidth + barsWidth*math.Log(value/lowest)/math.Log(highest/lowest)
}

func times(value float64) string { return Digits(value) + "×" }

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
