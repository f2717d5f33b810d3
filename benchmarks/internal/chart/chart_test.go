package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"example.com/incumbent/benchmarks/internal/chart"
)

func draw(t *testing.T, c chart.Chart) string {
	t.Helper()
	var svg bytes.Buffer
	if err := c.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg.Bytes())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return svg.String()
		} else if err != nil {
			t.Fatalf("no XML: %v\n%s", err, svg.String())
		}
	}
}

func TestEverySeriesIsDrawnAndNamed(t *testing.T) {
	svg := draw(t, chart.Chart{Title: "a < b", X: "x", Y: "y", Lines: []chart.Line{
		{Name: "one", Strong: true, Points: []chart.Point{{1, 0.2}, {10, 0.2}, {100, 0.21}}},
		{Name: "two", Points: []chart.Point{{1, 500}, {10, 0}, {100, 0.2}}},
		{Name: "three", Points: nil},
	}})
	for text, times := range map[string]int{"<polyline": 2, "<circle": 5, ">one<": 1, ">two<": 1, ">three<": 0, ">0.1<": 1, ">1000<": 1, ">100<": 2} {
		if n := strings.Count(svg, text); n != times {
			t.Errorf("%q stands there %d times, want %d", text, n, times)
		}
	}
}

func TestOnePointIsEnough(t *testing.T) {
	if svg := draw(t, chart.Chart{Lines: []chart.Line{{Name: "one", Points: []chart.Point{{100, 0.3}}}}}); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Error(svg)
	}
}
