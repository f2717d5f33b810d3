package demotest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// An Event is a line of output as its readers decode it, written down here anew:
// a change of the output has to be made twice.
type Event struct {
	Time      string `json:"time"`
	Event     string `json:"event"`
	Candidate string `json:"candidate"`
	Election  string `json:"election"`
	Term      int64  `json:"term"`
	Cause     string `json:"cause"`
	Leader    string `json:"leader"`

	// Of the scheduler:
	Due     time.Time `json:"due"`
	Attempt int       `json:"attempt"`
	LateMS  int64     `json:"late_ms"`
	Runs    int       `json:"runs"`
	Missed  int       `json:"missed"`
	Doubled int       `json:"doubled"`
	Text    string    `json:"text"`
}

// At returns the time of the event.
func (e Event) At() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, e.Time) // parse has tried it
	return t
}

// parse reads a line, which must be an event and nothing else.
func parse(tb testing.TB, line string) Event {
	tb.Helper()
	var e Event
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		tb.Fatalf("demotest: no event: %v\n%s", err, line)
	}
	if _, err := time.Parse(time.RFC3339Nano, e.Time); err != nil || !strings.HasSuffix(e.Time, "Z") {
		tb.Fatalf("demotest: no time in UTC: %s", line)
	}
	if e.Event == "" || e.Candidate == "" || e.Election == "" {
		tb.Fatalf("demotest: event, candidate or election is missing: %s", line)
	}
	return e
}
