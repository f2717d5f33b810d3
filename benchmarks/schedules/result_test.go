package main

import (
	"testing"
	"time"
)

func TestSummarise(t *testing.T) {
	var all []time.Duration
	for i := range 101 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	if got, want := summarise(all), (summary{101, 50, 99, 100}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := summarise(nil); got != (summary{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

// Every line is of a system that there is, and shares its jobs out evenly.
func TestPlan(t *testing.T) {
	for _, c := range plan(true) {
		if systems[c.System] == nil || c.Jobs%c.Schedules != 0 || c.Jobs/c.Schedules > 1000 {
			t.Errorf("%s", c)
		}
	}
}
