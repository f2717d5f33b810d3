package account

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// The daylight-saving rule, by instants that were looked up.
func TestCalendarOverChangesOfTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) int64 {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when.UnixMilli()
	}
	half := func(w time.Time) bool { return w.Hour() == 2 && w.Minute() == 30 }
	fixed := &Calendar{Zone: berlin, Fixed: true, Matches: half}
	running := &Calendar{Zone: berlin, Matches: half}
	for _, c := range []struct {
		of          *Calendar
		from, until string
		want        []int64
	}{
		{fixed, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", []int64{at("2026-03-29T01:00:00Z")}}, // skipped
		{fixed, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", []int64{at("2026-10-25T00:30:00Z")}}, // twice
		{running, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", nil},
		{running, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", []int64{at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")}},
		{fixed, "2025-12-31T12:00:00Z", "2026-01-02T12:00:00Z", []int64{at("2026-01-01T01:30:00Z"), at("2026-01-02T01:30:00Z")}},
	} {
		if got := c.of.Between(at(c.from), at(c.until)); !slices.Equal(got, c.want) {
			t.Errorf("fixed %v, from %s: %v, want %v", c.of.Fixed, c.from, got, c.want)
		}
	}
}

const (
	start  = int64(1_767_225_600_000) // 2026 begins
	record = "1 L 7 0 15000 p nonce - "
)

// A story is what happens to the account of a job that is due each hour.
type story struct {
	*Book

	entry      string
	cal        string
	pause, ask string
}

func newStory() *story {
	s := &story{Book: New(0), cal: "calendar", pause: "-", ask: "-"}
	hourly := &Calendar{Zone: time.UTC, Matches: func(w time.Time) bool { return w.Minute() == 0 }}
	jobs := []Job{{Name: "j", Due: hourly, Attempts: 2, CatchUp: 1}}
	s.Begin(7, jobs, start)
	s.Begin(8, jobs, start)
	s.write(7, start, start, "-", 0, 0, "1 0 0 7 0 0 began 0 - ")
	return s
}

// write writes an entry about the run of a due time, at a time of the server.
func (s *story) write(term, server, cursor int64, state string, due, attempt int64, line string) {
	after := fmt.Sprintf("1 %d %d 0 %s %s %d %d %d 0 0 0 1 %s %s -", server, cursor, s.cal, state, due, attempt, max(term, 7), s.pause, s.ask)
	s.Wrote(Write{Term: term, Record: record, Job: "j", Before: s.entry, After: after, Server: server, Line: line})
	s.entry = after
}

// claim writes a claim and begins the run.
func (s *story) claim(due, attempt int64) {
	s.write(7, due, due, "R", due, attempt, "")
	s.Start(7, "j", fmt.Sprint(due), attempt)
}

// lost has the ledger alone be lost.
func (s *story) lost() {
	s.Lose("the ledger alone is lost")
	s.entry = ""
}

// another writes an entry of another calendar, at a time of the server.
func (s *story) another(cal string, server, cursor int64, line string) {
	s.cal = cal
	s.write(7, server, cursor, "-", 0, 0, line)
}

// asks writes what somebody asks for, at a time of the server.
func (s *story) asks(pause, ask string, server, cursor int64) {
	s.pause, s.ask = pause, ask
	s.write(0, server, cursor, "-", 0, 0, "")
}

// claimAsked writes the claim of a run that was asked for, and begins it.
func (s *story) claimAsked(us string, server int64) {
	s.ask = "-"
	after := fmt.Sprintf("1 %d %d 0 %s R @%s 1 7 0 0 0 1 %s - -", server, start, s.cal, us, s.pause)
	s.Wrote(Write{Term: 7, Record: record, Job: "j", Before: s.entry, After: after, Server: server})
	s.entry = after
	s.Start(7, "j", "@"+us, 1)
}

// done ends a run.
func (s *story) done(due int64) {
	s.End(7, "j")
	s.write(7, due+1000, due, "-", due, 1, fmt.Sprintf("1 %d 1 7 0 0 done 0 - ", due))
}

const hour = int64(3600_000)

