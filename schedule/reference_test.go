package schedule

// A second, slow way to the due times of a cron calendar: it writes an expression together
// with the values that it means, and reads the clock of the zone at every minute. It shares
// nothing with the calendar: no parser, no sets of bits, no periods of one offset.

import (
	"archive/zip"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tables, on every machine

	"example.com/incumbent/internal/redistest"
)

// wish is an expression and what it means.
type wish struct {
	text string
	is   [5]map[int]bool
	star [5]bool // a star is among the parts
}

var ranges = [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}

// draw makes an expression up.
func draw(r *rand.Rand) wish {
	var w wish
	var words []string
	for i, span := range ranges {
		text, is, star := drawField(r, i, span[0], span[1])
		words = append(words, text)
		w.is[i], w.star[i] = is, star
	}
	w.text = strings.Join(words, " ")
	return w
}

func drawField(r *rand.Rand, field, low, high int) (text string, is map[int]bool, star bool) {
	is = map[int]bool{}
	if field >= 2 && r.IntN(2) == 0 || r.IntN(4) == 0 {
		for v := low; v <= high; v++ {
			is[v] = true
		}
		return "*", is, true
	}
	var parts []string
	for range 1 + r.IntN(3) {
		from := low + r.IntN(high-low+1)
		to := from + r.IntN(high-from+1)
		step := 1 + r.IntN(min(10, high-low+1))
		switch r.IntN(4) {
		case 0:
			to, step = from, 1
			parts = append(parts, fmt.Sprint(from))
		case 1:
			step = 1
			parts = append(parts, fmt.Sprintf("%d-%d", from, to))
		case 2:
			parts = append(parts, fmt.Sprintf("%d-%d/%d", from, to, step))
		case 3:
			from, to = low, high
			star = star || step == 1
			parts = append(parts, fmt.Sprintf("*/%d", step))
		}
		for v := from; v <= to; v += step {
			is[v] = true
		}
	}
	return strings.Join(parts, ","), is, star
}

// fits reports whether a clock that shows t shows a time of the wish.
func (w wish) fits(t time.Time) bool {
	day, weekday := w.is[2][t.Day()], w.is[4][int(t.Weekday())]
	if either := !w.star[2] && !w.star[4]; either && !day && !weekday || !either && (!day || !weekday) {
		return false
	}
	return w.is[0][t.Minute()] && w.is[1][t.Hour()] && w.is[3][int(t.Month())]
}

// shows is what the clock of a zone shows, as a time in UTC.
func shows(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

// scan returns the due times in (from, until] by looking at the clock at every step. A step
// is a minute, or a second if the clock of the zone does not change at whole minutes of UTC.
func (w wish) scan(zone *time.Location, from, until time.Time, step time.Duration) []time.Time {
	if len(w.is[1]) == 24 {
		return w.scanRunning(zone, from, until, step)
	}
	var due []time.Time
	at := from.Add(-27 * time.Hour).Truncate(time.Minute)
	reached := shows(at, zone) // the latest time that the clock ever showed
	for ; !at.After(until); at = at.Add(step) {
		now := shows(at, zone)
		hit := false
		for reached.Before(now) {
			reached = reached.Add(min(step, now.Sub(reached)))
			hit = hit || reached.Second() == 0 && w.fits(reached)
		}
		if hit && at.After(from) {
			due = append(due, at)
		}
	}
	return due
}

func (w wish) scanRunning(zone *time.Location, from, until time.Time, step time.Duration) []time.Time {
	var due []time.Time
	for at := from.Truncate(time.Minute); !at.After(until); at = at.Add(step) {
		if now := shows(at, zone); at.After(from) && now.Second() == 0 && w.fits(now) {
			due = append(due, at)
		}
	}
	return due
}

// change is an instant at which a zone changes its offset.
type change struct {
	zone string
	at   time.Time
	by   time.Duration
	odd  bool // not at whole minutes of UTC
}

// changes finds the changes of offset of the zones in (from, until), in random order, and each
// once, whatever names it has.
func changes(t *testing.T, r *rand.Rand, names []string, from, until time.Time) []change {
	t.Helper()
	var found []change
	seen := map[string]bool{}
	for _, name := range names {
		zone := load(t, name)
		before, after := time.Duration(0), offset(from, zone)
		for at := from; at.Before(until); at = at.Add(12 * time.Hour) {
			before, after = after, offset(at.Add(12*time.Hour), zone)
			if before == after {
				continue
			}
			end := at.Add(time.Duration(sort.Search(12*60*60, func(s int) bool {
				return offset(at.Add(time.Duration(s)*time.Second), zone) == after
			})) * time.Second)
			if id := fmt.Sprint(end.Unix(), before, after); !seen[id] {
				seen[id] = true
				odd := before%time.Minute != 0 || after%time.Minute != 0 || end.Unix()%60 != 0
				found = append(found, change{name, end, after - before, odd})
			}
		}
	}
	r.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	return found
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// someZones have something that others do not: half hours, changes at midnight, winter time
// in the fast, a lost day, a changed base offset, no change at all.
var someZones = []string{
	"Africa/Cairo", "Africa/Casablanca", "America/Caracas", "America/Havana", "America/New_York",
	"America/Nuuk", "America/Santiago", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Casey",
	"Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Asia/Pyongyang",
	"Asia/Tehran", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin", "Europe/Istanbul",
	"Europe/Lisbon", "Europe/Volgograd", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham",
	"Pacific/Kwajalein", "Pacific/Norfolk", "UTC",
}

// zones are some, and in the long run all that come with Go.
func zones(t *testing.T) []string {
	t.Helper()
	if redistest.Either(true, false) {
		return someZones
	}
	r, err := zip.OpenReader(filepath.Join(runtime.GOROOT(), "lib", "time", "zoneinfo.zip")) //nolint:staticcheck // a test runs where Go is
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var names []string
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// due returns the calendar's due times in (from, until].
func due(t *testing.T, c Calendar, from, until time.Time) []time.Time {
	t.Helper()
	var all []time.Time
	for at := c.Next(from); !at.IsZero() && !at.After(until); at = c.Next(at) {
		if n := len(all); n > 0 && !at.After(all[n-1]) {
			t.Fatalf("%v: %v comes after %v", c, at, all[n-1])
		}
		all = append(all, at)
	}
	return all
}

// sameTimes fails the test unless both are equal; it names the first difference.
func sameTimes(t *testing.T, what string, got, want []time.Time) {
	t.Helper()
	if slices.EqualFunc(got, want, time.Time.Equal) {
		return
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("%s: %v is lost", what, want[i])
		case i >= len(want):
			t.Fatalf("%s: %v is one too many", what, got[i])
		case !got[i].Equal(want[i]):
			t.Fatalf("%s: due time %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}
