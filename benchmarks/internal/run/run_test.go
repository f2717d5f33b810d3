package run_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/benchmarks/internal/cell"
	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/peer"
	"example.com/incumbent/benchmarks/internal/report"
	"example.com/incumbent/benchmarks/internal/run"
	"example.com/incumbent/benchmarks/internal/server"
)

// The processes of a measurement are this program again.
func TestMain(m *testing.M) {
	played, err := cell.Play(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if played {
		return
	}
	os.Exit(m.Run())
}

// tiny is a plan that shows that everything works, and no more.
func tiny() cell.Plan {
	return cell.Plan{
		Pings: 20, Paused: 2, Acquires: 5, Handovers: 100 * time.Millisecond,
		KillsAtOnce: 1, KillRounds: 1,
		Settle: 50 * time.Millisecond, Window: 500 * time.Millisecond, Patience: 30 * time.Second,
	}
}

// Each system goes through each figure, at a small size.
func TestEverySystemThroughEveryFigure(t *testing.T) {
	if _, err := server.RedisProgram(); err != nil {
		t.Skip("left out: ", err)
	}
	for _, system := range peer.All() {
		for _, figure := range cell.Figures() {
			if figure.Alone || figure.Ours && system.Name != peer.Ours || testing.Short() && system.Name != "incumbent" && figure.Name != "acquire" {
				continue
			}
			t.Run(system.Name+" "+figure.Name, func(t *testing.T) {
				t.Parallel()
				check(t, system, figure)
			})
		}
	}
	t.Run("floors", func(t *testing.T) {
		t.Parallel()
		measure(t, "floors=1")
	})
}

func check(t *testing.T, system peer.System, figure cell.Figure) {
	r := measure(t, fmt.Sprintf("%s,%s=2", system.Name, figure.Name))
	for _, name := range []string{"runs", "leading", "server_cpu", "client_cpu"} {
		if v, measured := r.Values[name]; measured && v <= 0 {
			t.Errorf("%s = %v", name, v)
		}
	}
	want := float64(figure.Elections(cell.Spec{Size: 2}))
	if lead, measured := r.Values["leading"]; measured && lead != want {
		t.Errorf("%v of %v elections are led", lead, want)
	}
	if r.Values["ping"] <= 0 {
		t.Error("no PING was measured")
	}
}

// measure takes one measurement and shows it.
func measure(t *testing.T, only string) report.Result {
	t.Helper()
	selection, err := run.Select(only, false)
	if err != nil {
		t.Fatal(err)
	}
	o := run.Options{Selection: selection, Plan: tiny(), Pins: host.Pins{Server: -1, Client: -1}, Progress: t.Output()}
	results, err := run.All(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 || results[0].Error != "" {
		t.Fatalf("%+v", results)
	}
	var tables bytes.Buffer
	report.Markdown(&tables, report.Report{Results: results})
	t.Log(tables.String())
	return results[0]
}

func TestSelect(t *testing.T) {
	s, err := run.Select("naive, handover=7,idle", true)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Systems) != 1 || s.Systems[0].Name != "naive" {
		t.Errorf("systems: %v", s.Systems)
	}
	if len(s.Figures) != 2 || s.Figures[0].Sizes[0] != 7 || len(s.Figures[1].Sizes) != len(s.Figures[1].Quick) {
		t.Errorf("figures: %v", s.Figures)
	}
	for _, bad := range []string{"nobody", "handover=none", "handover=0"} {
		if _, err := run.Select(bad, false); err == nil || !strings.Contains(err.Error(), "-only") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
