package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/server"
)

// A cell is a process of its own: this program, which measures it instead of testing.
func TestMain(m *testing.M) {
	if os.Getenv(cellVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestSummarise(t *testing.T) {
	var all []time.Duration
	for i := range 101 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	if got, want := summarise(all), (summary{101, 50 * time.Millisecond, 99 * time.Millisecond, 100 * time.Millisecond}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := summarise(nil); got != (summary{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

// Who has had the lock waits for somebody else: else one that polls would mostly hand it to
// itself.
func TestTrack(t *testing.T) {
	k := &track{wanted: 1, stop: func() {}}
	k.taken(time.Now())
	passed := k.release()
	select {
	case <-passed:
		t.Fatal("passed on to nobody")
	default:
	}
	k.taken(k.released.Add(time.Second))
	<-passed
	if len(k.times) != 1 || k.times[0] != time.Second {
		t.Errorf("handovers %v", k.times)
	}
}

// Every cell of the plan, with tiny amounts.
func TestEveryCell(t *testing.T) {
	if _, err := server.RedisProgram(); err != nil {
		t.Skip(err)
	}
	tiny := amount{Rounds: 2, Calls: 5, Handovers: 3, Names: 3, Many: 5, Lasts: 100 * time.Millisecond}
	var out strings.Builder
	if err := measure(t.Context(), plan(tiny), "", host.Pins{Server: -1, Client: -1}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	rows := strings.Count(out.String(), "\n| ")
	if want := 4 + 12 + 7 + 3; rows != want || strings.Contains(out.String(), "NaN") {
		t.Errorf("%d rows, want %d:\n%s", rows, want, out.String())
	}
	t.Log(out.String())
}