// Each rule finds what it is for, and nothing is found in what is right.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule string // none: it is right
		tell func(s *story)
	}{
		{"", func(s *story) {
			s.claim(start+hour, 1)
			s.done(start + hour)
			s.claim(start+2*hour, 1)
			s.done(start + 2*hour)
		}},
		{Doubled, func(s *story) { s.claim(start+hour, 1); s.done(start + hour); s.claim(start+hour, 1) }},
		{TooMany, func(s *story) {
			for attempt := range int64(3) {
				s.claim(start+hour, attempt+1)
				s.End(7, "j")
				s.write(7, start+hour, start+hour, "W", start+hour, attempt+1, fmt.Sprintf("1 %d %d 7 0 0 failed 0 - ", start+hour, attempt+1))
			}
		}},
		{Stale, func(s *story) { s.write(8, start, start, "-", 0, 0, "") }},
		{Early, func(s *story) { s.write(7, start+hour-1, start+hour, "R", start+hour, 1, "") }},
		{Overlap, func(s *story) { s.claim(start+hour, 1); s.claim(start+2*hour, 1) }},
		{Unaccounted, func(s *story) { s.claim(start+2*hour, 1) }},
		{Unaccounted, func(s *story) { s.claim(start+hour, 1); s.write(7, start+hour, start+hour, "-", start+hour, 1, "") }},
		{Unaccounted, func(s *story) { s.Close(7, start+2*hour) }},
		{Policy, func(s *story) {
			s.write(7, start+hour, start+hour, "-", 0, 0, fmt.Sprintf("1 %d 0 7 0 0 missed 1 - ", start+hour))
		}},
		{"", func(s *story) {
			s.write(7, start+2*hour, start+2*hour, "R", start+2*hour, 1, fmt.Sprintf("1 %d 0 7 0 0 missed 1 - ", start+2*hour))
		}},
		{Unclaimed, func(s *story) { s.Start(7, "j", fmt.Sprint(start+hour), 1) }},
		{Past, func(s *story) { s.write(7, start+1, start-1, "-", 0, 0, "") }},
		{Past, func(s *story) { s.write(7, start+1, start-1, "-", 0, 0, "1 0 0 7 0 0 changed 0 - ") }},
		{Past, func(s *story) { s.write(7, start+1, start+1, "-", 0, 0, "") }},
		{Past, func(s *story) { s.another("other", start, start, "") }},
		{Past, func(s *story) { // it is lost before its leader hears of a change of calendars, which is undone
			s.another("other", start+1000, start+1000, "1 0 0 7 0 0 changed 0 - ")
			s.lost()
			s.another("calendar", start+2000, start, "")
		}},
		{"", func(s *story) { // or comes once more
			s.another("other", start+1000, start+1000, "1 0 0 7 0 0 changed 0 - ")
			s.lost()
			s.another("other", start+2000, start+2000, "1 0 0 7 0 0 changed 0 - ")
			s.claim(start+hour, 1)
			s.done(start + hour)
		}},
		{"", func(s *story) { // a pause, and a run in it
			s.asks(fmt.Sprint(start+3*hour-1), "5,reason", start, start)
			s.claimAsked("5", start+hour)
			s.End(7, "j")
			s.write(7, start+hour+1000, start, "-", 0, 0, "1 @5 1 7 0 0 done 0 - ")
			s.pause = "-"
			s.write(7, start+3*hour, start+2*hour, "-", 0, 0, fmt.Sprintf("1 %d 0 7 0 0 paused 2 - ", start+2*hour))
			s.claim(start+3*hour, 1)
			s.done(start + 3*hour)
		}},
		{Policy, func(s *story) { s.asks("0", "-", start, start); s.claim(start+hour, 1) }},
		{Policy, func(s *story) {
			s.asks("0", "-", start, start)
			s.pause = "-"
			s.write(7, start+1, start, "-", 0, 0, "")
		}},
		{Policy, func(s *story) {
			s.write(7, start+hour, start+hour, "-", 0, 0, fmt.Sprintf("1 %d 0 7 0 0 paused 1 - ", start+hour))
		}},
		{Unaccounted, func(s *story) { s.asks("-", "5", start, start); s.ask = "-"; s.write(7, start+1, start, "-", 0, 0, "") }},
		{Unaccounted, func(s *story) { s.asks("-", "5", start, start); s.Close(7, start) }},
		{Unclaimed, func(s *story) { s.claimAsked("5", start) }},
		{Doubled, func(s *story) {
			us := fmt.Sprint(start * 1000)
			s.asks("-", us, start, start)
			s.claimAsked(us, start+1)
			s.End(7, "j")
			s.Start(7, "j", "@"+us, 1)
		}},
		{Stale, func(s *story) { s.write(0, start, start+1, "-", 0, 0, "") }},
		{"", func(s *story) { // the ledger is lost before its leader hears that the end is written
			s.claim(start+hour, 1)
			s.done(start + hour)
			s.lost()
			s.write(7, start+hour+2000, start+hour, "R", start+hour, 1, "")
			s.write(7, start+hour+2000, start+hour, "-", start+hour, 1, fmt.Sprintf("1 %d 1 7 0 0 done 0 - ", start+hour))
		}},
		{"", func(s *story) { // or that the claim is written: it is claimed again
			s.write(7, start+hour, start+hour, "R", start+hour, 1, "")
			s.lost()
			s.write(7, start+hour+2000, start, "-", 0, 0, "")
			s.claim(start+hour, 1)
			s.done(start + hour)
		}},
		{"", func(s *story) { // who leads remembers a due time that was run before the loss, and counts the others
			s.claim(start+hour, 1)
			s.done(start + hour)
			s.lost()
			s.Clock(start + 1000)
			s.write(7, start+1000, start, "-", 0, 0, "1 0 0 7 0 0 began 0 - ")
			s.write(7, start+4*hour, start+4*hour, "R", start+4*hour, 1, fmt.Sprintf("1 %d 0 7 0 0 missed 2 - ", start+4*hour))
		}},
		{Unaccounted, func(s *story) { // but all of the others
			s.claim(start+hour, 1)
			s.done(start + hour)
			s.lost()
			s.Clock(start + 1000)
			s.write(7, start+1000, start, "-", 0, 0, "1 0 0 7 0 0 began 0 - ")
			s.write(7, start+4*hour, start+4*hour, "R", start+4*hour, 1, fmt.Sprintf("1 %d 0 7 0 0 missed 1 - ", start+4*hour))
		}},
		{Doubled, func(s *story) { // but not if the run began
			s.claim(start+hour, 1)
			s.lost()
			s.write(7, start+hour+2000, start, "-", 0, 0, "")
			s.claim(start+hour, 1)
		}},
	} {
		s := newStory()
		c.tell(s)
		if c.rule == "" && len(s.Counts.Broken) > 0 || c.rule != "" && s.Counts.Broken[c.rule] == 0 {
			t.Errorf("want %q, found %v", c.rule, slices.Sorted(maps.Keys(s.Counts.Broken)))
		}
	}
}
