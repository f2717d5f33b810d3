package schedule

// Shows that no due time is lost or doubled where clocks are set, in any zone.

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
)

func midnight(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Around each change of offset the calendar has the due times of the reference, and counts
// as many.
func TestDueTimesEqualTheReferenceAroundEachChange(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	all := changes(t, r, zones(t), midnight(2008, 1, 1), midnight(2038, 1, 1))
	n, dues := 0, 0
	for _, ch := range all[:min(len(all), redistest.Either(400, len(all)))] {
		for range redistest.Either(1, 12) {
			n++
			dues += equalsReference(t, r, ch)
		}
	}
	t.Logf("%d expressions at changes, %d due times", n, dues)
	if dues < 10*n {
		t.Errorf("%d due times of %d expressions: too few to show anything", dues, n)
	}
}

// Before 1970 zones had offsets of odd seconds and changes by a day; the rule holds there too.
func TestDueTimesEqualTheReferenceInThePast(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	all := changes(t, r, zones(t), midnight(1840, 1, 1), midnight(2008, 1, 1))
	kinds := map[string]int{}
	for _, ch := range all {
		kind, most := "whole minutes", 80
		switch {
		case ch.odd:
			kind, most = "odd seconds", 4
		case ch.by.Abs() > 20*time.Hour:
			kind, most = "a day", 4
		}
		if kinds[kind] < redistest.Either(most, len(all)) {
			kinds[kind]++
			equalsReference(t, r, ch)
		}
	}
	t.Logf("changes by %v", kinds)
	if len(kinds) != 3 {
		t.Errorf("changes by %v: a kind is missing", kinds)
	}
}

// Zones go on by a rule behind the last change that a table lists, where Go's bounds of a period
// are wrong on the last day of leap years.
func TestDueTimesEqualTheReferenceInTheFuture(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	all := changes(t, r, zones(t), midnight(2038, 1, 1), midnight(2120, 1, 1))
	for _, ch := range all[:min(len(all), redistest.Either(100, len(all)))] {
		equalsReference(t, r, ch)
	}
	for _, name := range zones(t) {
		for _, year := range []int{2040, 2048, 2096} {
			equalsReference(t, r, change{zone: name, at: midnight(year, 12, 31)})
		}
		for _, expr := range []string{"30 12 * * *", "0 */12 * * *", "30 * * * *"} {
			c := Cron(expr, name)
			for at := midnight(2040, 12, 1); at.Before(midnight(2041, 2, 1)); {
				next := c.Next(at)
				if gap := next.Sub(at); gap <= 0 || gap > 26*time.Hour {
					t.Fatalf("%v: after %v comes %v", c, at, next)
				}
				at = next
			}
		}
	}
}

func equalsReference(t *testing.T, r *rand.Rand, ch change) int {
	t.Helper()
	w := draw(r)
	c := Cron(w.text, ch.zone)
	if err := c.Validate(); err != nil {
		return 0 // it never fires
	}
	step := time.Minute
	if ch.odd {
		step = time.Second
	}
	from, until := ch.at.Add(-26*time.Hour), ch.at.Add(26*time.Hour)
	what := fmt.Sprintf("%v: the clock is set by %v at %v", c, ch.by, ch.at)
	want := w.scan(load(t, ch.zone), from, until, step)
	sameTimes(t, what, due(t, c, from, until), want)
	if n, err := c.count(from.UnixMilli(), until.UnixMilli(), 1e9); err != nil || n != len(want) {
		t.Fatalf("%s: %d due times are counted, %d exist: %v", what, n, len(want), err)
	}
	return len(want)
}

// From each instant up to a due time that due time is the next one.
func TestNextIsTheSameFromEachInstantBefore(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	all := changes(t, r, someZones, midnight(2008, 1, 1), midnight(2038, 1, 1))
	for range redistest.Either(2000, 100_000) {
		ch := all[r.IntN(len(all))]
		c := Cron(draw(r).text, ch.zone)
		from := ch.at.Add(time.Duration(r.Int64N(int64(48*time.Hour))) - 24*time.Hour)
		next := c.Next(from)
		if next.IsZero() {
			continue
		}
		for range 5 {
			between := from.Add(time.Duration(r.Int64N(int64(next.Sub(from)))))
			if again := c.Next(between); !again.Equal(next) {
				t.Fatalf("%v: after %v comes %v, but after %v comes %v", c, from, next, between, again)
			}
		}
		if !next.Equal(c.Next(next.Add(-1))) || !c.Next(next).After(next) {
			t.Fatalf("%v: %v is not the next due time a nanosecond before, or is its own", c, next)
		}
	}
}

// A daily job runs once on each day that a zone has. The run of a day that a zone has not comes
// right after it: Samoa had no 30 December 2011, and Kwajalein no 21 August 1993.
func TestADailyJobRunsOnceOnEachDay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	days, lost := 0, 0
	for _, name := range zones(t) {
		zone := load(t, name)
		c := Cron(fmt.Sprintf("%d %d * * *", r.IntN(60), r.IntN(4)), name)
		runs := map[string]int{}
		for _, at := range due(t, c, midnight(1989, 12, 30), midnight(2038, 1, 3)) {
			runs[at.In(zone).Format(time.DateOnly)]++
		}
		owed := 1
		for at := midnight(1990, 1, 1); at.Before(midnight(2038, 1, 1)); at = at.AddDate(0, 0, 1) {
			if !exists(at, zone) {
				owed++
				lost++
				continue
			}
			if date := at.Format(time.DateOnly); runs[date] != owed {
				t.Errorf("%v: %d runs on %s, want %d", c, runs[date], date, owed)
			}
			days++
			owed = 1
		}
	}
	t.Logf("%d days, %d lost ones", days, lost)
	if lost < 2 {
		t.Errorf("%d lost days, Samoa and Kwajalein have one each", lost)
	}
}

