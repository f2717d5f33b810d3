// Package chart draws lines on two logarithmic axes as SVG. It is short enough
// to have no library for it, and none of them draws for light and dark pages at
// once.
package chart

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
)

// A Chart has a line for each series. Values of 0 and less are left out: they
// have no place on a logarithmic axis.
type Chart struct {
	Title string
	X, Y  string // what the axes show
	Lines []Line
}

// A Line is one series. Its name stands at its end.
type Line struct {
	Name   string
	Strong bool // to stand out
	Points []Point
}

// Point is a value of a series.
type Point struct{ X, Y float64 }

const (
	width, height            = 760, 440
	left, right, top, bottom = 70, 140, 50, 55
	labelGap                 = 15 // between the names of two lines
)

// palette has colours that can be read on white and on black.
func palette() []string {
	return []string{"#e8590c", "#1c7ed6", "#0ca678", "#845ef7", "#e64980", "#868e96", "#ad8500", "#15aabf"}
}

const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.page { fill: #ffffff }
.grid { stroke: #d1d9e0; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .page { fill: #0d1117 }
  .grid { stroke: #3d444d }
}
</style>
`

// SVG writes the chart.
func (c Chart) SVG(w io.Writer) error {
	p := &page{w: w, x: axis{from: left, to: width - right}, y: axis{from: height - bottom, to: top}}
	for _, l := range c.Lines {
		for _, pt := range l.visible() {
			p.x.include(pt.X)
			p.y.include(pt.Y)
		}
	}
	p.y.round()
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img" aria-label="%s">`+"\n",
		width, height, html.EscapeString(c.Title))
	p.printf("%s<rect class=\"page\" width=\"100%%\" height=\"100%%\" rx=\"6\"/>\n", style)
	p.text(left, 28, `class="title"`, c.Title)
	p.grid(c)
	p.lines(c.Lines)
	p.printf("</svg>\n")
	return p.err
}

// visible are the points that have a place.
func (l Line) visible() []Point {
	return slices.DeleteFunc(slices.Clone(l.Points), func(p Point) bool { return p.X <= 0 || p.Y <= 0 })
}

// axis maps values to coordinates, by their logarithms.
type axis struct {
	from, to float64 // coordinates
	min, max float64 // logarithms
	used     bool
}

func (a *axis) include(v float64) {
	l := math.Log10(v)
	if !a.used {
		a.min, a.max, a.used = l, l, true
	}
	a.min, a.max = min(a.min, l), max(a.max, l)
}

// round makes an axis begin and end at powers of ten.
func (a *axis) round() { a.min, a.max = math.Floor(a.min), math.Ceil(a.max) }

func (a *axis) at(v float64) float64 {
	if a.min == a.max {
		return (a.from + a.to) / 2
	}
	return a.from + (math.Log10(v)-a.min)/(a.max-a.min)*(a.to-a.from)
}

// page is what is drawn on. The first error stays.
type page struct {
	w    io.Writer
	err  error
	x, y axis
}

func (p *page) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *page) text(x, y float64, attributes, text string) {
	p.printf(`<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(text))
}

// grid draws a line at every power of ten, and names the axes.
func (p *page) grid(c Chart) {
	for e := math.Ceil(p.y.min); e <= p.y.max; e++ {
		y := p.y.at(math.Pow(10, e))
		p.printf(`<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1[3]f"/>`+"\n", left, width-right, y)
		p.text(left-8, y+4, `text-anchor="end"`, tick(e))
	}
	for e := math.Ceil(p.x.min); e <= p.x.max; e++ {
		x := p.x.at(math.Pow(10, e))
		p.printf(`<line class="grid" x1="%.1f" x2="%.1[1]f" y1="%d" y2="%d"/>`+"\n", x, top, height-bottom)
		p.text(x, height-bottom+20, `text-anchor="middle"`, tick(e))
	}
	p.text((left+width-right)/2, height-12, `text-anchor="middle"`, c.X)
	p.text(0, 0, fmt.Sprintf(`text-anchor="middle" transform="translate(18 %d) rotate(-90)"`, (top+height-bottom)/2), c.Y)
}

// tick is a power of ten as people write it.
func tick(exponent float64) string {
	if exponent < 0 {
		return fmt.Sprintf("%.*f", int(-exponent), math.Pow(10, exponent))
	}
	return fmt.Sprintf("%.0f", math.Pow(10, exponent))
}

// label is a line's name and where it would like to stand.
type label struct {
	name, colour string
	strong       bool
	x, y         float64
}

func (p *page) lines(lines []Line) {
	var labels []label
	for i, l := range lines {
		points := l.visible()
		if len(points) == 0 {
			continue
		}
		colour := palette()[i%len(palette())]
		p.line(points, colour, l.Strong)
		last := points[len(points)-1]
		labels = append(labels, label{l.Name, colour, l.Strong, p.x.at(last.X), p.y.at(last.Y)})
	}
	p.names(labels)
}

func (p *page) line(points []Point, colour string, strong bool) {
	thickness := 1.8
	if strong {
		thickness = 4
	}
	path := ""
	for _, pt := range points {
		path += fmt.Sprintf("%.1f,%.1f ", p.x.at(pt.X), p.y.at(pt.Y))
	}
	p.printf(`<polyline points="%s" fill="none" stroke="%s" stroke-width="%.1f" stroke-linejoin="round"/>`+"\n", path, colour, thickness)
	for _, pt := range points {
		p.printf(`<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>`+"\n", p.x.at(pt.X), p.y.at(pt.Y), thickness+1.7, colour)
	}
}

// names writes the names beside the ends of the lines, and moves them apart.
func (p *page) names(labels []label) {
	slices.SortFunc(labels, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	below := float64(height - bottom + labelGap)
	for i := len(labels) - 1; i >= 0; i-- {
		labels[i].y = min(labels[i].y, below-labelGap)
		below = labels[i].y
	}
	above := float64(top - labelGap)
	for _, l := range labels {
		y := max(l.y, above+labelGap)
		above = y
		weight := ""
		if l.strong {
			weight = ";font-weight:600"
		}
		p.text(l.x+12, y+4, fmt.Sprintf(`style="fill:%s%s"`, l.colour, weight), l.name)
	}
}
