package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/incumbent/benchmarks/internal/cell"
)

// Markdown writes a report as tables.
func Markdown(w io.Writer, r Report) {
	head(w, r)
	for _, f := range cell.Figures() {
		if rows := r.of(f.Name); len(rows) > 0 {
			section(w, f.Name, rows)
		}
	}
}

func head(w io.Writer, r Report) {
	fmt.Fprintf(w, "%s, a %s run of %v: `%s`.\n", r.Date.UTC().Format("2006-01-02 15:04 UTC"), r.Mode, r.Took.Round(time.Second), r.Command)
	fmt.Fprintf(w, "%s; %s.\n%s.\n", r.Machine, r.Pins, strings.Join(r.Versions, ", "))
}

func (r Report) of(figure string) []Result {
	var rows []Result
	for _, x := range r.Results {
		if x.Figure == figure {
			rows = append(rows, x)
		}
	}
	return rows
}

func section(w io.Writer, figure string, rows []Result) {
	t := tables()[figure]
	fmt.Fprintf(w, "\n## %s\n\n%s\n\n", t.title, t.text)
	if t.list {
		list(w, t, rows)
		return
	}
	columns := t.columns
	heads, dashes := []string{"system"}, []string{"---"}
	for _, c := range columns {
		heads, dashes = append(heads, c.head), append(dashes, "---:")
	}
	line(w, append(heads, "set-up"))
	line(w, append(dashes, "---"))
	for _, row := range rows {
		line(w, row.cells(columns))
	}
}

// cells are a row of a table.
func (r Result) cells(columns []column) []string {
	cells := []string{r.System}
	for _, c := range columns {
		cells = append(cells, c.show(r))
	}
	if r.Error != "" {
		return append(cells, "FAILED: "+strings.ReplaceAll(r.Error, "\n", "; "))
	}
	return append(cells, r.Setup)
}

// list shows a result with a line for each value.
func list(w io.Writer, t table, rows []Result) {
	line(w, []string{"floor", "value"})
	line(w, []string{"---", "---:"})
	for _, row := range rows {
		if row.Error != "" {
			line(w, []string{"FAILED", row.Error})
			continue
		}
		for _, c := range t.columns {
			line(w, []string{c.head, c.show(row)})
		}
	}
}

func line(w io.Writer, cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