// exists reports whether a zone had a day.
func exists(date time.Time, zone *time.Location) bool {
	noon := time.Date(date.Year(), date.Month(), date.Day(), 12, 0, 0, 0, zone)
	return noon.Day() == date.Day()
}

// What the documents say of single changes, by hand.
func TestClocksThatAreSet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		expr, zone, from string
		want             []string // by the clock of the zone
	}{
		// Berlin skips 02:00 to 03:00, and shows 02:00 to 03:00 twice.
		{"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"29 03:00 CEST", "30 02:30 CEST"}},
		{"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"25 02:30 CEST", "26 02:30 CET"}},
		{"0 3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"29 03:00 CEST", "30 03:00 CEST"}},
		{"0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"29 03:00 CEST", "30 02:00 CEST"}},
		{"0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"29 03:00 CEST", "30 02:00 CEST"}},
		{"*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", []string{"29 01:30 CET", "29 03:00 CEST", "29 03:30 CEST"}},
		{"*/30 * * * *", "Europe/Berlin", "2026-10-25T00:10:00Z", []string{"25 02:30 CEST", "25 02:00 CET", "25 02:30 CET", "25 03:00 CET"}},
		{"30 0-23 * * *", "Europe/Berlin", "2026-10-25T00:10:00Z", []string{"25 02:30 CEST", "25 02:30 CET"}},
		{"30 1-4 * * *", "Europe/Berlin", "2026-10-25T00:10:00Z", []string{"25 02:30 CEST", "25 03:30 CET"}},
		{"30 2 29 3 *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{"29 03:00 CEST"}},
		{"30 2 * * sun", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"25 02:30 CEST", "01 02:30 CET"}},
		// New York skips 02:00 to 03:00, and shows 01:00 to 02:00 twice.
		{"15 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", []string{"08 03:00 EDT", "09 02:15 EDT"}},
		{"15 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", []string{"01 01:15 EDT", "02 01:15 EST"}},
		// Lord Howe changes by half an hour.
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T06:00:00Z", []string{"04 02:30 +11", "05 02:15 +11"}},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T06:00:00Z", []string{"05 01:45 +11", "06 01:45 +1030"}},
		{"45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", []string{"05 01:45 +11", "05 01:45 +1030", "05 02:45 +1030"}},
		// Casablanca is set back for Ramadan and forward after it.
		{"30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00:00Z", []string{"15 02:30 +01", "16 02:30 +00"}},
		{"30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00:00Z", []string{"22 03:00 +01", "23 02:30 +01"}},
		// Samoa went from the 29th to the 31st of December 2011.
		{"30 2 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", []string{"29 02:30 -10", "31 00:00 +14", "31 02:30 +14", "01 02:30 +14"}},
		{"0 0 * * *", "Pacific/Apia", "2011-12-29T11:00:00Z", []string{"31 00:00 +14", "01 00:00 +14"}},
		{"0 */12 * * *", "Pacific/Apia", "2011-12-29T11:00:00Z", []string{"29 12:00 -10", "31 00:00 +14", "31 12:00 +14"}},
		{"0 * * * *", "Pacific/Apia", "2011-12-30T08:30:00Z", []string{"29 23:00 -10", "31 00:00 +14"}},
		// Kathmandu is a quarter of an hour off and never changes.
		{"0 0 * * *", "Asia/Kathmandu", "2026-03-28T12:00:00Z", []string{"29 00:00 +0545", "30 00:00 +0545"}},
		// Havana skips midnight.
		{"0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", []string{"08 01:00 CDT", "09 00:00 CDT"}},
		{"@daily", "America/Havana", "2026-10-31T12:00:00Z", []string{"01 00:00 CDT", "02 00:00 CST"}},
		// From the last day of a leap year past the table of changes, a summer lies ahead.
		{"30 12 1 7 *", "Europe/Berlin", "2040-12-31T06:00:00Z", []string{"01 12:30 CEST"}},
		{"0 0 29 2 *", "", "2096-03-01T00:00:00Z", []string{"29 00:00 UTC", "29 00:00 UTC"}}, // 2104, 2108
	} {
		c := Cron(tt.expr, tt.zone)
		at, err := time.Parse(time.RFC3339, tt.from)
		if err != nil || c.Validate() != nil {
			t.Fatal(err, c.Validate())
		}
		for _, want := range tt.want {
			at = c.Next(at)
			if got := at.In(load(t, tt.zone)).Format("02 15:04 MST"); got != want {
				t.Errorf("%v after %s: %s, want %s", c, tt.from, got, want)
			}
		}
	}
}
