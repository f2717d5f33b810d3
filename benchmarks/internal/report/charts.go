package report

import (
	"os"
	"path/filepath"

	"example.com/incumbent/benchmarks/internal/chart"
	"example.com/incumbent/benchmarks/internal/peer"
)

// drawn is one of the charts and what it is drawn from.
type drawn struct {
	file   string
	figure string
	chart  chart.Chart
	y      func(Result) float64
}

func charts() []drawn {
	cpu := func(r Result) float64 { return r.Values["server_cpu"] + r.Values["client_cpu"] }
	return []drawn{
		{"handover.svg", "handover", chart.Chart{
			Title: "Handover: from the end of one leader to the next", X: "standbys", Y: "median, ms",
		}, func(r Result) float64 { return r.Values["median"] * milli }},
		{"idle.svg", "idle", chart.Chart{
			Title: "Idle: CPU of server and clients while one leads", X: "standbys", Y: "CPU, s/s",
		}, cpu},
		{"many.svg", "many", chart.Chart{
			Title: "Many: CPU of server and client while one process leads all", X: "elections", Y: "CPU, s/s",
		}, cpu},
	}
}

// Charts writes the charts that the results allow into a folder.
func Charts(folder string, r Report) error {
	for _, d := range charts() {
		d.chart.Lines = r.lines(d)
		if len(d.chart.Lines) == 0 {
			continue
		}
		if err := d.write(filepath.Join(folder, d.file)); err != nil {
			return err
		}
	}
	return nil
}

// lines are the systems in the order of the tables. What failed, or led not all,
// has no point.
func (r Report) lines(d drawn) []chart.Line {
	var lines []chart.Line
	place := map[string]int{}
	for _, x := range r.of(d.figure) {
		i, known := place[x.System]
		if !known {
			i = len(lines)
			place[x.System] = i
			lines = append(lines, chart.Line{Name: x.System, Strong: x.System == peer.Ours})
		}
		if x.Error == "" && x.Values["all"] >= 0 {
			lines[i].Points = append(lines[i].Points, chart.Point{X: float64(x.Size), Y: d.y(x)})
		}
	}
	return lines
}

func (d drawn) write(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := d.chart.SVG(file); err != nil {
		return err
	}
	return file.Close()
}
